//! A model of the store: events in a list, and every search answered by looking at each.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds as _};
use std::pin::Pin;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use vigie_domain::Timestamp;
use vigie_domain::search::analyzer::Analyzer;
use vigie_domain::search::{Aggregation, AggregationAnswer, Condition, EventQuery, Place, Sort, Stats};
use vigie_domain::telemetry::event::{AT, ATTRS, BYTES, DST_PORT, HOST, KIND, MESSAGE, PACKETS, PROGRAM, SEVERITY, SRC_IP, STATUS};
use vigie_domain::telemetry::{EventBatch, EventField, EventId, EventRow, EventStore, EventValue, FieldType, StoredEvent};

use super::corpus::{crowd, mixture};
use super::{EventFixture, ask, put, typed};
use crate::make::NOW;
use crate::size;

/// Events with the words by which they are found.
pub struct Model(Vec<Modelled>);

struct Modelled {
    event: StoredEvent,
    wholes: Vec<String>,
    message: Vec<String>,
    about: Vec<String>,
}

impl Model {
    /// The events of a batch, in its order.
    pub fn of(batch: &EventBatch) -> Self {
        let mut analyzer = Analyzer::default();
        let rows = batch.rows().enumerate().map(|(number, bytes)| modelled(number as u64, &EventRow::read(bytes).unwrap(), &mut analyzer));
        Self(rows.collect())
    }

    /// The events that a search finds.
    fn matching(&self, query: &EventQuery) -> Matching<'_> {
        let within = |one: &&Modelled| {
            let event = &one.event;
            (query.kinds.is_empty() || query.kinds.contains(&event.kind)) && query.from <= event.at && event.at < query.to
        };
        Matching(self.0.iter().filter(within).filter(|one| holds(&query.condition, one)).collect())
    }
}

/// The events that a search finds.
struct Matching<'a>(Vec<&'a Modelled>);

