//! Figures of the embedded engine: `event_bench ingest EVENTS RATE` and `event_bench search EVENTS DAYS [FOLDER]`, one JSON object each on the standard output.
//!
//! Events are made while they are taken in, on the same cores; what that costs is part of the figures.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vigie_domain::search::{Aggregation, EventQuery, text};
use vigie_domain::telemetry::event::{HOST, PROGRAM, SEVERITY};
use vigie_domain::telemetry::{EventBatch, EventField, EventStore, Promise};
use vigie_domain::{Scope, Timestamp};
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::events::corpus::{Dice, log_line};
use vigie_testkit::make::NOW;

/// Events that are taken in together, as a socket gives them.
const BATCH: u64 = 500;
const DAY: Duration = Duration::from_hours(24);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<u64>().ok());
    let temporary = tempfile::tempdir().unwrap();
    let folder = arguments.get(3).map_or(temporary.path(), std::path::Path::new);
    let (tracker, store) = open(folder).await;
    let figures = match (arguments.first().map(String::as_str), number(1), number(2)) {
        (Some("ingest"), Some(events), Some(rate)) => ingest(&store, events, rate).await,
        (Some("search"), Some(events), Some(days)) => search(&store, events, days).await,
        _ => panic!("usage: event_bench ingest EVENTS RATE | event_bench search EVENTS DAYS"),
    };
    store.close().await.unwrap();
    tracker.shutdown(Duration::from_mins(1)).await;
    println!("{figures}");
}

async fn open(folder: &std::path::Path) -> (Tracker, Arc<dyn EventStore>) {
    let tracker = Tracker::new(&["stores"]);
    let settings = EventStoreSettings {
        folder: folder.to_owned(),
        node: 1,
        log: WalSettings::default(),
        log_storage: None,
        engine: EngineSettings::Embedded(EmbeddedSettings::default()),
    };
    let store = vigie_event_store::open(settings, &tracker.stage("stores")).await.unwrap();
    (tracker, store)
}

/// As fast as it goes, then at a steady rate: how long until an event is searchable.
async fn ingest(store: &Arc<dyn EventStore>, events: u64, rate: u64) -> Value {
    let mut feed = Feed::new();
    let began = Instant::now();
    let mut bytes = 0;
    for _ in 0..events / BATCH {
        bytes += feed.next(store, NOW).await;
    }
    let accepted = began.elapsed();
    store.settle().await.unwrap();
    let searchable = began.elapsed();
    let status = store.status().await.unwrap();
    let (lag, steady) = steady(store, &mut feed, rate, Duration::from_secs(20)).await;
    json!({
        "events": events, "bytes_an_event": bytes / events, "accepted_a_second": per(events, accepted), "searchable_a_second": per(events, searchable),
        "disk_bytes_an_event": status.bytes / events, "steady_rate": rate, "steady_events": steady, "steady_lag_p50_ms": ms(percentile(&lag, 50)),
        "steady_lag_p95_ms": ms(percentile(&lag, 95)), "steady_lag_max_ms": ms(percentile(&lag, 100)), "memory_peak_bytes": peak_bytes(),
    })
}

