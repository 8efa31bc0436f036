//! Copies elsewhere: made once a backup was read back, told of where they are not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vigie_domain::system::{Backup, BackupCopy, BackupWatch, CopyState};
use vigie_domain::{Error, ErrorKind, Result, Timestamp};

use super::use_cases::resource;
use super::{BackupState, Backups, Destination};
use crate::CallContext;
use crate::jobs::JobHandle;

/// What is known of the copies at one destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyFigures {
    /// The moment that the newest one shows.
    pub last_success_at: Option<Timestamp>,
    /// How long it took to make, since this start.
    pub last_duration: Option<Duration>,
    /// Those that failed since this start.
    pub failures: u64,
    /// Why the last one failed, unless one was made since.
    pub failure: Option<String>,
    /// The moment that the first one shows of those that failed since the last success.
    pub failing_since: Option<Timestamp>,
}

/// Copies a backup to every destination that does not have it yet. One that fails does not keep it from the others.
pub(super) async fn copy(backups: &Backups, job: &JobHandle, made: &Backup, watch: &Arc<dyn BackupWatch>) -> Result<()> {
    let mut failed = Vec::new();
    let missing: Vec<&Destination> = backups.destinations.iter().filter(|destination| !is_at(made, &destination.name)).collect();
    for destination in missing {
        let began = Instant::now();
        let sent = destination.send(&*backups.folder, made, watch, &|line| job.warning(line)).await;
        if sent.is_err() && job.stop_reason().is_some() {
            return sent;
        }
        backups.record_copy(&destination.name, made, &sent, began.elapsed()).await;
        match sent {
            Ok(()) => {
                job.info(format!("{} is copied to {}, {}", made.name, destination.name, destination.offsite.place()));
                tokio::select! {
                    () = sweep(backups, job, destination) => {}
                    () = watch.stopped() => return Err(Error::conflict("conflict", "the work on the backup was ended before it was done")),
                }
            }
            Err(error) => {
                job.error(format!("{} is not copied to {}: {error}", made.name, destination.name));
                failed.push(format!("{}: {error}", destination.name));
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let detail = format!("{} is made and whole, and not copied to {}", made.name, failed.join("; "));
    Err(Error::new(ErrorKind::ServiceFailed, "service_failed", detail))
}

fn is_at(backup: &Backup, destination: &str) -> bool {
    backup.copies.iter().any(|copy| copy.destination == destination && copy.state == CopyState::Copied)
}

/// Deletes what was kept there for long enough.
async fn sweep(backups: &Backups, job: &JobHandle, destination: &Destination) {
    let deleting = async {
        let now = backups.core.now();
        for old in destination.superfluous(now).await? {
            destination.remove(&old.name).await?;
            job.info(format!("{} was kept at {} for long enough, and is deleted there", old.name, destination.name));
            tell_deleted(backups, &destination.name, &old, now).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = deleting.await {
        job.warning(format!("older backups at {} were not deleted: {error}", destination.name));
    }
}

async fn tell_deleted(backups: &Backups, destination: &str, old: &Backup, at: Timestamp) -> Result<()> {
    let cx = CallContext::system(at);
    let before =
        serde_json::json!({"name": old.name, "created_at": old.created_at, "size_bytes": old.size_bytes, "destination": destination});
    let mut unit = backups.core.unit(&cx).await?;
    unit.audit("backups.delete", resource(&old.name), Some(before), None).await?;
    unit.commit().await?;
    let copy = BackupCopy { destination: destination.to_owned(), state: CopyState::Deleted, at, error: None };
    match backups.folder.note_copy(&old.name, copy).await {
        // it may be gone from here as well
        Err(error) if error.kind() != ErrorKind::ResourceNotFound => Err(error),
        _ => Ok(()),
    }
}

impl Backups {
    /// Keeps how a copy ended; a change of state is told as an event.
    async fn record_copy(&self, destination: &str, made: &Backup, sent: &Result<()>, took: Duration) {
        let before = self.state().status;
        {
            let mut figures = self.health.lock();
            let figures = figures.copies.entry(destination.to_owned()).or_default();
            match sent {
                Ok(()) => {
                    // that of an older one, made up for, is no news
                    (figures.last_success_at, figures.last_duration) = (figures.last_success_at.max(Some(made.created_at)), Some(took));
                    if figures.failing_since.is_none_or(|since| made.created_at >= since) {
                        (figures.failure, figures.failing_since) = (None, None);
                    }
                }
                Err(error) => {
                    figures.failures += 1;
                    figures.failure = Some(error.to_string());
                    figures.failing_since.get_or_insert(made.created_at);
                    metrics::counter!("backup_copy_failures_total", "destination" => destination.to_owned()).increment(1);
                }
            }
            show(destination, figures);
        }
        self.tell_change(before).await;
        let (state, error) = match sent {
            Ok(()) => (CopyState::Copied, None),
            Err(error) => (CopyState::Failed, Some(error.to_string())),
        };
        let copy = BackupCopy { destination: destination.to_owned(), state, at: self.core.now(), error };
        if let Err(error) = self.folder.note_copy(&made.name, copy).await {
            tracing::warn!(%error, name = made.name, "how the copy of a backup ended cannot be kept");
        }
    }

    /// What the folder tells of copies before this start.
    pub(super) fn copies_of(&self, all: &[Backup]) -> BTreeMap<String, CopyFigures> {
        let known = self.destinations.iter().map(|Destination { name, .. }| {
            let of =
                |backup: &Backup| backup.copies.iter().find(|copy| copy.destination == *name).map(|copy| (backup.created_at, copy.clone()));
            let tried: Vec<(Timestamp, BackupCopy)> = all.iter().filter_map(of).collect();
            let last_success_at = tried.iter().filter(|(_, copy)| copy.state != CopyState::Failed).map(|(at, _)| *at).max();
            let failing_since = tried.iter().map(|(at, _)| *at).filter(|at| Some(*at) > last_success_at).min();
            let last = tried.into_iter().max_by_key(|(at, _)| *at);
            let failure = last.and_then(|(_, copy)| copy.error);
            let failing_since = failing_since.filter(|_| failure.is_some());
            let figures = CopyFigures { last_success_at, failure, failing_since, ..CopyFigures::default() };
            metrics::counter!("backup_copy_failures_total", "destination" => name.clone()).increment(0);
            show(name, &figures);
            (name.clone(), figures)
        });
        known.collect()
    }

    /// The state of backups together with that of their copies.
    pub(super) fn with_copies(&self, mut state: BackupState) -> BackupState {
        let failing = state.figures.copies.iter().filter_map(|(name, copies)| Some((name, copies, copies.failure.as_ref()?)));
        let (mut told, mut is_overdue) = (Vec::new(), false);
        for (name, copies, failure) in failing {
            let last = copies.last_success_at.map_or_else(|| "there is none".to_owned(), |at| format!("the newest there is of {at}"));
            told.push(format!("the last one was not copied to {name}: {failure}; {last}"));
            is_overdue |= copies.last_success_at.or(copies.failing_since).is_some_and(|at| self.is_overdue(at));
        }
        if told.is_empty() {
            return state;
        }
        if state.status != "unhealthy" {
            state.status = if is_overdue { "unhealthy" } else { "degraded" };
            let remedy = "see the log of its job and the settings of the destination, and try the job again (vigie jobs retry)";
            state.solution = Some(state.solution.map_or_else(|| remedy.to_owned(), |own| format!("{remedy}; {own}")));
        }
        state.detail = format!("{}; {}", told.join("; "), state.detail);
        state
    }
}

fn show(destination: &str, figures: &CopyFigures) {
    let destination = || destination.to_owned();
    if let Some(at) = figures.last_success_at {
        metrics::gauge!("backup_copy_last_success_timestamp_seconds", "destination" => destination()).set(at.0 as f64 / 1e3);
    }
    if let Some(took) = figures.last_duration {
        metrics::gauge!("backup_copy_last_duration_seconds", "destination" => destination()).set(took.as_secs_f64());
    }
}
