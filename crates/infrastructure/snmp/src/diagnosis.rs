//! What is the matter when an agent does not answer as it should.

use std::sync::Arc;

use async_snmp::error::ErrorStatus;
use vigie_domain::Timestamp;
use vigie_domain::devices::{Access, AccessProtocol, AccessState, Cause, Likelihood, Oid, SnmpAuth, SnmpTarget, SnmpValue};

use crate::client::tries;
use crate::credential::without_privacy;
use crate::engine::SnmpEngine;
use crate::fault::Fault;
use crate::lane::canonical;
use crate::refusal::{self, Side};

use Likelihood::{Likely, Possible, Unlikely};

/// sysDescr, sysObjectID, sysUpTime, sysName of SNMPv2-MIB (RFC 3418): every agent has them.
const SYSTEM: [[u32; 9]; 4] =
    [[1, 3, 6, 1, 2, 1, 1, 1, 0], [1, 3, 6, 1, 2, 1, 1, 2, 0], [1, 3, 6, 1, 2, 1, 1, 3, 0], [1, 3, 6, 1, 2, 1, 1, 5, 0]];

/// What asking for the system group showed.
enum Shown {
    /// Values came.
    Values,
    /// The agent answered, but nothing of the group is there for this credential.
    Nothing,
    /// The request failed.
    Failed(Fault),
}

/// Asks the agent for its system group, and where that fails, asks around until the cause is as clear as it gets.
pub(crate) async fn diagnose(engine: &SnmpEngine, target: &SnmpTarget, now: Timestamp) -> Access {
    let verdict = match system(engine, target).await {
        Shown::Values => return Access::ok(AccessProtocol::Snmp, now),
        Shown::Nothing => empty_view(),
        Shown::Failed(Fault::Silent) => silence(engine, target).await,
        Shown::Failed(fault) => explain(&fault, &target.auth),
    };
    Access {
        protocol: AccessProtocol::Snmp,
        state: verdict.state,
        since: now,
        credential_id: None,
        causes: verdict.causes,
        solution: Some(verdict.solution.to_owned()),
    }
}

async fn system(engine: &SnmpEngine, target: &SnmpTarget) -> Shown {
    let session = match engine.session(target).await {
        Ok(session) => session,
        Err(fault) => return Shown::Failed(fault),
    };
    let oids = SYSTEM.map(|arcs| Oid::new(&arcs));
    match engine.get_all(&session, &oids, tries(target)).await {
        Ok(values) if values.iter().all(|binding| binding.value == SnmpValue::Absent) => Shown::Nothing,
        Ok(_) => Shown::Values,
        Err(fault) => Shown::Failed(fault),
    }
}

/// A state, what may be behind it, and what to do.
struct Verdict {
    state: AccessState,
    causes: Vec<Cause>,
    solution: &'static str,
}

impl Verdict {
    fn new(state: AccessState, solution: &'static str) -> Self {
        Self { state, causes: Vec::new(), solution }
    }

    /// Adds a cause; they are added most probable first.
    fn because(mut self, likelihood: Likelihood, cause: impl Into<String>) -> Self {
        self.causes.push(Cause { cause: cause.into(), likelihood });
        self
    }
}

