//! A claimed job in the hands of its body: progress, log, checkpoints, and the sign to stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;
use vigie_domain::identity::Actor;
use vigie_domain::store::{Read, UnitOfWork, Write};
use vigie_domain::system::{Job, JobLogLine, JobStatus};
use vigie_domain::{Error, Id, Result, Scope, Timestamp};

use super::JobFeed;
use crate::{CallContext, Core};

/// How long a claim holds without a sign of life.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// A lease is renewed when this much of it is left.
const RENEW: Duration = Duration::from_secs(20);
/// Lines of a log that are kept.
const LOG_LINES: usize = 500;
/// Longest line of a log, in characters.
const LOG_LINE: usize = 500;

/// Why a body is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody cancelled the job: what it stands for is ended.
    Cancelled,
    /// The process ends: the job goes on at its next start.
    Shutdown,
    /// Another owner holds the job: nothing may be written any more.
    Lost,
}

/// A claimed job. Cheap to clone.
#[derive(Clone)]
pub struct JobHandle(Arc<Shared>);

struct Shared {
    core: Core,
    feed: JobFeed,
    stopping: CancellationToken,
    shutdown: CancellationToken,
    state: Mutex<State>,
}

struct State {
    job: Job,
    unsaved: bool,
    unshown: bool,
    reason: Option<StopReason>,
}

impl JobHandle {
    pub(super) fn new(core: &Core, feed: &JobFeed, job: Job, shutdown: &CancellationToken) -> Self {
        let stopping = shutdown.child_token();
        let cancelled = job.cancel_requested;
        let state = Mutex::new(State { job, unsaved: false, unshown: true, reason: None });
        let shared = Shared { core: core.clone(), feed: feed.clone(), stopping, shutdown: shutdown.clone(), state };
        let handle = Self(Arc::new(shared));
        if cancelled {
            handle.stop(StopReason::Cancelled);
        }
        handle
    }

    /// The job's id.
    pub fn id(&self) -> Id {
        self.state().job.id
    }

    /// What it works on.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.state().job.input.clone()).map_err(Error::storage)
    }

    /// Who asked for it.
    pub fn requested_by(&self) -> Option<Actor> {
        self.state().job.requested_by.clone()
    }

    /// The context its writes are made in: all rights, in the name of whoever asked.
    pub fn context(&self) -> CallContext {
        let mut cx = CallContext::system(self.0.core.now());
        if let Some(actor) = self.requested_by() {
            cx.principal.actor = actor;
        }
        cx
    }

    /// Cancelled when the body is to stop.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Why it is to stop; `None` while it may go on.
    pub fn stop_reason(&self) -> Option<StopReason> {
        let reason = self.state().reason;
        reason.or_else(|| self.0.shutdown.is_cancelled().then_some(StopReason::Shutdown))
    }

    /// Says how far it is. Saved about once a second, shown at most four times a second.
    pub fn progress(&self, done: u64, total: Option<u64>, message: impl Into<Option<String>>) {
        let mut state = self.state();
        let progress = &mut state.job.progress;
        (progress.done, progress.total, progress.message) = (done, total, message.into());
        (state.unsaved, state.unshown) = (true, true);
    }

    /// Adds a line to its log.
    pub fn info(&self, message: impl Into<String>) {
        self.line("info", message.into());
    }

    /// Adds a warning to its log.
    pub fn warning(&self, message: impl Into<String>) {
        self.line("warning", message.into());
    }

    /// Adds an error to its log.
    pub fn error(&self, message: impl Into<String>) {
        self.line("error", message.into());
    }

    fn line(&self, level: &str, message: String) {
        let at = self.0.core.now();
        let message = if message.chars().count() > LOG_LINE { message.chars().take(LOG_LINE).collect() } else { message };
        let mut state = self.state();
        if state.job.log.len() >= LOG_LINES {
            let excess = state.job.log.len() + 1 - LOG_LINES;
            state.job.log.drain(..excess);
        }
        state.job.log.push(JobLogLine { at, level: level.to_owned(), message });
        (state.unsaved, state.unshown) = (true, true);
    }

    /// What the body left for itself before a restart.
    pub fn checkpoint(&self) -> Option<Json> {
        self.state().job.input.get("checkpoint").cloned()
    }

    /// Leaves something for the body that goes on after a restart; written by the next [`Self::save_in`].
    pub fn set_checkpoint(&self, checkpoint: Json) {
        let mut state = self.state();
        if let Json::Object(input) = &mut state.job.input {
            input.insert("checkpoint".to_owned(), checkpoint);
            state.unsaved = true;
        }
    }

    /// Fails, so that the transaction is undone, when another owner holds the job.
    pub async fn holds(&self, work: &mut dyn UnitOfWork) -> Result<()> {
        self.stored(work).await.map(|_| ())
    }

    async fn stored(&self, work: &mut dyn UnitOfWork) -> Result<Job> {
        let (id, fencing) = {
            let state = self.state();
            (state.job.id, state.job.fencing)
        };
        let stored: Option<Job> = work.get(&Scope::system(), id).await?;
        stored.filter(|job| job.fencing == fencing && job.status == JobStatus::Running).ok_or_else(|| {
            self.stop(StopReason::Lost);
            Error::conflict("conflict", "the job belongs to another owner")
        })
    }

    /// Writes progress, log and checkpoint with the work of the body, in its transaction; renews the lease. Fails, so that the transaction
    /// is undone, when another owner holds the job.
    pub async fn save_in(&self, work: &mut dyn UnitOfWork) -> Result<()> {
        let stored = self.stored(work).await?;
        if stored.cancel_requested {
            self.stop(StopReason::Cancelled);
        }
        let job = {
            let mut state = self.state();
            state.job.cancel_requested = stored.cancel_requested;
            state.job.lease_until = Some(self.0.core.now().plus(LEASE));
            state.unsaved = false;
            state.job.clone()
        };
        work.update(&job).await
    }

    pub(super) fn stop(&self, reason: StopReason) {
        let mut state = self.state();
        if state.reason != Some(StopReason::Lost) {
            state.reason = Some(reason);
        }
        drop(state);
        self.0.stopping.cancel();
    }

    pub(super) fn snapshot(&self) -> Job {
        self.state().job.clone()
    }

    /// Tells listeners what is new.
    pub(super) fn show(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.unshown) {
            self.0.feed.publish(state.job.clone());
        }
    }

    /// Saves what is unsaved, renews a lease that grows old, and looks whether somebody cancelled the job.
    pub(super) async fn keep(&self) -> Result<()> {
        let now = self.0.core.now();
        let (id, fencing, unsaved, lease) = {
            let state = self.state();
            (state.job.id, state.job.fencing, state.unsaved, state.job.lease_until.unwrap_or(now))
        };
        if unsaved || lease.since(now) < RENEW {
            return self.save(now, lease).await;
        }
        let stored: Option<Job> = self.0.core.store.get(&Scope::system(), id).await?;
        match stored {
            Some(job) if job.fencing == fencing && job.cancel_requested => self.stop(StopReason::Cancelled),
            Some(job) if job.fencing == fencing => {}
            _ => self.stop(StopReason::Lost),
        }
        Ok(())
    }

    async fn save(&self, now: Timestamp, lease: Timestamp) -> Result<()> {
        let saved = async {
            let mut work = self.0.core.store.begin().await?;
            self.save_in(&mut *work).await?;
            work.commit().await
        };
        let saved = saved.await;
        if saved.is_err() {
            self.state().unsaved = true;
            if lease <= now {
                // the store may be alive for others: they may claim the job by now
                self.stop(StopReason::Lost);
            }
        }
        saved
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
