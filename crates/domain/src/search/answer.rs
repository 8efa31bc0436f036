//! What the event store answers, the same whatever is below.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use super::{EventQuery, MAX_RANKED, Sort, SortMark, rank};
use crate::Result;
use crate::telemetry::{EventValue, StoredEvent};

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventAnswer {
    /// The events, in order.
    pub hits: Vec<Hit>,
    /// Where the next page begins; `None` when this was the last.
    pub next: Option<SortMark>,
    /// How many match in all, where it was asked for.
    pub total: Option<u64>,
    /// The figures, by name.
    pub aggregations: BTreeMap<String, AggregationAnswer>,
}

impl EventAnswer {
    /// Asks for the events of a search in the order of their fit, from a store that answers other orders.
    pub async fn best<F: Future<Output = Result<Self>>>(query: &EventQuery, ask: impl FnOnce(EventQuery) -> F) -> Result<Self> {
        query.check()?;
        let mut answer = ask(EventQuery { sort: Sort::Newest, limit: MAX_RANKED, ..query.clone() }).await?;
        rank(&mut answer.hits, &query.condition);
        answer.hits.truncate(query.limit);
        answer.next = None;
        Ok(answer)
    }
}

/// An event that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The event.
    pub event: StoredEvent,
    /// Where its message matches, in bytes, in order, without overlaps; empty unless it was asked for.
    pub highlights: Vec<Range<usize>>,
}

impl Hit {
    /// Its place in an order.
    pub fn mark(&self, sort: Sort) -> SortMark {
        let value = match sort {
            Sort::By(field, _) => self.event.value(field).and_then(EventValue::number),
            Sort::Newest | Sort::Oldest | Sort::Best => None,
        };
        SortMark { value, at: self.event.at, id: self.event.id }
    }
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AggregationAnswer {
    /// Of terms and timelines.
    Buckets {
        /// Values from the most frequent down, or intervals in order of time.
        buckets: Vec<Bucket>,
        /// Events whose value is none of these.
        other: u64,
    },
    /// Of stats.
    Stats(Stats),
    /// Percentages with their values; `None` when there is no value at all.
    Percentiles(Vec<(f64, Option<f64>)>),
    /// Different values.
    Cardinality(u64),
}

/// Events that share a value or an interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// The value, or the beginning of the interval.
    pub key: EventValue,
    /// How many there are.
    pub count: u64,
    /// The figures over them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inner: BTreeMap<String, AggregationAnswer>,
}

/// Figures over numbers; those but `count` and `sum` are `None` when there is no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// Their mean.
    pub avg: Option<f64>,
}
