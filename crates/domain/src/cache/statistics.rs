//! What a cache tells of itself.

use serde::Serialize;

/// What a cache did for one operation on one level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheStatistics {
    /// The operation.
    pub operation: &'static str,
    /// `l1` is memory, `l2` what nodes share, `l3` the disk.
    pub level: &'static str,
    /// Times it was asked.
    pub operations: u64,
    /// Times it had the answer.
    pub hits: u64,
    /// Times it had not.
    pub misses: u64,
    /// Values given up for room or age.
    pub evictions: u64,
    /// Values it holds; for what other nodes fill too it is not counted by operation, and zero.
    pub entries: u64,
}

/// How a level is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CacheLevel {
    /// `l1`, `l2` or `l3`.
    pub level: &'static str,
    /// `memory`, `redis` or `disk`.
    pub kind: &'static str,
    /// `healthy`, `degraded` or `not_configured`.
    pub status: &'static str,
    /// What is wrong, in one sentence.
    pub detail: Option<String>,
    /// Values it holds, where that is known.
    pub entries: Option<u64>,
    /// Bytes they take, where that is known.
    pub bytes: Option<u64>,
    /// Bytes they may take.
    pub max_bytes: Option<u64>,
    /// Values given up for room or age.
    pub evictions: Option<u64>,
}
