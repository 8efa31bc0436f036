//! Events as fast as it goes, then at a steady rate: how long until an event is searchable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vigie_domain::telemetry::EventStore;
use vigie_testkit::make::NOW;

use crate::feed::{BATCH, Feed};
use crate::figures::{ms, peak_bytes, per, percentile, processor_time};

const STEADY: Duration = Duration::from_secs(20);

pub(crate) async fn run(store: &Arc<dyn EventStore>, events: u64, rate: u64) -> Value {
    let mut feed = Feed::new();
    let (began, used) = (Instant::now(), processor_time());
    let mut bytes = 0;
    for _ in 0..events / BATCH {
        bytes += feed.give(store, NOW).await;
    }
    let accepted = began.elapsed();
    store.settle().await.unwrap();
    let (searchable, used) = (began.elapsed(), processor_time().saturating_sub(used));
    let status = store.status().await.unwrap();
    let (lag, steady) = steady(store, &mut feed, rate).await;
    json!({
        "events": events, "bytes_an_event": bytes / events, "accepted_a_second": per(events, accepted), "searchable_a_second": per(events, searchable),
        "searchable_a_processor_second": per(events, used), "disk_bytes_an_event": status.bytes / events, "steady_rate": rate,
        "steady_events": steady, "steady_lag_p50_ms": ms(percentile(&lag, 50)), "steady_lag_p95_ms": ms(percentile(&lag, 95)),
        "steady_lag_max_ms": ms(percentile(&lag, 100)), "memory_peak_bytes": peak_bytes(),
    })
}

/// Takes in at a rate, and looks every 50 ms how old the oldest event is that is not searchable yet.
async fn steady(store: &Arc<dyn EventStore>, feed: &mut Feed, rate: u64) -> (Vec<Duration>, u64) {
    let base = store.status().await.unwrap().events;
    let (began, sent) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let watcher = tokio::spawn({
        let (store, sent) = (store.clone(), sent.clone());
        async move {
            let mut lags = Vec::new();
            while began.elapsed() < STEADY {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let seen = store.status().await.unwrap().events - base;
                // the first event that is not seen was sent when the rate reached it
                let due = Duration::from_secs_f64(seen as f64 / rate as f64);
                lags.push(if seen < sent.load(Ordering::Relaxed) { began.elapsed().saturating_sub(due) } else { Duration::ZERO });
            }
            lags
        }
    });
    while began.elapsed() < STEADY {
        let due = (began.elapsed().as_secs_f64() * rate as f64) as u64;
        if sent.load(Ordering::Relaxed) + BATCH <= due {
            feed.give(store, NOW).await;
            sent.fetch_add(BATCH, Ordering::Relaxed);
        } else {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let mut lags = watcher.await.unwrap();
    lags.sort_unstable();
    (lags, sent.load(Ordering::Relaxed))
}
