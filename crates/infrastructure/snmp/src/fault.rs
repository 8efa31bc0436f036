//! Why a request brought nothing: what the protocol lets anyone tell apart.

use std::net::SocketAddr;
use std::time::Duration;

use async_snmp::error::{Error, ErrorStatus};
use async_snmp::v3::ReportStatus;
use async_snmp::{ErrorKind, Oid};
use vigie_domain::devices::SnmpError;

/// The end of a request without an answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Nobody answered, however often it was asked.
    #[error("no answer")]
    Silent,
    /// The host answered that nothing listens there (ICMP port unreachable).
    #[error("the port refuses")]
    Refused,
    /// No route, no such network, no right to send.
    #[error("network error: {0}")]
    Network(String),
    /// The agent answered with an error status (RFC 3416 section 3).
    #[error("the agent answered {status}")]
    Status {
        /// The error status.
        status: ErrorStatus,
        /// The object it speaks of, where it names one.
        oid: Option<Oid>,
    },
    /// The SNMPv3 engine does not know the user (usmStatsUnknownUserNames).
    #[error("unknown user name")]
    UnknownUser,
    /// The authentication key does not fit (usmStatsWrongDigests), or the answer's digest is wrong.
    #[error("wrong authentication key")]
    WrongDigest,
    /// The user is not set up for this security level (usmStatsUnsupportedSecLevels).
    #[error("unsupported security level")]
    UnsupportedLevel,
    /// The engine could not decrypt (usmStatsDecryptionErrors).
    #[error("wrong privacy key")]
    Undecryptable,
    /// Clocks of the engines disagree and could not be brought together (usmStatsNotInTimeWindows).
    #[error("not in time window")]
    NotInTimeWindow,
    /// The answer does not follow the protocol.
    #[error("malformed answer: {0}")]
    Malformed(String),
    /// The credential cannot be used as it stands.
    #[error("unusable credential: {0}")]
    Credential(String),
    /// The engine stopped, or a local resource is missing.
    #[error("local failure: {0}")]
    Local(String),
}

impl Fault {
    /// Whether the agent spoke at all.
    pub fn is_answer(&self) -> bool {
        !matches!(self, Self::Silent | Self::Refused | Self::Network(_) | Self::Credential(_) | Self::Local(_))
    }

    /// The domain's word for it, after all tries took `waited`.
    pub fn into_error(self, address: SocketAddr, waited: Duration) -> SnmpError {
        match self {
            Self::Silent => SnmpError::Timeout { address, waited },
            Self::Refused => SnmpError::Refused { address },
            Self::UnknownUser => SnmpError::UnknownUser { address },
            Self::WrongDigest => SnmpError::WrongDigest { address },
            Self::UnsupportedLevel => SnmpError::WrongLevel { address },
            Self::Undecryptable => SnmpError::WrongPrivacyKey { address },
            Self::Status { status: ErrorStatus::AuthorizationError | ErrorStatus::NoAccess, .. } => SnmpError::Denied { address },
            Self::Malformed(what) => SnmpError::Malformed { address, what },
            other => SnmpError::Failed { address, what: other.to_string() },
        }
    }

    /// Translates the client's error.
    pub fn of(error: &Error) -> Self {
        let error = error.exchange_source();
        match error {
            Error::Snmp { status, oid, .. } => Self::Status { status: *status, oid: oid.as_deref().cloned() },
            Error::Report { status, .. } => Self::of_report(status),
            Error::Network { source, .. } if source.kind() == std::io::ErrorKind::ConnectionRefused => Self::Refused,
            Error::Network { source, .. } => Self::Network(source.to_string()),
            Error::Auth { .. } => Self::WrongDigest,
            _ => match error.kind() {
                ErrorKind::Timeout => Self::Silent,
                ErrorKind::Decode | ErrorKind::MalformedResponse | ErrorKind::ResponseShape => Self::Malformed(error.to_string()),
                // what we ask does not fit a datagram, or into what the engine can receive
                ErrorKind::OutboundMessageTooLarge => Self::Status { status: ErrorStatus::TooBig, oid: None },
                _ => Self::Local(error.to_string()),
            },
        }
    }

    fn of_report(status: &ReportStatus) -> Self {
        match status {
            ReportStatus::UnknownUserName { .. } => Self::UnknownUser,
            ReportStatus::WrongDigest { .. } => Self::WrongDigest,
            ReportStatus::UnsupportedSecurityLevel { .. } => Self::UnsupportedLevel,
            ReportStatus::DecryptionError { .. } => Self::Undecryptable,
            ReportStatus::NotInTimeWindow { .. } => Self::NotInTimeWindow,
            other => Self::Malformed(other.to_string()),
        }
    }
}
