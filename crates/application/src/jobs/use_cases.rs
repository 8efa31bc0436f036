//! What callers do with jobs.

use vigie_domain::query::{ListQuery, Page};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::{AuditResource, Job, JobLogLine, JobStatus};
use vigie_domain::{Error, Id, Permission, Result};

use super::runner::finished;
use super::{ACT, JobFeed, JobHandlers, READ};
use crate::{CallContext, Core, Unit};

/// The use cases of jobs. A caller with a limited grant sees and touches only what it asked for itself.
#[derive(Clone)]
pub struct Jobs {
    core: Core,
    feed: JobFeed,
    handlers: JobHandlers,
}

impl Jobs {
    /// The use cases over these ports.
    pub fn new(core: &Core, feed: &JobFeed, handlers: &JobHandlers) -> Self {
        Self { core: core.clone(), feed: feed.clone(), handlers: handlers.clone() }
    }

    /// A page of the jobs that the caller may see.
    pub async fn list(&self, cx: &CallContext, query: &ListQuery) -> Result<Page<Job>> {
        self.core.store.list(&cx.require(READ)?, query).await
    }

    /// A job.
    pub async fn get(&self, cx: &CallContext, id: Id) -> Result<Job> {
        of_caller(&*self.core.store, cx, READ, id).await
    }

    /// The last lines of its log.
    pub async fn log(&self, cx: &CallContext, id: Id) -> Result<Vec<JobLogLine>> {
        Ok(self.get(cx, id).await?.log)
    }

    /// Asks it to stop. A queued job ends at once, a running one within about a second; what it found stays.
    pub async fn cancel(&self, cx: &CallContext, id: Id) -> Result<Job> {
        let mut unit = self.core.unit(cx).await?;
        let job = of_caller(unit.work(), cx, ACT, id).await?;
        let job = self.cancel_in(&mut unit, cx, job).await?;
        audit(&mut unit, "jobs.cancel", &job).await?;
        unit.commit().await?;
        self.feed.publish(job.clone());
        Ok(job)
    }

    /// As [`Self::cancel`], within a unit of work and without its rights: for what a job stands for.
    pub(crate) async fn cancel_in(&self, unit: &mut Unit<'_>, cx: &CallContext, mut job: Job) -> Result<Job> {
        if job.status.is_final() {
            return Err(Error::conflict("conflict", format!("the job has already {}", ended(job.status))));
        }
        job.cancel_requested = true;
        if job.status == JobStatus::Queued {
            (job.status, job.finished_at) = (JobStatus::Cancelled, Some(cx.now));
            if let Some(handler) = self.handlers.get(&job.kind) {
                handler.abandoned(&job, unit).await?;
            }
            unit.event(finished(&job)).await?;
        }
        unit.work().update(&job).await?;
        Ok(job)
    }

    /// Queues a failed or cancelled job again.
    pub async fn retry(&self, cx: &CallContext, id: Id) -> Result<Job> {
        let mut unit = self.core.unit(cx).await?;
        let mut job = of_caller(unit.work(), cx, ACT, id).await?;
        if !matches!(job.status, JobStatus::Failed | JobStatus::Cancelled) {
            return Err(Error::conflict(
                "conflict",
                format!("only a job that failed or was cancelled can be retried; this one {}", stands(job.status)),
            ));
        }
        job.status = JobStatus::Queued;
        (job.error, job.result, job.finished_at, job.started_at) = (None, None, None, None);
        (job.attempts, job.cancel_requested, job.run_at) = (0, false, cx.now);
        unit.work().update(&job).await?;
        audit(&mut unit, "jobs.retry", &job).await?;
        unit.commit().await?;
        self.core.bus.wake_jobs();
        self.feed.publish(job.clone());
        Ok(job)
    }

    /// What jobs are at, as it happens.
    pub fn feed(&self) -> &JobFeed {
        &self.feed
    }
}

/// A job that the caller may see. One with a limited grant lacks the right to jobs of others, and is not told whether there is one.
async fn of_caller<R: Read + ?Sized>(store: &R, cx: &CallContext, permission: Permission, id: Id) -> Result<Job> {
    let scope = cx.require(permission)?;
    match store.get(&scope, id).await? {
        Some(job) => Ok(job),
        None if scope.is_everything() => Err(Error::not_found("job", id)),
        None => Err(Error::permission_denied(&permission.to_string())
            .cause("your grant is limited to sites, groups or realms, and none of your own jobs has this id")
            .solution("ask an administrator for a grant without limits")),
    }
}

async fn audit(unit: &mut Unit<'_>, action: &str, job: &Job) -> Result<()> {
    let resource = AuditResource { kind: "job".to_owned(), id: Some(job.id), name: Some(job.kind.clone()) };
    unit.audit(action, resource, None, None).await
}

fn ended(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Cancelled => "been cancelled",
        JobStatus::Failed => "failed",
        _ => "ended",
    }
}

fn stands(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Queued => "is queued",
        JobStatus::Running => "is running",
        _ => "succeeded",
    }
}
