//! A node: a cache of its own, the Redis of all.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use vigie_cache::{Disk, Parts, TieredCache};
use vigie_domain::cache::{Cache, CacheEntry, LEVELS, SharedTier, cached};
use vigie_domain::{Result, Secret};
use vigie_redis::{RedisSettings, RedisTier};
use vigie_testkit::cache::{LEASE, until};
use vigie_testkit::clock::ManualClock;

pub struct Node {
    pub cache: TieredCache,
    pub tier: RedisTier,
    pub clock: Arc<ManualClock>,
    pub made: Arc<AtomicU32>,
    name: &'static str,
    runs: Option<AbortHandle>,
}

/// Settings for tests that are not about time: a machine under load is no server that is away.
pub fn patient(url: &str) -> RedisSettings {
    RedisSettings { timeout: Duration::from_secs(5), ..quick(url) }
}

/// Settings with the usual deadline.
pub fn quick(url: &str) -> RedisSettings {
    RedisSettings { lease: LEASE, health_interval: Duration::from_millis(200), ..RedisSettings::new(Secret::new(url)) }
}

/// What the tests keep: it holds for ten minutes.
pub fn entry(key: &str) -> CacheEntry {
    CacheEntry::new("topology", key).ttl(Duration::from_mins(10)).tags(["devices"])
}

impl Node {
    /// A node that hears the others.
    pub async fn start(name: &'static str, settings: RedisSettings, disk: Option<&Path>) -> Self {
        let mut node = Self::deaf(name, settings, disk);
        node.runs = Some(tokio::spawn(node.tier.clone().run(CancellationToken::new())).abort_handle());
        until("it answers", async || node.tier.is_available() && node.tier.health().version.is_some()).await;
        node
    }

    /// A node that hears nobody.
    pub fn deaf(name: &'static str, settings: RedisSettings, disk: Option<&Path>) -> Self {
        let (clock, tier) = (Arc::new(ManualClock::default()), RedisTier::new(settings).unwrap());
        let cache = TieredCache::new(Parts {
            memory_bytes: 10_000_000,
            namespace: "test".to_owned(),
            defaults: LEVELS,
            clock: clock.clone(),
            sealer: None,
            shared: Some(Arc::new(tier.clone())),
            disk: disk.map(|folder| Disk::open(folder, 10_000_000).unwrap()),
        });
        Self { cache, tier, clock, made: Arc::default(), name, runs: None }
    }

    /// Asks for a value; it tells who made it, and how many they made before.
    pub async fn ask(&self, key: &str) -> String {
        self.try_ask(entry(key)).await.unwrap()
    }

    pub async fn try_ask(&self, entry: CacheEntry) -> Result<String> {
        let (made, name) = (self.made.clone(), self.name);
        let load = async move { Ok(format!("{name} {}", made.fetch_add(1, Ordering::SeqCst) + 1)) };
        cached(&self.cache, entry, load).await.map(|value| value.to_string())
    }

    /// Empties its memory, as time does.
    pub fn forget(&self) {
        self.clock.advance(Duration::from_secs(31));
    }

    /// Hits and misses of a level.
    pub fn tally(&self, level: &str) -> (u64, u64) {
        let rows = self.cache.statistics();
        rows.iter().filter(|row| row.level == level).fold((0, 0), |sum, row| (sum.0 + row.hits, sum.1 + row.misses))
    }

    pub fn made(&self) -> u32 {
        self.made.load(Ordering::SeqCst)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runs) = &self.runs {
            runs.abort();
        }
    }
}
