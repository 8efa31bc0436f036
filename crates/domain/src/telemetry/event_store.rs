//! The port to the store of events.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use super::{EventBatch, EventKind};
use crate::search::{EventAnswer, EventQuery};
use crate::{Result, Scope, Timestamp};

/// What a batch must have survived before it counts as taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// The death of the process: for senders that cannot be told, as with UDP.
    Process,
    /// A loss of power: for senders that are answered.
    Power,
}

/// How long each kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Which kind.
    pub kind: EventKind,
    /// For how long, in whole days; a day is kept until its last event is older.
    pub keep: Duration,
}

/// Hears how what is searchable changes. It is called by who changes it, and must not block.
pub trait EventListener: Send + Sync {
    /// More events are searchable, or will be within two seconds; the oldest of them was accepted at this time. Some may have been before.
    fn landed(&self, oldest: Timestamp);

    /// Days were dropped.
    fn dropped(&self);
}

/// Keeps events and finds them again.
///
/// Every batch goes to a write-ahead log first and is searchable soon after. Days are kept apart, so that old ones are dropped whole.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Takes a batch in, all or nothing. While the store is behind, the log before it grows; fails with `limit_exceeded` when that is full:
    /// then the batch is not taken in, which is counted.
    async fn append(&self, batch: &EventBatch, promise: Promise) -> Result<()>;

    /// Searches what the scope shows.
    async fn search(&self, scope: &Scope, query: &EventQuery) -> Result<EventAnswer>;

    /// Waits until all that was taken in before is searchable.
    async fn settle(&self) -> Result<()>;

    /// Drops the days that are older than they are to be kept; kinds that are not named are kept. Returns how many were dropped.
    async fn retain(&self, now: Timestamp, rules: &[Retention]) -> Result<usize>;

    /// Tells this listener how what is searchable changes, from now on; one listens at a time.
    fn listen(&self, listener: Arc<dyn EventListener>);

    /// What the store says of itself.
    async fn status(&self) -> Result<EventStoreStatus>;

    /// Finishes what was taken in, and lets go of what is below.
    async fn close(&self) -> Result<()>;
}

/// What a store of events says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EventStoreStatus {
    /// `tantivy`, `elasticsearch` or `opensearch`.
    pub engine: String,
    /// Version of the engine.
    pub version: String,
    /// What the cluster offers: `data_streams`, `ilm`, `ism`.
    pub abilities: Vec<String>,
    /// Events that are searchable.
    pub events: u64,
    /// Bytes on disk, without the log.
    pub bytes: u64,
    /// Days that are kept apart, kind by kind.
    pub partitions: usize,
    /// The oldest day that is kept.
    pub oldest: Option<Timestamp>,
    /// Bytes of the write-ahead log.
    pub log_bytes: u64,
    /// Bytes of it that are not searchable yet.
    pub pending_bytes: u64,
    /// Events that were refused since the start because the log was full or failed.
    pub refused: u64,
    /// Events of the log that could not be stored, since the start: damaged, or refused by the cluster.
    pub lost: u64,
    /// Values that were cut or left out since the start because they were too long or too many.
    pub cut: u64,
    /// Whether taking in waits for merges or for the cluster.
    pub is_behind: bool,
    /// Requests under way to a cluster, and those that wait for one of them to end.
    pub requests: Option<(usize, usize)>,
    /// Why the store does not take in, where it does not.
    pub problem: Option<String>,
}
