//! The port of the cache. What is cached, for how long, for whom and under which tags stands in one table of the application; a cache keeps it.

mod codec;
mod entry;
mod shared;
mod statistics;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use codec::{CacheLoad, CacheValue, Codec};
pub use entry::{CacheEntry, LEVELS, LONGEST_IN_MEMORY, LevelDefaults, SHORTEST_ON_DISK};
pub use shared::{Boarding, Found, SharedListener, SharedTier, TagVersion, TierHealth, Written};
pub use statistics::{CacheLevel, CacheStatistics};

use crate::{Error, ErrorKind, Result};

/// Keeps values. However many ask for one that is missing, it is made once at a time.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value where it is held and holds, else what `load` makes of it. An error goes to all who wait, and is not kept, unless the
    /// entry keeps what does not exist.
    async fn get_or_load(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue>;
    /// Makes the value anew whether or not one is held, and keeps it.
    async fn refresh(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue>;
    /// From now on no value with one of these tags holds, those under way included; other nodes are told.
    fn invalidate(&self, tags: &[&str]);
    /// From now on no value holds, here and on other nodes.
    fn invalidate_all(&self);
    /// What it did since the start, by operation and level.
    fn statistics(&self) -> Vec<CacheStatistics>;
    /// How its levels are, the nearest first.
    async fn levels(&self) -> Vec<CacheLevel>;
}

/// [`Cache::get_or_load`] with a type.
pub async fn cached<T: Serialize + DeserializeOwned + Send + Sync + 'static>(
    cache: &dyn Cache,
    entry: CacheEntry,
    load: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<Arc<T>> {
    let operation = entry.operation;
    typed(operation, cache.get_or_load(entry, CacheLoad::of(load)).await?)
}

/// [`Cache::refresh`] with a type.
pub async fn refreshed<T: Serialize + DeserializeOwned + Send + Sync + 'static>(
    cache: &dyn Cache,
    entry: CacheEntry,
    load: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<Arc<T>> {
    let operation = entry.operation;
    typed(operation, cache.refresh(entry, CacheLoad::of(load)).await?)
}

fn typed<T: Send + Sync + 'static>(operation: &'static str, value: CacheValue) -> Result<Arc<T>> {
    let fault = |_| Error::new(ErrorKind::StorageFailed, "storage_failed", format!("the operation {operation} caches values of two types"));
    value.downcast().map_err(fault)
}