/// What the agent or the network said outright.
fn explain(fault: &Fault, auth: &SnmpAuth) -> Verdict {
    use AccessState::{Error, NoAnswer, Refused, Unsupported, WrongCredentials};
    match fault {
        Fault::Refused => Verdict::new(Refused, "enable the SNMP agent on the device, or correct the port")
            .because(Likely, "no SNMP agent listens on this port")
            .because(Possible, "a firewall rejects the port"),
        Fault::UnknownUser => Verdict::new(WrongCredentials, "create the user on the device, or correct the user name of the credential")
            .because(Likely, "the agent does not know this user name")
            .because(Possible, "the user was created on the device before its engine id changed"),
        Fault::WrongDigest => Verdict::new(WrongCredentials, "correct the authentication passphrase and protocol of the credential")
            .because(Likely, "the authentication passphrase is wrong")
            .because(Possible, "the authentication protocol differs from the user's on the device"),
        Fault::Undecryptable => wrong_privacy(),
        Fault::UnsupportedLevel => unsupported_level(auth),
        Fault::Status { status: ErrorStatus::AuthorizationError | ErrorStatus::NoAccess, .. } => denied(auth),
        Fault::NotInTimeWindow => Verdict::new(Error, "restart the SNMP agent of the device, or reset its engine boots counter")
            .because(Likely, "the agent does not keep its engine time, or its boots counter is exhausted"),
        Fault::Credential(reason) => {
            Verdict::new(WrongCredentials, "correct the credential; SNMPv3 passphrases have at least 8 characters")
                .because(Likely, reason.clone())
        }
        Fault::Network(reason) => Verdict::new(NoAnswer, "check address and routing from this host to the device")
            .because(Likely, format!("this host cannot send to the address: {reason}")),
        Fault::Malformed(what) => {
            Verdict::new(Unsupported, "check that the port belongs to an SNMP agent, and update the device's software")
                .because(Likely, format!("the answer is not valid SNMP: {what}"))
        }
        Fault::Status { status, .. } => {
            Verdict::new(Error, "look into the device's own log").because(Likely, format!("the agent answered with the error {status}"))
        }
        Fault::Silent | Fault::Local(_) => Verdict::new(Error, "look into the log of this server").because(Likely, fault.to_string()),
    }
}

/// The agent answers, and has nothing: so the view of this credential is empty.
fn empty_view() -> Verdict {
    Verdict::new(AccessState::AuthorizationDenied, "allow the system group (1.3.6.1.2.1.1) in the view of this community or user")
        .because(Likely, "the view of this credential on the device does not hold the system group")
        .because(Unlikely, "the agent has no system group")
}

fn denied(auth: &SnmpAuth) -> Verdict {
    let verdict =
        Verdict::new(AccessState::AuthorizationDenied, "give the user a view on the device, and use the security level it asks for");
    match auth {
        SnmpAuth::V3 { privacy: Some(_), .. } => verdict.because(Likely, "the user has no view on the device"),
        _ => verdict
            .because(Likely, "the device asks a higher security level of this user than the credential offers")
            .because(Possible, "the user has no view on the device"),
    }
}

fn unsupported_level(auth: &SnmpAuth) -> Verdict {
    let verdict = Verdict::new(AccessState::WrongCredentials, "use the security level that the user has on the device");
    match auth {
        SnmpAuth::V3 { privacy: Some(_), .. } => verdict.because(Likely, "the user has no privacy key on the device"),
        _ => verdict.because(Likely, "the user has no authentication key on the device"),
    }
}

fn wrong_privacy() -> Verdict {
    Verdict::new(AccessState::WrongPrivacyKey, "correct the privacy passphrase and protocol of the credential")
        .because(Likely, "the privacy passphrase is wrong")
        .because(
            Possible,
            "the privacy protocol or its key extension (AES-192, AES-256: Blumenthal or Cisco) differs from the user's on the device",
        )
}

/// Silence has many reasons; side probes rule some out.
async fn silence(engine: &SnmpEngine, target: &SnmpTarget) -> Verdict {
    let side = refusal::ask(canonical(target.address), target.timeout).await;
    match (&*target.auth, side) {
        (_, Side::Refused) => explain(&Fault::Refused, &target.auth),
        (SnmpAuth::V3 { .. }, Side::Engine) => silent_engine(engine, target).await,
        (SnmpAuth::V3 { .. }, Side::Silent) => silent_user(),
        (SnmpAuth::V1 { .. } | SnmpAuth::V2c { .. }, Side::Engine) => silent_community(engine, target, true).await,
        (SnmpAuth::V1 { .. } | SnmpAuth::V2c { .. }, Side::Silent) => silent_community(engine, target, false).await,
    }
}

