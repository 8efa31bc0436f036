//! Credentials: what proves to an agent who asks, and the keys made from them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_snmp::{Auth, AuthProtocol, MasterKeys, PrivProtocol, UsmConfig};
use vigie_domain::devices::{self as domain, SnmpAuth};

use crate::fault::Fault;

/// Master keys remembered; each is 1 MiB of hashing saved (RFC 3414 appendix A.2).
const KEYS_MAX: usize = 4096;

type KeyOf = (AuthProtocol, String, Option<(PrivProtocol, String)>);

/// Master keys by password. They live as long as the engine, as the passwords do in its callers.
#[derive(Default)]
pub(crate) struct KeyCache {
    keys: Mutex<HashMap<KeyOf, MasterKeys>>,
}

impl KeyCache {
    /// The keys of these passwords, hashed aside from the async threads the first time.
    pub async fn keys(&self, of: KeyOf) -> Result<MasterKeys, Fault> {
        if let Some(keys) = self.lock().get(&of) {
            return Ok(keys.clone());
        }
        let passwords = of.clone();
        let hashing = tokio::task::spawn_blocking(move || hash(&passwords));
        let keys = hashing.await.map_err(|error| Fault::Local(error.to_string()))??;
        let mut known = self.lock();
        if known.len() >= KEYS_MAX {
            known.clear();
        }
        known.insert(of, keys.clone());
        Ok(keys)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<KeyOf, MasterKeys>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash((auth, password, privacy): &KeyOf) -> Result<MasterKeys, Fault> {
    let keys = MasterKeys::new(*auth, password.as_bytes()).map_err(unusable)?;
    match privacy {
        None => Ok(keys),
        Some((protocol, same)) if same == password => keys.with_privacy_same_password(*protocol).map_err(unusable),
        Some((protocol, other)) => keys.with_privacy(*protocol, other.as_bytes()).map_err(unusable),
    }
}

/// The credential as the client takes it.
pub(crate) async fn client_auth(auth: &SnmpAuth, keys: &KeyCache) -> Result<Auth, Fault> {
    let (username, auth, privacy, context) = match auth {
        SnmpAuth::V1 { community } => return Ok(Auth::v1(community.expose())),
        SnmpAuth::V2c { community } => return Ok(Auth::v2c(community.expose())),
        SnmpAuth::V3 { username, auth, privacy, context } => (username, auth, privacy, context),
    };
    let user = UsmConfig::new(username.clone()).context_name(context.clone());
    let Some((protocol, password)) = auth else {
        return match privacy {
            None => Ok(user.into()),
            Some(_) => Err(Fault::Credential("privacy needs authentication (RFC 3414, section 1.4.3)".to_owned())),
        };
    };
    let privacy = privacy.as_ref().map(|(protocol, password)| (privacy_protocol(*protocol), password.expose().to_owned()));
    let keys = keys.keys((auth_protocol(*protocol), password.expose().to_owned(), privacy)).await?;
    Ok(user.with_master_keys(keys).map_err(unusable)?.into())
}

/// The same user without privacy: what tells a wrong privacy key from a silent agent.
pub(crate) fn without_privacy(auth: &SnmpAuth) -> Option<SnmpAuth> {
    match auth {
        SnmpAuth::V3 { username, auth: Some(auth), privacy: Some(_), context } => {
            Some(SnmpAuth::V3 { username: username.clone(), auth: Some(auth.clone()), privacy: None, context: context.clone() })
        }
        _ => None,
    }
}

fn auth_protocol(protocol: domain::AuthProtocol) -> AuthProtocol {
    match protocol {
        domain::AuthProtocol::Md5 => AuthProtocol::Md5,
        domain::AuthProtocol::Sha1 => AuthProtocol::Sha1,
        domain::AuthProtocol::Sha224 => AuthProtocol::Sha224,
        domain::AuthProtocol::Sha256 => AuthProtocol::Sha256,
        domain::AuthProtocol::Sha384 => AuthProtocol::Sha384,
        domain::AuthProtocol::Sha512 => AuthProtocol::Sha512,
    }
}

fn privacy_protocol(protocol: domain::PrivacyProtocol) -> PrivProtocol {
    match protocol {
        domain::PrivacyProtocol::Des => PrivProtocol::Des,
        domain::PrivacyProtocol::Aes128 => PrivProtocol::Aes128,
        domain::PrivacyProtocol::Aes192 => PrivProtocol::Aes192Blumenthal,
        domain::PrivacyProtocol::Aes256 => PrivProtocol::Aes256Blumenthal,
        domain::PrivacyProtocol::Aes192c => PrivProtocol::Aes192Reeder,
        domain::PrivacyProtocol::Aes256c => PrivProtocol::Aes256Reeder,
    }
}

fn unusable(error: impl std::fmt::Display) -> Fault {
    Fault::Credential(error.to_string())
}
