//! How a device answers each protocol.

use serde::{Deserialize, Serialize};

use crate::{Id, Timestamp};

/// A protocol Vigie speaks to devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessProtocol {
    /// SNMP of any version.
    Snmp,
    /// ICMP echo.
    Icmp,
    /// A TCP connection.
    Tcp,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessState {
    /// It answers.
    Ok,
    /// Silence.
    NoAnswer,
    /// The port is refused.
    Refused,
    /// User, community or authentication key are wrong.
    WrongCredentials,
    /// The privacy key is wrong.
    WrongPrivacyKey,
    /// The credentials hold, but the view or level does not allow it.
    AuthorizationDenied,
    /// The device does not speak it.
    Unsupported,
    /// It answered nonsense or an error.
    Error,
}

/// How probable a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likelihood {
    /// The probes point to it.
    Likely,
    /// The probes allow it.
    Possible,
    /// The probes speak against it.
    Unlikely,
}

/// A possible cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What it would be, in one sentence.
    pub cause: String,
    /// How probable it is.
    pub likelihood: Likelihood,
}

/// How a device answers one protocol, since when, and what may be the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The protocol.
    pub protocol: AccessProtocol,
    /// How it went.
    pub state: AccessState,
    /// Since when it has been so.
    pub since: Timestamp,
    /// The credential it was tried with.
    pub credential_id: Option<Id>,
    /// Ranked causes, most probable first; empty when all is well.
    pub causes: Vec<Cause>,
    /// What to do, in one sentence.
    pub solution: Option<String>,
}

impl Access {
    /// It answers.
    pub fn ok(protocol: AccessProtocol, since: Timestamp) -> Self {
        Self { protocol, state: AccessState::Ok, since, credential_id: None, causes: Vec::new(), solution: None }
    }
}
