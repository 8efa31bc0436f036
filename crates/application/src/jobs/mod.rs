//! Jobs: long work that survives a restart, carried by one owner at a time.
//!
//! A use case queues a [`Job`](vigie_domain::system::Job) in its own transaction ([`queued`], `Unit::job`). The [`JobRunner`] claims it
//! under a lease and hands it to the [`JobHandler`] of its kind. Every write of a job carries the fencing token of its claim, so that an
//! owner whose lease ended cannot undo what the next one did. Bodies are idempotent: a claimed job may have been begun before.

mod feed;
mod handle;
mod handler;
mod runner;
mod use_cases;
mod view;

pub use feed::JobFeed;
pub use handle::{JobHandle, StopReason};
pub use handler::{JobHandler, JobHandlers};
pub use runner::JobRunner;
pub use use_cases::Jobs;
pub use view::{JobLogLineView, JobProgressView, JobResultView, JobView};

use serde::Serialize;
use vigie_domain::identity::Actor;
use vigie_domain::system::{Job, JobProgress, JobStatus};
use vigie_domain::{Error, Id, Permission, Result, Timestamp};

/// See jobs.
pub const READ: Permission = Permission::new("jobs", "read");
/// Cancel and retry jobs.
pub const ACT: Permission = Permission::new("jobs", "act");

/// A job that is due now, to be written with `Unit::job`.
pub fn queued(kind: &str, input: &impl Serialize, requested_by: Option<Actor>, now: Timestamp) -> Result<Job> {
    Ok(Job {
        id: Id::new(),
        kind: kind.to_owned(),
        status: JobStatus::Queued,
        progress: JobProgress::default(),
        result: None,
        error: None,
        requested_by,
        input: serde_json::to_value(input).map_err(Error::storage)?,
        attempts: 0,
        owner: None,
        lease_until: None,
        fencing: 0,
        cancel_requested: false,
        log: Vec::new(),
        created_at: now,
        run_at: now,
        started_at: None,
        finished_at: None,
    })
}
