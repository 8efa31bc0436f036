//! Messages of other nodes.

use std::time::Duration;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use vigie_foundation::resilience::Backoff;

use crate::tier::Inner;

/// Pauses between two tries to be connected.
const AGAIN: Backoff = Backoff { base: Duration::from_millis(100), longest: Duration::from_secs(2), attempts: u32::MAX };
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// A message.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    /// The node that sent it.
    pub from: u64,
    #[serde(flatten)]
    pub said: Said,
}

/// What a node tells the others.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// These tags have new versions.
    Fell(Vec<String>),
    /// A key was written, or given up by who held it.
    Landed(String),
    /// Nothing: it tells that messages arrive.
    Beat(u32),
}

impl Message {
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Hears messages for ever; after each gap it says that some may have been missed.
pub(crate) async fn run(inner: &Inner) {
    let mut attempt = 0;
    loop {
        match tokio::time::timeout(PATIENCE, subscribe(inner)).await {
            Ok(Ok(messages)) => {
                attempt = 0;
                inner.tell(|listener| listener.away());
                hear(inner, messages).await;
                metrics::counter!("redis_subscriptions_lost_total").increment(1);
                tracing::debug!("messages of other nodes are not heard, connecting again");
            }
            Ok(Err(error)) => tracing::debug!(%error, "cannot hear messages of other nodes, trying again"),
            Err(_) => tracing::debug!("cannot hear messages of other nodes in time, trying again"),
        }
        attempt += 1;
        tokio::time::sleep(AGAIN.pause(attempt)).await;
    }
}

async fn subscribe(inner: &Inner) -> redis::RedisResult<redis::aio::PubSub> {
    let mut messages = inner.client.get_async_pubsub().await?;
    messages.subscribe(inner.channel()).await?;
    Ok(messages)
}

/// Until the connection ends, or is silent for longer than beats allow.
async fn hear(inner: &Inner, mut messages: redis::aio::PubSub) {
    let silence = inner.settings.health_interval * 2 + PATIENCE;
    let mut stream = messages.on_message();
    while let Ok(Some(message)) = tokio::time::timeout(silence, stream.next()).await {
        match serde_json::from_slice::<Message>(message.get_payload_bytes()) {
            Ok(message) => obey(inner, &message),
            Err(error) => tracing::debug!(%error, "a message of another node cannot be read"),
        }
    }
}

fn obey(inner: &Inner, message: &Message) {
    match &message.said {
        // what fell here fell here first
        Said::Fell(tags) if message.from != inner.node => inner.tell(|listener| listener.changed(tags)),
        Said::Landed(key) => inner.waiting.wake(key),
        Said::Fell(_) | Said::Beat(_) => {}
    }
}
