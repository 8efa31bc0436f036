//! The three levels as one cache.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use vigie_domain::cache::{
    Cache, CacheEntry, CacheLevel, CacheLoad, CacheStatistics, CacheValue, LEVELS, LevelDefaults, SharedListener, SharedTier,
};
use vigie_domain::{Clock, Result, Sealer, Timestamp};

use crate::Disk;
use crate::fill::How;
use crate::flight::Flights;
use crate::memory::{Key, Memory};
use crate::tags::Tags;
use crate::tally::{Level, Tally};

/// The tag that every value has: with it falls everything.
pub(crate) const EVERYTHING: &str = "*";

/// What a cache is made of.
pub struct Parts {
    /// Bytes that values in memory may take.
    pub memory_bytes: u64,
    /// Tells values of one version of Vigie from those of another, which they may not be able to read.
    pub namespace: String,
    /// For how long each level keeps what has no policy of its own.
    pub defaults: LevelDefaults,
    /// The clock by which values are fresh.
    pub clock: Arc<dyn Clock>,
    /// Seals secrets that leave the memory; without it they do not leave it.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// What nodes share.
    pub shared: Option<Arc<dyn SharedTier>>,
    /// The disk.
    pub disk: Option<Disk>,
}

/// A cache with up to three levels. Cheap to clone.
#[derive(Clone)]
pub struct TieredCache {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub memory: Memory,
    pub flights: Flights,
    pub tags: Tags,
    pub tally: Arc<Tally>,
    pub parts: Parts,
    pending: Mutex<Pending>,
    /// One flush at a time, so that a read waits for the one under way.
    flushing: tokio::sync::Mutex<()>,
}

/// Tags whose fall the other nodes were not told yet, each with the number of its last fall.
#[derive(Default)]
struct Pending {
    last: u64,
    tags: BTreeMap<String, u64>,
}

impl Pending {
    fn add(&mut self, tags: &[&str]) {
        self.last += 1;
        let number = self.last;
        self.tags.extend(tags.iter().map(|&tag| (tag.to_owned(), number)));
    }
}

impl TieredCache {
    /// An empty cache; what the disk and other nodes hold is there from the start.
    pub fn new(parts: Parts) -> Self {
        let tally = Arc::new(Tally::default());
        let inner = Arc::new(Inner {
            memory: Memory::new(parts.memory_bytes, Arc::clone(&tally)),
            flights: Flights::default(),
            tags: Tags::default(),
            tally,
            parts,
            pending: Mutex::default(),
            flushing: tokio::sync::Mutex::default(),
        });
        if let Some(shared) = &inner.parts.shared {
            if let Some(disk) = &inner.parts.disk {
                // what other nodes said before this start was not heard
                disk.begin_session();
            }
            shared.listen(Arc::new(Ears(Arc::downgrade(&inner))));
        }
        Self { inner }
    }

    /// A cache in memory alone.
    pub fn in_memory(bytes: u64, clock: Arc<dyn Clock>) -> Self {
        let (namespace, defaults) = (String::new(), LEVELS);
        Self::new(Parts { memory_bytes: bytes, namespace, defaults, clock, sealer: None, shared: None, disk: None })
    }

    /// Waits until what is over the capacity has been given up, other nodes were told what fell, and the disk holds what was written.
    pub async fn settle(&self) {
        self.inner.memory.settle().await;
        self.inner.flush().await;
        if let Some(disk) = &self.inner.parts.disk {
            disk.settle().await;
        }
    }
}

impl Inner {
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The store that nodes share, where it answers and knows of all that fell here.
    pub async fn shared(&self) -> Option<&Arc<dyn SharedTier>> {
        let shared = self.parts.shared.as_ref().filter(|shared| shared.is_available())?;
        self.flush().await.then_some(shared)
    }

    /// The tags of an entry as nodes share them.
    pub fn shared_tags(entry: &CacheEntry) -> Vec<String> {
        entry.tags.iter().cloned().chain([EVERYTHING.to_owned()]).collect()
    }

