//! Discoveries: what is looked through, when, and what was found.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::devices::{Access, Role};
use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// How the network is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscoveryMode {
    /// Every address of the targets.
    Sweep,
    /// From the targets along their neighbours.
    Crawl,
}

impl DiscoveryMode {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Crawl => "crawl",
        }
    }
}

/// A discovery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Discovery {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name.
    pub name: String,
    /// How.
    pub mode: DiscoveryMode,
    /// Networks and addresses.
    pub targets: Vec<String>,
    /// Networks and addresses left out.
    pub exclude: Vec<String>,
    /// UDP port of the agents.
    pub port: u16,
    /// The realm of the addresses.
    pub realm_id: Id,
    /// Credentials, tried in this order.
    pub credentials: Vec<Id>,
    /// Cron expression of five fields, UTC.
    pub schedule: Option<String>,
    /// Whether addresses that answer without SNMP become ping-only devices.
    pub add_unidentified: bool,
    /// Whether its size was confirmed.
    pub confirm_large: bool,
    /// Whether new devices are put into the site and building that their sysLocation names, made where they do not exist.
    #[serde(default = "yes")]
    pub create_sites: bool,
    /// When it runs next by its schedule.
    pub next_run_at: Option<Timestamp>,
    /// Its last run.
    pub last_run_id: Option<Id>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a writable field was last changed.
    pub updated_at: Timestamp,
}

fn yes() -> bool {
    true
}

impl Entity for Discovery {
    const SCHEMA: &'static Schema = &Schema {
        kind: "discovery",
        table: "discoveries",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::indexed("realm_id", FieldKind::Id, "realm of its addresses"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "-created_at",
        scope: ScopeRule::OfRealm("realm_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.realm_id.into(), self.created_at.into()]
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RunStatus {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl RunStatus {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["queued", "running", "succeeded", "failed", "cancelled"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// Whether it has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunProgress {
    /// Addresses done.
    pub done: u64,
    /// Addresses known so far.
    pub total: u64,
    /// Addresses a second, over the last seconds.
    pub rate_per_second: Option<f64>,
    /// Seconds left at that rate.
    pub eta_seconds: Option<f64>,
}

/// What a run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Devices that answered.
    pub devices: u64,
    /// Of these, how many are new.
    pub new: u64,
    /// Of these, how many changed.
    pub changed: u64,
    /// Addresses that answered, but not as a device.
    pub candidates: u64,
}

/// One run of a discovery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: Id,
    /// Its discovery.
    pub discovery_id: Id,
    /// How it stands.
    pub status: RunStatus,
    /// How far it is.
    pub progress: RunProgress,
    /// What it found.
    pub found: Found,
    /// The job that carries it.
    pub job_id: Id,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Entity for Run {
    const SCHEMA: &'static Schema = &Schema {
        kind: "run",
        table: "discovery_runs",
        fields: &[
            Field::indexed("discovery_id", FieldKind::Id, "its discovery"),
            Field::residual("status", FieldKind::Enum(RunStatus::WORDS), "how it stands"),
            Field::residual("created_at", FieldKind::Time, "when it was asked for").sortable(),
        ],
        relations: &[],
        search: &[],
        default_ordering: "-created_at",
        scope: ScopeRule::Part { column: "discovery_id", of: || Discovery::SCHEMA },
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.discovery_id.into(), self.status.word().into(), self.created_at.into()]
    }
}

/// What became of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A device that was not known.
    New,
    /// A known device, changed.
    Changed,
    /// A known device, as it was.
    Unchanged,
    /// It answers, but not as a device.
    Candidate,
    /// It stands on the list of ignored addresses.
    Ignored,
    /// Another address of a device of this run.
    Duplicate,
}

impl Outcome {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["new", "changed", "unchanged", "candidate", "ignored", "duplicate"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// An address that answered in a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunResult {
    /// Its id.
    pub id: Id,
    /// The run.
    pub run_id: Id,
    /// The address.
    pub address: IpAddr,
    /// What became of it.
    pub outcome: Outcome,
    /// The device it is.
    pub device_id: Option<Id>,
    /// Its name.
    pub name: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Round trip, milliseconds.
    pub latency_ms: Option<f64>,
    /// How it answered.
    pub access: Vec<Access>,
    /// When.
    pub found_at: Timestamp,
}

impl Entity for RunResult {
    const SCHEMA: &'static Schema = &Schema {
        kind: "result",
        table: "discovery_results",
        fields: &[
            Field::indexed("run_id", FieldKind::Id, "the run"),
            Field::residual("address", FieldKind::Ip, "the address").sortable(),
            Field::residual("outcome", FieldKind::Enum(Outcome::WORDS), "what became of it"),
            Field::residual("device_id", FieldKind::Id, "the device it is"),
            Field::residual("found_at", FieldKind::Time, "when").sortable(),
        ],
        relations: &[],
        search: &[],
        default_ordering: "id",
        scope: ScopeRule::Part { column: "run_id", of: || Run::SCHEMA },
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.run_id.into(), self.address.into(), self.outcome.word().into(), self.device_id.into(), self.found_at.into()]
    }
}
