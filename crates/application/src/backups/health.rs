//! How backups are: when the last one was made, what keeps the next one from being made, who is told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use vigie_domain::alerts::Severity;
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity, Read};
use vigie_domain::system::{Backup, BackupCheck, Event, Job, JobStatus, Subject, event_types};
use vigie_domain::{Result, Scope, Timestamp};

use super::{BACKUP_DRILL, BACKUP_MAKE, Backups, CopyFigures};
use crate::{CallContext, schedule};

/// What is known of the last backups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackupFigures {
    /// The moment that the newest whole one shows.
    pub last_success_at: Option<Timestamp>,
    /// How long it took to make and check, since this start.
    pub last_duration: Option<Duration>,
    /// Its length, in octets.
    pub last_size_bytes: Option<u64>,
    /// Those that failed since this start.
    pub failures: u64,
    /// Why the last one failed, unless one was made since.
    pub failure: Option<String>,
    /// When one was brought back last to see whether it can be.
    pub last_drill_success_at: Option<Timestamp>,
    /// When that was tried last.
    pub last_drill_at: Option<Timestamp>,
    /// Why it failed, unless it succeeded since.
    pub drill_failure: Option<String>,
    /// Copies elsewhere, by destination.
    pub copies: BTreeMap<String, CopyFigures>,
}

/// How backups are.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupState {
    /// `healthy`, `degraded`, `unhealthy` or `not_configured`.
    pub status: &'static str,
    /// In one sentence.
    pub detail: String,
    /// What to do, in one sentence.
    pub solution: Option<String>,
    /// What is known of the last ones.
    pub figures: BackupFigures,
}

/// Keeps what is known of the last backups.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<BackupFigures>);

impl Health {
    pub(super) fn lock(&self) -> MutexGuard<'_, BackupFigures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn last_success_at(&self) -> Option<Timestamp> {
        self.lock().last_success_at
    }

    pub(super) fn last_drill_at(&self) -> Option<Timestamp> {
        self.lock().last_drill_at
    }
}

