//! What callers do with discoveries besides managing them.

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::query::{Filter, ListQuery, Page};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{AuditResource, HostNetworks, Job};
use vigie_domain::topology::{Discovery, Run, RunResult};
use vigie_domain::{Error, ErrorKind, Id, Permission, Result, Scope};

use super::queue::queue;
use super::{DiscoveryFeed, DiscoverySuggestions};
use crate::jobs::Jobs;
use crate::topology::{READ, WRITE};
use crate::{CallContext, Core, Unit};

const USE: Permission = Permission::new("credentials", "use");
/// The kernel answers at once or not at all.
const DEADLINE: Duration = Duration::from_secs(2);

/// The use cases of discoveries. Cheap to clone.
#[derive(Clone)]
pub struct Discoveries {
    core: Core,
    jobs: Jobs,
    feed: DiscoveryFeed,
    host: Arc<dyn HostNetworks>,
}

impl Discoveries {
    /// The use cases over these ports.
    pub fn new(core: &Core, jobs: &Jobs, feed: &DiscoveryFeed, host: Arc<dyn HostNetworks>) -> Self {
        Self { core: core.clone(), jobs: jobs.clone(), feed: feed.clone(), host }
    }

    /// Where to look first: the networks this host is in. Nothing is started; they belong to no site, so a limited grant does not do.
    pub async fn suggestions(&self, cx: &CallContext) -> Result<DiscoverySuggestions> {
        cx.require_unscoped(WRITE)?;
        let late = |_| Error::new(ErrorKind::ServiceTimeout, "service_timeout", "the host did not tell its networks in time");
        let networks = tokio::time::timeout(DEADLINE, self.host.networks()).await.map_err(late)??;
        Ok(DiscoverySuggestions::of(&networks))
    }

    /// The discovery, if the caller may run it now; nothing is queued.
    pub async fn check_run(&self, cx: &CallContext, id: Id) -> Result<Discovery> {
        let mut unit = self.core.unit(cx).await?;
        runnable(&mut unit, cx, id).await
    }

    /// Queues a run now.
    pub async fn run(&self, cx: &CallContext, id: Id) -> Result<Run> {
        let mut unit = self.core.unit(cx).await?;
        let discovery = runnable(&mut unit, cx, id).await?;
        let run = queue(&mut unit, &discovery, Id::new(), Some(cx.principal.actor.clone()), cx.now).await?;
        unit.work().update(&Discovery { last_run_id: Some(run.id), ..discovery.clone() }).await?;
        audit(&mut unit, "discoveries.run", &discovery).await?;
        unit.commit().await?;
        Ok(run)
    }

    /// Stops the run that is queued or running; what it found stays.
    pub async fn cancel(&self, cx: &CallContext, id: Id) -> Result<Run> {
        let scope = cx.require(WRITE)?;
        let mut unit = self.core.unit(cx).await?;
        let discovery: Discovery = unit.work().require(&scope, id).await?;
        let Some(run) = open_run(&mut unit, &discovery).await? else {
            return Err(Error::conflict("conflict", format!("discovery {} is not running", discovery.name)));
        };
        let job: Job = unit.work().require(&Scope::system(), run.job_id).await?;
        self.jobs.cancel_in(&mut unit, cx, job).await?;
        audit(&mut unit, "discoveries.cancel", &discovery).await?;
        let run: Run = unit.work().require(&Scope::system(), run.id).await?;
        unit.commit().await?;
        Ok(run)
    }

    /// A page of the runs of a discovery.
    pub async fn runs(&self, cx: &CallContext, id: Id, query: &ListQuery) -> Result<Page<Run>> {
        let scope = cx.require(READ)?;
        self.core.store.require::<Discovery>(&scope, id).await?;
        let query = query.clone().filter(Filter::eq(Run::SCHEMA, "discovery_id", id)?);
        self.core.store.list(&scope, &query).await
    }

    /// A run of a discovery.
    pub async fn run_of(&self, cx: &CallContext, id: Id, run_id: Id) -> Result<Run> {
        let run: Option<Run> = self.core.store.get(&cx.require(READ)?, run_id).await?;
        run.filter(|r| r.discovery_id == id).ok_or_else(|| Error::not_found("run", run_id))
    }

    /// A page of what a run found.
    pub async fn results(&self, cx: &CallContext, id: Id, run_id: Id, query: &ListQuery) -> Result<Page<RunResult>> {
        self.run_of(cx, id, run_id).await?;
        let query = query.clone().filter(Filter::eq(RunResult::SCHEMA, "run_id", run_id)?);
        self.core.store.list(&cx.require(READ)?, &query).await
    }

    /// The discovery, if the caller sees it: before a channel is opened.
    pub async fn visible(&self, cx: &CallContext, id: Id) -> Result<Discovery> {
        let scope = cx.require(READ)?;
        self.core.store.require(&scope, id).await
    }

    /// What runs are at, as it happens.
    pub fn feed(&self) -> &DiscoveryFeed {
        &self.feed
    }
}

/// The run that is not over, if there is one.
pub(super) async fn open_run(unit: &mut Unit<'_>, discovery: &Discovery) -> Result<Option<Run>> {
    let Some(id) = discovery.last_run_id else { return Ok(None) };
    let run: Option<Run> = unit.work().get(&Scope::system(), id).await?;
    Ok(run.filter(|r| !r.status.is_final()))
}

async fn audit(unit: &mut Unit<'_>, action: &str, discovery: &Discovery) -> Result<()> {
    let resource = AuditResource { kind: "discovery".to_owned(), id: Some(discovery.id), name: Some(discovery.name.clone()) };
    unit.audit(action, resource, None, None).await
}

/// The discovery, if the caller may run it and no run of it is open.
async fn runnable(unit: &mut Unit<'_>, cx: &CallContext, id: Id) -> Result<Discovery> {
    let scope = cx.require(WRITE)?;
    let discovery: Discovery = unit.work().require(&scope, id).await?;
    if !discovery.credentials.is_empty() {
        cx.require(USE)?;
    }
    match open_run(unit, &discovery).await? {
        None => Ok(discovery),
        Some(run) => Err(Error::conflict("conflict", format!("discovery {} is already {}", discovery.name, run.status.word()))
            .solution(format!("wait for run {} or cancel it", run.id))),
    }
}
