//! The jobs that make and check backups.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vigie_domain::system::{Backup, BackupCheck, BackupOrigin, BackupWatch, JobResult};
use vigie_domain::{Error, Result};

use super::copies::copy;
use super::retention::superfluous;
use super::{Backups, id_of};
use crate::CallContext;
use crate::jobs::{JobHandle, JobHandler};

/// Kind of the job that makes a backup.
pub const BACKUP_MAKE: &str = "backup.create";
/// Kind of the job that checks one.
pub const BACKUP_CHECK: &str = "backup.verify";

/// What the making works on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MakeInput {
    pub(super) name: String,
    pub(super) origin: BackupOrigin,
}

/// What the checking works on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CheckInput {
    pub(super) name: String,
}

/// Makes backups. Each is read again before it counts as made; then those go that were kept for long enough, and it is copied elsewhere.
pub struct MakeBackup(pub Backups);

/// Checks backups.
pub struct CheckBackup(pub Backups);

#[async_trait]
impl JobHandler for MakeBackup {
    fn kind(&self) -> &'static str {
        BACKUP_MAKE
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        let input: MakeInput = job.input()?;
        let (began, backups) = (Instant::now(), &self.0);
        let made = make(backups, &job, &input).await;
        if made.is_err() && job.stop_reason().is_some() {
            // told to end: no backup was made, and none failed
            return made.map(|_| None);
        }
        backups.record(&made, began.elapsed()).await;
        let made = made?;
        if let Err(error) = sweep(backups, &job).await {
            job.warning(format!("older backups were not deleted: {error}"));
        }
        let watch: Arc<dyn BackupWatch> = Arc::new(Watch(job.clone()));
        copy(backups, &job, &made, &watch).await?;
        Ok(Some(result(&made)))
    }
}

#[async_trait]
impl JobHandler for CheckBackup {
    fn kind(&self) -> &'static str {
        BACKUP_CHECK
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        let input: CheckInput = job.input()?;
        let checked = self.0.folder.check(&input.name, Arc::new(Watch(job.clone()))).await?;
        must_be_whole(&checked)?;
        job.info(format!("{} is whole: {} rows", checked.name, checked.rows.unwrap_or(0)));
        Ok(Some(result(&checked)))
    }
}

async fn make(backups: &Backups, job: &JobHandle, input: &MakeInput) -> Result<Backup> {
    // a job that goes on may have made it before
    if backups.find(id_of(&input.name)).await.is_err() {
        backups.must_have_room().await?;
    }
    let made = backups.folder.make(&input.name, input.origin, Arc::new(Watch(job.clone()))).await?;
    job.info(format!("{} is written: {:.1} MB", made.name, made.size_bytes as f64 / 1e6));
    let checked = backups.folder.check(&input.name, Arc::new(Watch(job.clone()))).await?;
    must_be_whole(&checked)?;
    job.info(format!("{} reads back: {} rows", checked.name, checked.rows.unwrap_or(0)));
    Ok(checked)
}

fn must_be_whole(backup: &Backup) -> Result<()> {
    if backup.check != BackupCheck::Failed {
        return Ok(());
    }
    let why = backup.problem.as_deref().unwrap_or("it does not read back");
    Err(Error::conflict("conflict", format!("the backup is damaged: {why}")).solution("look at the disk it lies on, and make another"))
}

/// Deletes those that were kept for long enough.
async fn sweep(backups: &Backups, job: &JobHandle) -> Result<()> {
    let cx = CallContext::system(backups.core.now());
    let all = backups.folder.list().await?;
    for old in superfluous(&all, backups.rules.retention, cx.now) {
        backups.remove(&cx, old).await?;
        job.info(format!("{} was kept for long enough, and is deleted", old.name));
    }
    Ok(())
}

pub(super) fn result(backup: &Backup) -> JobResult {
    let id = id_of(&backup.name);
    JobResult { kind: "backup".to_owned(), id, href: format!("/api/v1/backups/{id}") }
}

/// A job, as the work on a backup sees it.
pub(super) struct Watch(pub(super) JobHandle);

#[async_trait]
impl BackupWatch for Watch {
    fn at(&self, done: u64, of: u64, what: &str) {
        self.0.progress(done, Some(of), what.to_owned());
    }

    fn is_stopped(&self) -> bool {
        self.0.stopping().is_cancelled()
    }

    async fn stopped(&self) {
        self.0.stopping().cancelled().await;
    }
}
