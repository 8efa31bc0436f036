//! Events and alerts as the network dashboard shows them: the same fields as in their own lists.

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use vigie_domain::alerts::{Alert, AlertComment, AlertDelivery, AlertStatus, Severity};
use vigie_domain::system::{Event, Subject};
use vigie_domain::{Id, Timestamp};

/// An object by its id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its name.
    pub name: String,
}

/// What an event or an alert is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubjectBrief {
    /// Kind of the object.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub id: Option<Id>,
    /// Its name at that time.
    pub name: Option<String>,
}

impl From<Subject> for SubjectBrief {
    fn from(subject: Subject) -> Self {
        Self { kind: subject.kind, id: subject.id, name: subject.name }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecentEvent {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its place in the order of all events; opaque.
    pub seq: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// What it is about.
    pub subject: SubjectBrief,
    /// `info`, `warning` or `critical`.
    #[schema(value_type = String, example = "warning")]
    pub severity: Severity,
    /// Details.
    #[schema(value_type = Option<Object>)]
    pub data: Option<Json>,
    /// The same details before.
    #[schema(value_type = Option<Object>)]
    pub previous: Option<Json>,
    /// Why, where known.
    #[schema(value_type = Option<Object>)]
    pub cause: Option<Json>,
}

impl From<Event> for RecentEvent {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            seq: event.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            kind: event.kind,
            occurred_at: event.occurred_at,
            subject: event.subject.into(),
            severity: event.severity,
            data: event.data,
            previous: event.previous,
            cause: event.cause,
        }
    }
}

/// A note on an alert.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AlertNote {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// Who was told of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AlertTold {
    /// Name of the channel.
    pub channel: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `sent` or `failed`.
    pub status: String,
}

/// An alert that is open.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ActiveAlert {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Raised by each change a person makes.
    pub version: i64,
    /// The rule that raised it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub rule_id: Option<Id>,
    /// Its name at that time.
    pub rule_name: String,
    /// `critical`, `warning` or `info`.
    #[schema(value_type = String, example = "critical")]
    pub severity: Severity,
    /// `active` or `acknowledged`.
    #[schema(value_type = String, example = "active")]
    pub status: AlertStatus,
    /// What is wrong with what.
    pub title: String,
    /// More about it.
    pub detail: Option<String>,
    /// What it is about.
    pub subject: SubjectBrief,
    /// The device concerned.
    pub device: Option<NamedView>,
    /// The interface concerned.
    pub interface: Option<NamedView>,
    /// Site of the device.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub site_id: Option<Id>,
    /// The metric, for thresholds.
    pub metric: Option<String>,
    /// Its value when it was last seen.
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: Option<f64>,
    /// Unit of both.
    pub unit: Option<String>,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// When somebody took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Timestamp>,
    /// Who took it.
    pub acknowledged_by: Option<String>,
    /// Until when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_until: Option<Timestamp>,
    /// Until when nobody is told of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub silenced_until: Option<Timestamp>,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
    /// Who or what ended it.
    pub resolved_by: Option<String>,
    /// How often the condition came back.
    pub occurrences: u32,
    /// Notes.
    pub comments: Vec<AlertNote>,
    /// Who was told.
    pub deliveries: Vec<AlertTold>,
}

impl From<Alert> for ActiveAlert {
    fn from(alert: Alert) -> Self {
        let named = |id: Option<Id>, name: Option<String>| id.map(|id| NamedView { id, name: name.unwrap_or_default() });
        Self {
            id: alert.id,
            version: alert.version,
            rule_id: alert.rule_id,
            rule_name: alert.rule_name,
            severity: alert.severity,
            status: alert.status,
            title: alert.title,
            detail: alert.detail,
            subject: alert.subject.into(),
            device: named(alert.device_id, alert.device_name),
            interface: named(alert.interface_id, alert.interface_name),
            site_id: alert.site_id,
            metric: alert.metric,
            value: alert.value,
            threshold: alert.threshold,
            unit: alert.unit,
            raised_at: alert.raised_at,
            changed_at: alert.changed_at,
            acknowledged_at: alert.acknowledged_at,
            acknowledged_by: alert.acknowledged_by,
            acknowledged_until: alert.acknowledged_until,
            silenced_until: alert.silenced_until,
            resolved_at: alert.resolved_at,
            resolved_by: alert.resolved_by,
            occurrences: alert.occurrences,
            comments: alert.comments.into_iter().map(|AlertComment { at, by, text }| AlertNote { at, by, text }).collect(),
            deliveries: alert
                .deliveries
                .into_iter()
                .map(|AlertDelivery { channel, at, status }| AlertTold { channel, at, status })
                .collect(),
        }
    }
}
