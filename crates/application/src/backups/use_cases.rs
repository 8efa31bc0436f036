//! What callers do with backups. All of it needs a grant without limits.

use std::sync::Arc;

use vigie_domain::query::{Filter, ListQuery, Operator, Page, Value, page_of};
use vigie_domain::store::{Entity, Read};
use vigie_domain::system::{AuditResource, Backup, BackupContent, BackupFolder, BackupOrigin, Job, JobStatus};
use vigie_domain::telemetry::{EventStore, SampleStore};
use vigie_domain::{Error, Id, Result, Scope};

use super::health::Health;
use super::work::{BACKUP_CHECK, BACKUP_MAKE, CheckInput, MakeInput};
use super::{BackupRules, DOWNLOAD, Destination, READ, WRITE, id_of, name_at};
use crate::jobs::queued;
use crate::{CallContext, Core, Unit};

/// What the work on backups leaves free for everything else, in octets.
pub const SPARE: u64 = 64 << 20;

/// The use cases of backups. Cheap to clone.
#[derive(Clone)]
pub struct Backups {
    pub(super) core: Core,
    pub(super) samples: Arc<dyn SampleStore>,
    /// Where events are kept, when these go into backups.
    pub(super) events: Option<Arc<dyn EventStore>>,
    pub(super) folder: Arc<dyn BackupFolder>,
    pub(super) rules: Arc<BackupRules>,
    pub(super) destinations: Arc<[Destination]>,
    pub(super) health: Arc<Health>,
}

/// A backup that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its id: it is there once the job has ended.
    pub id: Id,
    /// The job that makes it.
    pub job_id: Id,
}

impl Backups {
    /// Over this folder.
    pub fn new(core: &Core, samples: Arc<dyn SampleStore>, folder: Arc<dyn BackupFolder>, rules: BackupRules) -> Self {
        Self {
            core: core.clone(),
            samples,
            events: None,
            folder,
            rules: Arc::new(rules),
            destinations: Arc::default(),
            health: Arc::default(),
        }
    }

    /// With the events of this store in them, which take room.
    pub fn with_events(self, events: Arc<dyn EventStore>) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Those that are made from now on are copied there.
    pub fn copied_to(mut self, destinations: Vec<Destination>) -> Self {
        self.destinations = destinations.into();
        self
    }

    /// A page of the backups there are.
    pub async fn list(&self, cx: &CallContext, query: &ListQuery) -> Result<Page<Backup>> {
        cx.require_unscoped(READ)?;
        Ok(page_of(self.folder.list().await?, query))
    }

    /// A backup.
    pub async fn get(&self, cx: &CallContext, id: Id) -> Result<Backup> {
        cx.require_unscoped(READ)?;
        self.find(id).await
    }

    /// Begins to make one: as a job, one at a time. Refused where there is no room for it.
    pub async fn create(&self, cx: &CallContext) -> Result<Begun> {
        cx.require_unscoped(WRITE)?;
        self.must_have_room().await?;
        let mut unit = self.core.unit(cx).await?;
        if let Some(job) = open_job(&mut unit, BACKUP_MAKE).await? {
            let error = Error::conflict("conflict", format!("a backup is being made already, by job {}", job.id));
            return Err(error.solution("wait until that job has ended, or cancel it"));
        }
        let begun = self.queue(&mut unit, cx, BackupOrigin::Manual).await?;
        unit.commit().await?;
        Ok(begun)
    }

    /// Queues the making of one.
    pub(super) async fn queue(&self, unit: &mut Unit<'_>, cx: &CallContext, origin: BackupOrigin) -> Result<Begun> {
        let name = name_at(cx.now);
        let actor = (origin == BackupOrigin::Manual).then(|| cx.principal.actor.clone());
        let job = queued(BACKUP_MAKE, &MakeInput { name: name.clone(), origin }, actor, cx.now)?;
        unit.job(&job).await?;
        unit.audit("backups.create", resource(&name), None, None).await?;
        Ok(Begun { id: id_of(&name), job_id: job.id })
    }

