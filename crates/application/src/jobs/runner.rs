//! Claims jobs and has them carried.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vigie_domain::alerts::Severity;
use vigie_domain::query::{Filter, Operator, Value};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{Event, Job, JobResult, JobStatus, Subject, event_types};
use vigie_domain::{Error, Result, Scope};

use super::handle::LEASE;
use super::{JobFeed, JobHandle, JobHandlers, StopReason};
use crate::{CallContext, Core};

/// A job that was claimed so often without coming to an end is given up.
const MAX_ATTEMPTS: u32 = 10;
/// How often listeners are told.
const SHOW: Duration = Duration::from_millis(250);
/// Saving and looking for a cancellation comes once in so many showings.
const KEEP_EVERY: u32 = 4;
/// Tries to write how a job ended, a second apart, before its lease is left to end.
const END_TRIES: u32 = 20;

/// Claims due jobs, and carries a bounded number of them at a time.
pub struct JobRunner {
    core: Core,
    feed: JobFeed,
    handlers: JobHandlers,
    workers: usize,
}

impl JobRunner {
    /// A runner that carries at most `workers` jobs at a time. It does nothing before [`Self::run`].
    pub fn new(core: &Core, feed: &JobFeed, handlers: &JobHandlers, workers: usize) -> Arc<Self> {
        Arc::new(Self { core: core.clone(), feed: feed.clone(), handlers: handlers.clone(), workers: workers.max(1) })
    }

