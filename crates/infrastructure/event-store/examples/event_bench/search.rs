//! Searches among syslog-like events of some days.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use vigie_domain::search::{Aggregation, EventQuery, text};
use vigie_domain::telemetry::event::{HOST, PROGRAM, SEVERITY};
use vigie_domain::telemetry::{EventField, EventStore};
use vigie_domain::{Scope, Timestamp};
use vigie_testkit::make::NOW;

use crate::feed::{BATCH, Feed};
use crate::figures::{ms, peak_bytes, percentile, processor_time};

const DAY: Duration = Duration::from_hours(24);
/// How often each search is made.
const ROUNDS: usize = 20;
/// Batches between waits for what was taken in.
const SETTLE: u64 = 400;

/// Searches of one sort: a name, what is typed, and whether they ask for facets and a timeline beside 50 events, or for the newest hundred.
const GROUPS: [(&str, &[&str], bool); 5] = [
    ("everything", &[""], true),
    (
        "five_percent",
        &[
            "updown severity:error",
            "dhcpack program:dhcpd",
            "\"changed state\" severity:notice",
            "denied severity:<=1",
            "updown severity:<=1",
        ],
        true,
    ),
    ("third_percent", &["admin7 failed", "gi1/0/7"], true),
    ("tenth_percent", &["admin7 severity:<=2", "gi1/0/7 severity:<=1", "updown host:sw-007.example.com"], true),
    ("newest", &["severity:error", "host:sw-007.example.com", "program:sshd severity:<=3", "attrs.site:lyon", "source_ip:10.0.0.9"], false),
];

/// Takes so many events in, unless they are there.
pub(crate) async fn fill(store: &Arc<dyn EventStore>, events: u64, days: u64) {
    if store.status().await.unwrap().events >= events {
        return;
    }
    let (mut feed, batches) = (Feed::new(), events / BATCH);
    for number in 0..batches {
        let day = number * days / batches.max(1);
        let within = DAY.mul_f64((number as f64 * days as f64 / batches as f64).fract() * 0.9);
        let midnight = NOW.0 - NOW.0.rem_euclid(86_400_000);
        let at = Timestamp(midnight).minus(DAY * (days - 1 - day) as u32).plus(within);
        feed.give(store, at).await;
        if number % SETTLE == 0 {
            store.settle().await.unwrap();
        }
    }
    store.settle().await.unwrap();
}

pub(crate) async fn run(store: &Arc<dyn EventStore>, days: u64) -> Value {
    let status = store.status().await.unwrap();
    let mut figures = Map::new();
    for (name, searches, has_facets) in GROUPS {
        figures.insert(name.to_owned(), group(store, searches, has_facets, days, status.events).await);
    }
    json!({
        "events": status.events, "days": days, "disk_bytes_an_event": status.bytes / status.events.max(1), "groups": figures,
        "memory_peak_bytes": peak_bytes(),
    })
}

async fn group(store: &Arc<dyn EventStore>, searches: &[&str], has_facets: bool, days: u64, events: u64) -> Value {
    let (mut all, mut cold, mut found) = (Vec::new(), Duration::ZERO, Vec::new());
    let used = processor_time();
    for round in 0..ROUNDS {
        for typed in searches {
            let query = query(typed, has_facets, days);
            let began = Instant::now();
            let answer = store.search(&Scope::system(), &query).await.unwrap();
            let took = began.elapsed();
            assert_eq!(answer.hits.len(), query.limit, "{typed}");
            all.push(took);
            if round == 0 {
                cold = cold.max(took);
                found.push(answer.total.unwrap_or(0));
            }
            eprintln!("{:8.2} ms  {typed:?} {}", took.as_secs_f64() * 1e3, answer.total.unwrap_or(0));
        }
    }
    let used = processor_time().saturating_sub(used) / all.len() as u32;
    all.sort_unstable();
    json!({
        "p50_ms": ms(percentile(&all, 50)), "p95_ms": ms(percentile(&all, 95)), "cold_most_ms": ms(cold), "processor_ms": ms(used),
        "found": found, "most_found": found.iter().max().copied().unwrap_or(0) as f64 / events as f64,
    })
}

fn query(typed: &str, has_facets: bool, days: u64) -> EventQuery {
    let (from, to) = (NOW.minus(DAY * days as u32), NOW.plus(DAY));
    let query = EventQuery::newest(from, to, if has_facets { 50 } else { 100 }).filter(text::parse(typed, NOW).unwrap());
    if !has_facets {
        return query;
    }
    let terms = |field: &'static EventField| Aggregation::Terms { field, attribute: None, size: 10, inner: Vec::new() };
    let interval = DAY * days as u32 / 100;
    EventQuery { count: true, highlight: true, ..query }
        .figure("host", terms(HOST))
        .figure("program", terms(PROGRAM))
        .figure("severity", terms(SEVERITY))
        .figure("timeline", Aggregation::Timeline { interval, inner: Vec::new() })
}
