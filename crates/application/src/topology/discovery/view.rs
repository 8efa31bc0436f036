//! Discoveries, runs and results as they travel.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::devices::Access;
use vigie_domain::store::{Read, Reader};
use vigie_domain::topology::{Discovery, DiscoveryMode, Outcome, Run, RunResult};
use vigie_domain::{Id, Result, Scope, Timestamp};

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RunProgress)]
pub struct RunProgressView {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RunFound)]
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

/// One run of a discovery.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Run)]
pub struct RunView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its discovery.
    #[schema(value_type = String, format = Uuid)]
    pub discovery_id: Id,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(example = "running")]
    pub status: &'static str,
    /// How far it is.
    pub progress: RunProgressView,
    /// What it found.
    pub found: FoundView,
    /// The job that carries it.
    #[schema(value_type = String, format = Uuid)]
    pub job_id: Id,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
}

impl From<&Run> for RunView {
    fn from(run: &Run) -> Self {
        let (p, f) = (&run.progress, &run.found);
        Self {
            id: run.id,
            discovery_id: run.discovery_id,
            status: run.status.word(),
            progress: RunProgressView { done: p.done, total: p.total, rate_per_second: p.rate_per_second, eta_seconds: p.eta_seconds },
            found: FoundView { devices: f.devices, new: f.new, changed: f.changed, candidates: f.candidates },
            job_id: run.job_id,
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            error: run.error.clone(),
        }
    }
}

/// An address that answered in a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RunResult)]
pub struct RunResultView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// The run.
    #[schema(value_type = String, format = Uuid)]
    pub run_id: Id,
    /// The address.
    pub address: String,
    /// `new`, `changed`, `unchanged`, `candidate`, `ignored` or `duplicate`.
    #[schema(value_type = String, example = "new")]
    pub outcome: Outcome,
    /// The device it is.
    #[schema(value_type = Option<String>, format = Uuid)]
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
    pub role: Option<&'static str>,
    /// Round trip, milliseconds.
    pub latency_ms: Option<f64>,
    /// How it answered each protocol, with ranked causes.
    #[schema(value_type = Vec<Object>)]
    pub access: Vec<Access>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub found_at: Timestamp,
}

impl From<&RunResult> for RunResultView {
    fn from(result: &RunResult) -> Self {
        Self {
            id: result.id,
            run_id: result.run_id,
            address: result.address.to_string(),
            outcome: result.outcome,
            device_id: result.device_id,
            name: result.name.clone(),
            vendor: result.vendor.clone(),
            model: result.model.clone(),
            os: result.os.clone(),
            role: result.role.map(vigie_domain::devices::Role::word),
            latency_ms: result.latency_ms,
            access: result.access.clone(),
            found_at: result.found_at,
        }
    }
}

/// A discovery.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Discovery)]
pub struct DiscoveryView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name.
    pub name: String,
    /// `sweep` or `crawl`.
    #[schema(value_type = String, example = "sweep")]
    pub mode: DiscoveryMode,
    /// Networks, ranges and addresses.
    pub targets: Vec<String>,
    /// What is left out.
    pub exclude: Vec<String>,
    /// UDP port of the agents.
    pub port: u16,
    /// The realm of the addresses.
    #[schema(value_type = String, format = Uuid)]
    pub realm_id: Id,
    /// Credentials, tried in this order.
    #[schema(value_type = Vec<String>)]
    pub credentials: Vec<Id>,
    /// Cron expression of five fields, UTC.
    pub schedule: Option<String>,
    /// Whether addresses that answer without SNMP become ping-only devices.
    pub add_unidentified: bool,
    /// Whether its size was confirmed.
    pub confirm_large: bool,
    /// Whether new devices are put into the site that their sysLocation names.
    pub create_sites: bool,
    /// When it runs next by its schedule.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_run_at: Option<Timestamp>,
    /// Its last run.
    pub last_run: Option<RunView>,
    /// The job of its last run.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub job_id: Option<Id>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When a writable field was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Discoveries with their last runs, in their order. To be called with what the caller may see.
pub async fn discovery_views(discoveries: &[Discovery], reader: &dyn Reader) -> Result<Vec<DiscoveryView>> {
    let ids: Vec<Id> = discoveries.iter().filter_map(|d| d.last_run_id).collect();
    let runs: Vec<Run> = if ids.is_empty() { Vec::new() } else { reader.get_many(&Scope::system(), &ids).await? };
    let runs: HashMap<Id, &Run> = runs.iter().map(|r| (r.id, r)).collect();
    let view = |d: &Discovery| {
        let run = d.last_run_id.and_then(|id| runs.get(&id));
        DiscoveryView {
            id: d.id,
            version: d.version,
            name: d.name.clone(),
            mode: d.mode,
            targets: d.targets.clone(),
            exclude: d.exclude.clone(),
            port: d.port,
            realm_id: d.realm_id,
            credentials: d.credentials.clone(),
            schedule: d.schedule.clone(),
            add_unidentified: d.add_unidentified,
            confirm_large: d.confirm_large,
            create_sites: d.create_sites,
            next_run_at: d.next_run_at,
            last_run: run.map(|r| RunView::from(*r)),
            job_id: run.map(|r| r.job_id),
            created_at: d.created_at,
            updated_at: d.updated_at,
        }
    };
    Ok(discoveries.iter().map(view).collect())
}