    /// Carries jobs until `stop`, then waits for their bodies to put down what they hold.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        if let Err(error) = self.recover().await {
            tracing::warn!(cause = error.chain(), "cannot take back the jobs of the last run before their leases end");
        }
        let slots = Arc::new(Semaphore::new(self.workers));
        let mut running = JoinSet::new();
        loop {
            let slot = tokio::select! {
                slot = slots.clone().acquire_owned() => slot,
                () = stop.cancelled() => break,
            };
            let Ok(slot) = slot else { break };
            match self.claim().await {
                Ok(Some(job)) => {
                    let (runner, stop) = (self.clone(), stop.clone());
                    running.spawn(async move {
                        runner.carry(job, &stop).await;
                        drop(slot);
                    });
                }
                outcome => {
                    drop(slot);
                    if let Err(error) = outcome {
                        tracing::error!(cause = error.chain(), "cannot claim jobs, trying again");
                    }
                    tokio::select! {
                        () = self.core.bus.jobs_woken() => {}
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                        () = stop.cancelled() => break,
                    }
                }
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Jobs that this node held when its last process ended are due at once: no other process has its name.
    async fn recover(&self) -> Result<()> {
        let mut work = self.core.store.begin().await?;
        let running = Filter::on(Job::SCHEMA, "status", Operator::Eq, [Value::from(JobStatus::Running.word())])?;
        let jobs: Vec<Job> = work.all(&Scope::system(), vec![running]).await?;
        let now = self.core.now();
        for mut job in jobs.into_iter().filter(|job| job.owner.as_deref() == Some(&self.core.settings.node)) {
            tracing::info!(job = %job.id, kind = job.kind, "taking up a job again");
            job.lease_until = Some(now);
            work.update(&job).await?;
        }
        work.commit().await
    }

    async fn claim(&self) -> Result<Option<Job>> {
        let now = self.core.now();
        self.core.store.claim_job(&self.handlers.kinds(), &self.core.settings.node, now, now.plus(LEASE)).await
    }

    async fn carry(&self, job: Job, stop: &CancellationToken) {
        let span = (job.id, job.kind.clone());
        let Some(handler) = self.handlers.get(&job.kind) else { return };
        let handle = JobHandle::new(&self.core, &self.feed, job, stop);
        if handle.snapshot().attempts > MAX_ATTEMPTS {
            let error = format!("given up after {MAX_ATTEMPTS} attempts: the process ended each time while it ran");
            return self.end(&handle, End::Abandoned(error)).await;
        }
        let body = AssertUnwindSafe(handler.run(handle.clone())).catch_unwind();
        let outcome = tokio::select! {
            outcome = body => outcome,
            () = keep(&handle) => return,
        };
        let outcome = outcome.unwrap_or_else(|_| {
            tracing::error!(job = %span.0, kind = span.1, "the body of a job panicked");
            Err(Error::new(vigie_domain::ErrorKind::StorageFailed, "internal", "an internal error ended the job"))
        });
        let end = match (handle.stop_reason(), outcome) {
            (Some(StopReason::Lost), _) => {
                tracing::warn!(job = %span.0, kind = span.1, "another owner took the job");
                return;
            }
            (Some(StopReason::Cancelled), outcome) => End::Cancelled(outcome.ok().flatten()),
            (_, Ok(result)) => End::Succeeded(result),
            (Some(StopReason::Shutdown), Err(_)) => End::Released,
            (None, Err(error)) => {
                tracing::warn!(job = %span.0, kind = span.1, error = %error, cause = error.chain(), "a job failed");
                End::Failed(error.to_string())
            }
        };
        self.end(&handle, end).await;
    }

    /// Writes how a job ended; where the store does not answer for long, the lease ends and the job is run again.
    async fn end(&self, handle: &JobHandle, end: End) {
        for _ in 0..END_TRIES {
            match self.try_end(handle, &end).await {
                Ok(job) => return self.feed.publish(job),
                Err(error) if handle.stop_reason() == Some(StopReason::Lost) => {
                    return tracing::warn!(job = %handle.id(), error = %error, "another owner took the job");
                }
                Err(error) => tracing::warn!(job = %handle.id(), cause = error.chain(), "cannot write how a job ended, trying again"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn try_end(&self, handle: &JobHandle, end: &End) -> Result<Job> {
        let cx = CallContext::system(self.core.now());
        let mut unit = self.core.unit(&cx).await?;
        handle.save_in(unit.work()).await?;
        let mut job = handle.snapshot();
        if let (End::Abandoned(_), Some(handler)) = (end, self.handlers.get(&job.kind)) {
            handler.abandoned(&job, &mut unit).await?;
        }
        end.apply(&mut job, &cx);
        unit.work().update(&job).await?;
        if job.status.is_final() {
            unit.event(finished(&job)).await?;
        }
        unit.commit().await?;
        Ok(job)
    }
}

/// Shows and keeps a job until its owner loses it and its body had time to put things down.
async fn keep(handle: &JobHandle) {
    let mut beat = tokio::time::interval(SHOW);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut turn = 0;
    loop {
        beat.tick().await;
        handle.show();
        turn += 1;
        if turn % KEEP_EVERY != 0 {
            continue;
        }
        if let Err(error) = handle.keep().await {
            tracing::warn!(job = %handle.id(), error = %error, cause = error.chain(), "cannot save a job");
        }
        if handle.stop_reason() == Some(StopReason::Lost) {
            // whatever the body still does is refused by the fencing token
            tracing::warn!(job = %handle.id(), "a job was lost to another owner");
            return;
        }
    }
}

/// How a job ends.
enum End {
    Succeeded(Option<JobResult>),
    Failed(String),
    Cancelled(Option<JobResult>),
    /// Failed without its body.
    Abandoned(String),
    /// Queued again, for the next start.
    Released,
}

impl End {
    fn apply(&self, job: &mut Job, cx: &CallContext) {
        (job.owner, job.lease_until) = (None, None);
        job.finished_at = Some(cx.now);
        match self {
            Self::Succeeded(result) => (job.status, job.result) = (JobStatus::Succeeded, result.clone()),
            Self::Cancelled(result) => (job.status, job.result) = (JobStatus::Cancelled, result.clone()),
            Self::Failed(error) | Self::Abandoned(error) => (job.status, job.error) = (JobStatus::Failed, Some(error.clone())),
            Self::Released => {
                (job.status, job.finished_at) = (JobStatus::Queued, None);
                job.attempts = job.attempts.saturating_sub(1);
            }
        }
    }
}

/// The event that tells of the end of a job.
pub(super) fn finished(job: &Job) -> Event {
    let severity = if job.status == JobStatus::Failed { Severity::Warning } else { Severity::Info };
    Event::new(event_types::JOB_FINISHED, job.finished_at.unwrap_or(job.created_at), Subject::new("job", job.id, &job.kind), None)
        .severity(severity)
        .data(serde_json::json!({ "status": job.status, "error": job.error, "result": job.result }))
}
