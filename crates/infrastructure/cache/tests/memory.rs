//! The memory tier as the application uses it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use vigie_cache::MemoryCache;
use vigie_domain::cache::{Cache, CacheEntry, cached, refreshed};
use vigie_domain::{Clock, Error, ErrorKind, Timestamp};

#[derive(Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

fn entry(key: &str) -> CacheEntry {
    let seconds = Duration::from_secs;
    CacheEntry { operation: "devices", key: key.to_owned(), ttl: seconds(60), deadline: seconds(5), tags: vec!["devices".to_owned()] }
}

fn cache() -> (MemoryCache, Arc<HandClock>) {
    let clock = Arc::new(HandClock::default());
    (MemoryCache::new(100, Arc::clone(&clock) as Arc<dyn Clock>), clock)
}

/// Asks for `key`; what makes the value counts how often it does.
async fn ask(cache: &MemoryCache, key: &str, made: &Arc<AtomicU32>) -> u32 {
    let made = Arc::clone(made);
    *cached(cache, entry(key), async move { Ok(made.fetch_add(1, Ordering::SeqCst) + 1) }).await.unwrap()
}

#[tokio::test]
async fn a_value_holds_until_its_time_by_our_clock() {
    let (cache, clock) = cache();
    let made = Arc::default();
    assert_eq!((ask(&cache, "a", &made).await, ask(&cache, "a", &made).await, ask(&cache, "b", &made).await), (1, 1, 2));
    clock.0.store(59_999, Ordering::SeqCst);
    assert_eq!(ask(&cache, "a", &made).await, 1);
    clock.0.store(60_000, Ordering::SeqCst);
    assert_eq!(ask(&cache, "a", &made).await, 3);
}

#[tokio::test]
async fn statistics_tell_what_it_did() {
    let (cache, _) = cache();
    let made = Arc::default();
    for key in ["a", "a", "b", "a"] {
        ask(&cache, key, &made).await;
    }
    let rows = cache.statistics();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].operation, rows[0].level, rows[0].operations, rows[0].hits, rows[0].misses), ("devices", "l1", 4, 2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_ask_it_is_made_once_even_when_the_first_goes_away() {
    let (cache, _) = cache();
    let (made, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    let slow = || {
        let (cache, made, go) = (cache.clone(), Arc::clone(&made), Arc::clone(&go));
        let load = async move {
            made.fetch_add(1, Ordering::SeqCst);
            go.notified().await;
            Ok(7_u32)
        };
        tokio::spawn(async move { cached(&cache, entry("a"), load).await.map(|value| *value) })
    };
    let first = slow();
    while made.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    first.abort();
    let others: Vec<_> = (0..50).map(|_| slow()).collect();
    go.notify_one();
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), 7);
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_invalidated_tag_takes_effect_at_once_also_on_what_is_under_way() {
    let (cache, _) = cache();
    let made = Arc::default();
    assert_eq!(ask(&cache, "a", &made).await, 1);
    cache.invalidate(&["sites"]);
    assert_eq!(ask(&cache, "a", &made).await, 1);
    cache.invalidate(&["devices"]);
    assert_eq!(ask(&cache, "a", &made).await, 2);

    let own = cache.clone();
    let overtaken = cached(&cache, entry("b"), async move {
        own.invalidate(&["devices"]);
        Ok(100_u32)
    });
    assert_eq!(*overtaken.await.unwrap(), 100);
    assert_eq!(ask(&cache, "b", &made).await, 3);
    cache.invalidate_all();
    assert_eq!(ask(&cache, "b", &made).await, 4);
}

#[tokio::test]
async fn a_refresh_makes_it_anew_and_keeps_it() {
    let (cache, _) = cache();
    let made = Arc::default();
    ask(&cache, "a", &made).await;
    assert_eq!(*refreshed(&cache, entry("a"), async { Ok(50_u32) }).await.unwrap(), 50);
    assert_eq!(ask(&cache, "a", &made).await, 50);
}

#[tokio::test(start_paused = true)]
async fn errors_panics_and_deadlines_reach_the_caller_and_are_not_kept() {
    let (cache, _) = cache();
    let made = Arc::default();
    let gone = cached::<u32>(&cache, entry("a"), async { Err(Error::not_found("device", "x")) }).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ResourceNotFound);
    let broken = cached::<u32>(&cache, entry("a"), async { panic!("broken") }).await.unwrap_err();
    assert_eq!(broken.code(), "internal");
    let late = cached::<u32>(&cache, entry("a"), std::future::pending()).await.unwrap_err();
    assert_eq!((late.kind(), late.detail()), (ErrorKind::ServiceTimeout, "devices took longer than 5 s"));
    assert_eq!(ask(&cache, "a", &made).await, 1);
}

#[tokio::test]
async fn it_stays_within_its_capacity() {
    let (cache, _) = cache();
    let made = Arc::default();
    for number in 0..1_000 {
        ask(&cache, &number.to_string(), &made).await;
    }
    cache.settle().await;
    let row = &cache.statistics()[0];
    assert!(row.entries <= 100, "{row:?}");
    assert_eq!(row.evictions, 1_000 - row.entries);
}
