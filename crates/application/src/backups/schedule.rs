//! Backups that are due.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::system::BackupOrigin;
use vigie_domain::{Result, Timestamp};

use super::Backups;
use super::use_cases::open_job;
use super::work::BACKUP_MAKE;
use crate::beat::Beat;
use crate::{CallContext, schedule};

/// How often it looks. Schedules are in minutes.
const EVERY: Duration = Duration::from_secs(5);

/// Queues backups as the schedule says. One that was due while the server was stopped is made at its start.
pub struct BackupScheduler {
    backups: Backups,
    due: Option<Timestamp>,
}

impl BackupScheduler {
    /// Counts on from the newest backup there is; [`Backups::begin`] has to come first.
    pub fn new(backups: &Backups) -> Self {
        let now = backups.core.now();
        let last = backups.health.last_success_at().map_or(now, |at| at.min(now));
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
                tracing::error!(error = %error, cause = error.chain(), "cannot queue a scheduled backup, trying again");
            }
        }
    }

    /// Queues one that is due now; whether it did. While one is being made, that takes the place of the one that is due.
    pub async fn turn(&mut self) -> Result<bool> {
        let cx = CallContext::system(self.backups.core.now());
        if self.due.is_none_or(|due| cx.now < due) {
            return Ok(false);
        }
        let mut unit = self.backups.core.unit(&cx).await?;
        let runs = open_job(&mut unit, BACKUP_MAKE).await?;
        if let Some(job) = &runs {
            tracing::warn!(job = %job.id, "a backup is due while another is being made, leaving this one out");
        } else {
            self.backups.queue(&mut unit, &cx, BackupOrigin::Schedule).await?;
            unit.commit().await?;
        }
        self.due = next(&self.backups, cx.now);
        Ok(runs.is_none())
    }
}

fn next(backups: &Backups, after: Timestamp) -> Option<Timestamp> {
    schedule::next(backups.rules.schedule.as_deref()?, after)
}
