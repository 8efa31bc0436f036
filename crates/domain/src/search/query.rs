//! What is asked of the event store.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::telemetry::event::ATTRS;
use crate::telemetry::{EventField, EventId, EventKind, FieldType};
use crate::{Error, Result, Timestamp};

/// Most events answered at once.
pub const MAX_HITS: usize = 10_000;
/// Most events among which the best are looked for.
pub const MAX_RANKED: usize = 1_000;
/// Most beginnings of words or values in a search.
pub const MAX_BEGINNINGS: usize = 32;
/// Most terms of an aggregation.
pub const MAX_TERMS: usize = 1_000;
/// After every event: the year 10000.
const END: Timestamp = Timestamp(253_402_300_800_000);
/// Most intervals of a histogram.
pub const MAX_BUCKETS: u64 = 10_000;

/// A search.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// Which kinds; all when empty.
    pub kinds: Vec<EventKind>,
    /// Accepted from this time on.
    pub from: Timestamp,
    /// Accepted before this time.
    pub to: Timestamp,
    /// What must hold of them.
    pub condition: Condition,
    /// The order.
    pub sort: Sort,
    /// Events wanted, 0 to [`MAX_HITS`].
    pub limit: usize,
    /// Go on after this one, of an answer to the same search in the same order.
    pub after: Option<SortMark>,
    /// Whether to count all that match.
    pub count: bool,
    /// Whether to tell where the message matches.
    pub highlight: bool,
    /// Figures over all that match, by name.
    pub aggregations: Vec<(String, Aggregation)>,
}

/// The order of events. Where they are equal in it, the newer comes first (the older for [`Oldest`](Self::Oldest)), then the greater id, so
/// that every order is total.
#[derive(Clone, Copy, Debug)]
pub enum Sort {
    /// By time of acceptance, the newest first.
    Newest,
    /// By time of acceptance, the oldest first.
    Oldest,
    /// By the number of an integer or time field; events without one come last.
    By(&'static EventField, bool),
    /// The best first, among the newest [`MAX_RANKED`]: by the fields in which the words stand and by age. One page, without a next.
    Best,
}

/// The place of an event in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortMark {
    /// Its number, where the order is by a field.
    #[serde(rename = "v")]
    pub value: Option<i64>,
    /// When it was accepted.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Its id.
    #[serde(rename = "i")]
    pub id: EventId,
}

/// A figure over events.
#[derive(Clone, Debug)]
pub enum Aggregation {
    /// How many events have each value of a field: the most frequent ones, ties by value.
    Terms {
        /// A keyword, integer or address.
        field: &'static EventField,
        /// Of `attrs`, the attribute whose values are counted.
        attribute: Option<String>,
        /// How many values, 1 to [`MAX_TERMS`].
        size: usize,
        /// Figures over the events of each value.
        inner: Vec<(String, Self)>,
    },
    /// How many events fall into each interval of their acceptance; empty intervals are left out.
    Timeline {
        /// Width, in whole milliseconds; intervals begin at multiples of it since 1970.
        interval: Duration,
        /// Figures over the events of each interval.
        inner: Vec<(String, Self)>,
    },
    /// Count, sum, smallest, greatest and mean.
    Stats(&'static EventField),
    /// Values below which these percentages of the values lie; within 2 %.
    Percentiles(&'static EventField, Vec<f64>),
    /// How many different values there are; within 2 %. Only at the top.
    Cardinality(&'static EventField),
}

impl EventQuery {
    /// The newest events of a time range.
    pub fn newest(from: Timestamp, to: Timestamp, limit: usize) -> Self {
        Self {
            kinds: Vec::new(),
            from,
            to,
            condition: Condition::Everything,
            sort: Sort::Newest,
            limit,
            after: None,
            count: false,
            highlight: false,
            aggregations: Vec::new(),
        }
    }

    /// The newest of all events.
    pub fn all(limit: usize) -> Self {
        Self::newest(Timestamp(0), END, limit)
    }

    /// With one more condition.
    pub fn filter(mut self, condition: Condition) -> Self {
        self.condition = self.condition.and(condition);
        self
    }

    /// With one more figure.
    pub fn figure(mut self, name: impl Into<String>, aggregation: Aggregation) -> Self {
        self.aggregations.push((name.into(), aggregation));
        self
    }

    /// Refuses what no store answers.
    pub fn check(&self) -> Result<()> {
        if self.limit > MAX_HITS {
            return Err(bad("limit", format!("at most {MAX_HITS} events are answered at once")));
        }
        if self.condition.beginnings() > MAX_BEGINNINGS {
            return Err(bad("q", format!("at most {MAX_BEGINNINGS} beginnings, such as chang*, are looked for at once")));
        }
        if matches!(self.sort, Sort::Best) && (self.limit > MAX_RANKED || self.after.is_some()) {
            return Err(bad("ordering", format!("the best are one page of at most {MAX_RANKED} events")));
        }
        if let Sort::By(field, _) = self.sort
            && !is_number(field)
        {
            return Err(bad("ordering", format!("cannot order by {}: it is neither an integer nor a time", field.name)));
        }
        let range = Duration::from_millis(self.to.0.saturating_sub(self.from.0).max(0) as u64);
        self.aggregations.iter().try_for_each(|(name, aggregation)| aggregation.check(name, range, 0))
    }
}

impl Aggregation {
    fn check(&self, name: &str, range: Duration, depth: usize) -> Result<()> {
        match self {
            Self::Terms { field, size, .. }
                if !(1..=MAX_TERMS).contains(size) || matches!(field.kind, FieldType::Text | FieldType::Time) =>
            {
                Err(bad(name, format!("1 to {MAX_TERMS} values of a keyword, integer or address can be counted, not of {}", field.name)))
            }
            Self::Terms { field, attribute: Some(key), .. } if field.number != ATTRS.number || !is_key(key) => {
                Err(bad(name, "an attribute is one of attrs, of letters, digits and . _ -"))
            }
            Self::Timeline { interval, .. } if interval.as_millis() == 0 => Err(bad(name, "an interval is at least a millisecond")),
            Self::Timeline { interval, .. } if range.as_millis() / interval.as_millis() > u128::from(MAX_BUCKETS) => {
                Err(bad(name, format!("this range has more than {MAX_BUCKETS} such intervals")))
            }
            Self::Terms { inner, .. } | Self::Timeline { inner, .. } if depth > 1 && !inner.is_empty() => {
                Err(bad(name, "figures are at most three deep"))
            }
            Self::Terms { inner, .. } | Self::Timeline { inner, .. } => {
                inner.iter().try_for_each(|(name, aggregation)| aggregation.check(name, range, depth + 1))
            }
            Self::Stats(field) | Self::Percentiles(field, _) if field.kind != FieldType::Integer => {
                Err(bad(name, format!("{} is no integer", field.name)))
            }
            Self::Percentiles(_, percents) if percents.is_empty() || percents.iter().any(|p| !(0.0..=100.0).contains(p)) => {
                Err(bad(name, "percentages lie between 0 and 100"))
            }
            Self::Cardinality(_) if depth > 0 => Err(bad(name, "different values are counted at the top only")),
            Self::Cardinality(field) if field.kind == FieldType::Text => {
                Err(bad(name, format!("values of {} are not counted", field.name)))
            }
            Self::Stats(_) | Self::Percentiles(..) | Self::Cardinality(_) => Ok(()),
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn is_number(field: &EventField) -> bool {
    matches!(field.kind, FieldType::Integer | FieldType::Time)
}

fn bad(field: &str, message: impl Into<String>) -> Error {
    Error::bad_query("invalid_query", field, message)
}
