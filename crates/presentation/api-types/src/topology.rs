//! Views of discoveries.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::devices::Role;
use vigie_domain::topology::{Discovery, DiscoveryMode, Found, Outcome, Run, RunProgress, RunResult, RunStatus};

use crate::{AccessView, Time, Uid};

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunProgressView {
    /// Addresses done.
    pub done: u64,
    /// Addresses known so far.
    pub total: u64,
    /// Addresses a second.
    pub rate_per_second: Option<f64>,
    /// Seconds left at that rate.
    pub eta_seconds: Option<f64>,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FoundView {
    /// Devices that answered.
    pub devices: u64,
    /// Of these, how many are new.
    pub new: u64,
    /// Of these, how many changed.
    pub changed: u64,
    /// Addresses that answered, but not as a device.
    pub candidates: u64,
}

/// A run of a discovery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Its discovery.
    #[schema(inline)]
    pub discovery_id: Uid,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String, example = "running")]
    pub status: RunStatus,
    /// How far it is.
    pub progress: RunProgressView,
    /// What it found.
    pub found: FoundView,
    /// The job that carries it.
    #[schema(inline)]
    pub job_id: Uid,
    /// When it was asked for.
    #[schema(inline)]
    pub created_at: Time,
    /// When it began.
    #[schema(inline)]
    pub started_at: Option<Time>,
    /// When it ended.
    #[schema(inline)]
    pub finished_at: Option<Time>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A discovery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiscoveryView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// `sweep` or `crawl`.
    #[schema(value_type = String, example = "sweep")]
    pub mode: DiscoveryMode,
    /// Networks and addresses.
    pub targets: Vec<String>,
    /// Networks and addresses left out.
    pub exclude: Vec<String>,
    /// UDP port of the agents.
    pub port: u16,
    /// Realm of the addresses.
    #[schema(inline)]
    pub realm_id: Uid,
    /// Credentials, tried in this order.
    #[schema(inline)]
    pub credentials: Vec<Uid>,
    /// Cron expression of five fields, UTC.
    pub schedule: Option<String>,
    /// Whether addresses that answer without SNMP become ping-only devices.
    pub add_unidentified: bool,
    /// Whether its size was confirmed.
    pub confirm_large: bool,
    /// When it runs next by its schedule.
    #[schema(inline)]
    pub next_run_at: Option<Time>,
    /// Its last run.
    pub last_run: Option<RunView>,
    /// The job of its last run.
    #[schema(inline)]
    pub job_id: Option<Uid>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// An address that answered in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunResultView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// The run.
    #[schema(inline)]
    pub run_id: Uid,
    /// The address.
    pub address: String,
    /// `new`, `changed`, `unchanged`, `candidate`, `ignored` or `duplicate`.
    #[schema(value_type = String, example = "new")]
    pub outcome: Outcome,
    /// The device it is.
    #[schema(inline)]
    pub device_id: Option<Uid>,
    /// Its name.
    pub name: Option<String>,
    /// Maker.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Role.
    #[schema(value_type = Option<String>, example = "access")]
    pub role: Option<Role>,
    /// Round trip.
    pub latency_ms: Option<f64>,
    /// How it answered.
    pub access: Vec<AccessView>,
    /// When.
    #[schema(inline)]
    pub found_at: Time,
}

impl From<RunProgress> for RunProgressView {
    fn from(x: RunProgress) -> Self {
        Self { done: x.done, total: x.total, rate_per_second: x.rate_per_second, eta_seconds: x.eta_seconds }
    }
}

impl From<Found> for FoundView {
    fn from(x: Found) -> Self {
        Self { devices: x.devices, new: x.new, changed: x.changed, candidates: x.candidates }
    }
}

impl From<Run> for RunView {
    fn from(x: Run) -> Self {
        Self {
            id: x.id.into(),
            discovery_id: x.discovery_id.into(),
            status: x.status,
            progress: x.progress.into(),
            found: x.found.into(),
            job_id: x.job_id.into(),
            created_at: x.created_at.into(),
            started_at: x.started_at.map(Into::into),
            finished_at: x.finished_at.map(Into::into),
            error: x.error,
        }
    }
}

impl From<RunResult> for RunResultView {
    fn from(x: RunResult) -> Self {
        Self {
            id: x.id.into(),
            run_id: x.run_id.into(),
            address: x.address.to_string(),
            outcome: x.outcome,
            device_id: x.device_id.map(Into::into),
            name: x.name,
            vendor: x.vendor,
            model: x.model,
            os: x.os,
            role: x.role,
            latency_ms: x.latency_ms,
            access: x.access.into_iter().map(Into::into).collect(),
            found_at: x.found_at.into(),
        }
    }
}

impl DiscoveryView {
    /// Out of a discovery and its last run.
    pub fn new(x: Discovery, last_run: Option<Run>) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            mode: x.mode,
            targets: x.targets,
            exclude: x.exclude,
            port: x.port,
            realm_id: x.realm_id.into(),
            credentials: x.credentials.into_iter().map(Into::into).collect(),
            schedule: x.schedule,
            add_unidentified: x.add_unidentified,
            confirm_large: x.confirm_large,
            next_run_at: x.next_run_at.map(Into::into),
            job_id: last_run.as_ref().map(|r| r.job_id.into()),
            last_run: last_run.map(Into::into),
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}