    /// Tells other nodes what fell here; `false` when they could not be told, and what they hold may not be used.
    async fn flush(&self) -> bool {
        let Some(shared) = &self.parts.shared else { return true };
        if self.pending().tags.is_empty() {
            return true;
        }
        let _one = self.flushing.lock().await;
        let fell = self.pending().tags.clone();
        if fell.is_empty() {
            return true;
        }
        let tags: Vec<String> = fell.keys().cloned().collect();
        if let Err(error) = shared.invalidate(&tags).await {
            tracing::debug!(cause = error.chain(), "other nodes cannot be told what fell, it is kept for later");
            return false;
        }
        // what fell once more meanwhile is told once more
        self.pending().tags.retain(|tag, number| fell.get(tag) != Some(number));
        true
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What falls here, told by whomever.
    fn fall(&self, tags: &[&str]) {
        if tags.contains(&EVERYTHING) {
            self.tags.invalidate_all();
            self.memory.clear();
        } else {
            self.tags.invalidate(tags);
        }
        if let Some(disk) = &self.parts.disk {
            disk.invalidate(tags);
        }
    }

    /// What falls here first, and then everywhere.
    fn fall_everywhere(self: &Arc<Self>, tags: &[&str]) {
        self.fall(tags);
        if self.parts.shared.is_none() {
            return;
        }
        self.pending().add(tags);
        self.flush_soon();
    }

    /// Tells other nodes in the background; without a runtime the next read does.
    fn flush_soon(self: &Arc<Self>) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let inner = Arc::clone(self);
            runtime.spawn(async move { inner.flush().await });
        }
    }

    fn memory_level(&self) -> CacheLevel {
        CacheLevel {
            level: Level::Memory.word(),
            kind: "memory",
            status: "healthy",
            detail: None,
            entries: Some(self.memory.entries()),
            bytes: Some(self.memory.bytes()),
            max_bytes: Some(self.memory.max_bytes()),
            evictions: Some(self.tally.evictions(Level::Memory)),
        }
    }

    fn shared_level(&self) -> CacheLevel {
        let level = CacheLevel { level: Level::Shared.word(), kind: "redis", status: "not_configured", ..CacheLevel::default() };
        let Some(shared) = &self.parts.shared else { return level };
        let health = shared.health();
        CacheLevel {
            status: if shared.is_available() { "healthy" } else { "degraded" },
            detail: health.detail,
            entries: health.entries,
            bytes: health.used_bytes,
            max_bytes: health.max_bytes,
            evictions: health.evictions,
            ..level
        }
    }

    fn disk_level(&self) -> CacheLevel {
        let level = CacheLevel { level: Level::Disk.word(), kind: "disk", status: "not_configured", ..CacheLevel::default() };
        self.parts.disk.as_ref().map_or(level, |disk| disk.level(Level::Disk.word()))
    }
}

#[async_trait]
impl Cache for TieredCache {
    async fn get_or_load(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue> {
        let key = Key::of(&entry);
        let inner = &self.inner;
        let held = inner.memory.get(&key, &inner.tags, inner.now()).await;
        inner.tally.asked(entry.operation, Level::Memory, held.is_some());
        let Some((content, is_fresh)) = held else { return inner.fly(&key, entry, How::Missing, load).await };
        if !is_fresh {
            drop(inner.fly(&key, entry, How::Renewal, load));
        }
        content.result()
    }

    async fn refresh(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue> {
        self.inner.fly(&Key::of(&entry), entry, How::Anew, load).await
    }

    fn invalidate(&self, tags: &[&str]) {
        self.inner.fall_everywhere(tags);
    }

    fn invalidate_all(&self) {
        self.inner.fall_everywhere(&[EVERYTHING]);
    }

    fn statistics(&self) -> Vec<CacheStatistics> {
        let entries = self.inner.memory.entries_by_operation();
        let mut rows = self.inner.tally.rows();
        for row in rows.iter_mut().filter(|row| row.level == Level::Memory.word()) {
            row.entries = entries.get(row.operation).copied().unwrap_or(0);
        }
        rows
    }

    async fn levels(&self) -> Vec<CacheLevel> {
        self.inner.memory.settle().await;
        let levels = vec![self.inner.memory_level(), self.inner.shared_level(), self.inner.disk_level()];
        for level in &levels {
            for (name, value) in [("cache_entries", level.entries), ("cache_bytes", level.bytes), ("cache_max_bytes", level.max_bytes)] {
                if let Some(value) = value {
                    metrics::gauge!(name, "level" => level.level).set(value as f64);
                }
            }
        }
        levels
    }
}

/// Hears other nodes, as long as the cache lives.
struct Ears(Weak<Inner>);

impl SharedListener for Ears {
    fn changed(&self, tags: &[String]) {
        let Some(inner) = self.0.upgrade() else { return };
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        inner.fall(&tags);
    }

    fn away(&self) {
        let Some(inner) = self.0.upgrade() else { return };
        inner.tags.invalidate_all();
        inner.memory.clear();
        if let Some(disk) = &inner.parts.disk {
            disk.begin_session();
        }
        metrics::counter!("cache_emptied_total", "level" => Level::Memory.word()).increment(1);
    }

    fn reachable(&self) {
        if let Some(inner) = self.0.upgrade() {
            inner.flush_soon();
        }
    }
}
