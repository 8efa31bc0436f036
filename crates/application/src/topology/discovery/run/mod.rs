//! A run: the body of its job.
//!
//! [`sweep`] goes through the addresses of a plan, [`crawl`] from neighbour to neighbour; both have [`probe`] ask an address and [`adopt`] make
//! a device of what answered. [`progress`] keeps what was found and how far it is, so that a run goes on where it was after a restart.

mod adopt;
mod crawl;
mod known;
mod pace;
mod place;
mod probe;
mod progress;
mod sweep;

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use vigie_domain::alerts::Severity;
use vigie_domain::devices::{Credential, Ignored, SnmpAuth};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{Event, Job, JobResult, JobStatus, Subject, event_types};
use vigie_domain::topology::{Discovery, DiscoveryMode, Run, RunResult, RunStatus};
use vigie_domain::{Error, Id, Result, Scope};

use super::queue::{DISCOVERY_JOB, RunInput};
use super::span::{Plan, Span};
use super::{DiscoveryFeed, targets};
use crate::Unit;
use crate::devices::DeviceEnv;
use crate::devices::identify::Profiles;
use crate::jobs::{JobHandle, JobHandler, StopReason};
use crate::topology::Touched;
use progress::Progress;

/// Devices read whole at a time: each takes hundreds of requests.
const READS: usize = 24;
/// Silent agents that are asked about at a time: each takes several waits.
const DIAGNOSES: usize = 64;
/// TCP connections tried at a time: each holds a socket.
const CONNECTIONS: usize = 256;
/// How often progress is saved and told.
const SAVE: Duration = Duration::from_secs(1);

/// Carries runs of discoveries.
pub struct DiscoveryRunner {
    env: DeviceEnv,
    profiles: Arc<Profiles>,
    touched: Arc<Touched>,
    feed: DiscoveryFeed,
}

impl DiscoveryRunner {
    /// Over these ports and profiles; `touched` hears of every device that was read, `feed` of every run.
    pub fn new(env: &DeviceEnv, profiles: Arc<Profiles>, touched: Arc<Touched>, feed: &DiscoveryFeed) -> Self {
        Self { env: env.clone(), profiles, touched, feed: feed.clone() }
    }
}

/// What a run works with. Shared by the tasks that look at one address each.
struct Errand {
    env: DeviceEnv,
    profiles: Arc<Profiles>,
    touched: Arc<Touched>,
    discovery: Discovery,
    run_id: Id,
    job: JobHandle,
    /// Credentials in their order, opened once.
    auths: Vec<(Id, Arc<SnmpAuth>)>,
    ignored: HashSet<IpAddr>,
    exclude: Vec<Span>,
    reads: Semaphore,
    diagnoses: Semaphore,
    connections: Semaphore,
}

impl Errand {
    fn result_id(&self, address: IpAddr) -> Id {
        crate::topology::hash::StableId::of("result").id(self.run_id).text(&address.to_string()).finish()
    }
}

#[async_trait]
impl JobHandler for DiscoveryRunner {
    fn kind(&self) -> &'static str {
        DISCOVERY_JOB
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        let input: RunInput = job.input()?;
        let store = &self.env.core.store;
        let discovery: Option<Discovery> = store.get(&Scope::system(), input.discovery_id).await?;
        let run: Option<Run> = store.get(&Scope::system(), input.run_id).await?;
        let (Some(discovery), Some(run)) = (discovery, run) else {
            job.info("the discovery was removed");
            return Ok(None);
        };
        if run.status == RunStatus::Succeeded {
            return Ok(Some(made(&discovery)));
        }
        let mut progress = Progress::resume(&self.env, &self.feed, &job, run).await?;
        let outcome = self.carry(&job, discovery.clone(), &mut progress).await;
        let status = match (job.stop_reason(), &outcome) {
            // the run goes on at the next start, or under its next owner
            (Some(StopReason::Shutdown), Err(_)) | (Some(StopReason::Lost), _) => {
                progress.save(&job).await?;
                return outcome.map(|()| None);
            }
            (Some(StopReason::Cancelled), _) => RunStatus::Cancelled,
            (_, Ok(())) => RunStatus::Succeeded,
            (_, Err(_)) => RunStatus::Failed,
        };
        progress.run.status = status;
        progress.run.error = outcome.as_ref().err().filter(|_| status == RunStatus::Failed).map(ToString::to_string);
        progress.run.finished_at = Some(self.env.core.now());
        progress.finish(&job, &discovery).await?;
        job.info(summary(&progress.run));
        outcome
            .map(|()| Some(made(&discovery)))
            .or_else(|error| if status == RunStatus::Cancelled { Ok(Some(made(&discovery))) } else { Err(error) })
    }

    async fn abandoned(&self, job: &Job, unit: &mut Unit<'_>) -> Result<()> {
        let Ok(input) = serde_json::from_value::<RunInput>(job.input.clone()) else { return Ok(()) };
        let run: Option<Run> = unit.work().get(&Scope::system(), input.run_id).await?;
        let Some(mut run) = run.filter(|r| !r.status.is_final()) else { return Ok(()) };
        let now = self.env.core.now();
        run.status = if job.status == JobStatus::Cancelled || job.cancel_requested { RunStatus::Cancelled } else { RunStatus::Failed };
        (run.finished_at, run.error) = (Some(now), job.error.clone());
        unit.work().update(&run).await?;
        let discovery: Option<Discovery> = unit.work().get(&Scope::system(), run.discovery_id).await?;
        match discovery {
            Some(discovery) => unit.event(ended(&discovery, &run, now)).await,
            None => Ok(()),
        }
    }
}

