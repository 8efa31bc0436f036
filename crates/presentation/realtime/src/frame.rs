//! Frames as they travel.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use vigie_domain::{Error, Timestamp};

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Begin a subscription.
    Subscribe(Subscribe),
    /// End it.
    Unsubscribe {
        /// Its id.
        id: String,
    },
    /// Ask for a pong.
    Ping {
        /// Repeated in the answer.
        #[serde(default)]
        id: Option<String>,
    },
}

/// A subscription as it is asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscribe {
    /// Chosen by the client; every frame of the subscription repeats it.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// What the channel takes.
    #[serde(default)]
    pub params: Json,
    /// The last `seq` seen.
    #[serde(default)]
    pub resume: Option<String>,
    /// Whether patches may be sent in place of whole states.
    #[serde(default)]
    pub delta: bool,
}

/// A place in a channel, as text.
pub struct Seq(String);

impl From<i64> for Seq {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<u64> for Seq {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl From<&String> for Seq {
    fn from(text: &String) -> Self {
        Self(text.clone())
    }
}

/// What a frame tells: made for it, or written out once for everybody who hears the same.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// Made for this frame.
    Own(Json),
    /// Shared with other subscriptions.
    Shared(Arc<RawValue>),
}

impl From<Json> for Data {
    fn from(json: Json) -> Self {
        Self::Own(json)
    }
}

impl From<Arc<RawValue>> for Data {
    fn from(written: Arc<RawValue>) -> Self {
        Self::Shared(written)
    }
}

/// What the server sends. Absent members are left out.
#[derive(Clone, Debug, Serialize)]
pub struct ServerFrame {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Place in the channel, to resume from; opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<String>,
    /// For patches: the state they are made against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_seq: Option<String>,
    /// Whether a subscription goes on where `resume` said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<bool>,
    /// What is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Json>,
    /// When it was made.
    pub timestamp: Timestamp,
}

impl ServerFrame {
    /// A frame of this kind.
    pub fn new(kind: &'static str, timestamp: Timestamp) -> Self {
        Self { kind, id: None, channel: None, seq: None, base_seq: None, resumed: None, data: None, error: None, timestamp }
    }

    /// Of this subscription.
    pub fn of(mut self, subscription: &Subscribe) -> Self {
        self.id = Some(subscription.id.clone());
        self.channel = Some(subscription.channel.clone());
        self
    }

    /// Whether it holds a whole state, which needs no frame before it.
    pub fn is_whole(&self) -> bool {
        matches!(self.kind, "dashboard_update" | "topology")
    }

    /// With data.
    pub fn data(mut self, data: impl Into<Data>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// At this place.
    pub fn seq(mut self, seq: impl Into<Seq>) -> Self {
        self.seq = Some(seq.into().0);
        self
    }

    /// A problem of a subscription; it never closes the socket.
    pub fn error(id: Option<String>, error: &Error, now: Timestamp) -> Self {
        let problem = serde_json::to_value(vigie_rest::problem::problem(error)).unwrap_or(json!({}));
        Self { id, error: Some(problem), ..Self::new("error", now) }
    }
}
