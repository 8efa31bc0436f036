//! Channels that tell people, and what was told.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Result, Timestamp};

/// How a channel tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// Mail through the configured SMTP server.
    Email,
}

/// A channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// How it tells.
    pub kind: ChannelKind,
    /// Whether it is in use.
    pub enabled: bool,
    /// Mail addresses.
    pub recipients: Vec<String>,
    /// Alerts below are not told.
    pub minimum_severity: Severity,
    /// Only alerts of these sites, when any is named.
    pub sites: Vec<Id>,
    /// Whether the end of an alert is told too.
    pub send_resolved: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for Channel {
    const SCHEMA: &'static Schema = &Schema {
        kind: "channel",
        table: "channels",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::residual("enabled", FieldKind::Bool, "whether it is in use"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![(&self.name).into(), self.enabled.into(), self.created_at.into()]
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Waiting, for the first or another try.
    Pending,
    /// The server took it.
    Sent,
    /// Given up.
    Failed,
}

impl DeliveryStatus {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// One message to one channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id; also the Message-ID, so that a repeated try is recognised.
    pub id: Id,
    /// The channel.
    pub channel_id: Id,
    /// Its name.
    pub channel_name: String,
    /// The alert it tells of; absent for a test.
    pub alert_id: Option<Id>,
    /// `raised`, `resolved` or `test`.
    pub event: String,
    /// How it stands.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub attempts: u32,
    /// When the next try is due.
    pub next_attempt_at: Timestamp,
    /// What went wrong last.
    pub error: Option<String>,
    /// What is sent.
    pub mail: Mail,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the server took it.
    pub sent_at: Option<Timestamp>,
}

impl Entity for Delivery {
    const SCHEMA: &'static Schema = &Schema {
        kind: "delivery",
        table: "deliveries",
        fields: &[
            Field::indexed("channel_id", FieldKind::Id, "the channel"),
            Field::indexed("alert_id", FieldKind::Id, "the alert it tells of"),
            Field::indexed("status", FieldKind::Enum(&["pending", "sent", "failed"]), "how it stands"),
            Field::residual("next_attempt_at", FieldKind::Time, "when the next try is due"),
            Field::residual("created_at", FieldKind::Time, "when it was asked for").sortable(),
        ],
        relations: &[],
        search: &[],
        default_ordering: "-created_at",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.channel_id.into(), self.alert_id.into(), self.status.word().into(), self.next_attempt_at.into(), self.created_at.into()]
    }
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Addresses.
    pub to: Vec<String>,
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail to the server; `message_id` stays the same over retries. `not_configured` where no server is set.
    async fn send(&self, message_id: Id, mail: &Mail) -> Result<()>;
}
