//! The memory tier as the application uses it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use vigie_cache::TieredCache;
use vigie_domain::cache::{Cache, CacheEntry, cached, refreshed};
use vigie_domain::{Error, ErrorKind};
use vigie_testkit::clock::ManualClock;

/// Bytes that the cache of a test may take.
const ROOM: u64 = 100_000;

fn entry(key: &str) -> CacheEntry {
    CacheEntry::new("devices", key).ttl(Duration::from_secs(20)).tags(["devices"])
}

fn cache() -> (TieredCache, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (TieredCache::in_memory(ROOM, clock.clone()), clock)
}

/// Asks for `key`; what makes the value counts how often it does.
async fn ask(cache: &TieredCache, key: &str, made: &Arc<AtomicU32>) -> u32 {
    let made = Arc::clone(made);
    *cached(cache, entry(key), async move { Ok(made.fetch_add(1, Ordering::SeqCst) + 1) }).await.unwrap()
}

#[tokio::test]
async fn a_value_holds_until_its_time_by_our_clock() {
    let (cache, clock) = cache();
    let made = Arc::default();
    assert_eq!((ask(&cache, "a", &made).await, ask(&cache, "a", &made).await, ask(&cache, "b", &made).await), (1, 1, 2));
    clock.advance(Duration::from_millis(19_999));
    assert_eq!(ask(&cache, "a", &made).await, 1);
    clock.advance(Duration::from_millis(1));
    assert_eq!(ask(&cache, "a", &made).await, 3);
}

#[tokio::test]
async fn memory_keeps_nothing_beyond_half_a_minute_whatever_the_policy() {
    let (cache, clock) = cache();
    let made: Arc<AtomicU32> = Arc::default();
    for ttl in [None, Some(Duration::from_hours(24))] {
        let ask = async |made: Arc<AtomicU32>| {
            let entry = CacheEntry { ttl, ..CacheEntry::new("devices", format!("{ttl:?}")) };
            *cached(&cache, entry, async move { Ok(made.fetch_add(1, Ordering::SeqCst) + 1) }).await.unwrap()
        };
        let first = ask(made.clone()).await;
        clock.advance(Duration::from_millis(29_999));
        assert_eq!(ask(made.clone()).await, first);
        clock.advance(Duration::from_millis(1));
        assert_eq!(ask(made.clone()).await, first + 1);
    }
}

#[tokio::test]
async fn what_does_not_exist_is_kept_where_the_entry_says_so() {
    let (cache, clock) = cache();
    let made: Arc<AtomicU32> = Arc::default();
    let ask = async |negative: u64| {
        let made = made.clone();
        let entry = CacheEntry { negative: Duration::from_secs(negative), ..entry(&negative.to_string()) };
        let load = async move {
            made.fetch_add(1, Ordering::SeqCst);
            Err::<u32, _>(Error::not_found("device", "x"))
        };
        cached(&cache, entry, load).await.unwrap_err()
    };
    ask(0).await;
    ask(0).await;
    assert_eq!(made.load(Ordering::SeqCst), 2);
    ask(5).await;
    let again = ask(5).await;
    assert_eq!((again.kind(), again.detail(), made.load(Ordering::SeqCst)), (ErrorKind::ResourceNotFound, "there is no device x", 3));
    clock.advance(Duration::from_secs(5));
    ask(5).await;
    assert_eq!(made.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn what_is_stale_is_served_once_more_while_one_flight_renews_it() {
    let (cache, clock) = cache();
    let made: Arc<AtomicU32> = Arc::default();
    let go = Arc::new(Notify::new());
    let ask = async || {
        let (made, go) = (made.clone(), go.clone());
        let entry = CacheEntry { stale: Duration::from_secs(5), ..entry("a") };
        let load = async move {
            go.notified().await;
            Ok(made.fetch_add(1, Ordering::SeqCst) + 1)
        };
        *cached(&cache, entry, load).await.unwrap()
    };
    go.notify_one();
    assert_eq!(ask().await, 1);
    clock.advance(Duration::from_secs(22));
    for _ in 0..10 {
        assert_eq!(ask().await, 1, "the stale one, at once");
    }
    go.notify_one();
    while made.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    while ask().await != 2 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(26));
    go.notify_one();
    assert_eq!(ask().await, 3, "too old to be served");
    assert_eq!(made.load(Ordering::SeqCst), 3);
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
async fn it_stays_within_its_bytes_and_counts_what_it_gave_up() {
    let (cache, _) = cache();
    for number in 0..1_000 {
        let text = cached(&cache, entry(&number.to_string()), async { Ok("x".repeat(1_000)) }).await.unwrap();
        assert_eq!(text.len(), 1_000);
    }
    cache.settle().await;
    let (row, level) = (cache.statistics().remove(0), cache.levels().await.remove(0));
    assert!(level.bytes.unwrap() <= ROOM && row.entries >= 50, "{row:?} {level:?}");
    assert_eq!((row.evictions, level.evictions, level.entries), (1_000 - row.entries, Some(1_000 - row.entries), Some(row.entries)));
}
