//! Figures of the cache, level by level, for `make bench-cache`: `cache_figures REDIS_URL FOLDER` prints one JSON object.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use vigie_cache::{Disk, Parts, TieredCache};
use vigie_domain::cache::{CacheEntry, LEVELS, SharedTier, cached};
use vigie_domain::{Clock, Secret, Timestamp};
use vigie_redis::{RedisSettings, RedisTier};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Size of a value: that of a small dashboard.
const BYTES: usize = 20_000;
/// Hits measured on each level.
const HITS: usize = 2_000;
/// Hits in memory that are timed together: one alone is shorter than a look at the clock.
const AT_ONCE: u32 = 1_000;
/// Requests of the stampede.
const STAMPEDE: usize = 1_000;

/// A clock that is moved to empty the memory.
#[derive(Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

struct Bench {
    cache: TieredCache,
    clock: Arc<HandClock>,
    made: Arc<AtomicU32>,
}

impl Bench {
    fn new(shared: Option<Arc<dyn SharedTier>>, folder: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let clock = Arc::new(HandClock::default());
        let cache = TieredCache::new(Parts {
            memory_bytes: 100_000_000,
            namespace: "bench".to_owned(),
            defaults: LEVELS,
            clock: clock.clone(),
            sealer: None,
            shared,
            disk: folder.map(|folder| Disk::open(folder, 1_000_000_000)).transpose()?,
        });
        Ok(Self { cache, clock, made: Arc::default() })
    }

    async fn ask(&self, key: &str) -> vigie_domain::Result<Arc<String>> {
        let made = self.made.clone();
        let entry = CacheEntry::new("bench", key).ttl(Duration::from_hours(24)).tags(["devices", "interfaces"]);
        let load = async move {
            made.fetch_add(1, Ordering::Relaxed);
            Ok("x".repeat(BYTES))
        };
        cached(&self.cache, entry, load).await
    }

    /// Microseconds of one hit in memory, the median of many rounds.
    async fn memory_us(&self) -> vigie_domain::Result<f64> {
        let mut took = Vec::with_capacity(HITS);
        for _ in 0..HITS {
            let began = Instant::now();
            for _ in 0..AT_ONCE {
                self.ask("hit").await?;
            }
            took.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(AT_ONCE));
        }
        Ok(quantile(took, 0.5))
    }

    /// Milliseconds of one hit below the memory: the median, and the 99th percentile.
    async fn below_ms(&self) -> vigie_domain::Result<(f64, f64)> {
        let mut took = Vec::with_capacity(HITS);
        self.ask("hit").await?;
        self.cache.settle().await;
        let made = self.made.load(Ordering::Relaxed);
        for _ in 0..HITS {
            self.clock.0.fetch_add(31_000, Ordering::Relaxed);
            let began = Instant::now();
            self.ask("hit").await?;
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        assert_eq!(self.made.load(Ordering::Relaxed), made, "it was to be a hit each time");
        Ok((quantile(took.clone(), 0.5), quantile(took, 0.99)))
    }
}

fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}

/// Fetches and milliseconds of many requests at once, half of them on each of two nodes.
async fn stampede(nodes: [&Bench; 2]) -> Result<(u32, f64), Box<dyn Error>> {
    let began = Instant::now();
    let asked = (0..STAMPEDE).map(|number| {
        let (cache, made) = (nodes[number % 2].cache.clone(), nodes[0].made.clone());
        tokio::spawn(async move {
            let entry = CacheEntry::new("stampede", "one").ttl(Duration::from_mins(10)).tags(["devices"]);
            let load = async move {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok("x".repeat(BYTES))
            };
            cached(&cache, entry, load).await.map(drop)
        })
    });
    let before = nodes[0].made.load(Ordering::Relaxed);
    for one in futures::future::join_all(asked).await {
        one??;
    }
    Ok((nodes[0].made.load(Ordering::Relaxed) - before, began.elapsed().as_secs_f64() * 1e3))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cache_figures REDIS_URL FOLDER".into());
    };
    let settings = || RedisSettings { timeout: Duration::from_secs(5), ..RedisSettings::new(Secret::new(url.as_str())) };
    let shared = || -> Result<Arc<dyn SharedTier>, Box<dyn Error>> { Ok(Arc::new(RedisTier::new(settings())?)) };

    let memory = Bench::new(None, None)?;
    let memory_us = memory.memory_us().await?;
    let (one, other) = (Bench::new(Some(shared()?), None)?, Bench::new(Some(shared()?), None)?);
    let (redis_ms, redis_p99_ms) = one.below_ms().await?;
    let (fetches, stampede_ms) = stampede([&one, &other]).await?;
    let disk = Bench::new(None, Some(Path::new(&folder)))?;
    let (disk_ms, disk_p99_ms) = disk.below_ms().await?;
    let figures = serde_json::json!({
        "value_bytes": BYTES, "l1_hit_us": round(memory_us), "l2_hit_ms": round(redis_ms), "l2_hit_p99_ms": round(redis_p99_ms),
        "l3_hit_ms": round(disk_ms), "l3_hit_p99_ms": round(disk_p99_ms), "stampede_requests": STAMPEDE, "stampede_fetches": fetches,
        "stampede_ms": round(stampede_ms),
    });
    std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{figures}\n"))?;
    Ok(())
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
