//! The port to SNMP agents.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Access, Oid, SnmpAuth};

/// An agent and how to speak to it.
#[derive(Clone, Debug)]
pub struct SnmpTarget {
    /// Where it listens.
    pub address: SocketAddr,
    /// Version and secrets.
    pub auth: std::sync::Arc<SnmpAuth>,
    /// Longest wait for one answer; the client waits less once it knows the device.
    pub timeout: Duration,
    /// Tries after the first.
    pub retries: u8,
}

/// A value of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnmpValue {
    /// `INTEGER`, `Integer32`.
    Integer(i32),
    /// `OCTET STRING`.
    Bytes(Bytes),
    /// `OBJECT IDENTIFIER`.
    Oid(Oid),
    /// `IpAddress`.
    Ip(IpAddr),
    /// `Counter32`.
    Counter32(u32),
    /// `Gauge32`, `Unsigned32`.
    Gauge(u32),
    /// `TimeTicks`, hundredths of a second.
    TimeTicks(u32),
    /// `Counter64`.
    Counter64(u64),
    /// `Opaque`, uninterpreted.
    Opaque(Bytes),
    /// `NULL`.
    Null,
    /// The agent has no such object or instance here (noSuchObject, noSuchInstance, v1 noSuchName).
    Absent,
}

impl SnmpValue {
    /// As an unsigned number, where it is one and not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Integer(v) => u64::try_from(v).ok(),
            Self::Counter32(v) | Self::Gauge(v) | Self::TimeTicks(v) => Some(v.into()),
            Self::Counter64(v) => Some(v),
            _ => None,
        }
    }

    /// As a signed number.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Integer(v) => Some(v.into()),
            _ => self.as_u64().and_then(|v| i64::try_from(v).ok()),
        }
    }

    /// As text: trailing NULs and white space cut, invalid UTF-8 read as Latin-1, control characters dropped; `None` when empty.
    pub fn as_text(&self) -> Option<String> {
        let Self::Bytes(bytes) = self else { return None };
        let raw = std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), str::to_owned);
        let clean: String = raw.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
        let clean = clean.trim();
        (!clean.is_empty()).then(|| clean.to_owned())
    }

    /// As octets.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// An object and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarBind {
    /// The instance.
    pub oid: Oid,
    /// Its value.
    pub value: SnmpValue,
}

/// A row of a table: the index arcs behind the column, and one value for each column asked (`Absent` where the agent has none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// Index arcs.
    pub index: Oid,
    /// Values in the order of the columns asked.
    pub values: Vec<SnmpValue>,
}

/// A table as far as it was read, rows in the order of their index.
#[derive(Clone, Debug, Default)]
pub struct SnmpTable {
    /// The rows.
    pub rows: Vec<TableRow>,
    /// Whether a bound of rows or time, or an agent that walks in circles, ended the reading early.
    pub truncated: bool,
}

/// Columns of numbers as far as they were read: what polls read again and again, without what tables of any kind need.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// One for each that was asked for, in their order: index and number, in the order of the index.
    pub columns: Vec<Vec<(u32, u64)>>,
    /// Whether a bound of rows or time, or an agent that walks in circles, ended the reading early.
    pub truncated: bool,
}

/// How many rows of a table are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Those that are probably there: no more are asked for before they came.
    pub expected: usize,
    /// The most that are taken.
    pub most: usize,
}

impl Rows {
    /// At most so many, and nothing is known of how many there are.
    pub const fn at_most(most: usize) -> Self {
        Self { expected: most, most }
    }
}

/// Why an agent gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnmpError {
    /// Nothing came back in time.
    #[error("no answer from {address} within {waited:?}")]
    Timeout {
        /// The agent.
        address: SocketAddr,
        /// How long all tries together took.
        waited: Duration,
    },
    /// The host refused the port (ICMP port unreachable).
    #[error("{address} refuses the port")]
    Refused {
        /// The agent.
        address: SocketAddr,
    },
    /// v3: the agent does not know the user (usmStatsUnknownUserNames).
    #[error("{address} does not know the user")]
    UnknownUser {
        /// The agent.
        address: SocketAddr,
    },
    /// v3: the digest does not match: wrong authentication key or protocol (usmStatsWrongDigests).
    #[error("{address} says that the authentication key is wrong")]
    WrongDigest {
        /// The agent.
        address: SocketAddr,
    },
    /// v3: the agent wants or has another security level (usmStatsUnsupportedSecLevels, authorizationError).
    #[error("{address} does not allow this security level")]
    WrongLevel {
        /// The agent.
        address: SocketAddr,
    },
    /// v3: the agent could not decrypt (usmStatsDecryptionErrors).
    #[error("{address} could not decrypt: the privacy key is wrong")]
    WrongPrivacyKey {
        /// The agent.
        address: SocketAddr,
    },
    /// The view of this user or community does not hold the object.
    #[error("{address} denies access to the object")]
    Denied {
        /// The agent.
        address: SocketAddr,
    },
    /// The answer is not SNMP, or breaks the protocol.
    #[error("{address} answered nonsense: {what}")]
    Malformed {
        /// The agent.
        address: SocketAddr,
        /// What is wrong with it.
        what: String,
    },
    /// The agent answered with an error status (RFC 3416, section 3), or the request could not be made.
    #[error("{address}: {what}")]
    Failed {
        /// The agent.
        address: SocketAddr,
        /// The error status by its name.
        what: String,
    },
}

/// Reads SNMP agents. Implementations share few sockets, adapt timeout, window and repetitions to each device, and never panic on what
/// an agent sends.
#[async_trait]
pub trait SnmpClient: Send + Sync {
    /// The values of these instances, in their order; split into as many requests as needed.
    async fn get(&self, target: &SnmpTarget, oids: &[Oid]) -> Result<Vec<VarBind>, SnmpError>;

    /// Everything below `root`, at most `max_rows`; the flag says that it was cut.
    async fn walk(&self, target: &SnmpTarget, root: &Oid, max_rows: usize) -> Result<(Vec<VarBind>, bool), SnmpError>;

    /// Columns of one table read together; a row is there when any column has it.
    async fn table(&self, target: &SnmpTarget, columns: &[Oid], rows: Rows) -> Result<SnmpTable, SnmpError>;

    /// Columns of a table with an index of one arc, read together; what is no number is left out.
    async fn numbers(&self, target: &SnmpTarget, columns: &[Oid], rows: Rows) -> Result<Numbers, SnmpError>;

    /// How the agent answers: tells silence, refusal and wrong credentials apart as far as the protocol lets anyone.
    async fn diagnose(&self, target: &SnmpTarget, now: crate::Timestamp) -> Access;
}
