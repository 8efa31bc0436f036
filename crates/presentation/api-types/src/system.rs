//! Views of problems, events and the audit.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::alerts::Severity;
use vigie_domain::identity::{Actor, ActorKind};
use vigie_domain::system::{AuditEntry, AuditOutcome, AuditResource, Event, Subject};

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
