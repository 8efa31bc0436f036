//! Events: the outbox, and what every stream tells.

use serde::{Deserialize, Serialize};

use crate::alerts::Severity;
use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// Types of events (API, section 8).
pub mod event_types {
    macro_rules! catalogue {
        ($($name:ident = $word:literal, $what:literal;)*) => {
            $(#[doc = $what] pub const $name: &str = $word;)*
            /// Every type with what it says.
            pub const ALL: &[(&str, &str)] = &[$(($word, $what)),*];
        };
    }
    catalogue! {
        DEVICE_ADDED = "device.added", "a device was added";
        DEVICE_CHANGED = "device.changed", "a device was changed, by a person or by what was read from it";
        DEVICE_REMOVED = "device.removed", "a device was removed";
        DEVICE_STATUS_CHANGED = "device.status_changed", "a device went up, down or became degraded";
        DEVICE_REBOOTED = "device.rebooted", "a device started anew";
        DEVICE_IDENTITY_CHANGED = "device.identity_changed", "vendor, model, serial number or software of a device changed";
        INTERFACE_STATUS_CHANGED = "interface.status_changed", "an interface went up or down";
        INTERFACE_CHANGED = "interface.changed", "a person changed what is set on an interface";
        LINK_APPEARED = "link.appeared", "a link was seen for the first time, or again";
        LINK_VANISHED = "link.vanished", "a link is no longer told of";
        NEIGHBOUR_CHANGED = "neighbour.changed", "another neighbour is heard on a port";
        CHECK_STATE_CHANGED = "check.state_changed", "a check began or ceased to fail";
        CHECK_CHANGED = "check.changed", "a person added, changed or removed a check";
        DISCOVERY_STARTED = "discovery.started", "a discovery began";
        DISCOVERY_FINISHED = "discovery.finished", "a discovery ended";
        DISCOVERY_FAILED = "discovery.failed", "a discovery failed or was cancelled";
        ALERT_RAISED = "alert.raised", "an alert was raised";
        ALERT_ACKNOWLEDGED = "alert.acknowledged", "somebody took an alert";
        ALERT_RESOLVED = "alert.resolved", "an alert is over";
        ALERT_CHANGED = "alert.changed", "an alert was silenced or commented on";
        ALERT_RULE_CHANGED = "alert_rule.changed", "a person added, changed or removed an alert rule";
        SERVICE_STATUS_CHANGED = "service.status_changed", "a service changed its state";
        STORAGE_PRESSURE = "storage.pressure", "room for samples ran low, ended, or is there again";
        JOB_CREATED = "job.created", "a job was queued";
        JOB_FINISHED = "job.finished", "a job ended";
        AUDIT_RECORDED = "audit.recorded", "something was written to the audit";
    }
}

/// What an event, an alert or an audit entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Kind of the object: `device`, `interface`, `alert`…
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: Option<Id>,
    /// Its name at that time.
    pub name: Option<String>,
}

impl Subject {
    /// A subject.
    pub fn new(kind: &str, id: Id, name: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), id: Some(id), name: Some(name.into()) }
    }
}

/// Something that happened. Written with the state it tells of, published in the order of commits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id: the key to recognise a repeated one by.
    pub id: Id,
    /// Its place in the order of all events; `None` until the relay stamped it. Kept in a column beside the document.
    #[serde(default)]
    pub seq: Option<i64>,
    /// What happened, out of [`event_types`].
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub occurred_at: Timestamp,
    /// What it is about.
    pub subject: Subject,
    /// The device concerned: who may see it may see the event. Events of no device need an unscoped grant.
    pub device_id: Option<Id>,
    /// Another device concerned, for what happens between two: the other end that tells of a link.
    #[serde(default)]
    pub peer_device_id: Option<Id>,
    /// How bad it is.
    pub severity: Severity,
    /// Details.
    pub data: Option<serde_json::Value>,
    /// The same details before.
    pub previous: Option<serde_json::Value>,
    /// Why, where known.
    pub cause: Option<serde_json::Value>,
}

impl Event {
    /// An event of severity info without details.
    pub fn new(kind: &str, occurred_at: Timestamp, subject: Subject, device_id: Option<Id>) -> Self {
        let id = Id::new();
        Self {
            id,
            seq: None,
            kind: kind.to_owned(),
            occurred_at,
            subject,
            device_id,
            peer_device_id: None,
            severity: Severity::Info,
            data: None,
            previous: None,
            cause: None,
        }
    }

    /// With a severity.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Between two devices.
    pub fn peer(mut self, device_id: Option<Id>) -> Self {
        self.peer_device_id = device_id;
        self
    }

    /// With details.
    pub fn data(mut self, data: serde_json::Value) -> Self {
        self.data = Some(data);
        self
    }

    /// With the details before.
    pub fn previous(mut self, previous: serde_json::Value) -> Self {
        self.previous = Some(previous);
        self
    }
}

impl Entity for Event {
    const SCHEMA: &'static Schema = &Schema {
        kind: "event",
        table: "events",
        fields: &[
            Field::indexed("type", FieldKind::Text, "what happened"),
            Field::indexed("device_id", FieldKind::Id, "the device concerned"),
            Field::indexed("peer_device_id", FieldKind::Id, "another device concerned").seen_with(&["peer_device_id"]),
            Field::residual("subject_type", FieldKind::Text, "kind of the object it is about"),
            Field::indexed("subject_id", FieldKind::Id, "the object it is about"),
            Field::residual("severity", FieldKind::Enum(Severity::WORDS), "how bad it is"),
            Field::indexed("occurred_at", FieldKind::Time, "when").sortable(),
        ],
        relations: &[Relation { name: "device", column: "device_id", schema: || crate::devices::Device::SCHEMA }],
        search: &["type"],
        default_ordering: "-occurred_at",
        scope: ScopeRule::OfDevices(&["device_id", "peer_device_id"]),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            (&self.kind).into(),
            self.device_id.into(),
            self.peer_device_id.into(),
            (&self.subject.kind).into(),
            self.subject.id.into(),
            self.severity.word().into(),
            self.occurred_at.into(),
        ]
    }
}
