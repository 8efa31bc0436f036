//! Alerts: one a cause, from raised to resolved.

use serde::{Deserialize, Serialize};

use super::Severity;
use crate::query::{Field, FieldKind, Relation, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::system::{Beyond, Subject};
use crate::{Id, Timestamp};

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// The condition holds, and nobody has taken it.
    Active,
    /// The condition holds, and somebody has taken it.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl AlertStatus {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["active", "acknowledged", "resolved"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// A note on an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertComment {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// Who was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDelivery {
    /// Name of the channel.
    pub channel: String,
    /// When.
    pub at: Timestamp,
    /// `sent` or `failed`.
    pub status: String,
}

/// An alert.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: Id,
    /// Version: raised by each change a person makes.
    pub version: i64,
    /// The rule that raised it.
    pub rule_id: Option<Id>,
    /// Its name at that time.
    pub rule_name: String,
    /// How bad it is.
    pub severity: Severity,
    /// How it stands.
    pub status: AlertStatus,
    /// One sentence: what is wrong with what.
    pub title: String,
    /// More about it.
    pub detail: Option<String>,
    /// The same with what lies at the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Beyond>,
    /// What it is about.
    pub subject: Subject,
    /// The device concerned.
    pub device_id: Option<Id>,
    /// Its name.
    pub device_name: Option<String>,
    /// The interface concerned.
    pub interface_id: Option<Id>,
    /// Its name.
    pub interface_name: Option<String>,
    /// Site of the device.
    pub site_id: Option<Id>,
    /// The metric, for thresholds.
    pub metric: Option<String>,
    /// Its value when it fired or was last seen.
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: Option<f64>,
    /// Unit of both.
    pub unit: Option<String>,
    /// One alert a key is open at a time: rule and subject.
    pub dedup_key: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// When somebody took it.
    pub acknowledged_at: Option<Timestamp>,
    /// Who took it.
    pub acknowledged_by: Option<String>,
    /// Until when; then it is active again.
    pub acknowledged_until: Option<Timestamp>,
    /// Until when nobody is told of it.
    pub silenced_until: Option<Timestamp>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who or what ended it: a user, or `rule`.
    pub resolved_by: Option<String>,
    /// How often the condition came back while it was open.
    pub occurrences: u32,
    /// Notes.
    pub comments: Vec<AlertComment>,
    /// Who was told.
    pub deliveries: Vec<AlertDelivery>,
}

impl Entity for Alert {
    const SCHEMA: &'static Schema = &Schema {
        kind: "alert",
        table: "alerts",
        fields: &[
            Field::indexed("status", FieldKind::Enum(AlertStatus::WORDS), "how it stands").volatile(),
            Field::indexed("severity", FieldKind::Enum(Severity::WORDS), "how bad it is"),
            Field::indexed("rule_id", FieldKind::Id, "the rule that raised it"),
            Field::indexed("device_id", FieldKind::Id, "the device concerned"),
            Field::indexed("interface_id", FieldKind::Id, "the interface concerned"),
            Field::indexed("site_id", FieldKind::Id, "site of the device"),
            Field::residual("title", FieldKind::Text, "what is wrong with what"),
            Field::indexed("dedup_key", FieldKind::Text, "rule and subject"),
            Field::indexed("open", FieldKind::Bool, "whether it is not resolved"),
            Field::indexed("raised_at", FieldKind::Time, "when it was raised").sortable(),
            Field::residual("changed_at", FieldKind::Time, "when it last changed").sortable().volatile(),
            Field::residual("resolved_at", FieldKind::Time, "when it was over"),
            Field::residual("acknowledged_by", FieldKind::Text, "who took it"),
        ],
        relations: &[Relation { name: "device", column: "device_id", schema: || crate::devices::Device::SCHEMA }],
        search: &["title"],
        default_ordering: "-raised_at",
        scope: ScopeRule::OfDevice("device_id"),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.status.word().into(),
            self.severity.word().into(),
            self.rule_id.into(),
            self.device_id.into(),
            self.interface_id.into(),
            self.site_id.into(),
            (&self.title).into(),
            (&self.dedup_key).into(),
            (self.status != AlertStatus::Resolved).into(),
            self.raised_at.into(),
            self.changed_at.into(),
            self.resolved_at.into(),
            self.acknowledged_by.as_deref().into(),
        ]
    }
}
