//! Jobs as they travel.

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::system::{Job, JobLogLine};

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = JobProgress)]
pub struct JobProgressView {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where known.
    pub total: Option<u64>,
    /// What it is at, in a few words.
    pub message: Option<String>,
}

/// What a finished job made.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = JobResult)]
pub struct JobResultView {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Where it stands in the API.
    pub href: String,
}

/// Long work, and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// What it does, such as `discovery.run`.
    #[schema(example = "discovery.run")]
    pub kind: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(example = "running")]
    pub status: &'static str,
    /// How far it is.
    pub progress: JobProgressView,
    /// What it made.
    pub result: Option<JobResultView>,
    /// Why it failed.
    pub error: Option<String>,
    /// Name of who asked for it; null for Vigie itself.
    pub requested_by: Option<String>,
    /// Times it was begun.
    pub attempts: u32,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it began.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        let progress = &job.progress;
        Self {
            id: job.id.to_string(),
            kind: job.kind.clone(),
            status: job.status.word(),
            progress: JobProgressView { done: progress.done, total: progress.total, message: progress.message.clone() },
            result: job.result.as_ref().map(|r| JobResultView { kind: r.kind.clone(), id: r.id.to_string(), href: r.href.clone() }),
            error: job.error.clone(),
            requested_by: job.requested_by.as_ref().map(|actor| actor.name.clone()),
            attempts: job.attempts,
            created_at: job.created_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            finished_at: job.finished_at.map(|at| at.to_string()),
        }
    }
}

/// A line of a job's log.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = JobLogLine)]
pub struct JobLogLineView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What.
    pub message: String,
}

impl From<&JobLogLine> for JobLogLineView {
    fn from(line: &JobLogLine) -> Self {
        Self { at: line.at.to_string(), level: line.level.clone(), message: line.message.clone() }
    }
}
