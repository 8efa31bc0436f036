//! Checks: what is pinged or connected to, apart from polling.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// A burst of ICMP echoes.
    Ping,
    /// A TCP connection.
    Tcp,
}

impl CheckKind {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Tcp => "tcp",
        }
    }
}

/// How a check went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It was answered.
    Ok,
    /// It was not.
    Failing,
    /// It never ran.
    #[default]
    Unknown,
}

impl CheckStatus {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }
}

/// The last result of a check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckState {
    /// How it went.
    pub status: CheckStatus,
    /// Since when it has been so.
    pub since: Option<Timestamp>,
    /// When it last ran.
    pub last_at: Option<Timestamp>,
    /// Round trip or time to connect, milliseconds.
    pub latency_ms: Option<f64>,
    /// Share of echoes lost, 0 to 1.
    pub loss_ratio: Option<f64>,
    /// Mean difference of neighbouring round trips, milliseconds.
    pub jitter_ms: Option<f64>,
    /// Why it fails, in one sentence.
    pub message: Option<String>,
}

/// A check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name.
    pub name: String,
    /// What is done.
    pub kind: CheckKind,
    /// The device it belongs to, if any.
    pub device_id: Option<Id>,
    /// IP address it goes to.
    pub address: std::net::IpAddr,
    /// TCP port.
    pub port: Option<u16>,
    /// Seconds between two runs.
    pub interval_seconds: u32,
    /// Longest wait for an answer.
    pub timeout_ms: u32,
    /// Whether it runs.
    pub enabled: bool,
    /// The last result.
    pub state: CheckState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a writable field was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Check {
    const SCHEMA: &'static Schema = &Schema {
        kind: "check",
        table: "checks",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::indexed("device_id", FieldKind::Id, "the device it belongs to"),
            Field::residual("kind", FieldKind::Enum(&["ping", "tcp"]), "what is done"),
            Field::indexed("status", FieldKind::Enum(&["ok", "failing", "unknown"]), "how it went"),
            Field::residual("enabled", FieldKind::Bool, "whether it runs"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[Relation { name: "device", column: "device_id", schema: || super::Device::SCHEMA }],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::OfDevice("device_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            (&self.name).into(),
            self.device_id.into(),
            self.kind.word().into(),
            self.state.status.word().into(),
            self.enabled.into(),
            self.created_at.into(),
        ]
    }
}
