//! Views of alerts, rules and channels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::alerts::{
    Alert, AlertComment, AlertDelivery, AlertRule, AlertStatus, Channel, ChannelKind, Delivery, DeliveryStatus, RuleSubject, Severity,
};

use crate::{Named, SubjectView, Time, Uid};

/// A note on an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertCommentView {
    /// When.
    #[schema(inline)]
    pub at: Time,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// Who was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertDeliveryView {
    /// Name of the channel.
    pub channel: String,
    /// When.
    #[schema(inline)]
    pub at: Time,
    /// `sent` or `failed`.
    pub status: String,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Raised by each change a person makes; the `ETag`.
    pub version: i64,
    /// The rule that raised it.
    #[schema(inline)]
    pub rule_id: Option<Uid>,
    /// Its name at that time.
    pub rule_name: String,
    /// `critical`, `warning` or `info`.
    #[schema(value_type = String, example = "critical")]
    pub severity: Severity,
    /// `active`, `acknowledged` or `resolved`.
    #[schema(value_type = String, example = "active")]
    pub status: AlertStatus,
    /// What is wrong with what.
    pub title: String,
    /// More about it.
    pub detail: Option<String>,
    /// What it is about.
    pub subject: SubjectView,
    /// The device concerned.
    pub device: Option<Named>,
    /// The interface concerned.
    pub interface: Option<Named>,
    /// Site of the device.
    #[schema(inline)]
    pub site_id: Option<Uid>,
    /// The metric, for thresholds.
    pub metric: Option<String>,
    /// Its value when it was last seen.
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: Option<f64>,
    /// Unit of both.
    pub unit: Option<String>,
    /// When it was raised.
    #[schema(inline)]
    pub raised_at: Time,
    /// When it last changed.
    #[schema(inline)]
    pub changed_at: Time,
    /// When somebody took it.
    #[schema(inline)]
    pub acknowledged_at: Option<Time>,
    /// Who took it.
    pub acknowledged_by: Option<String>,
    /// Until when.
    #[schema(inline)]
    pub acknowledged_until: Option<Time>,
    /// Until when nobody is told of it.
    #[schema(inline)]
    pub silenced_until: Option<Time>,
    /// When it was over.
    #[schema(inline)]
    pub resolved_at: Option<Time>,
    /// Who or what ended it: a user, or `rule`.
    pub resolved_by: Option<String>,
    /// How often the condition came back while it was open.
    pub occurrences: u32,
    /// Notes.
    pub comments: Vec<AlertCommentView>,
    /// Who was told.
    pub deliveries: Vec<AlertDeliveryView>,
}

/// An alert rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRuleView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is in force.
    pub enabled: bool,
    /// Whether Vigie shipped it.
    pub built_in: bool,
    /// How bad its alerts are.
    #[schema(value_type = String, example = "warning")]
    pub severity: Severity,
    /// What it watches: `device`, `interface`, `check` or `collector`.
    #[schema(value_type = String, example = "interface")]
    pub subject: RuleSubject,
    /// When it fires: `threshold`, `state` or `event`.
    #[schema(value_type = Object, example = json!({"kind": "threshold", "metric": "utilisation_ratio", "operator": "gte", "value": 0.9, "clear_value": 0.8}))]
    pub condition: serde_json::Value,
    /// How long the condition must hold before it fires.
    pub for_seconds: u32,
    /// How long the condition must be gone before it clears.
    pub clear_for_seconds: u32,
    /// Only devices of these sites, when any is named.
    #[schema(inline)]
    pub sites: Vec<Uid>,
    /// Only devices with one of these tags, when any is named.
    pub tags: Vec<String>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// A channel that tells people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChannelView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name.
    pub name: String,
    /// `email`.
    #[schema(value_type = String, example = "email")]
    pub kind: ChannelKind,
    /// Whether it is in use.
    pub enabled: bool,
    /// Mail addresses.
    pub recipients: Vec<String>,
    /// Alerts below are not told.
    #[schema(value_type = String, example = "warning")]
    pub minimum_severity: Severity,
    /// Only alerts of these sites, when any is named.
    #[schema(inline)]
    pub sites: Vec<Uid>,
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

/// One message to one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// The channel.
    #[schema(inline)]
    pub channel_id: Uid,
    /// Its name.
    pub channel_name: String,
    /// The alert it tells of.
    #[schema(inline)]
    pub alert_id: Option<Uid>,
    /// `raised`, `resolved` or `test`.
    pub event: String,
    /// `pending`, `sent` or `failed`.
    #[schema(value_type = String, example = "sent")]
    pub status: DeliveryStatus,
    /// Tries so far.
    pub attempts: u32,
    /// What went wrong last.
    pub error: Option<String>,
    /// When it was asked for.
    #[schema(inline)]
    pub created_at: Time,
    /// When the server took it.
    #[schema(inline)]
    pub sent_at: Option<Time>,
}

impl From<AlertComment> for AlertCommentView {
    fn from(x: AlertComment) -> Self {
        Self { at: x.at.into(), by: x.by, text: x.text }
    }
}

impl From<AlertDelivery> for AlertDeliveryView {
    fn from(x: AlertDelivery) -> Self {
        Self { channel: x.channel, at: x.at.into(), status: x.status }
    }
}

impl From<Alert> for AlertView {
    fn from(x: Alert) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            rule_id: x.rule_id.map(Into::into),
            rule_name: x.rule_name,
            severity: x.severity,
            status: x.status,
            title: x.title,
            detail: x.detail,
            subject: x.subject.into(),
            device: x.device_id.map(|id| Named::new(id, x.device_name.unwrap_or_default())),
            interface: x.interface_id.map(|id| Named::new(id, x.interface_name.unwrap_or_default())),
            site_id: x.site_id.map(Into::into),
            metric: x.metric,
            value: x.value,
            threshold: x.threshold,
            unit: x.unit,
            raised_at: x.raised_at.into(),
            changed_at: x.changed_at.into(),
            acknowledged_at: x.acknowledged_at.map(Into::into),
            acknowledged_by: x.acknowledged_by,
            acknowledged_until: x.acknowledged_until.map(Into::into),
            silenced_until: x.silenced_until.map(Into::into),
            resolved_at: x.resolved_at.map(Into::into),
            resolved_by: x.resolved_by,
            occurrences: x.occurrences,
            comments: x.comments.into_iter().map(Into::into).collect(),
            deliveries: x.deliveries.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<AlertRule> for AlertRuleView {
    fn from(x: AlertRule) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            description: x.description,
            enabled: x.enabled,
            built_in: x.built_in,
            severity: x.severity,
            subject: x.subject,
            condition: serde_json::to_value(x.condition).unwrap_or_default(),
            for_seconds: x.for_seconds,
            clear_for_seconds: x.clear_for_seconds,
            sites: x.sites.into_iter().map(Into::into).collect(),
            tags: x.tags,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Channel> for ChannelView {
    fn from(x: Channel) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            kind: x.kind,
            enabled: x.enabled,
            recipients: x.recipients,
            minimum_severity: x.minimum_severity,
            sites: x.sites.into_iter().map(Into::into).collect(),
            send_resolved: x.send_resolved,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(x: Delivery) -> Self {
        Self {
            id: x.id.into(),
            channel_id: x.channel_id.into(),
            channel_name: x.channel_name,
            alert_id: x.alert_id.map(Into::into),
            event: x.event,
            status: x.status,
            attempts: x.attempts,
            error: x.error,
            created_at: x.created_at.into(),
            sent_at: x.sent_at.map(Into::into),
        }
    }
}
