//! Sends events: many in a request, each created under its id, so that a second time changes nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::try_join_all;
use serde_json::{Value, json};
use vigie_domain::telemetry::{EventId, EventRow};
use vigie_domain::{Error, ErrorKind, Result};
use vigie_foundation::resilience::Backoff;
use vigie_foundation::wal::{Chunk, Position};

use super::indexes::Indexes;
use super::mapping;
use crate::journal::{Journal, Sink};
use crate::slot::Slot;
use crate::tokens::Tokens;

/// What of the answer is read.
const PATH: &str = "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";
/// Tries of single events that the cluster was too busy for.
const BUSY: Backoff = Backoff { base: Duration::from_millis(300), longest: Duration::from_secs(5), attempts: 6 };

/// The one who sends.
pub(super) struct ClusterSink {
    pub(super) indexes: Arc<Indexes>,
    pub(super) journal: Arc<Journal>,
    pub(super) node: u32,
    pub(super) waiting: Vec<Item>,
    pub(super) waiting_bytes: usize,
    pub(super) tokens: Tokens,
}

/// An event on its way.
pub(super) struct Item {
    slot: Slot,
    /// Two lines: what to do, and the document.
    lines: String,
}

#[async_trait]
impl Sink for ClusterSink {
    async fn take(&mut self, chunk: Chunk) -> Result<()> {
        let mut full = Vec::new();
        for (at, bytes) in chunk.records() {
            let Some(row) = EventRow::read(bytes) else {
                self.journal.lose(1);
                continue;
            };
            let slot = Slot::of(row.kind, row.at);
            if self.indexes.is_gone(slot) {
                continue;
            }
            self.journal.take(row.at);
            let item = self.item(slot, at, &row);
            self.waiting_bytes += item.lines.len();
            self.waiting.push(item);
            if self.waiting_bytes >= self.indexes.settings.request_bytes {
                self.waiting_bytes = 0;
                full.push(std::mem::take(&mut self.waiting));
            }
        }
        try_join_all(full.into_iter().map(|items| self.send(items))).await.map(drop)
    }

    async fn commit(&mut self, _end: Position) -> Result<()> {
        self.waiting_bytes = 0;
        let items = std::mem::take(&mut self.waiting);
        self.send(items).await
    }

    async fn reset(&mut self) {
        self.waiting_bytes = 0;
        self.waiting.clear();
    }
}

impl ClusterSink {
    fn item(&mut self, slot: Slot, at: Position, row: &EventRow<'_>) -> Item {
        let id = EventId { node: self.node, position: at.number() };
        self.tokens.read(row);
        let action = json!({ "create": { "_index": self.indexes.name(slot), "_id": id.to_string() } });
        Item { slot, lines: format!("{action}\n{}\n", mapping::document(row, id, &self.tokens)) }
    }

    /// Sends events until each is stored, or refused for good.
    async fn send(&self, mut items: Vec<Item>) -> Result<()> {
        for attempt in 1..=BUSY.attempts {
            if items.is_empty() {
                self.journal.set_behind(false);
                return Ok(());
            }
            for slot in items.iter().map(|item| item.slot).collect::<std::collections::BTreeSet<_>>() {
                self.indexes.ensure(slot).await?;
            }
            let lines: String = items.iter().map(|item| item.lines.as_str()).collect();
            let answer = self.indexes.cluster.lines(PATH, lines.into()).await?.success()?;
            let before = items.len();
            items = self.left(items, &answer)?;
            if !items.is_empty() && attempt < BUSY.attempts {
                self.journal.set_behind(true);
                tracing::debug!(events = before, again = items.len(), "the cluster did not take all events");
                tokio::time::sleep(BUSY.pause(attempt)).await;
            }
        }
        if items.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", "the cluster does not take all events").retry_after(5))
    }

    /// The events to send again. Those that are there (409) are done; those that cannot be stored at all are lost, which is counted.
    fn left(&self, items: Vec<Item>, answer: &Value) -> Result<Vec<Item>> {
        if answer["errors"] == false {
            return Ok(Vec::new());
        }
        let told =
            answer["items"].as_array().filter(|told| told.len() == items.len()).ok_or_else(|| crate::wire::nonsense("a bulk request"))?;
        let (mut again, mut refused) = (Vec::new(), 0);
        for (item, told) in items.into_iter().zip(told) {
            let told = &told["create"];
            let error = &told["error"];
            match told["status"].as_u64().unwrap_or(500) {
                200..=299 | 409 => {}
                404 if error["type"] == "index_not_found_exception" => {
                    self.indexes.forget(item.slot);
                    again.push(item);
                }
                status @ 400..=499 if status != 429 => {
                    if refused == 0 {
                        let (reason, kind) = (error["reason"].as_str(), error["type"].as_str());
                        tracing::warn!(status, reason, kind, "events are refused by the cluster; this is the first of a request");
                    }
                    refused += 1;
                }
                _ => again.push(item),
            }
        }
        if refused > 0 {
            self.journal.lose(refused);
        }
        Ok(again)
    }
}