impl Matching<'_> {
    /// Their numbers in this order.
    fn ordered(&self, sort: Sort) -> Vec<u64> {
        let mut found: Vec<_> = self.0.iter().map(|one| &one.event).collect();
        found.sort_by_key(|event| {
            let (at, number) = (event.at.0, event.id.position as i64);
            match sort {
                Sort::Oldest => (false, 0, at, number),
                Sort::Newest | Sort::Best => (false, 0, -at, -number),
                Sort::By(field, descending) => {
                    let value = event.value(field).and_then(EventValue::number);
                    (value.is_none(), value.map_or(0, |v| if descending { -v } else { v }), -at, -number)
                }
            }
        });
        found.iter().map(|event| event.id.position).collect()
    }

    /// The buckets of terms or of a timeline, each with its count.
    fn counts(&self, aggregation: &Aggregation) -> Vec<(EventValue, u64)> {
        let mut counts: BTreeMap<EventValue, u64> = BTreeMap::new();
        for one in &self.0 {
            let values: Vec<_> = match aggregation {
                Aggregation::Terms { field, attribute, .. } => {
                    values(one, field).filter_map(|value| of_attribute(value, attribute.as_deref())).collect()
                }
                Aggregation::Timeline { interval, .. } => {
                    let width = interval.as_millis() as i64;
                    vec![EventValue::Time(Timestamp(one.event.at.0.div_euclid(width) * width))]
                }
                _ => Vec::new(),
            };
            for value in values {
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        if let Aggregation::Terms { size, .. } = aggregation {
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            counts.truncate(*size);
        }
        counts
    }

    /// The figures over a field.
    fn stats(&self, field: &'static EventField) -> Stats {
        let numbers: Vec<f64> =
            self.0.iter().flat_map(|one| values(one, field)).filter_map(|value| value.number()).map(|n| n as f64).collect();
        let (count, sum) = (numbers.len() as u64, numbers.iter().sum::<f64>());
        let (min, max) = (numbers.iter().copied().reduce(f64::min), numbers.iter().copied().reduce(f64::max));
        Stats { count, sum, min, max, avg: (count > 0).then(|| sum / count as f64) }
    }
}

fn modelled(number: u64, row: &EventRow<'_>, analyzer: &mut Analyzer) -> Modelled {
    let values: Vec<_> = row.values().map(|(field, value)| (field, value.owned(field))).collect();
    let (mut wholes, mut message, mut about) = (Vec::new(), Vec::new(), Vec::new());
    for (field, value) in &values {
        match value {
            EventValue::Text(text) if field.kind == FieldType::Text => analyzer.each(text, |token| {
                message.push(token.text.to_owned());
                if token.whole {
                    wholes.push(token.text.to_owned());
                }
            }),
            EventValue::Text(text) if field.searched => analyzer.each(text, |token| about.push(token.text.to_owned())),
            EventValue::Address(address) => about.push(address.to_string()),
            _ => {}
        }
    }
    let event = StoredEvent { id: EventId { node: 0, position: number }, kind: row.kind, at: row.at, values };
    Modelled { event, wholes, message, about }
}

fn values<'a>(one: &'a Modelled, field: &'a EventField) -> Box<dyn Iterator<Item = EventValue> + 'a> {
    if field.number == KIND.number {
        return Box::new(std::iter::once(EventValue::Text(one.event.kind.name().to_owned())));
    }
    if field.number == AT.number {
        return Box::new(std::iter::once(EventValue::Time(one.event.at)));
    }
    Box::new(one.event.values.iter().filter(|(own, _)| own.number == field.number).map(|(_, value)| value.clone()))
}

fn of_attribute(value: EventValue, attribute: Option<&str>) -> Option<EventValue> {
    match (value, attribute) {
        (EventValue::Text(text), Some(key)) => Some(EventValue::Text(text.strip_prefix(key)?.strip_prefix('=')?.to_owned())),
        (value, _) => Some(value),
    }
}

fn holds(condition: &Condition, one: &Modelled) -> bool {
    let words = |place: Place| one.message.iter().chain(if place == Place::Anywhere { one.about.as_slice() } else { &[] });
    match condition {
        Condition::Everything => true,
        Condition::All(all) => all.iter().all(|condition| holds(condition, one)),
        Condition::Any(any) => any.iter().any(|condition| holds(condition, one)),
        Condition::Not(not) => !holds(not, one),
        Condition::Word(place, word) => words(*place).any(|own| own == word),
        Condition::Phrase(phrase) => one.wholes.windows(phrase.len()).any(|window| window == phrase),
        Condition::Beginning(place, beginning) => words(*place).any(|own| own.starts_with(beginning.as_str())),
        Condition::OneOf(field, wanted) => values(one, field).any(|value| wanted.contains(&value)),
        Condition::StartsWith(field, beginning) => {
            values(one, field).any(|value| matches!(value, EventValue::Text(text) if text.starts_with(beginning.as_str())))
        }
        Condition::Between(field, from, to) => values(one, field).any(|value| is_between(&value, from, to)),
        Condition::Exists(field) if field.kind == FieldType::Text => !one.wholes.is_empty(),
        Condition::Exists(field) => values(one, field).next().is_some(),
    }
}

fn is_between(value: &EventValue, from: &Bound<EventValue>, to: &Bound<EventValue>) -> bool {
    let key = |value: &EventValue| match value {
        EventValue::Address(std::net::IpAddr::V4(v4)) => EventValue::Address(v4.to_ipv6_mapped().into()),
        other => other.clone(),
    };
    let bound = |bound: &Bound<EventValue>| bound.as_ref().map(key);
    (bound(from), bound(to)).contains(&key(value))
}

/// Whether a store answers as the model does: hits and their order, count, facets, timeline, stats.
async fn compare(store: &dyn EventStore, model: &Model, numbers: &BTreeMap<EventId, u64>, query: &EventQuery) -> Result<(), TestCaseError> {
    let terms =
        |field, attribute: Option<&str>| Aggregation::Terms { field, attribute: attribute.map(str::to_owned), size: 50, inner: Vec::new() };
    let figures = [
        ("kind", terms(KIND, None)),
        ("host", terms(HOST, None)),
        ("severity", terms(SEVERITY, None)),
        ("src", terms(SRC_IP, None)),
        ("site", terms(ATTRS, Some("site"))),
        ("days", Aggregation::Timeline { interval: Duration::from_hours(6), inner: Vec::new() }),
    ];
    let mut asked = query.clone();
    for (name, figure) in &figures {
        asked = asked.figure(*name, figure.clone());
    }
    let asked = asked.figure("bytes", Aggregation::Stats(BYTES)).figure("packets", Aggregation::Stats(PACKETS));
    let answer = ask(store, &asked).await;
    let found: Vec<_> = answer.hits.iter().map(|hit| numbers[&hit.event.id]).collect();
    let matching = model.matching(query);
    let expected = matching.ordered(query.sort);
    prop_assert_eq!(answer.total, Some(expected.len() as u64), "{:?}", query.condition);
    prop_assert_eq!(&found[..], &expected[..query.limit.min(expected.len())], "{:?}", query.condition);
    for (name, figure) in &figures {
        let AggregationAnswer::Buckets { buckets, .. } = &answer.aggregations[*name] else { panic!("{name}") };
        let counts: Vec<_> = buckets.iter().map(|bucket| (bucket.key.clone(), bucket.count)).collect();
        prop_assert_eq!(counts, matching.counts(figure), "{} of {:?}", name, query);
    }
    for (name, field) in [("bytes", BYTES), ("packets", PACKETS)] {
        let AggregationAnswer::Stats(told) = answer.aggregations[name] else { panic!("{name}") };
        let exact = matching.stats(field);
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= b.abs() * 1e-9,
            (a, b) => a == b,
        };
        let same = told.count == exact.count && close(Some(told.sum), Some(exact.sum)) && close(told.avg, exact.avg);
        prop_assert!(same && close(told.min, exact.min) && close(told.max, exact.max), "{:?}, exactly {:?}", told, exact);
    }
    Ok(())
}

