//! Taking in, keeping, dropping.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vigie_domain::Timestamp;
use vigie_domain::telemetry::event::{
    BYTES, DEVICE_TIME, DST_IP, DURATION_MS, FACILITY, HOST, INTERFACE, MESSAGE, NAME, PROGRAM, PROTOCOL, SEVERITY, SOURCE_IP, SRC_IP,
    STATUS,
};
use vigie_domain::telemetry::{EventBatch, EventKind, EventListener, Promise, Retention};

use super::{EventFixture, ask, put, typed};
use crate::make::NOW;

const DAY: Duration = Duration::from_hours(24);

fn numbered(numbers: std::ops::Range<i64>, kind: EventKind, at: Timestamp) -> EventBatch {
    let mut batch = EventBatch::new();
    for number in numbers {
        batch.begin(kind, at).integer(BYTES, number);
    }
    batch
}

/// Every kind of value, of any text, in every kind of event.
pub async fn events_are_read_back_whole(fixture: EventFixture) {
    let store = &*fixture.store;
    put(store, &EventBatch::new()).await;
    let message = "tab\t\"quotes\" <b>é 漢字 \u{1F980}\u{0}\u{1} end\n";
    let (v4, v6): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "2001:db8::7".parse().unwrap());
    let mut batch = EventBatch::new();
    for kind in EventKind::ALL {
        batch
            .begin(kind, NOW)
            .text(MESSAGE, message)
            .text(HOST, "Core-1.example")
            .text(PROGRAM, "My App")
            .text(NAME, "1.3.6.1.6.3.1.1.5.3")
            .integer(SEVERITY, 3)
            .integer(FACILITY, 23)
            .text(STATUS, "")
            .address(SOURCE_IP, v4)
            .address(SRC_IP, v6)
            .address(DST_IP, v4)
            .integer(PROTOCOL, i64::from(u8::MAX))
            .integer(BYTES, 1 << 52)
            .text(INTERFACE, "Gi1/0/7")
            .time(DEVICE_TIME, Timestamp(-1))
            .integer(DURATION_MS, -5)
            .attr("b", "2")
            .attr("a", "x=1, y=2");
    }
    put(store, &batch).await;
    let answer = ask(store, &typed("")).await;
    assert_eq!((answer.hits.len(), answer.total), (4, Some(4)));
    let mut kinds: Vec<_> = answer.hits.iter().map(|hit| hit.event.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, EventKind::ALL);
    for hit in &answer.hits {
        let event = &hit.event;
        assert_eq!((event.at, event.text(MESSAGE), event.text(HOST)), (NOW, Some(message), Some("core-1.example")));
        let shown: Vec<_> =
            event.values.iter().map(|(field, value)| format!("{}={}", field.name, serde_json::to_string(value).unwrap())).collect();
        let expected = [
            "program=\"My App\"",
            "name=\"1.3.6.1.6.3.1.1.5.3\"",
            "severity=3",
            "facility=23",
            "source_ip=\"10.0.0.1\"",
            "src_ip=\"2001:db8::7\"",
            "dst_ip=\"10.0.0.1\"",
            "protocol=255",
            "bytes=4503599627370496",
            "interface=\"Gi1/0/7\"",
            "device_time=\"1969-12-31T23:59:59.999Z\"",
            "duration_ms=-5",
            "attrs=\"b=2\"",
            "attrs=\"a=x=1, y=2\"",
        ];
        assert_eq!(shown[2..], expected, "in the order of the fields; empty values are left out");
    }
}

/// What was appended is there after a restart, once, whether it was searchable before or not.
pub async fn a_restart_loses_nothing_and_doubles_nothing(mut fixture: EventFixture) {
    for round in 0..4_i64 {
        let promise = if round % 2 == 0 { Promise::Process } else { Promise::Power };
        fixture.store.append(&numbered(round * 100..round * 100 + 60, EventKind::Log, NOW), promise).await.unwrap();
        if round % 2 == 0 {
            fixture.store.settle().await.unwrap();
        }
        fixture.store.append(&numbered(round * 100 + 60..round * 100 + 100, EventKind::Flow, NOW.minus(DAY)), promise).await.unwrap();
        fixture.restart().await;
        fixture.store.settle().await.unwrap();
        let answer = ask(&*fixture.store, &typed("")).await;
        let mut numbers: Vec<_> = answer.hits.iter().filter_map(|hit| hit.event.value(BYTES)?.number()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..round * 100 + 100).collect::<Vec<_>>());
        let mut ids: Vec<_> = answer.hits.iter().map(|hit| hit.event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), numbers.len(), "each has an id of its own");
    }
}

