//! Drills: the newest backup is brought back for real, beside everything else, when it is due.

use std::sync::Arc;

use async_trait::async_trait;
use vigie_domain::identity::Actor;
use vigie_domain::system::{Backup, BackupCheck, Job, JobResult};
use vigie_domain::{Error, Id, Result};

use super::use_cases::resource;
use super::work::{CheckInput, Watch, result};
use super::{Backups, WRITE};
use crate::CallContext;
use crate::jobs::{JobHandle, JobHandler, queued};
use crate::unit::Unit;

/// Kind of the job that brings a backup back to see whether it can be.
pub const BACKUP_DRILL: &str = "backup.drill";

impl Backups {
    /// Brings one back beside everything else, opens it, counts, and removes it, as a job.
    pub async fn drill(&self, cx: &CallContext, id: Id) -> Result<Job> {
        cx.require_unscoped(WRITE)?;
        let backup = self.find(id).await?;
        let mut unit = self.core.unit(cx).await?;
        let job = self.queue_drill(&mut unit, cx, &backup, Some(cx.principal.actor.clone())).await?;
        unit.commit().await?;
        Ok(job)
    }

    /// Queues the job that drills one.
    pub(super) async fn queue_drill(&self, unit: &mut Unit<'_>, cx: &CallContext, backup: &Backup, owner: Option<Actor>) -> Result<Job> {
        let job = queued(BACKUP_DRILL, &CheckInput { name: backup.name.clone() }, owner, cx.now)?;
        unit.job(&job).await?;
        unit.audit("backups.drill", resource(&backup.name), None, None).await?;
        Ok(job)
    }

    /// The newest that is not known to be damaged.
    pub(super) async fn newest(&self) -> Result<Option<Backup>> {
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
