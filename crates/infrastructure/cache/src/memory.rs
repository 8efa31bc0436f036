//! The tier itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::Expiry;
use moka::future::Cache as Moka;
use vigie_domain::cache::{Cache, CacheEntry, CacheLoad, CacheStatistics, CacheValue};
use vigie_domain::{Clock, Result, Timestamp};

use crate::flight::{Flights, run};
use crate::tags::{Mark, Tags};
use crate::tally::Tally;

/// A cache in memory, bounded by the number of its values. Cheap to clone.
#[derive(Clone)]
pub struct MemoryCache {
    inner: Arc<Inner>,
}

struct Inner {
    values: Moka<Key, Held>,
    flights: Flights,
    tags: Tags,
    tally: Arc<Tally>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    operation: &'static str,
    key: Arc<str>,
}

#[derive(Clone)]
struct Held {
    value: CacheValue,
    until: Timestamp,
    ttl: Duration,
    made: Mark,
    tags: Arc<[String]>,
}

impl MemoryCache {
    /// An empty cache for at most this many values.
    pub fn new(capacity: u64, clock: Arc<dyn Clock>) -> Self {
        let tally = Arc::new(Tally::default());
        let counted = Arc::clone(&tally);
        let values = Moka::builder()
            .max_capacity(capacity)
            .expire_after(FreeMemory)
            .eviction_listener(move |key: Arc<Key>, _, cause| {
                if cause.was_evicted() {
                    counted.evicted(key.operation);
                }
            })
            .build();
        Self { inner: Arc::new(Inner { values, flights: Flights::default(), tags: Tags::default(), tally, clock }) }
    }

    /// Waits until what is over the capacity has been given up. It goes by itself, a little later.
    pub async fn settle(&self) {
        self.inner.values.run_pending_tasks().await;
    }

    async fn fly(&self, key: Key, entry: CacheEntry, fresh: bool, load: CacheLoad) -> Result<CacheValue> {
        let (inner, own) = (Arc::clone(&self.inner), key.clone());
        let flight = self.inner.flights.board(&key, fresh, move |number| {
            Box::pin(async move {
                let outcome = inner.make(&own, entry, fresh, load).await;
                inner.flights.land(&own, number);
                outcome
            })
        });
        flight.await
    }
}

impl Inner {
    /// The value of a key while it holds.
    async fn held(&self, key: &Key) -> Option<CacheValue> {
        let held = self.values.get(key).await?;
        // moka frees memory by its own clock; whether a value holds is for ours to say
        let holds = self.clock.now() < held.until && self.tags.hold(held.made, &held.tags);
        holds.then_some(held.value)
    }

    async fn make(&self, key: &Key, entry: CacheEntry, fresh: bool, load: CacheLoad) -> Result<CacheValue> {
        // a flight may have landed between the look and the boarding
        if !fresh && let Some(value) = self.held(key).await {
            return Ok(value);
        }
        let made = self.tags.mark();
        let value = run(entry.operation, entry.deadline, load).await?;
        if self.tags.hold(made, &entry.tags) {
            let until = self.clock.now().plus(entry.ttl);
            let held = Held { value: Arc::clone(&value), until, ttl: entry.ttl, made, tags: entry.tags.into() };
            self.values.insert(key.clone(), held).await;
        }
        Ok(value)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get_or_load(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue> {
        let key = Key::of(&entry);
        if let Some(value) = self.inner.held(&key).await {
            self.inner.tally.hit(entry.operation);
            return Ok(value);
        }
        self.inner.tally.miss(entry.operation);
        self.fly(key, entry, false, load).await
    }

    async fn refresh(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue> {
        self.fly(Key::of(&entry), entry, true, load).await
    }

    fn invalidate(&self, tags: &[&str]) {
        self.inner.tags.invalidate(tags);
    }

    fn invalidate_all(&self) {
        self.inner.tags.invalidate_all();
        self.inner.values.invalidate_all();
    }

    fn statistics(&self) -> Vec<CacheStatistics> {
        let mut entries: HashMap<&'static str, u64> = HashMap::new();
        for (key, _) in &self.inner.values {
            *entries.entry(key.operation).or_default() += 1;
        }
        let count = |operation| entries.get(operation).copied().unwrap_or(0);
        self.inner.tally.rows().into_values().map(|row| CacheStatistics { entries: count(row.operation), ..row }).collect()
    }
}

impl Key {
    fn of(entry: &CacheEntry) -> Self {
        Self { operation: entry.operation, key: entry.key.as_str().into() }
    }
}

/// Tells moka when a value's memory may go.
struct FreeMemory;

impl Expiry<Key, Held> for FreeMemory {
    fn expire_after_create(&self, _key: &Key, held: &Held, _at: Instant) -> Option<Duration> {
        Some(held.ttl)
    }

    fn expire_after_update(&self, _key: &Key, held: &Held, _at: Instant, _left: Option<Duration>) -> Option<Duration> {
        Some(held.ttl)
    }
}
