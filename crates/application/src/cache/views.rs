//! The cache as it is shown.

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::Timestamp;
use vigie_domain::cache::{CacheLevel, CacheStatistics};

use super::table::TABLE;

/// What the cache of a node did since its start, and how its levels are.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CacheStatsView {
    /// When it was looked at.
    #[schema(value_type = String, format = DateTime)]
    pub computed_at: Timestamp,
    /// Share of requests that some level answered; `null` before the first.
    #[schema(minimum = 0, maximum = 1)]
    pub hit_ratio: Option<f64>,
    /// The levels, the nearest first.
    pub levels: Vec<CacheLevelView>,
    /// What was done, by operation and level.
    pub operations: Vec<CacheOperationView>,
}

/// A level of the cache.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CacheLevelView {
    /// `l1`, `l2` or `l3`.
    #[schema(example = "l1")]
    pub level: &'static str,
    /// `memory`, `redis` or `disk`.
    #[schema(example = "memory")]
    pub kind: &'static str,
    /// `healthy`, `degraded` or `not_configured`.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// What is wrong, in one sentence.
    pub detail: Option<String>,
    /// Values it holds; of a Redis all keys that it has.
    pub entries: Option<u64>,
    /// Bytes they take; of a Redis all that it uses.
    pub bytes: Option<u64>,
    /// Bytes they may take.
    pub max_bytes: Option<u64>,
    /// Values given up for room or age.
    pub evictions: Option<u64>,
    /// Times it was asked.
    pub operations: u64,
    /// Times it had the answer.
    pub hits: u64,
    /// Times it had not.
    pub misses: u64,
    /// Share of hits; `null` before it is asked.
    #[schema(minimum = 0, maximum = 1)]
    pub hit_ratio: Option<f64>,
}

/// What a level did for an operation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CacheOperationView {
    /// The operation.
    #[schema(example = "dashboards.network")]
    pub operation: &'static str,
    /// The level.
    #[schema(example = "l1")]
    pub level: &'static str,
    /// Times it was asked.
    pub operations: u64,
    /// Times it had the answer.
    pub hits: u64,
    /// Times it had not.
    pub misses: u64,
    /// Share of hits; `null` before it is asked.
    #[schema(minimum = 0, maximum = 1)]
    pub hit_ratio: Option<f64>,
    /// Values given up for room or age, in memory.
    pub evictions: u64,
    /// Values held in memory.
    pub entries: u64,
    /// What its answers are made from: they fall with any of these tags.
    #[schema(example = json!(["dashboards", "devices"]))]
    pub tags: Vec<&'static str>,
}

impl CacheStatsView {
    /// Of what a cache tells.
    pub fn of(now: Timestamp, levels: &[CacheLevel], rows: &[CacheStatistics]) -> Self {
        let sum = |level: &str, what: fn(&CacheStatistics) -> u64| rows.iter().filter(|row| row.level == level).map(what).sum::<u64>();
        let nearest = levels.first().map_or("", |level| level.level);
        let hits: u64 = rows.iter().map(|row| row.hits).sum();
        let levels = levels.iter().map(|level| {
            let (operations, hits) = (sum(level.level, |row| row.operations), sum(level.level, |row| row.hits));
            CacheLevelView {
                level: level.level,
                kind: level.kind,
                status: level.status,
                detail: level.detail.clone(),
                entries: level.entries,
                bytes: level.bytes,
                max_bytes: level.max_bytes,
                evictions: level.evictions,
                operations,
                hits,
                misses: sum(level.level, |row| row.misses),
                hit_ratio: ratio(hits, operations),
            }
        });
        let operations = rows.iter().map(|row| CacheOperationView {
            operation: row.operation,
            level: row.level,
            operations: row.operations,
            hits: row.hits,
            misses: row.misses,
            hit_ratio: ratio(row.hits, row.operations),
            evictions: row.evictions,
            entries: row.entries,
            tags: TABLE.iter().find(|policy| policy.operation == row.operation).map_or_else(Vec::new, |policy| policy.tags.to_vec()),
        });
        // whoever asks, asks the nearest level first
        let hit_ratio = ratio(hits, sum(nearest, |row| row.operations));
        Self { computed_at: now, hit_ratio, levels: levels.collect(), operations: operations.collect() }
    }
}

fn ratio(hits: u64, operations: u64) -> Option<f64> {
    (operations > 0).then(|| (hits as f64 / operations as f64 * 1e4).round() / 1e4)
}