/// Takes in at a rate, and looks every 50 ms how old the oldest event is that is not searchable yet.
async fn steady(store: &Arc<dyn EventStore>, feed: &mut Feed, rate: u64, time: Duration) -> (Vec<Duration>, u64) {
    let base = store.status().await.unwrap().events;
    let (began, sent) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let watcher = tokio::spawn({
        let (store, sent) = (store.clone(), sent.clone());
        async move {
            let mut lags = Vec::new();
            while began.elapsed() < time {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let seen = store.status().await.unwrap().events - base;
                // the first event that is not seen was sent when the rate reached it
                let due = Duration::from_secs_f64(seen as f64 / rate as f64);
                lags.push(if seen < sent.load(Ordering::Relaxed) { began.elapsed().saturating_sub(due) } else { Duration::ZERO });
            }
            lags
        }
    });
    while began.elapsed() < time {
        let due = (began.elapsed().as_secs_f64() * rate as f64) as u64;
        if sent.load(Ordering::Relaxed) + BATCH <= due {
            feed.next(store, NOW).await;
            sent.fetch_add(BATCH, Ordering::Relaxed);
        } else {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let mut lags = watcher.await.unwrap();
    lags.sort_unstable();
    (lags, sent.load(Ordering::Relaxed))
}

async fn search(store: &Arc<dyn EventStore>, events: u64, days: u64) -> Value {
    let mut feed = Feed::new();
    let filled = store.status().await.unwrap().events >= events;
    for number in 0..if filled { 0 } else { events / BATCH } {
        let day = number * days / (events / BATCH).max(1);
        let within = DAY.mul_f64((number as f64 * days as f64 / (events / BATCH) as f64).fract() * 0.9);
        let midnight = NOW.0 - NOW.0.rem_euclid(86_400_000);
        let at = Timestamp(midnight).minus(DAY * (days - 1 - day) as u32).plus(within);
        feed.next(store, at).await;
        if number % 400 == 0 {
            store.settle().await.unwrap();
        }
    }
    store.settle().await.unwrap();
    let range = (NOW.minus(DAY * days as u32), NOW.plus(DAY));
    let faceted = [
        "updown severity:error",
        "dhcpack program:dhcpd",
        "admin7 failed",
        "\"changed state\" severity:notice",
        "denied severity:<=1",
        "gi1/0/7",
    ];
    let newest = ["severity:error", "host:sw-007.example.com", "program:sshd severity:<=3", "attrs.site:lyon", "source_ip:10.0.0.9"];
    let (mut slow, mut fast, mut hits) = (Vec::new(), Vec::new(), 0);
    for round in 0..40 {
        let query = typed(faceted[round % faceted.len()], range, 50);
        let query = facets(EventQuery { count: true, highlight: true, ..query }, days);
        let began = Instant::now();
        let answer = store.search(&Scope::system(), &query).await.unwrap();
        slow.push(began.elapsed());
        hits = hits.max(answer.total.unwrap_or(0));
        eprintln!("{:8.1} ms  {:?} {}", began.elapsed().as_secs_f64() * 1e3, faceted[round % faceted.len()], answer.total.unwrap_or(0));
        for filter in newest {
            let query = typed(filter, range, 100);
            let began = Instant::now();
            let answer = store.search(&Scope::system(), &query).await.unwrap();
            fast.push(began.elapsed());
            eprintln!("{:8.1} ms  newest {filter:?}", began.elapsed().as_secs_f64() * 1e3);
            assert_eq!(answer.hits.len(), 100, "{filter}");
        }
    }
    slow.sort_unstable();
    fast.sort_unstable();
    let status = store.status().await.unwrap();
    json!({
        "events": events, "days": days, "most_selective_hits": hits as f64 / events as f64, "disk_bytes_an_event": status.bytes / events,
        "facets_p50_ms": ms(percentile(&slow, 50)), "facets_p95_ms": ms(percentile(&slow, 95)), "newest_p50_ms": ms(percentile(&fast, 50)),
        "newest_p95_ms": ms(percentile(&fast, 95)), "memory_peak_bytes": peak_bytes(),
    })
}

fn typed(query: &str, (from, to): (Timestamp, Timestamp), limit: usize) -> EventQuery {
    EventQuery::newest(from, to, limit).filter(text::parse(query, NOW).unwrap())
}

/// Three facets and a timeline of about a hundred intervals.
fn facets(query: EventQuery, days: u64) -> EventQuery {
    let terms = |field: &'static EventField| Aggregation::Terms { field, attribute: None, size: 10, inner: Vec::new() };
    let interval = DAY * days as u32 / 100;
    query
        .figure("host", terms(HOST))
        .figure("program", terms(PROGRAM))
        .figure("severity", terms(SEVERITY))
        .figure("timeline", Aggregation::Timeline { interval, inner: Vec::new() })
}

struct Feed {
    dice: Dice,
    batch: EventBatch,
}

impl Feed {
    fn new() -> Self {
        Self { dice: Dice(1), batch: EventBatch::new() }
    }

    /// Takes a batch in; its bytes.
    async fn next(&mut self, store: &Arc<dyn EventStore>, at: Timestamp) -> u64 {
        self.batch.clear();
        for number in 0..BATCH {
            log_line(&mut self.batch, &mut self.dice, at.plus(Duration::from_millis(number / 50)));
        }
        store.append(&self.batch, Promise::Process).await.unwrap();
        self.batch.size() as u64
    }
}

fn per(events: u64, time: Duration) -> u64 {
    (events as f64 / time.as_secs_f64()) as u64
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// The most memory the process had (proc(5), `VmHWM`).
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}