/// The engine can be discovered, but does not answer this user: some agents drop what they cannot decrypt without a word.
async fn silent_engine(engine: &SnmpEngine, target: &SnmpTarget) -> Verdict {
    if let Some(context) = missing_context(engine, target).await {
        return Verdict::new(AccessState::AuthorizationDenied, "correct the context of the credential, or leave it empty")
            .because(Likely, format!("the device has no context {context}: without it, the same user is answered"));
    }
    if let Some(auth) = without_privacy(&target.auth) {
        let shown = system(engine, &SnmpTarget { auth: Arc::new(auth), ..target.clone() }).await;
        match shown {
            // an answer without privacy, be it a refusal of the level, proves user and authentication key
            Shown::Values | Shown::Nothing | Shown::Failed(Fault::Status { .. } | Fault::UnsupportedLevel) => return wrong_privacy(),
            Shown::Failed(fault) if fault.is_answer() => return explain(&fault, &target.auth),
            Shown::Failed(_) => {}
        }
    }
    Verdict::new(AccessState::NoAnswer, "check user, passphrases and the addresses the device allows to ask")
        .because(Likely, "the SNMPv3 engine answers discovery but drops this user's requests: a key may be wrong")
        .because(Possible, "the device allows this user only from other addresses")
        .because(Possible, "packets are lost on the way")
}

/// The context, if the same user is answered without it.
async fn missing_context<'a>(engine: &SnmpEngine, target: &'a SnmpTarget) -> Option<&'a str> {
    let SnmpAuth::V3 { username, auth, privacy, context } = &*target.auth else { return None };
    if context.is_empty() {
        return None;
    }
    let plain = SnmpAuth::V3 { username: username.clone(), auth: auth.clone(), privacy: privacy.clone(), context: String::new() };
    let shown = system(engine, &SnmpTarget { auth: Arc::new(plain), ..target.clone() }).await;
    matches!(shown, Shown::Values | Shown::Nothing).then_some(context)
}

fn silent_user() -> Verdict {
    Verdict::new(AccessState::NoAnswer, "check that the device is up, runs SNMPv3, and that UDP port 161 is open on the way")
        .because(Likely, "a firewall drops the packets, or the device is down")
        .because(Possible, "the device has SNMP off, or does not speak SNMPv3")
        .because(Possible, "the device allows SNMP only from other addresses")
}

/// Agents say nothing on a wrong community (RFC 1157, section 3.2.5).
async fn silent_community(engine: &SnmpEngine, target: &SnmpTarget, has_engine: bool) -> Verdict {
    if let Some(version) = other_version(engine, target).await {
        return Verdict::new(AccessState::Unsupported, version.1).because(Likely, version.0);
    }
    if has_engine {
        return Verdict::new(AccessState::NoAnswer, "correct the community, or allow the address of this server on the device")
            .because(Likely, "the community is wrong: an SNMP agent runs there and answers SNMPv3 discovery, but not this community")
            .because(Possible, "the device allows this community only from other addresses")
            .because(Possible, "the device answers SNMPv3 only");
    }
    Verdict::new(AccessState::NoAnswer, "check the community, that the device is up, and that UDP port 161 is open on the way")
        .because(Possible, "the community is wrong: agents are silent on that")
        .because(Possible, "a firewall drops the packets, or the device is down")
        .because(Possible, "the device has SNMP off, or allows it only from other addresses")
}

/// Whether the same community opens the other of the two community versions: what is found, and what to do.
async fn other_version(engine: &SnmpEngine, target: &SnmpTarget) -> Option<(&'static str, &'static str)> {
    let (auth, found, solution) = match &*target.auth {
        SnmpAuth::V2c { community } => {
            let auth = SnmpAuth::V1 { community: community.clone() };
            (auth, "the agent answers this community in SNMPv1 only", "use an SNMPv1 credential for this device")
        }
        SnmpAuth::V1 { community } => {
            let auth = SnmpAuth::V2c { community: community.clone() };
            (auth, "the agent answers this community in SNMPv2c only", "use an SNMPv2c credential for this device")
        }
        SnmpAuth::V3 { .. } => return None,
    };
    let shown = system(engine, &SnmpTarget { auth: Arc::new(auth), retries: 0, ..target.clone() }).await;
    matches!(shown, Shown::Values | Shown::Nothing).then_some((found, solution))
}
