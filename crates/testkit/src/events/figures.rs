//! Figures over what matches.

use std::time::Duration;

use vigie_domain::search::{Aggregation, AggregationAnswer, Bucket, Stats};
use vigie_domain::telemetry::event::{ATTRS, BYTES, HOST, KIND, SEVERITY, SRC_IP};
use vigie_domain::telemetry::{EventBatch, EventField, EventKind, EventValue};

use super::corpus::Dice;
use super::{EventFixture, ask, put, typed};
use crate::make::NOW;

fn terms(field: &'static EventField, size: usize) -> Aggregation {
    Aggregation::Terms { field, attribute: None, size, inner: Vec::new() }
}

fn shown(buckets: &[Bucket]) -> String {
    let one = |bucket: &Bucket| format!("{}:{}", serde_json::to_string(&bucket.key).unwrap().replace('"', ""), bucket.count);
    buckets.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn buckets(answer: &AggregationAnswer) -> (String, u64) {
    match answer {
        AggregationAnswer::Buckets { buckets, other } => (shown(buckets), *other),
        other => panic!("{other:?}"),
    }
}

/// Counts by value from the most frequent down, by interval in order of time, and figures within them.
pub async fn facets_and_timelines_are_exact(fixture: EventFixture) {
    for day in 0..2_u64 {
        let mut batch = EventBatch::new();
        for number in 0..30_u64 {
            let at = NOW.minus(Duration::from_hours(24 * day)).plus(Duration::from_mins(number));
            let kind = if number % 3 == 0 { EventKind::Trap } else { EventKind::Log };
            let event = batch
                .begin(kind, at)
                .integer(BYTES, number as i64)
                .integer(SEVERITY, number as i64 % 4)
                .attr("site", ["a", "b"][number as usize % 2]);
            let event = event.attr("rack", "r1").address(SRC_IP, format!("10.0.0.{}", number % 3).parse().unwrap());
            drop(if number < 20 { event.text(HOST, &format!("h{}", number % 7)) } else { event });
        }
        put(&*fixture.store, &batch).await;
    }
    let attribute = Aggregation::Terms {
        field: ATTRS,
        attribute: Some("site".to_owned()),
        size: 5,
        inner: vec![("s".to_owned(), Aggregation::Stats(BYTES))],
    };
    let day = Duration::from_hours(24);
    let timeline = Aggregation::Timeline { interval: day, inner: vec![("by".to_owned(), terms(SEVERITY, 2))] };
    let query = typed("bytes:<24")
        .figure("kind", terms(KIND, 10))
        .figure("host", terms(HOST, 3))
        .figure("severity", terms(SEVERITY, 10))
        .figure("src", terms(SRC_IP, 10))
        .figure("site", attribute)
        .figure("days", timeline)
        .figure("bytes", Aggregation::Stats(BYTES));
    let answer = ask(&*fixture.store, &query).await;
    let figure = |name: &str| buckets(&answer.aggregations[name]);
    assert_eq!(figure("kind"), ("log:32 trap:16".to_owned(), 0));
    assert_eq!(figure("host"), ("h0:6 h1:6 h2:6".to_owned(), 22), "ties go by value; events without one do not count");
    assert_eq!(figure("severity"), ("0:12 1:12 2:12 3:12".to_owned(), 0));
    assert_eq!(figure("src"), ("10.0.0.0:16 10.0.0.1:16 10.0.0.2:16".to_owned(), 0));
    assert_eq!(figure("site").0, "a:24 b:24");
    assert_eq!(figure("days").0, "2026-11-22T00:00:00.000Z:24 2026-11-23T00:00:00.000Z:24");
    let AggregationAnswer::Buckets { buckets: days, .. } = &answer.aggregations["days"] else { panic!() };
    assert_eq!(buckets(&days[0].inner["by"]), ("0:6 1:6".to_owned(), 12));
    let AggregationAnswer::Buckets { buckets: sites, .. } = &answer.aggregations["site"] else { panic!() };
    let even = Stats { count: 24, sum: 264.0, min: Some(0.0), max: Some(22.0), avg: Some(11.0) };
    assert_eq!(sites[0].inner["s"], AggregationAnswer::Stats(even));
    let all = Stats { count: 48, sum: 552.0, min: Some(0.0), max: Some(23.0), avg: Some(11.5) };
    assert_eq!(answer.aggregations["bytes"], AggregationAnswer::Stats(all));
}

/// Within two percent of the exact value.
pub async fn percentiles_and_different_values_are_close(fixture: EventFixture) {
    let mut dice = Dice(7);
    let (mut batch, mut values) = (EventBatch::new(), Vec::new());
    for number in 0..30_000_u64 {
        // a long tail, as sizes of flows have
        let value = 40 + (1_u64 << dice.below(20)) + dice.below(100);
        values.push(value as i64);
        let at = NOW.minus(Duration::from_hours(24 * (number % 2)));
        let address = std::net::Ipv4Addr::from(0x0a00_0000 | dice.below(20_000) as u32);
        drop(
            batch
                .begin(EventKind::Flow, at)
                .integer(BYTES, value as i64)
                .address(SRC_IP, address.into())
                .text(HOST, &format!("h{}", number % 12_345)),
        );
    }
    put(&*fixture.store, &batch).await;
    let percents = [1.0, 25.0, 50.0, 90.0, 95.0, 99.0, 100.0];
    let query = typed("")
        .figure("p", Aggregation::Percentiles(BYTES, percents.to_vec()))
        .figure("host", Aggregation::Cardinality(HOST))
        .figure("src", Aggregation::Cardinality(SRC_IP))
        .figure("bytes", Aggregation::Cardinality(BYTES));
    let answer = ask(&*fixture.store, &query).await;
    values.sort_unstable();
    let AggregationAnswer::Percentiles(told) = &answer.aggregations["p"] else { panic!() };
    assert_eq!(told.len(), percents.len());
    for (percent, value) in told {
        let rank = (percent / 100.0 * (values.len() - 1) as f64).round() as usize;
        // where neighbours differ much, any value between them is as exact
        let (low, high) = (values[rank.saturating_sub(150)] as f64 * 0.98, values[(rank + 150).min(values.len() - 1)] as f64 * 1.02);
        let value = value.unwrap();
        assert!((low..=high).contains(&value), "{percent} %: {value}, exactly {}", values[rank]);
    }
    values.dedup();
    for (name, exact) in [("host", 12_345), ("bytes", values.len())] {
        let AggregationAnswer::Cardinality(told) = answer.aggregations[name] else { panic!() };
        assert!((told as f64 / exact as f64 - 1.0).abs() <= 0.02, "{name}: {told} of {exact}");
    }
    let AggregationAnswer::Cardinality(told) = answer.aggregations["src"] else { panic!() };
    assert!((15_000..=16_100).contains(&told), "{told}: 20,000 (1 - 1/e^1.5) are expected");
}

/// Zero, or nothing; no error.
pub async fn nothing_has_figures_too(fixture: EventFixture) {
    let mut batch = EventBatch::new();
    drop(batch.begin(EventKind::Log, NOW).text(HOST, "a"));
    for _ in 0..2 {
        let query = typed("host:b")
            .figure("host", terms(HOST, 3))
            .figure("days", Aggregation::Timeline { interval: Duration::from_hours(24), inner: Vec::new() })
            .figure("bytes", Aggregation::Stats(BYTES))
            .figure("p", Aggregation::Percentiles(BYTES, vec![50.0]))
            .figure("n", Aggregation::Cardinality(HOST));
        let answer = ask(&*fixture.store, &query).await;
        assert_eq!((answer.hits.len(), answer.total, answer.next), (0, Some(0), None));
        assert_eq!(buckets(&answer.aggregations["host"]), (String::new(), 0));
        assert_eq!(buckets(&answer.aggregations["days"]), (String::new(), 0));
        assert_eq!(answer.aggregations["bytes"], AggregationAnswer::Stats(Stats::default()));
        assert_eq!(answer.aggregations["p"], AggregationAnswer::Percentiles(vec![(50.0, None)]));
        assert_eq!(answer.aggregations["n"], AggregationAnswer::Cardinality(0));
        // the first time there is no day at all
        put(&*fixture.store, &batch).await;
    }
    assert_eq!(EventValue::Integer(3).number(), Some(3));
}
