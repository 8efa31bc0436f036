//! Users of the User-based Security Model, and their keys at one engine.

use async_snmp::message::SecurityLevel;
use async_snmp::v3::{LocalizedKey, MasterKeys, PrivKey};
use async_snmp::{AuthProtocol, PrivProtocol};

use crate::error::LabError;

/// A user as an administrator writes it.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// msgUserName.
    pub name: String,
    /// Protocol and password of authentication.
    pub auth: Option<(AuthProtocol, String)>,
    /// Protocol and password of privacy; needs authentication.
    pub privacy: Option<(PrivProtocol, String)>,
}

impl std::fmt::Debug for User {
    /// Without the passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (auth, privacy) = (self.auth.as_ref().map(|a| a.0), self.privacy.as_ref().map(|p| p.0));
        f.debug_struct("User").field("name", &self.name).field("auth", &auth).field("privacy", &privacy).finish()
    }
}

impl User {
    /// A user who must authenticate with SHA-256 and encrypt with AES-128.
    pub fn auth_priv(name: impl Into<String>, auth: impl Into<String>, privacy: impl Into<String>) -> Self {
        Self { name: name.into(), auth: Some((AuthProtocol::Sha256, auth.into())), privacy: Some((PrivProtocol::Aes128, privacy.into())) }
    }

    /// A user who must authenticate with SHA-256 and has no key to encrypt with.
    pub fn auth_only(name: impl Into<String>, auth: impl Into<String>) -> Self {
        Self { name: name.into(), auth: Some((AuthProtocol::Sha256, auth.into())), privacy: None }
    }

    /// A user without keys.
    pub fn open(name: impl Into<String>) -> Self {
        Self { name: name.into(), auth: None, privacy: None }
    }
}

/// Users with their passwords hashed once, for all engines (RFC 3414, appendix A.2).
pub struct Users(Vec<Hashed>);

struct Hashed {
    name: Vec<u8>,
    keys: Option<MasterKeys>,
}

/// A user at one engine.
pub struct LocalUser {
    /// msgUserName.
    pub name: Vec<u8>,
    /// Key of authentication.
    pub auth: Option<LocalizedKey>,
    /// Key of privacy.
    pub privacy: Option<PrivKey>,
}

impl Users {
    /// Hashes the passwords: a megabyte each, some milliseconds.
    pub fn new(users: &[User]) -> Result<Self, LabError> {
        users.iter().map(Hashed::new).collect::<Result<_, _>>().map(Self)
    }

    /// All users with the keys of an engine.
    pub fn localize(&self, engine_id: &[u8]) -> Vec<LocalUser> {
        self.0.iter().map(|user| user.localize(engine_id)).collect()
    }
}

impl Hashed {
    fn new(user: &User) -> Result<Self, LabError> {
        let fail = |reason: String| LabError::User { user: user.name.clone(), reason };
        let keys = match (&user.auth, &user.privacy) {
            (None, None) => None,
            (None, Some(_)) => return Err(fail("privacy needs authentication".to_owned())),
            (Some((protocol, password)), privacy) => {
                let keys = MasterKeys::new(*protocol, password.as_bytes()).map_err(|e| fail(e.to_string()))?;
                Some(match privacy {
                    None => keys,
                    Some((protocol, password)) => keys.with_privacy(*protocol, password.as_bytes()).map_err(|e| fail(e.to_string()))?,
                })
            }
        };
        Ok(Self { name: user.name.clone().into_bytes(), keys })
    }

    fn localize(&self, engine_id: &[u8]) -> LocalUser {
        let local = self.keys.as_ref().and_then(|keys| keys.localize(engine_id).ok());
        let (auth, privacy) = local.map_or((None, None), |(auth, privacy)| (Some(auth), privacy));
        LocalUser { name: self.name.clone(), auth, privacy }
    }
}

impl LocalUser {
    /// The level that the user's keys allow, and that its group asks for.
    pub const fn level(&self) -> SecurityLevel {
        match (&self.auth, &self.privacy) {
            (None, _) => SecurityLevel::NoAuthNoPriv,
            (Some(_), None) => SecurityLevel::AuthNoPriv,
            (Some(_), Some(_)) => SecurityLevel::AuthPriv,
        }
    }
}
