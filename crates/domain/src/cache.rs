//! The port of the cache. What is cached, for how long, for whom and under which tags stands in one table of the application; a cache keeps it.

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use crate::{Error, ErrorKind, Result};

/// A cached value, shared and not copied.
pub type CacheValue = Arc<dyn Any + Send + Sync>;

/// What makes a value that is not there. It runs on its own: it must not borrow from, nor carry the rights or the deadline of, whoever asks first.
pub type CacheLoad = Pin<Box<dyn Future<Output = Result<CacheValue>> + Send>>;

/// One value to keep: a row of the application's table, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// Which operation it answers, such as `dashboards.network`: one operation has one type of value. A label of metrics.
    pub operation: &'static str,
    /// What tells it from others of the operation: parameters and audience.
    pub key: String,
    /// For how long it holds.
    pub ttl: Duration,
    /// For how long it may be computed.
    pub deadline: Duration,
    /// What it was made from, such as `devices`: when that changes, it no longer holds.
    pub tags: Vec<String>,
}

/// What a cache did for one operation on one level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheStatistics {
    /// The operation.
    pub operation: &'static str,
    /// `l1` is memory.
    pub level: &'static str,
    /// Times it was asked.
    pub operations: u64,
    /// Times it had the answer.
    pub hits: u64,
    /// Times it had not.
    pub misses: u64,
    /// Values given up for room or age.
    pub evictions: u64,
    /// Values it holds.
    pub entries: u64,
}

/// Keeps values. However many ask for one that is missing, it is made once at a time.
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value where it is held and fresh, else what `load` makes of it. An error goes to all who wait, and is not kept.
    async fn get_or_load(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue>;
    /// Makes the value anew whether or not one is held, and keeps it.
    async fn refresh(&self, entry: CacheEntry, load: CacheLoad) -> Result<CacheValue>;
    /// From now on no value with one of these tags holds, those under way included.
    fn invalidate(&self, tags: &[&str]);
    /// From now on no value holds.
    fn invalidate_all(&self);
    /// What it did since the start, by operation.
    fn statistics(&self) -> Vec<CacheStatistics>;
}

/// [`Cache::get_or_load`] with a type.
pub async fn cached<T: Send + Sync + 'static>(
    cache: &dyn Cache,
    entry: CacheEntry,
    load: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<Arc<T>> {
    let operation = entry.operation;
    typed(operation, cache.get_or_load(entry, untyped(load)).await?)
}

/// [`Cache::refresh`] with a type.
pub async fn refreshed<T: Send + Sync + 'static>(
    cache: &dyn Cache,
    entry: CacheEntry,
    load: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<Arc<T>> {
    let operation = entry.operation;
    typed(operation, cache.refresh(entry, untyped(load)).await?)
}

fn untyped<T: Send + Sync + 'static>(load: impl Future<Output = Result<T>> + Send + 'static) -> CacheLoad {
    Box::pin(async move { load.await.map(|value| Arc::new(value) as CacheValue) })
}

fn typed<T: Send + Sync + 'static>(operation: &'static str, value: CacheValue) -> Result<Arc<T>> {
    let fault = |_| Error::new(ErrorKind::StorageFailed, "storage_failed", format!("the operation {operation} caches values of two types"));
    value.downcast().map_err(fault)
}