impl Backups {
    /// Learns from folder and store how the last ones went before this start.
    pub async fn begin(&self) {
        let all = self.folder.list().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "backups cannot be seen");
            Vec::new()
        });
        let newest = all.iter().filter(|b| b.check != BackupCheck::Failed).max_by_key(|b| b.created_at);
        let came_back = all.iter().filter(|b| b.drill == BackupCheck::Passed).filter_map(|b| b.drilled_at).max();
        let failure = self.last_failure(BACKUP_MAKE, newest.map(|b| b.created_at)).await.unwrap_or_default();
        let drill_failure = self.last_failure(BACKUP_DRILL, came_back).await.unwrap_or_default();
        let copies = self.copies_of(&all);
        let mut figures = self.health.lock();
        figures.last_success_at = newest.map(|b| b.created_at);
        figures.last_size_bytes = newest.map(|b| b.size_bytes);
        figures.last_drill_success_at = came_back;
        figures.last_drill_at = all.iter().filter_map(|b| b.drilled_at).chain(drill_failure.as_ref().map(|(at, _)| *at)).max();
        figures.failure = failure.map(|(_, why)| why);
        figures.drill_failure = drill_failure.map(|(_, why)| why);
        figures.copies = copies;
        show(&figures);
        metrics::counter!("backup_failures_total").increment(0);
    }

    /// When the last job of a kind was queued, and why it failed, unless one succeeded since.
    async fn last_failure(&self, kind: &str, since: Option<Timestamp>) -> Result<Option<(Timestamp, String)>> {
        let query = ListQuery::all(1).filter(Filter::eq(Job::SCHEMA, "kind", kind)?).order("created_at", true);
        let last: Option<Job> = self.core.store.list(&Scope::system(), &query).await?.results.pop();
        let failed = last.filter(|job| job.status == JobStatus::Failed && Some(job.created_at) > since);
        Ok(failed.and_then(|job| Some((job.created_at, job.error?))))
    }

    /// Keeps how the making of one ended; a change of state is told as an event.
    pub(super) async fn record(&self, made: &Result<Backup>, took: Duration) {
        self.note(|figures| match made {
            Ok(backup) => {
                // an older one whose job was tried again is not the newest
                if figures.last_success_at <= Some(backup.created_at) {
                    (figures.last_success_at, figures.last_size_bytes) = (Some(backup.created_at), Some(backup.size_bytes));
                }
                figures.last_duration = Some(took);
                figures.failure = None;
            }
            Err(error) => {
                figures.failures += 1;
                figures.failure = Some(error.to_string());
                metrics::counter!("backup_failures_total").increment(1);
            }
        })
        .await;
    }

    /// Keeps how a drill ended; a change of state is told as an event.
    pub(super) async fn record_drill(&self, drilled: &Result<Backup>) {
        let now = self.core.now();
        self.note(|figures| {
            figures.last_drill_at = Some(now);
            figures.drill_failure = drilled.as_ref().err().map(ToString::to_string);
            if drilled.is_ok() {
                figures.last_drill_success_at = Some(now);
            }
        })
        .await;
    }

    /// Changes what is known; a change of state is told as an event.
    async fn note(&self, change: impl FnOnce(&mut BackupFigures)) {
        let before = self.state().status;
        {
            let mut figures = self.health.lock();
            change(&mut figures);
            show(&figures);
        }
        self.tell_change(before).await;
    }

    /// Tells that the state is no more what it was `before`.
    pub(super) async fn tell_change(&self, before: &str) {
        let state = self.state();
        if before != state.status
            && let Err(error) = self.tell(before, &state).await
        {
            tracing::error!(cause = error.chain(), "cannot tell that the state of backups changed");
        }
    }

    async fn tell(&self, before: &str, state: &BackupState) -> Result<()> {
        let cx = CallContext::system(self.core.now());
        let subject = Subject { kind: "service".to_owned(), id: None, name: Some("backup".to_owned()) };
        let severity = if matches!(state.status, "unhealthy" | "degraded") { Severity::Warning } else { Severity::Info };
        let event = Event::new(event_types::SERVICE_STATUS_CHANGED, cx.now, subject, None)
            .severity(severity)
            .data(json!({"status": state.status, "detail": state.detail}))
            .previous(json!({"status": before}));
        let mut unit = self.core.unit(&cx).await?;
        unit.event(event).await?;
        unit.commit().await
    }

    /// How they are now.
    pub fn state(&self) -> BackupState {
        self.with_copies(self.own_state())
    }

    /// How they are now, copies apart.
    fn own_state(&self) -> BackupState {
        let figures = self.health.lock().clone();
        let last = figures.last_success_at.map_or_else(|| "there is none yet".to_owned(), |at| format!("the newest is of {at}"));
        let state = |status, detail, solution: Option<&str>| BackupState {
            status,
            detail,
            solution: solution.map(str::to_owned),
            figures: figures.clone(),
        };
        if let Some(failure) = &figures.failure {
            return state("unhealthy", format!("the last one failed: {failure}; {last}"), Some("see the log of its job, and make another"));
        }
        if let Some(failure) = &figures.drill_failure {
            let detail = format!("the last drill failed: {failure}; {last}");
            return state("degraded", detail, Some("see the log of its job, make another backup, and drill that one"));
        }
        if self.rules.schedule.is_none() {
            let solution = "set backup.schedule, such as 0 3 * * *, and backup.passphrase_file";
            return state("not_configured", format!("no backups are made by themselves; {last}"), Some(solution));
        }
        if figures.last_success_at.is_some_and(|at| self.is_overdue(at)) {
            return state("degraded", format!("one is overdue; {last}"), Some("look whether its job is queued or running"));
        }
        state("healthy", last, None)
    }

    /// Whether too many were missed since then: one that is due is being made for a while, two are too many.
    pub(super) fn is_overdue(&self, since: Timestamp) -> bool {
        let next = |at| schedule::next(self.rules.schedule.as_deref()?, at);
        next(since).and_then(next).is_some_and(|second| second < self.core.now())
    }
}

fn show(figures: &BackupFigures) {
    if let Some(at) = figures.last_success_at {
        metrics::gauge!("backup_last_success_timestamp_seconds").set(at.0 as f64 / 1e3);
    }
    if let Some(at) = figures.last_drill_success_at {
        metrics::gauge!("backup_last_drill_success_timestamp_seconds").set(at.0 as f64 / 1e3);
    }
    if let Some(took) = figures.last_duration {
        metrics::gauge!("backup_last_duration_seconds").set(took.as_secs_f64());
    }
    if let Some(bytes) = figures.last_size_bytes {
        metrics::gauge!("backup_last_size_bytes").set(bytes as f64);
    }
}
