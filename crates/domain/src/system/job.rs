//! Jobs: long work that survives a restart, claimed by one owner at a time.

use serde::{Deserialize, Serialize};

use crate::identity::Actor;
use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum JobStatus {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl JobStatus {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["queued", "running", "succeeded", "failed", "cancelled"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    /// Whether it has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProgress {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where known.
    pub total: Option<u64>,
    /// What it is at, in a few words.
    pub message: Option<String>,
}

/// What a finished job made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobResult {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: Id,
    /// Where it stands in the API.
    pub href: String,
}

/// A line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLogLine {
    /// When.
    pub at: Timestamp,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What.
    pub message: String,
}

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: Id,
    /// What it does: `discovery.run`, `device.poll`, `device.identify`.
    pub kind: String,
    /// How it stands.
    pub status: JobStatus,
    /// How far it is.
    pub progress: JobProgress,
    /// What it made.
    pub result: Option<JobResult>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<Actor>,
    /// What it works on.
    pub input: serde_json::Value,
    /// Times it was claimed.
    pub attempts: u32,
    /// Who runs it.
    pub owner: Option<String>,
    /// Until when; later anybody may claim it.
    pub lease_until: Option<Timestamp>,
    /// Raised at each claim: a write with an older token is refused.
    pub fencing: i64,
    /// Whether somebody asked it to stop.
    pub cancel_requested: bool,
    /// The last lines of its log, at most 500.
    pub log: Vec<JobLogLine>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is due.
    pub run_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Entity for Job {
    const SCHEMA: &'static Schema = &Schema {
        kind: "job",
        table: "jobs",
        fields: &[
            Field::indexed("kind", FieldKind::Text, "what it does"),
            Field::indexed("status", FieldKind::Enum(JobStatus::WORDS), "how it stands").volatile(),
            Field::residual("run_at", FieldKind::Time, "when it is due"),
            Field::residual("lease_until", FieldKind::Time, "until when its owner holds it"),
            Field::residual("requested_by_id", FieldKind::Id, "who asked for it"),
            Field::indexed("created_at", FieldKind::Time, "when it was asked for").sortable(),
        ],
        relations: &[],
        search: &["kind"],
        default_ordering: "-created_at",
        scope: ScopeRule::Own("requested_by_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            (&self.kind).into(),
            self.status.word().into(),
            self.run_at.into(),
            self.lease_until.into(),
            self.requested_by.as_ref().and_then(|a| a.id).into(),
            self.created_at.into(),
        ]
    }
}
