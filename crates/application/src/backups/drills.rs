//! Drills: the newest backup is brought back for real, beside everything else, when it is due.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use vigie_domain::system::{Backup, BackupCheck, Job, JobResult};
use vigie_domain::{Error, Id, Result, Timestamp};

use super::use_cases::{open_job, resource};
use super::work::{CheckInput, Watch, result};
use super::{Backups, WRITE};
use crate::beat::Beat;
use crate::jobs::{JobHandle, JobHandler, queued};
use crate::{CallContext, schedule};

/// Kind of the job that brings a backup back to see whether it can be.
pub const BACKUP_DRILL: &str = "backup.drill";
/// How often the schedule is looked at. Schedules are in minutes.
const EVERY: Duration = Duration::from_secs(5);

impl Backups {
    /// Brings one back beside everything else, opens it, counts, and removes it, as a job.
    pub async fn drill(&self, cx: &CallContext, id: Id) -> Result<Job> {
        cx.require_unscoped(WRITE)?;
        let backup = self.find(id).await?;
        let mut unit = self.core.unit(cx).await?;
        let job = queued(BACKUP_DRILL, &CheckInput { name: backup.name.clone() }, Some(cx.principal.actor.clone()), cx.now)?;
        unit.job(&job).await?;
        unit.audit("backups.drill", resource(&backup.name), None, None).await?;
        unit.commit().await?;
        Ok(job)
    }

    /// The newest that is not known to be damaged.
    async fn newest(&self) -> Result<Option<Backup>> {
        let all = self.folder.list().await?;
        Ok(all.into_iter().filter(|backup| backup.check != BackupCheck::Failed).max_by_key(|backup| backup.created_at))
    }
}

/// Brings backups back to see whether they can be.
pub struct DrillBackup(pub Backups);

#[async_trait]
impl JobHandler for DrillBackup {
    fn kind(&self) -> &'static str {
        BACKUP_DRILL
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        let input: CheckInput = job.input()?;
        let drilled = self.0.folder.drill(&input.name, Arc::new(Watch(job.clone()))).await.and_then(must_have_passed);
        if drilled.is_err() && job.stop_reason().is_some() {
            return drilled.map(|_| None);
        }
        self.0.record_drill(&drilled).await;
        let drilled = drilled?;
        job.info(format!("{} was brought back, opened and counted: {} rows", drilled.name, drilled.rows.unwrap_or(0)));
        Ok(Some(result(&drilled)))
    }
}

fn must_have_passed(backup: Backup) -> Result<Backup> {
    if backup.drill == BackupCheck::Passed {
        return Ok(backup);
    }
    let why = backup.drill_problem.as_deref().unwrap_or("it does not come back");
    Err(Error::conflict("conflict", format!("the backup cannot be brought back: {why}")).solution("make another, and drill that one"))
}

/// Queues drills as their schedule says. One that was due while the server was stopped is begun at its start.
pub struct DrillScheduler {
    backups: Backups,
    due: Option<Timestamp>,
}

impl DrillScheduler {
    /// Counts on from the last drill; [`Backups::begin`] has to come first.
    pub fn new(backups: &Backups) -> Self {
        let now = backups.core.now();
        let last = backups.health.last_drill_at().map_or(now, |at| at.min(now));
        Self { due: next(backups, last), backups: backups.clone() }
    }

    /// Queues what is due, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        if self.due.is_none() {
            return;
        }
        let mut beat = Beat::new(EVERY, stop);
        while beat.next().await {
            if let Err(error) = self.turn().await {
                tracing::error!(error = %error, cause = error.chain(), "cannot queue a scheduled drill, trying again");
            }
        }
    }

    /// Queues one that is due now; whether it did. While one goes on, or without a backup, it is left out.
    pub async fn turn(&mut self) -> Result<bool> {
        let cx = CallContext::system(self.backups.core.now());
        if self.due.is_none_or(|due| cx.now < due) {
            return Ok(false);
        }
        let newest = self.backups.newest().await?;
        let mut unit = self.backups.core.unit(&cx).await?;
        let runs = open_job(&mut unit, BACKUP_DRILL).await?;
        let queues = match (&newest, runs) {
            (Some(newest), None) => {
                unit.job(&queued(BACKUP_DRILL, &CheckInput { name: newest.name.clone() }, None, cx.now)?).await?;
                unit.audit("backups.drill", resource(&newest.name), None, None).await?;
                unit.commit().await?;
                true
            }
            (None, _) => {
                tracing::warn!("a drill is due and there is no backup, leaving this one out");
                false
            }
            (_, Some(job)) => {
                tracing::warn!(job = %job.id, "a drill is due while another goes on, leaving this one out");
                false
            }
        };
        self.due = next(&self.backups, cx.now);
        Ok(queues)
    }
}

fn next(backups: &Backups, after: Timestamp) -> Option<Timestamp> {
    schedule::next(backups.rules.drill_schedule.as_deref()?, after)
}