    /// Reads one to its end, as a job.
    pub async fn verify(&self, cx: &CallContext, id: Id) -> Result<Job> {
        cx.require_unscoped(WRITE)?;
        let backup = self.find(id).await?;
        let mut unit = self.core.unit(cx).await?;
        let job = queued(BACKUP_CHECK, &CheckInput { name: backup.name.clone() }, Some(cx.principal.actor.clone()), cx.now)?;
        unit.job(&job).await?;
        unit.audit("backups.verify", resource(&backup.name), None, None).await?;
        unit.commit().await?;
        Ok(job)
    }

    /// Deletes one.
    pub async fn delete(&self, cx: &CallContext, id: Id) -> Result<()> {
        cx.require_unscoped(WRITE)?;
        let backup = self.find(id).await?;
        self.remove(cx, &backup).await
    }

    /// Deletes it, and tells the audit.
    pub(super) async fn remove(&self, cx: &CallContext, backup: &Backup) -> Result<()> {
        let mut unit = self.core.unit(cx).await?;
        let before = serde_json::json!({"name": backup.name, "created_at": backup.created_at, "size_bytes": backup.size_bytes});
        unit.audit("backups.delete", resource(&backup.name), Some(before), None).await?;
        self.folder.remove(&backup.name).await?;
        unit.commit().await
    }

    /// Opens one to be carried away. The audit knows of it before the first octet goes out.
    pub async fn download(&self, cx: &CallContext, id: Id) -> Result<(Backup, BackupContent)> {
        cx.require_unscoped(DOWNLOAD)?;
        let backup = self.find(id).await?;
        let content = self.folder.open(&backup.name).await?;
        let mut unit = self.core.unit(cx).await?;
        unit.audit("backups.download", resource(&backup.name), None, None).await?;
        unit.commit().await?;
        Ok((backup, content))
    }

    pub(super) async fn find(&self, id: Id) -> Result<Backup> {
        let found = self.folder.list().await?.into_iter().find(|backup| backup.id == id);
        found.ok_or_else(|| Error::not_found("backup", id).solution("one that is being made is there once its job has ended"))
    }

    /// Fails where the folder cannot be written to, or where a backup may not fit: beside it the databases and the events lie there a second time
    /// for a while, and it is not larger than they are.
    pub(super) async fn must_have_room(&self) -> Result<()> {
        let free = self.folder.free_bytes().await?;
        let wanted = self.bytes().await?.saturating_mul(2).saturating_add(SPARE);
        if free >= wanted {
            return Ok(());
        }
        let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        let (place, missing) = (self.folder.place(), mb(wanted - free));
        let detail = format!("a backup needs up to {} in {place}, of which {missing} are missing: {} are free", mb(wanted), mb(free));
        Err(Error::conflict("conflict", detail).solution("make room there, or set backup.folder to a folder of a larger disk"))
    }

    /// Octets of what goes into a backup.
    async fn bytes(&self) -> Result<u64> {
        let databases = self.core.store.describe().await?.size_bytes.saturating_add(self.samples.describe().await?.bytes);
        let Some(events) = &self.events else { return Ok(databases) };
        let events = events.status().await?;
        Ok(databases.saturating_add(events.bytes).saturating_add(events.log_bytes))
    }
}

/// A job of this kind that runs or is to, if there is one.
pub(super) async fn open_job(unit: &mut Unit<'_>, kind: &str) -> Result<Option<Job>> {
    let open = [JobStatus::Queued, JobStatus::Running].map(|status| Value::from(status.word()));
    let query =
        ListQuery::all(1).filter(Filter::eq(Job::SCHEMA, "kind", kind)?).filter(Filter::on(Job::SCHEMA, "status", Operator::In, open)?);
    Ok(unit.work().list::<Job>(&Scope::system(), &query).await?.results.pop())
}

/// What the audit calls a backup.
pub(super) fn resource(name: &str) -> AuditResource {
    AuditResource { kind: "backup".to_owned(), id: Some(id_of(name)), name: Some(name.to_owned()) }
}
