//! The cache as it is shown.

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::Timestamp;
use vigie_domain::cache::{CacheLevel, CacheStatistics};

use super::table::TABLE;
use crate::logs::{Popular, PopularSearch};

/// Popular searches shown.
const SHOWN: usize = 20;

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
    /// Searches that are asked for often, and their warming.
    pub searches: SearchWarmingView,
}

/// Searches that are asked for often, and how they were warmed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SearchWarmingView {
    /// When they were warmed last; `null` before the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub warmed_at: Option<Timestamp>,
    /// How many were warmed then.
    pub warmed: u64,
    /// Those that weigh most, the heaviest first.
    pub popular: Vec<PopularSearchView>,
}

/// A search that is asked for often by those who see the same.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PopularSearchView {
    /// What is looked for; empty for every line.
    #[schema(example = "severity:<=error")]
    pub q: String,
    /// Begin, as it was written; `null` for as far back as there are lines.
    #[schema(example = "-1d")]
    pub from: Option<String>,
    /// End, as it was written; `null` for as far as there are any.
    #[schema(example = "now")]
    pub to: Option<String>,
    /// In how many minutes it was asked for; each warming halves it.
    pub weight: f64,
    /// When it was counted last.
    #[schema(value_type = String, format = DateTime)]
    pub last_asked_at: Timestamp,
    /// Whether those who ask see only a part of the inventory.
    pub is_limited: bool,
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
    pub fn of(now: Timestamp, levels: &[CacheLevel], rows: &[CacheStatistics], popular: &Popular) -> Self {
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
        let searches = SearchWarmingView::of(popular);
        Self { computed_at: now, hit_ratio, levels: levels.collect(), operations: operations.collect(), searches }
    }
}

impl SearchWarmingView {
    fn of(popular: &Popular) -> Self {
        let warmed = popular.warmed();
        Self {
            warmed_at: warmed.map(|(at, _)| at),
            warmed: warmed.map_or(0, |(_, count)| count),
            popular: popular.best(SHOWN).into_iter().map(Into::into).collect(),
        }
    }
}

impl From<PopularSearch> for PopularSearchView {
    fn from(search: PopularSearch) -> Self {
        Self {
            q: search.text,
            from: search.from.map(|moment| moment.to_string()),
            to: search.to.map(|moment| moment.to_string()),
            weight: search.weight,
            last_asked_at: search.asked_at,
            is_limited: !search.audience.sees_everything(),
        }
    }
}

fn ratio(hits: u64, operations: u64) -> Option<f64> {
    (operations > 0).then(|| (hits as f64 / operations as f64 * 1e4).round() / 1e4)
}
