//! The memory of the process: values as `Arc`, bounded by the bytes they take.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache as Moka;
use vigie_domain::Timestamp;
use vigie_domain::cache::CacheEntry;

use crate::record::Content;
use crate::tags::{Mark, Tags};
use crate::tally::{Level, Tally};

/// What an entry takes beside its value.
const OVERHEAD: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub operation: &'static str,
    pub key: Arc<str>,
}

impl Key {
    pub fn of(entry: &CacheEntry) -> Self {
        Self { operation: entry.operation, key: entry.key.as_str().into() }
    }
}

#[derive(Clone)]
pub(crate) struct Held {
    pub content: Content,
    pub fresh_until: Timestamp,
    pub keep_until: Timestamp,
    /// When it was put here: it leaves by moka's clock after the time that was left then.
    pub stays: Duration,
    pub made: Mark,
    pub tags: Arc<[String]>,
    /// Bytes of its value as JSON, which is near to what it takes.
    pub bytes: usize,
}

pub(crate) struct Memory {
    values: Moka<Key, Held>,
    max_bytes: u64,
}

impl Memory {
    pub fn new(max_bytes: u64, tally: Arc<Tally>) -> Self {
        let values = Moka::builder()
            .max_capacity(max_bytes)
            .weigher(|key: &Key, held: &Held| u32::try_from(held.bytes + key.key.len() + OVERHEAD).unwrap_or(u32::MAX))
            .expire_after(FreeMemory)
            .eviction_listener(move |key: Arc<Key>, _, cause| {
                if cause.was_evicted() {
                    tally.evicted(key.operation, Level::Memory);
                }
            })
            .build();
        Self { values, max_bytes }
    }

    /// The value of a key while it holds, and whether it is fresh.
    pub async fn get(&self, key: &Key, tags: &Tags, now: Timestamp) -> Option<(Content, bool)> {
        let held = self.values.get(key).await?;
        // moka frees memory by its own clock; whether a value holds is for ours to say
        let holds = now < held.keep_until && tags.hold(held.made, &held.tags);
        holds.then_some((held.content, now < held.fresh_until))
    }

    pub async fn put(&self, key: Key, held: Held) {
        self.values.insert(key, held).await;
    }

    pub fn clear(&self) {
        self.values.invalidate_all();
    }

    /// Carries out what moka put off: eviction, and with it the figures below.
    pub async fn settle(&self) {
        self.values.run_pending_tasks().await;
    }

    pub fn entries(&self) -> u64 {
        self.values.entry_count()
    }

    pub fn bytes(&self) -> u64 {
        self.values.weighted_size()
    }

    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    pub fn entries_by_operation(&self) -> HashMap<&'static str, u64> {
        let mut entries: HashMap<&'static str, u64> = HashMap::new();
        for (key, _) in &self.values {
            *entries.entry(key.operation).or_default() += 1;
        }
        entries
    }
}

/// Tells moka when a value's memory may go.
struct FreeMemory;

impl Expiry<Key, Held> for FreeMemory {
    fn expire_after_create(&self, _key: &Key, held: &Held, _at: Instant) -> Option<Duration> {
        Some(held.stays)
    }

    fn expire_after_update(&self, _key: &Key, held: &Held, _at: Instant, _left: Option<Duration>) -> Option<Duration> {
        Some(held.stays)
    }
}
