//! What the cache did, by operation and level: for `/metrics` and for the API.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Counter;
use vigie_domain::cache::CacheStatistics;

/// A level of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Memory,
    Shared,
    Disk,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::Memory => "l1",
            Self::Shared => "l2",
            Self::Disk => "l3",
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Tally(RwLock<BTreeMap<(&'static str, Level), Arc<Row>>>);

/// A number that is told twice: to the API and in `/metrics`.
struct Count {
    here: AtomicU64,
    there: Counter,
}

impl Count {
    fn of(there: Counter) -> Self {
        Self { here: AtomicU64::new(0), there }
    }

    fn one(&self) {
        self.here.fetch_add(1, Ordering::Relaxed);
        self.there.increment(1);
    }

    fn get(&self) -> u64 {
        self.here.load(Ordering::Relaxed)
    }
}

struct Row {
    operations: Count,
    hits: Count,
    misses: Count,
    evictions: Count,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}

impl Row {
    fn of(operation: &'static str, level: Level) -> Self {
        let level = level.word();
        Self {
            operations: Count::of(metrics::counter!("cache_operations_total", "operation" => operation, "level" => level)),
            hits: Count::of(metrics::counter!("cache_hits_total", "operation" => operation, "level" => level)),
            misses: Count::of(metrics::counter!("cache_misses_total", "operation" => operation, "level" => level)),
            evictions: Count::of(metrics::counter!("cache_evictions_total", "operation" => operation, "level" => level)),
        }
    }
}

impl Tally {
    pub fn asked(&self, operation: &'static str, level: Level, is_hit: bool) {
        let row = self.row(operation, level);
        row.operations.one();
        if is_hit { row.hits.one() } else { row.misses.one() }
    }

    pub fn evicted(&self, operation: &'static str, level: Level) {
        self.row(operation, level).evictions.one();
    }

    /// Evictions of a level.
    pub fn evictions(&self, level: Level) -> u64 {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rows.iter().filter(|((_, at), _)| *at == level).map(|(_, row)| row.evictions.get()).sum()
    }

    /// Rows by operation, then level, without the number of entries.
    pub fn rows(&self) -> Vec<CacheStatistics> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let told = rows.iter().map(|((operation, level), row)| CacheStatistics {
            operation,
            level: level.word(),
            operations: row.operations.get(),
            hits: row.hits.get(),
            misses: row.misses.get(),
            evictions: row.evictions.get(),
            entries: 0,
        });
        told.collect()
    }

    fn row(&self, operation: &'static str, level: Level) -> Arc<Row> {
        let key = (operation, level);
        if let Some(row) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(row);
        }
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rows.entry(key).or_insert_with(|| Arc::new(Row::of(operation, level))))
    }
}
