//! Orders and pages.

use std::time::Duration;

use vigie_domain::search::{Aggregation, EventQuery, Sort};
use vigie_domain::telemetry::event::{BYTES, HOST, MESSAGE, NAME, PACKETS};
use vigie_domain::telemetry::{EventBatch, EventField, EventKind};
use vigie_domain::{ErrorKind, Scope, Timestamp};

use super::{EventFixture, ask, put, typed};
use crate::make::NOW;

/// To the millisecond, within a day and over midnight.
pub async fn ranges_include_their_begin_and_not_their_end(fixture: EventFixture) {
    let midnight = Timestamp::parse("2026-11-23T00:00:00Z").unwrap();
    let mut batch = EventBatch::new();
    for off in -3..3_i64 {
        drop(batch.begin(EventKind::Log, Timestamp(midnight.0 + off)).integer(BYTES, off));
    }
    put(&*fixture.store, &batch).await;
    for (from, to) in [(-3, 3), (-2, 2), (0, 3), (-3, 0), (0, 0), (1, 2), (-1, 1), (2, -2)] {
        let at = |off: i64| Timestamp(midnight.0 + off);
        let query = EventQuery { sort: Sort::Oldest, count: true, ..EventQuery::newest(at(from), at(to), 100) };
        let answer = ask(&*fixture.store, &query).await;
        let offs: Vec<_> = answer.hits.iter().filter_map(|hit| hit.event.value(BYTES)?.number()).collect();
        assert_eq!(offs, (from..to).collect::<Vec<_>>(), "{from} to {to}");
        assert_eq!(answer.total, Some(offs.len() as u64));
    }
}

/// Each event once, in order, whatever the order and however many share a time; also when asked for in other pieces.
pub async fn pages_walk_all_events_once(fixture: EventFixture) {
    let mut expected = Vec::new();
    for piece in 0..5_i64 {
        let mut batch = EventBatch::new();
        for number in piece * 20..piece * 20 + 20 {
            // many at the same moment, some without a number, over three days
            let at = NOW.minus(Duration::from_hours(24 * (number as u64 % 3))).plus(Duration::from_millis(number as u64 / 10));
            let kind = if number % 4 == 0 { EventKind::Flow } else { EventKind::Log };
            let event = batch.begin(kind, at).integer(BYTES, number);
            if number % 5 != 0 {
                drop(event.integer(PACKETS, number % 7));
            }
            let packets = (number % 5 != 0).then_some(number % 7);
            expected.push((at.0, number, packets));
        }
        put(&*fixture.store, &batch).await;
    }
    let sorts = [Sort::Newest, Sort::Oldest, Sort::By(PACKETS, true), Sort::By(PACKETS, false)];
    for sort in sorts {
        match sort {
            Sort::Oldest => expected.sort_unstable_by_key(|(at, number, _)| (*at, *number)),
            Sort::Newest | Sort::Best => expected.sort_unstable_by_key(|(at, number, _)| (-at, -number)),
            Sort::By(_, descending) => expected.sort_unstable_by_key(|(at, number, packets)| {
                let packets = packets.map(|packets| if descending { -packets } else { packets });
                (packets.is_none(), packets, -at, -number)
            }),
        }
        let numbers: Vec<_> = expected.iter().map(|(_, number, _)| *number).collect();
        for limit in [7, 33, 100, 1000] {
            let mut query = EventQuery { sort, limit, ..typed("") };
            let mut walked = Vec::new();
            loop {
                let answer = ask(&*fixture.store, &query).await;
                assert_eq!(answer.total, Some(100), "{sort:?}: the count is of all pages");
                walked.extend(answer.hits.iter().filter_map(|hit| hit.event.value(BYTES)?.number()));
                let Some(next) = answer.next else { break };
                query.after = Some(next);
            }
            assert_eq!(walked, numbers, "{sort:?} by {limit}");
        }
    }
}

/// Words in weighty fields before those in messages, fresh events before old ones; one page.
pub async fn the_best_come_first(fixture: EventFixture) {
    let hours = |hours: u64| NOW.minus(Duration::from_hours(hours));
    let mut batch = EventBatch::new();
    batch.begin(EventKind::Log, hours(0)).integer(BYTES, 0).text(MESSAGE, "nothing of it");
    batch.begin(EventKind::Log, hours(1)).integer(BYTES, 1).text(MESSAGE, "core-1 link lost");
    batch.begin(EventKind::Log, hours(2)).integer(BYTES, 2).text(MESSAGE, "lost").text(HOST, "core-1");
    batch.begin(EventKind::Trap, hours(3)).integer(BYTES, 3).text(NAME, "core-1").text(HOST, "core-1");
    batch.begin(EventKind::Trap, hours(24 * 4)).integer(BYTES, 4).text(NAME, "core-1");
    put(&*fixture.store, &batch).await;
    for (text, limit, expected) in
        [("core-1", 10, &[3_i64, 2, 1, 4][..]), ("core-1", 2, &[3, 2]), ("core-* lost", 10, &[2, 1]), ("", 10, &[0, 1, 2, 3, 4])]
    {
        let answer = ask(&*fixture.store, &EventQuery { sort: Sort::Best, limit, ..typed(text) }).await;
        let numbers: Vec<_> = answer.hits.iter().filter_map(|hit| hit.event.value(BYTES)?.number()).collect();
        assert_eq!((numbers.as_slice(), answer.next), (expected, None), "{text}");
    }
}

/// With the name of what is wrong.
pub async fn impossible_searches_are_refused(fixture: EventFixture) {
    let figure = |aggregation| typed("").figure("f", aggregation);
    let terms = |field: &'static EventField, size| Aggregation::Terms { field, attribute: None, size, inner: Vec::new() };
    let cases = [
        EventQuery { limit: 10_001, ..typed("") },
        EventQuery { sort: Sort::By(HOST, false), ..typed("") },
        EventQuery { sort: Sort::Best, limit: 1001, ..typed("") },
        figure(terms(MESSAGE, 10)),
        figure(terms(HOST, 0)),
        figure(terms(HOST, 1001)),
        figure(Aggregation::Timeline { interval: Duration::ZERO, inner: Vec::new() }),
        figure(Aggregation::Timeline { interval: Duration::from_millis(1), inner: Vec::new() }),
        figure(Aggregation::Stats(HOST)),
        figure(Aggregation::Percentiles(BYTES, vec![101.0])),
        figure(Aggregation::Terms { field: HOST, attribute: None, size: 5, inner: vec![("c".to_owned(), Aggregation::Cardinality(HOST))] }),
    ];
    for query in cases {
        let error = fixture.store.search(&Scope::system(), &query).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::ValidationFailed, "invalid_query"), "{query:?}");
        assert_eq!(error.fields().len(), 1);
    }
}
