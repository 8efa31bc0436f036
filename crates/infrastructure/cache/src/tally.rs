//! What the cache did, by operation: for `/metrics` and for the API.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vigie_domain::cache::CacheStatistics;

/// The level of this tier.
const LEVEL: &str = "l1";

#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<&'static str, CacheStatistics>>);

impl Tally {
    pub fn hit(&self, operation: &'static str) {
        self.asked(operation);
        metrics::counter!("cache_hits_total", "operation" => operation, "level" => LEVEL).increment(1);
        self.change(operation, |row| row.hits += 1);
    }

    pub fn miss(&self, operation: &'static str) {
        self.asked(operation);
        metrics::counter!("cache_misses_total", "operation" => operation, "level" => LEVEL).increment(1);
        self.change(operation, |row| row.misses += 1);
    }

    pub fn evicted(&self, operation: &'static str) {
        metrics::counter!("cache_evictions_total", "operation" => operation, "level" => LEVEL).increment(1);
        self.change(operation, |row| row.evictions += 1);
    }

    /// Rows by operation, without the number of entries.
    pub fn rows(&self) -> BTreeMap<&'static str, CacheStatistics> {
        self.lock().clone()
    }

    fn asked(&self, operation: &'static str) {
        metrics::counter!("cache_operations_total", "operation" => operation, "level" => LEVEL).increment(1);
        self.change(operation, |row| row.operations += 1);
    }

    fn change(&self, operation: &'static str, change: impl FnOnce(&mut CacheStatistics)) {
        let mut rows = self.lock();
        change(rows.entry(operation).or_insert_with(|| CacheStatistics { operation, level: LEVEL, ..CacheStatistics::default() }));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, CacheStatistics>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
