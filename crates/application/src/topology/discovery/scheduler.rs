//! Runs that are due by their schedule.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::store::{Read, Write};
use vigie_domain::topology::Discovery;
use vigie_domain::{Id, Result, Scope};

use super::queue::queue;
use super::use_cases::open_run;
use crate::beat::Beat;
use crate::{CallContext, Core, schedule};

/// How often it looks. Schedules are in minutes.
const EVERY: Duration = Duration::from_secs(5);

/// Queues the runs of discoveries as their schedules say.
pub struct DiscoveryScheduler {
    core: Core,
}

impl DiscoveryScheduler {
    /// It does nothing before [`Self::run`].
    pub fn new(core: &Core) -> Self {
        Self { core: core.clone() }
    }

    /// Queues what is due, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut beat = Beat::new(EVERY, stop);
        while beat.next().await {
            if let Err(error) = self.turn().await {
                tracing::error!(error = %error, cause = error.chain(), "cannot queue scheduled discoveries, trying again");
            }
        }
    }

    /// Queues what is due now; how many runs that were.
    pub async fn turn(&self) -> Result<usize> {
        let now = self.core.now();
        let all: Vec<Discovery> = self.core.store.all(&Scope::system(), Vec::new()).await?;
        let mut queued = 0;
        for discovery in all.iter().filter(|d| d.next_run_at.is_some_and(|at| at <= now)) {
            queued += usize::from(self.start(discovery.id).await?);
        }
        Ok(queued)
    }

    /// A run that is still going on takes the place of the one that is due.
    async fn start(&self, id: Id) -> Result<bool> {
        let cx = CallContext::system(self.core.now());
        let mut unit = self.core.unit(&cx).await?;
        let discovery: Option<Discovery> = unit.work().get(&Scope::system(), id).await?;
        let Some(mut discovery) = discovery.filter(|d| d.next_run_at.is_some_and(|at| at <= cx.now)) else { return Ok(false) };
        discovery.next_run_at = discovery.schedule.as_deref().and_then(|s| schedule::next(s, cx.now));
        let runs = open_run(&mut unit, &discovery).await?.is_some();
        if runs {
            tracing::warn!(discovery = %id, "a discovery is due while its last run goes on, leaving this one out");
        } else {
            let run = queue(&mut unit, &discovery, Id::new(), None, cx.now).await?;
            discovery.last_run_id = Some(run.id);
        }
        unit.work().update(&discovery).await?;
        unit.commit().await?;
        Ok(!runs)
    }
}