/// The numbers of the events of a batch by the ids that the store gave them, which ascend as the batch does.
async fn numbers(store: &dyn EventStore, count: usize) -> BTreeMap<EventId, u64> {
    let (mut ids, mut query) = (Vec::new(), EventQuery { limit: 5000, count: false, ..typed("") });
    loop {
        let answer = ask(store, &query).await;
        ids.extend(answer.hits.iter().map(|hit| hit.event.id));
        let Some(next) = answer.next else { break };
        query.after = Some(next);
    }
    ids.sort_unstable();
    assert_eq!(ids.len(), count);
    ids.into_iter().zip(0..).collect()
}

/// Typed searches over a corpus of all kinds.
pub async fn a_corpus_is_answered_as_by_a_model(fixture: EventFixture) {
    let batch = mixture(3000, 42, NOW);
    put(&*fixture.store, &batch).await;
    let (model, numbers) = (Model::of(&batch), numbers(&*fixture.store, 3000).await);
    for text in TEXTS {
        for sort in [Sort::Newest, Sort::Oldest, Sort::By(BYTES, true)] {
            let query = EventQuery { sort, ..typed(text) };
            compare(&*fixture.store, &model, &numbers, &query).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}

/// Typed searches over so many events of one day that a search goes through them in several steps; also from a page in the middle on.
pub async fn a_crowd_is_answered_as_by_a_model(fixture: EventFixture) {
    const COUNT: usize = 50_000;
    let batch = crowd(COUNT, 42, NOW);
    put(&*fixture.store, &batch).await;
    let (model, numbers) = (Model::of(&batch), numbers(&*fixture.store, COUNT).await);
    for (text, sort) in TEXTS.iter().flat_map(|text| [Sort::Newest, Sort::Oldest, Sort::By(BYTES, true)].map(|sort| (text, sort))) {
        let query = EventQuery { from: NOW.minus(Duration::from_mins(50)), sort, limit: 100, ..typed(text) };
        compare(&*fixture.store, &model, &numbers, &query).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        // without figures, and so only as far as need be
        let mut query = EventQuery { count: false, ..query };
        let expected = model.matching(&query).ordered(query.sort);
        for page in expected.chunks(query.limit).take(3) {
            let answer = ask(&*fixture.store, &query).await;
            let found: Vec<_> = answer.hits.iter().map(|hit| numbers[&hit.event.id]).collect();
            assert_eq!(found, page, "{text}, {sort:?}");
            query.after = answer.next;
        }
    }
}

const TEXTS: &[&str] = &[
    "",
    "down",
    "down -up",
    "Gi1/0/1 OR 10.0.0.2",
    "\"up down\"",
    "link*",
    "host:core* severity:<=3",
    "src_ip:10.0.0.0/16 bytes:[1000 TO 500000}",
    "NOT host:* program:CRON",
    "attrs.site:a -attrs.rack:*",
    "message:* status:(blocked OR allowed)",
    "kind:trap at:>-1d",
];

/// Batches in which the events of the property are taken in.
const PIECES: usize = 20;

/// Opens a store for the property.
pub type Open = Pin<Box<dyn Future<Output = Option<EventFixture>>>>;

/// Any search over a generated corpus, of 20,000 events or at full size 200,000.
pub fn property(open: impl Fn() -> Open) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let Some(fixture) = runtime.block_on(open()) else { return };
    let (events, searches) = size::pick((20_000, 300), (200_000, 3000));
    let batch = mixture(events, 4242, NOW);
    let (model, numbers) = runtime.block_on(async {
        // in pieces, so that there are several segments
        for piece in 0..PIECES {
            let mut part = EventBatch::new();
            for row in batch.rows().skip(piece * events / PIECES).take(events / PIECES) {
                part.push_row(row);
            }
            put(&*fixture.store, &part).await;
        }
        (Model::of(&batch), numbers(&*fixture.store, events).await)
    });
    let mut runner = TestRunner::new(Config { cases: searches, failure_persistence: None, ..Config::default() });
    let result = runner.run(&any_query(), |query| runtime.block_on(compare(&*fixture.store, &model, &numbers, &query)));
    result.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(fixture.store.close()).unwrap();
}

fn any_query() -> impl Strategy<Value = EventQuery> {
    let sort = prop_oneof![Just(Sort::Newest), Just(Sort::Oldest), Just(Sort::By(PACKETS, true)), Just(Sort::By(SEVERITY, false)),];
    let hours = (0_u64..80, 0_u64..80);
    (any_condition(), sort, hours, 0_usize..900).prop_map(|(condition, sort, (from, to), limit)| {
        let ago = |hours: u64| NOW.minus(Duration::from_hours(hours)).plus(Duration::from_millis(hours % 2));
        EventQuery { from: ago(from.max(to)), to: ago(from.min(to)), sort, limit, ..typed("") }.filter(condition)
    })
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let place = prop_oneof![Just(Place::Anywhere), Just(Place::Message)];
    let words = vec![
        "up",
        "down",
        "gi1/0/1",
        "gi1/0",
        "10.0.0.1",
        "link",
        "link-3-updown",
        "updown",
        "001122334455",
        "core-1",
        "core",
        "80",
        "none",
    ];
    let word = proptest::sample::select(words).prop_map(str::to_owned);
    let beginning = proptest::sample::select(&["", "u", "gi1/", "10.0.", "link", "core", "zz"][..]).prop_map(str::to_owned);
    let text = proptest::sample::select(&["core-1", "edge", "sshd", "blocked", "x"][..]).prop_map(|text| EventValue::Text(text.to_owned()));
    let keyword = proptest::sample::select(vec![HOST, PROGRAM, STATUS, ATTRS]);
    let integer = proptest::sample::select(vec![SEVERITY, DST_PORT, BYTES, PACKETS]);
    let bound = || {
        let number = prop_oneof![-1_i64..10, 0_i64..400, 0_i64..1_000_000].prop_map(EventValue::Integer);
        prop_oneof![number.clone().prop_map(Bound::Included), number.prop_map(Bound::Excluded), Just(Bound::Unbounded),]
    };
    let address = proptest::sample::select(&["10.0.0.1", "10.0.0.2", "10.1.0.9", "2001:db8::1", "::"][..]);
    let address = address.prop_map(|text| EventValue::Address(text.parse().unwrap()));
    let leaf = prop_oneof![
        Just(Condition::Everything),
        (place.clone(), word.clone()).prop_map(|(place, word)| Condition::Word(place, word)),
        (place, beginning.clone()).prop_map(|(place, beginning)| Condition::Beginning(place, beginning)),
        proptest::collection::vec(word, 1..3).prop_map(Condition::Phrase),
        (keyword.clone(), proptest::collection::vec(text, 0..3)).prop_map(|(field, values)| Condition::OneOf(field, values)),
        (keyword.clone(), beginning).prop_map(|(field, beginning)| Condition::StartsWith(field, beginning)),
        (integer.clone(), bound(), bound()).prop_map(|(field, from, to)| Condition::Between(field, from, to)),
        (address.clone(), address).prop_map(|(from, to)| Condition::Between(SRC_IP, Bound::Included(from), Bound::Included(to))),
        prop_oneof![keyword, integer, Just(SRC_IP), Just(MESSAGE)].prop_map(Condition::Exists),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Condition::Any),
            inner.prop_map(|condition| Condition::Not(Box::new(condition))),
        ]
    })
}
