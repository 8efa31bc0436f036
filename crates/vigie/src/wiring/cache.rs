//! The cache, as configured.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vigie_application::Core;
use vigie_cache::{Disk, Parts, TieredCache, room};
use vigie_domain::cache::{LevelDefaults, SharedTier};
use vigie_foundation::task::Tracker;
use vigie_redis::{RedisSettings, RedisTier};

use crate::StartError;
use crate::configuration::Loaded;

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
    let redis = redis(loaded)?;
    let shared = redis.clone().map(|tier| Arc::new(tier) as Arc<dyn SharedTier>);
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
    if let Some(tier) = redis {
        tracker.stage("relay").supervise("redis", move |stop| tier.clone().run(stop));
    }
    Ok(Caches { cache, redis: shared })
}

fn redis(loaded: &Loaded) -> Result<Option<RedisTier>, StartError> {
    let redis = &loaded.configuration.cache.redis;
    let Some(url) = redis.url.as_ref() else { return Ok(None) };
    let wrong = |why: String| StartError::new(StartError::CONFIGURATION, format!("cache.redis: {why}"));
    let authorities = redis.ca_file.as_ref().map(std::fs::read).transpose().map_err(|e| wrong(format!("ca_file cannot be read: {e}")))?;
    let settings = RedisSettings {
        authorities,
        max_connections: redis.max_connections,
        timeout: Duration::from_millis(redis.timeout_ms),
        health_interval: Duration::from_secs(redis.health_interval_seconds),
        max_bytes: redis.max_bytes,
        prefix: redis.prefix.clone(),
        ..RedisSettings::new(url.0.clone())
    };
    RedisTier::new(settings).map(Some).map_err(|fault| wrong(fault.to_string()))
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
