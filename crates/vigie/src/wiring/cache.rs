//! The cache, as configured.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use vigie_application::Core;
use vigie_cache::{Disk, Parts, TieredCache, room};
use vigie_domain::cache::{LevelDefaults, SharedTier};
use vigie_foundation::task::Tracker;
use vigie_redis::{RedisPair, RedisRole, RedisSettings, RedisTier};

use crate::StartError;
use crate::configuration::{CacheRedis, Loaded, SecretText};

/// The cache, and what nodes share of it.
pub struct Caches {
    /// The cache.
    pub cache: TieredCache,
    /// Redis, where it is configured.
    pub redis: Option<Arc<dyn SharedTier>>,
}

/// Begins the cache; its folder is in that of the state.
pub fn cache(loaded: &Loaded, folder: &Path, core: &Core, tracker: &Tracker) -> Result<Caches, StartError> {
    let cache = &loaded.configuration.cache;
    let (shared, care) = redis(loaded)?.map(|redis| (redis.tier, redis.care)).unzip();
    let parts = Parts {
        memory_bytes: cache.memory_bytes,
        namespace: env!("CARGO_PKG_VERSION").to_owned(),
        defaults: LevelDefaults {
            memory: Duration::from_secs(cache.memory_ttl_seconds),
            shared: Duration::from_secs(cache.redis.ttl_seconds),
            disk: Duration::from_secs(cache.disk.ttl_seconds),
        },
        clock: core.clock.clone(),
        sealer: Some(core.sealer.clone()),
        shared: shared.clone(),
        disk: disk(&folder.join("cache"), cache.disk.max_bytes),
    };
    let cache = TieredCache::new(parts);
    if let Some(care) = care {
        tracker.stage("relay").supervise("redis", care);
    }
    Ok(Caches { cache, redis: shared })
}

/// What looks after Redis until the server stops.
type Care = Box<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;

/// The tier in one server or two, and what looks after it.
struct Redis {
    tier: Arc<dyn SharedTier>,
    care: Care,
}

fn redis(loaded: &Loaded) -> Result<Option<Redis>, StartError> {
    let redis = &loaded.configuration.cache.redis;
    let Some(url) = redis.url.as_ref() else { return Ok(None) };
    let values = tier(redis, RedisRole::Cache, url)?;
    let Some(url) = redis.state_url.as_ref() else {
        let tier = Arc::new(values.clone());
        return Ok(Some(Redis { tier, care: Box::new(move |stop| values.clone().run(stop).boxed()) }));
    };
    let pair = RedisPair::new(values, tier(redis, RedisRole::State, url)?);
    let tier = Arc::new(pair.clone());
    Ok(Some(Redis { tier, care: Box::new(move |stop| pair.clone().run(stop).boxed()) }))
}

fn tier(redis: &CacheRedis, role: RedisRole, url: &SecretText) -> Result<RedisTier, StartError> {
    let wrong = |why: String| StartError::new(StartError::CONFIGURATION, format!("{}: {why}", role.setting()));
    let authorities = redis.ca_file.as_ref().map(std::fs::read).transpose();
    let authorities = authorities.map_err(|e| wrong(format!("cache.redis.ca_file cannot be read: {e}")))?;
    // marks are small, and what else is in the server of state is its operator's affair
    let max_bytes = if role == RedisRole::State { u64::MAX } else { redis.max_bytes };
    let settings = RedisSettings {
        role,
        authorities,
        max_connections: redis.max_connections,
        timeout: Duration::from_millis(redis.timeout_ms),
        health_interval: Duration::from_secs(redis.health_interval_seconds),
        max_bytes,
        prefix: redis.prefix.clone(),
        ..RedisSettings::new(url.0.clone())
    };
    RedisTier::new(settings).map_err(|fault| wrong(fault.to_string()))
}

/// A disk that cannot be used costs speed, and no start.
fn disk(folder: &Path, most: u64) -> Option<Disk> {
    if most == 0 {
        return None;
    }
    let opened = std::fs::create_dir_all(folder).and_then(|()| Disk::open(folder, room(folder, most)));
    match opened {
        Ok(disk) => Some(disk),
        Err(error) => {
            tracing::warn!(%error, folder = %folder.display(), "nothing is cached on disk");
            None
        }
    }
}
