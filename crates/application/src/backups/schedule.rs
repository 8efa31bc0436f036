//! Backups and drills that are due.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::system::{BackupOrigin, Job};
use vigie_domain::{Result, Timestamp};

use super::use_cases::open_job;
use super::work::BACKUP_MAKE;
use super::{BACKUP_DRILL, Backups};
use crate::beat::Beat;
use crate::unit::Unit;
use crate::{CallContext, schedule};

/// How often it looks. Schedules are in minutes.
const EVERY: Duration = Duration::from_secs(5);

/// What a schedule asks for.
#[derive(Clone, Copy)]
enum Work {
    Make,
    Drill,
}

/// Queues backups, or drills of the newest, as their schedule says. One that was due while the server was stopped is begun at its start.
pub struct BackupScheduler {
    backups: Backups,
    work: Work,
    due: Option<Timestamp>,
}

impl BackupScheduler {
    /// Of backups: counts on from the newest there is; [`Backups::begin`] has to come first.
    pub fn of_backups(backups: &Backups) -> Self {
        Self::new(backups, Work::Make, backups.health.last_success_at())
    }

    /// Of drills: counts on from the last; [`Backups::begin`] has to come first.
    pub fn of_drills(backups: &Backups) -> Self {
        Self::new(backups, Work::Drill, backups.health.last_drill_at())
    }

    fn new(backups: &Backups, work: Work, last: Option<Timestamp>) -> Self {
        let now = backups.core.now();
        let mut scheduler = Self { backups: backups.clone(), work, due: None };
        scheduler.due = scheduler.next(last.map_or(now, |at| at.min(now)));
        scheduler
    }

    /// Queues what is due, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        if self.due.is_none() {
            return;
        }
        let (mut beat, work) = (Beat::new(EVERY, stop), self.work.name());
        while beat.next().await {
            if let Err(error) = self.turn().await {
                tracing::error!(work, error = %error, cause = error.chain(), "cannot queue what is due, trying again");
            }
        }
    }

    /// Queues what is due now; whether it did. While one goes on that takes the place of the one that is due, and without a backup there is
    /// none to drill.
    pub async fn turn(&mut self) -> Result<bool> {
        let cx = CallContext::system(self.backups.core.now());
        if self.due.is_none_or(|due| cx.now < due) {
            return Ok(false);
        }
        let queued = self.queue(&cx).await?;
        self.due = self.next(cx.now);
        Ok(queued)
    }

    async fn queue(&self, cx: &CallContext) -> Result<bool> {
        let (backups, work) = (&self.backups, self.work.name());
        let newest = match self.work {
            Work::Make => None,
            Work::Drill => backups.newest().await?,
        };
        let mut unit = backups.core.unit(cx).await?;
        if let Some(job) = self.goes_on(&mut unit).await? {
            tracing::warn!(work, job = %job.id, "one is due while another goes on, leaving it out");
            return Ok(false);
        }
        match (self.work, newest) {
            (Work::Make, _) => drop(backups.queue(&mut unit, cx, BackupOrigin::Schedule).await?),
            (Work::Drill, Some(newest)) => drop(backups.queue_drill(&mut unit, cx, &newest, None).await?),
            (Work::Drill, None) => {
                tracing::warn!(work, "one is due and there is no backup, leaving it out");
                return Ok(false);
            }
        }
        unit.commit().await?;
        Ok(true)
    }

    async fn goes_on(&self, unit: &mut Unit<'_>) -> Result<Option<Job>> {
        let kind = match self.work {
            Work::Make => BACKUP_MAKE,
            Work::Drill => BACKUP_DRILL,
        };
        open_job(unit, kind).await
    }

    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let rules = &self.backups.rules;
        let schedule = match self.work {
            Work::Make => &rules.schedule,
            Work::Drill => &rules.drill_schedule,
        };
        schedule::next(schedule.as_deref()?, after)
    }
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::Make => "backup",
            Self::Drill => "drill",
        }
    }
}