impl DiscoveryRunner {
    async fn carry(&self, job: &JobHandle, discovery: Discovery, progress: &mut Progress) -> Result<()> {
        let mut faults = Vec::new();
        // what was accepted once is not refused for its size later
        let plan = targets::read(&discovery.targets, &discovery.exclude, true, &self.env.core.settings, &mut faults);
        if !faults.is_empty() {
            return Err(Error::validation(faults));
        }
        let errand = Arc::new(self.errand(job, discovery).await?);
        progress.start(&errand.discovery).await?;
        match errand.discovery.mode {
            DiscoveryMode::Sweep => sweep::sweep(&errand, plan, progress).await,
            DiscoveryMode::Crawl => crawl::crawl(&errand, &plan, progress).await,
        }
    }

    async fn errand(&self, job: &JobHandle, discovery: Discovery) -> Result<Errand> {
        let store = &self.env.core.store;
        let stored: Vec<Credential> = store.get_many(&Scope::system(), &discovery.credentials).await?;
        let mut auths = Vec::with_capacity(stored.len());
        for id in &discovery.credentials {
            match stored.iter().find(|c| c.id == *id) {
                Some(other) if !other.kind.is_snmp() => {
                    job.warning(format!("credential {} is for {}: discovery asks by SNMP", other.name, other.kind.word()));
                }
                Some(credential) => auths.push((*id, self.env.target_at(([0, 0, 0, 0], 0).into(), credential)?.auth)),
                None => job.warning("a credential of this discovery was removed"),
            }
        }
        let of_realm = Filter::eq(Ignored::SCHEMA, "realm_id", discovery.realm_id)?;
        let ignored: Vec<Ignored> = store.all(&Scope::system(), vec![of_realm]).await?;
        let mut faults = Vec::new();
        let exclude = targets::exclusions(&discovery.exclude, &mut faults);
        Ok(Errand {
            env: self.env.clone(),
            profiles: self.profiles.clone(),
            touched: self.touched.clone(),
            run_id: job.input::<RunInput>()?.run_id,
            discovery,
            job: job.clone(),
            auths,
            ignored: ignored.into_iter().map(|i| i.address).collect(),
            exclude,
            reads: Semaphore::new(READS),
            diagnoses: Semaphore::new(DIAGNOSES),
            connections: Semaphore::new(CONNECTIONS),
        })
    }
}

/// The event that a run ended.
fn ended(discovery: &Discovery, run: &Run, now: vigie_domain::Timestamp) -> Event {
    let (kind, severity) = match run.status {
        RunStatus::Succeeded => (event_types::DISCOVERY_FINISHED, Severity::Info),
        RunStatus::Cancelled => (event_types::DISCOVERY_FAILED, Severity::Info),
        _ => (event_types::DISCOVERY_FAILED, Severity::Warning),
    };
    let data = serde_json::json!({ "run_id": run.id, "status": run.status, "found": run.found, "error": run.error });
    Event::new(kind, now, Subject::new("discovery", discovery.id, &discovery.name), None).severity(severity).data(data)
}

fn made(discovery: &Discovery) -> JobResult {
    JobResult { kind: "discovery".to_owned(), id: discovery.id, href: format!("/api/v1/discoveries/{}", discovery.id) }
}

fn summary(run: &Run) -> String {
    let f = &run.found;
    format!(
        "{}: {} of {} addresses, {} devices ({} new, {} changed), {} candidates",
        run.status.word(),
        run.progress.done,
        run.progress.total,
        f.devices,
        f.new,
        f.changed,
        f.candidates
    )
}

/// What became of an address, with the facts a crawl goes on from.
struct Visited {
    result: Option<RunResult>,
    /// Whether the result is already in the store.
    written: bool,
    neighbours: Vec<crate::devices::identify::Heard>,
    chassis_id: Option<String>,
}

impl Visited {
    fn silent() -> Self {
        Self { result: None, written: true, neighbours: Vec::new(), chassis_id: None }
    }

    fn loose(result: RunResult) -> Self {
        Self { result: Some(result), written: false, neighbours: Vec::new(), chassis_id: None }
    }
}

/// How many addresses a plan holds.
fn total(plan: &Plan) -> u64 {
    u64::try_from(plan.count()).unwrap_or(u64::MAX)
}
