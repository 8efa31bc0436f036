//! Queueing a run.

use serde::{Deserialize, Serialize};
use vigie_domain::identity::Actor;
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::topology::{Discovery, Found, Run, RunProgress, RunStatus};
use vigie_domain::{Id, Result, Scope, Timestamp};

use crate::{Unit, jobs};

/// Kind of the job that carries a run.
pub const DISCOVERY_JOB: &str = "discovery.run";
/// Runs of one discovery that are kept.
const KEPT: usize = 20;

/// What the job works on.
#[derive(Serialize, Deserialize)]
pub(super) struct RunInput {
    pub(super) discovery_id: Id,
    pub(super) run_id: Id,
}

/// Writes a run and its job; runs of long ago go.
pub(super) async fn queue(unit: &mut Unit<'_>, discovery: &Discovery, run_id: Id, actor: Option<Actor>, now: Timestamp) -> Result<Run> {
    let job = jobs::queued(DISCOVERY_JOB, &RunInput { discovery_id: discovery.id, run_id }, actor, now)?;
    let run = Run {
        id: run_id,
        discovery_id: discovery.id,
        status: RunStatus::Queued,
        progress: RunProgress::default(),
        found: Found::default(),
        job_id: job.id,
        created_at: now,
        started_at: None,
        finished_at: None,
        error: None,
    };
    unit.work().insert(&run).await?;
    unit.job(&job).await?;
    let of_this = ListQuery::all(KEPT + 10).filter(Filter::eq(Run::SCHEMA, "discovery_id", discovery.id)?).order("created_at", true);
    let runs = unit.work().list::<Run>(&Scope::system(), &of_this).await?.results;
    for old in runs.iter().skip(KEPT).filter(|r| r.status.is_final()) {
        unit.work().delete(Run::SCHEMA, old.id).await?;
    }
    Ok(run)
}
