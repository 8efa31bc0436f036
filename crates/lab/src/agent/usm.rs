//! SNMPv3 with the User-based Security Model, as an authoritative engine (RFC 3412, section 7.2; RFC 3414,
//! section 3.2): each step that fails is counted and told to the sender by its Report.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};

use async_snmp::DecodeConfig;
use async_snmp::MessageSize;
use async_snmp::ber::{Decoder, EncodeBuf};
use async_snmp::message::{MsgFlags, MsgGlobalData, RawMsgData, RawV3Message, ScopedPdu, SecurityLevel};
use async_snmp::pdu::Pdu;
use async_snmp::v3::auth::{authenticate_message, verify_message};
use async_snmp::v3::{DesSaltState, LocalizedKey, PrivKey, SaltCounter, UsmSecurityParams, in_authoritative_time_window};
use bytes::Bytes;

use super::pdu::{Answer, answer as answer_pdu, unauthorized};
use super::{Agent, LocalUser, message};
use crate::error::LabError;
use crate::mib::Mib;

/// Identity and time of an engine.
pub struct EngineState<'a> {
    /// snmpEngineID.
    pub id: &'a [u8],
    /// snmpEngineBoots.
    pub boots: u32,
    /// snmpEngineTime, in seconds.
    pub time: u32,
    /// Counts of what was refused.
    pub stats: &'a UsmStats,
    /// Where the salts of encryption come from.
    pub salts: &'a Salts,
}

/// The salts of encryption: no two messages of the lab share one.
pub struct Salts {
    aes: SaltCounter,
    des: DesSaltState,
}

impl Salts {
    /// Salts from where the system's randomness says.
    pub fn new() -> Result<Self, LabError> {
        let fail = |reason: String| LabError::Invalid(format!("no salts for encryption: {reason}"));
        let aes = SaltCounter::new().map_err(|e| fail(e.to_string()))?;
        // the keys of the lab are public: nothing is lost when a salt returns after a restart
        let des = DesSaltState::install(|_| Ok::<(), Infallible>(())).map_err(|e| fail(e.to_string()))?;
        Ok(Self { aes, des })
    }
}

/// usmStats, and the two counters of the message dispatcher that Reports name.
#[derive(Debug, Default)]
pub struct UsmStats([AtomicU32; 8]);

/// A step that failed, in the order of usmStats.
#[derive(Debug, Clone, Copy)]
enum Failure {
    UnsupportedSecLevels,
    NotInTimeWindows,
    UnknownUserNames,
    UnknownEngineIds,
    WrongDigests,
    DecryptionErrors,
    UnknownContexts,
    UnknownPduHandlers,
}

/// The counters that Reports name, by failure.
const COUNTERS: [&[u32]; 8] = [
    &[1, 3, 6, 1, 6, 3, 15, 1, 1, 1, 0],
    &[1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0],
    &[1, 3, 6, 1, 6, 3, 15, 1, 1, 3, 0],
    &[1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0],
    &[1, 3, 6, 1, 6, 3, 15, 1, 1, 5, 0],
    &[1, 3, 6, 1, 6, 3, 15, 1, 1, 6, 0],
    &[1, 3, 6, 1, 6, 3, 12, 1, 5, 0],
    &[1, 3, 6, 1, 6, 3, 11, 2, 1, 3, 0],
];

impl UsmStats {
    fn count(&self, failure: Failure) -> u32 {
        self.0[failure as usize].fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// The six of SNMP-USER-BASED-SM-MIB.
    pub fn usm(&self) -> [u32; 6] {
        std::array::from_fn(|n| self.0[n].load(Ordering::Relaxed))
    }
}

/// Answers an SNMPv3 message.
pub fn answer(agent: &dyn Agent, mut datagram: Bytes) -> Option<Vec<u8>> {
    let raw = RawV3Message::decode(datagram.clone(), DecodeConfig::DEFAULT).ok()?.value;
    let security = UsmSecurityParams::decode(raw.security_params().clone(), DecodeConfig::DEFAULT).ok()?.value;
    let exchange = Exchange { engine: agent.engine(), raw: &raw, security: &security };
    match exchange.authenticate(agent, &mut datagram) {
        Ok((user, scoped)) => exchange.serve(agent, user, &scoped),
        Err(Refusal::Report(failure, user)) => exchange.report(failure, user, None),
        Err(Refusal::Silence) => None,
    }
}

enum Refusal<'a> {
    /// To be told; with a user where the Report must be authenticated.
    Report(Failure, Option<&'a LocalUser>),
    Silence,
}

struct Exchange<'a> {
    engine: EngineState<'a>,
    raw: &'a RawV3Message,
    security: &'a UsmSecurityParams,
}

