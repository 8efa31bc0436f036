//! Views of problems, events, jobs and the audit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::alerts::Severity;
use vigie_domain::identity::{Actor, ActorKind};
use vigie_domain::system::{AuditEntry, AuditOutcome, AuditResource, Event, Job, JobLogLine, JobProgress, JobResult, JobStatus, Subject};

use crate::{Time, Uid};

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldErrorView {
    /// Path of the field.
    #[schema(example = "targets[1]")]
    pub field: String,
    /// Stable code.
    #[schema(example = "invalid_cidr")]
    pub code: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub solution: Option<String>,
}

/// A problem (RFC 9457).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Page that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable code.
    #[schema(example = "validation_failed")]
    pub code: String,
    /// What the code means.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Id of the request, also in `X-Request-Id`.
    pub request_id: String,
    /// Fields that are wrong.
    pub errors: Vec<FieldErrorView>,
    /// Why, where known.
    pub cause: Option<String>,
    /// What to do, where known.
    pub solution: Option<String>,
    /// After how many seconds a retry makes sense.
    pub retry_after_seconds: Option<u64>,
}

/// What something is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubjectView {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(inline)]
    pub id: Option<Uid>,
    /// Its name at that time.
    pub name: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// Key to recognise a repeated one by.
    #[schema(inline)]
    pub id: Uid,
    /// Place in the order of all events; opaque.
    pub seq: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[schema(inline)]
    pub occurred_at: Time,
    /// What it is about.
    pub subject: SubjectView,
    /// `info`, `warning` or `critical`.
    #[schema(value_type = String, example = "info")]
    pub severity: Severity,
    /// Details.
    #[schema(value_type = Option<Object>)]
    pub data: Option<serde_json::Value>,
    /// The same details before.
    #[schema(value_type = Option<Object>)]
    pub previous: Option<serde_json::Value>,
    /// Why, where known.
    #[schema(value_type = Option<Object>)]
    pub cause: Option<serde_json::Value>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActorView {
    /// `user`, `api_key` or `system`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "user")]
    pub kind: ActorKind,
    /// Their id.
    #[schema(inline)]
    pub id: Option<Uid>,
    /// Their name.
    pub name: String,
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditResourceView {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(inline)]
    pub id: Option<Uid>,
    /// Its name at that time.
    pub name: Option<String>,
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntryView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// When.
    #[schema(inline)]
    pub at: Time,
    /// Who.
    pub actor: ActorView,
    /// What.
    #[schema(example = "devices.update")]
    pub action: String,
    /// To what.
    pub resource: AuditResourceView,
    /// The object before, without secrets.
    #[schema(value_type = Option<Object>)]
    pub before: Option<serde_json::Value>,
    /// The object after, without secrets.
    #[schema(value_type = Option<Object>)]
    pub after: Option<serde_json::Value>,
    /// From which address.
    pub address: Option<String>,
    /// Within which request.
    pub request_id: Option<String>,
    /// `success` or `failure`.
    #[schema(value_type = String, example = "success")]
    pub outcome: AuditOutcome,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobProgressView {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where known.
    pub total: Option<u64>,
    /// What it is at.
    pub message: Option<String>,
}

/// What a finished job made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobResultView {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Where it stands in the API.
    pub href: String,
}

/// A line of a job's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobLogLineView {
    /// When.
    #[schema(inline)]
    pub at: Time,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What.
    pub message: String,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// What it does.
    #[schema(example = "discovery.run")]
    pub kind: String,
    /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    #[schema(value_type = String, example = "running")]
    pub status: JobStatus,
    /// How far it is.
    pub progress: JobProgressView,
    /// What it made.
    pub result: Option<JobResultView>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// Times it was begun.
    pub attempts: u32,
    /// When it was asked for.
    #[schema(inline)]
    pub created_at: Time,
    /// When it began.
    #[schema(inline)]
    pub started_at: Option<Time>,
    /// When it ended.
    #[schema(inline)]
    pub finished_at: Option<Time>,
}

impl From<Subject> for SubjectView {
    fn from(x: Subject) -> Self {
        Self { kind: x.kind, id: x.id.map(Into::into), name: x.name }
    }
}

impl From<Event> for EventView {
    fn from(x: Event) -> Self {
        Self {
            id: x.id.into(),
            seq: x.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            kind: x.kind,
            occurred_at: x.occurred_at.into(),
            subject: x.subject.into(),
            severity: x.severity,
            data: x.data,
            previous: x.previous,
            cause: x.cause,
        }
    }
}

impl From<Actor> for ActorView {
    fn from(x: Actor) -> Self {
        Self { kind: x.kind, id: x.id.map(Into::into), name: x.name }
    }
}

impl From<AuditResource> for AuditResourceView {
    fn from(x: AuditResource) -> Self {
        Self { kind: x.kind, id: x.id.map(Into::into), name: x.name }
    }
}

impl From<AuditEntry> for AuditEntryView {
    fn from(x: AuditEntry) -> Self {
        Self {
            id: x.id.into(),
            at: x.at.into(),
            actor: x.actor.into(),
            action: x.action,
            resource: x.resource.into(),
            before: x.before,
            after: x.after,
            address: x.address,
            request_id: x.request_id,
            outcome: x.outcome,
        }
    }
}

impl From<JobProgress> for JobProgressView {
    fn from(x: JobProgress) -> Self {
        Self { done: x.done, total: x.total, message: x.message }
    }
}

impl From<JobResult> for JobResultView {
    fn from(x: JobResult) -> Self {
        Self { kind: x.kind, id: x.id.into(), href: x.href }
    }
}

impl From<JobLogLine> for JobLogLineView {
    fn from(x: JobLogLine) -> Self {
        Self { at: x.at.into(), level: x.level, message: x.message }
    }
}

impl From<Job> for JobView {
    fn from(x: Job) -> Self {
        Self {
            id: x.id.into(),
            kind: x.kind,
            status: x.status,
            progress: x.progress.into(),
            result: x.result.map(Into::into),
            error: x.error,
            requested_by: x.requested_by.map(|a| a.name),
            attempts: x.attempts,
            created_at: x.created_at.into(),
            started_at: x.started_at.map(Into::into),
            finished_at: x.finished_at.map(Into::into),
        }
    }
}