/// By kind, once the last moment of the day is old.
pub async fn days_are_dropped_whole(mut fixture: EventFixture) {
    for (days, kind) in [(0, EventKind::Log), (1, EventKind::Log), (2, EventKind::Log), (2, EventKind::Flow)] {
        put(&*fixture.store, &numbered(0..10, kind, NOW.minus(days * DAY))).await;
    }
    let rules = [Retention { kind: EventKind::Log, keep: DAY }];
    assert_eq!(fixture.store.retain(NOW, &rules).await.unwrap(), 1);
    assert_eq!(fixture.store.retain(NOW, &rules).await.unwrap(), 0);
    assert_eq!(ask(&*fixture.store, &typed("")).await.total, Some(30));
    assert_eq!(ask(&*fixture.store, &typed("kind:flow")).await.total, Some(10), "kinds without a rule are kept");
    put(&*fixture.store, &numbered(0..10, EventKind::Log, NOW.minus(2 * DAY))).await;
    assert_eq!(ask(&*fixture.store, &typed("kind:log")).await.total, Some(20), "what is too old is not taken up again");
    fixture.restart().await;
    fixture.store.settle().await.unwrap();
    fixture.store.retain(NOW, &rules).await.unwrap();
    assert_eq!(ask(&*fixture.store, &typed("")).await.total, Some(30));
    put(&*fixture.store, &numbered(0..10, EventKind::Log, NOW)).await;
    assert_eq!(ask(&*fixture.store, &typed("")).await.total, Some(40), "and it goes on");
}

/// Notes what it hears: the oldest of what landed since it was asked, and how often days were dropped.
#[derive(Default)]
struct Ear {
    oldest: Mutex<Option<Timestamp>>,
    dropped: AtomicU32,
}

impl EventListener for Ear {
    fn landed(&self, oldest: Timestamp) {
        let mut heard = self.oldest.lock().unwrap();
        *heard = Some(heard.map_or(oldest, |before| before.min(oldest)));
    }

    fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// When the oldest of what lands was accepted, once for each commit; nothing while nothing changes.
pub async fn a_listener_hears_what_lands_and_what_is_dropped(mut fixture: EventFixture) {
    let ear = Arc::new(Ear::default());
    let heard = || ear.oldest.lock().unwrap().take();
    fixture.store.listen(ear.clone());
    put(&*fixture.store, &numbered(0..10, EventKind::Log, NOW)).await;
    assert_eq!(heard(), Some(NOW));
    let mut late = numbered(0..10, EventKind::Log, NOW.plus(DAY));
    drop(late.begin(EventKind::Flow, NOW.minus(DAY)).integer(BYTES, 1));
    put(&*fixture.store, &late).await;
    assert_eq!(heard(), Some(NOW.minus(DAY)), "the oldest of all kinds");
    fixture.store.settle().await.unwrap();
    assert_eq!(heard(), None, "nothing new, nothing heard");

    let rules = [Retention { kind: EventKind::Flow, keep: Duration::ZERO }];
    fixture.store.retain(NOW, &rules).await.unwrap();
    assert_eq!(ear.dropped.load(Ordering::SeqCst), 1);
    fixture.store.retain(NOW, &rules).await.unwrap();
    assert_eq!(ear.dropped.load(Ordering::SeqCst), 1, "nothing was dropped");

    fixture.restart().await;
    fixture.store.listen(ear.clone());
    put(&*fixture.store, &numbered(0..10, EventKind::Log, NOW.minus(2 * DAY))).await;
    assert_eq!(heard(), Some(NOW.minus(2 * DAY)));
}

/// Name and version, events, bytes, days; nothing pending once it has settled.
pub async fn the_store_tells_what_it_holds(fixture: EventFixture) {
    let mut batch = numbered(0..500, EventKind::Trap, NOW);
    batch.begin(EventKind::Log, NOW.minus(3 * DAY)).text(MESSAGE, &"x".repeat(100_000));
    put(&*fixture.store, &batch).await;
    let status = fixture.store.status().await.unwrap();
    assert!(["tantivy", "opensearch", "elasticsearch"].contains(&status.engine.as_str()), "{status:?}");
    assert!(status.version.contains('.') && status.bytes > 0 && status.log_bytes > 0, "{status:?}");
    assert_eq!((status.events, status.partitions, status.cut), (501, 2, 1), "{status:?}");
    assert_eq!((status.pending_bytes, status.refused, status.lost), (0, 0, 0), "{status:?}");
    assert_eq!((status.is_behind, status.problem.clone()), (false, None));
    assert_eq!(status.oldest.map(|day| day.to_string()), Some("2026-11-20T00:00:00.000Z".to_owned()));
}