impl Exchange<'_> {
    /// RFC 3414, section 3.2, steps 3 to 8, then the scoped PDU.
    fn authenticate<'u>(&self, agent: &'u dyn Agent, datagram: &mut Bytes) -> Result<(&'u LocalUser, ScopedPdu), Refusal<'u>> {
        let level = self.raw.security_level();
        if self.security.engine_id()[..] != *self.engine.id {
            return Err(Refusal::Report(Failure::UnknownEngineIds, None));
        }
        let user = agent.local_user(self.security.username()).ok_or(Refusal::Report(Failure::UnknownUserNames, None))?;
        if level > user.level() {
            return Err(Refusal::Report(Failure::UnsupportedSecLevels, None));
        }
        if level.requires_auth() {
            if !is_signed(user, datagram) {
                return Err(Refusal::Report(Failure::WrongDigests, None));
            }
            let (boots, time) = (self.security.engine_boots(), self.security.engine_time());
            if !in_authoritative_time_window(self.engine.boots, self.engine.time, boots, time) {
                return Err(Refusal::Report(Failure::NotInTimeWindows, Some(user)));
            }
        }
        let plain = match self.raw.msg_data() {
            RawMsgData::Plaintext { data, .. } => data.clone(),
            RawMsgData::Encrypted(cipher) => self.decrypt(user, cipher).ok_or(Refusal::Report(Failure::DecryptionErrors, None))?,
        };
        // a wrong key decrypts to noise: nobody can tell it from garbage, so nobody is told
        let scoped = ScopedPdu::decode(&mut Decoder::new(plain)).map_err(|_| Refusal::Silence)?;
        Ok((user, scoped))
    }

    fn decrypt(&self, user: &LocalUser, cipher: &[u8]) -> Option<Bytes> {
        let (boots, time) = (self.security.engine_boots(), self.security.engine_time());
        user.privacy.as_ref()?.decrypt(cipher, boots, time, self.security.priv_params()).ok()
    }

    fn serve(&self, agent: &dyn Agent, user: &LocalUser, scoped: &ScopedPdu) -> Option<Vec<u8>> {
        let level = self.raw.security_level();
        let pdu = &scoped.pdu;
        let signer = level.requires_auth().then_some(user);
        if scoped.context_engine_id[..] != *self.engine.id {
            return self.report(Failure::UnknownPduHandlers, signer, Some(pdu.request_id()));
        }
        let Some(mib) = agent.context(&scoped.context_name) else {
            return self.report(Failure::UnknownContexts, signer, Some(pdu.request_id()));
        };
        let answer = self.authorized_answer(agent, mib, user, level, scoped, pdu)?;
        let mut body = EncodeBuf::with_capacity(answer.size + 128);
        self.scoped(&mut body, &scoped.context_name, |buf| message::response(buf, &answer)).ok()?;
        self.seal(level, Some(user), &body.finish())
    }

    fn authorized_answer(
        &self,
        agent: &dyn Agent,
        mib: &dyn Mib,
        user: &LocalUser,
        level: SecurityLevel,
        scoped: &ScopedPdu,
        pdu: &Pdu,
    ) -> Option<Answer> {
        if level < user.level() {
            return Some(unauthorized(pdu));
        }
        let mac = user.auth.as_ref().map_or(0, LocalizedKey::mac_len);
        let envelope = 120 + 2 * self.engine.id.len() + user.name.len() + scoped.context_name.len() + mac;
        let limit = agent.max_message().min(self.raw.global_data().msg_max_size().as_usize());
        answer_pdu(mib, pdu, false, limit.saturating_sub(envelope))
    }

    /// A Report, if the sender wants one. Its request-id is that of the request where that can be read.
    fn report(&self, failure: Failure, signer: Option<&LocalUser>, request_id: Option<i32>) -> Option<Vec<u8>> {
        let count = self.engine.stats.count(failure);
        if !self.raw.global_data().msg_flags().reportable {
            return None;
        }
        let request_id = request_id.or_else(|| self.plain_request_id()).unwrap_or(0);
        let mut body = EncodeBuf::with_capacity(128);
        self.scoped(&mut body, b"", |buf| message::report(buf, request_id, COUNTERS[failure as usize], count)).ok()?;
        let level = if signer.is_some() { SecurityLevel::AuthNoPriv } else { SecurityLevel::NoAuthNoPriv };
        self.seal(level, signer, &body.finish())
    }

    fn plain_request_id(&self) -> Option<i32> {
        let RawMsgData::Plaintext { data, .. } = self.raw.msg_data() else { return None };
        Some(ScopedPdu::decode(&mut Decoder::new(data.clone())).ok()?.pdu.request_id())
    }

    fn scoped(
        &self,
        buf: &mut EncodeBuf,
        context: &[u8],
        pdu: impl FnOnce(&mut EncodeBuf) -> async_snmp::Result<()>,
    ) -> async_snmp::Result<()> {
        buf.push_sequence(|buf| {
            pdu(buf)?;
            buf.push_octet_string(context)?;
            buf.push_octet_string(self.engine.id)
        })
    }

    /// Encrypts and signs as the level asks for, and wraps.
    fn seal(&self, level: SecurityLevel, user: Option<&LocalUser>, scoped: &[u8]) -> Option<Vec<u8>> {
        let key = user.filter(|_| level.requires_auth()).and_then(|u| u.auth.as_ref());
        let privacy = user.filter(|_| level.requires_priv()).and_then(|u| u.privacy.as_ref());
        let (cipher, salt) = match privacy {
            Some(key) => self.encrypt(key, scoped).map(|(cipher, salt)| (Some(cipher), salt))?,
            None => (None, Bytes::new()),
        };
        let flags = MsgFlags::new(level, false);
        let size = MessageSize::new(super::MAX_MESSAGE_DATAGRAM).ok()?;
        let header = MsgGlobalData::new(self.raw.msg_id(), size, flags).ok()?;
        let placeholder = [0_u8; 48];
        let mac = &placeholder[..key.map_or(0, LocalizedKey::mac_len)];
        let mut buf = EncodeBuf::with_capacity(scoped.len() + 192);
        buf.push_sequence(|buf| {
            match &cipher {
                Some(cipher) => buf.push_octet_string(cipher)?,
                None => buf.push_bytes(scoped),
            }
            buf.push_constructed(0x04, |buf| self.security_parameters(buf, mac, &salt))?;
            header.encode(buf)?;
            buf.push_integer(3);
            Ok(())
        })
        .ok()?;
        let mut message = buf.finish_vec();
        if let Some(key) = key {
            let (offset, length) = UsmSecurityParams::find_auth_params_offset(&message)?;
            authenticate_message(key, &mut message, offset, length).ok()?;
        }
        Some(message)
    }

    fn encrypt(&self, key: &PrivKey, scoped: &[u8]) -> Option<(Bytes, Bytes)> {
        if key.protocol().is_des_family() {
            return key.encrypt_des_family(scoped, &self.engine.salts.des).ok();
        }
        key.encrypt_aes(scoped, self.engine.boots, self.engine.time, &self.engine.salts.aes).ok()
    }

    fn security_parameters(&self, buf: &mut EncodeBuf, mac: &[u8], salt: &[u8]) -> async_snmp::Result<()> {
        buf.push_sequence(|buf| {
            buf.push_octet_string(salt)?;
            buf.push_octet_string(mac)?;
            buf.push_octet_string(self.security.username())?;
            buf.push_integer(self.engine.time as i32);
            buf.push_integer(self.engine.boots as i32);
            buf.push_octet_string(self.engine.id)
        })
    }
}

/// True where the digest is that of the user.
fn is_signed(user: &LocalUser, datagram: &[u8]) -> bool {
    let (Some(key), Some((offset, length))) = (&user.auth, UsmSecurityParams::find_auth_params_offset(datagram)) else { return false };
    length == key.mac_len() && verify_message(key, datagram, offset, length).unwrap_or(false)
}
