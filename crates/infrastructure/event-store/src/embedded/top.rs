//! The first events in an order, over many segments.

use std::collections::BinaryHeap;

use tantivy::columnar::Column;
use tantivy::{DateTime, DocId, SegmentReader};
use vigie_domain::Timestamp;
use vigie_domain::search::{Sort, SortMark};
use vigie_domain::telemetry::{EventField, EventId, FieldType};

use super::zones::Zones;

/// The place of an event in the order: smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    missing: bool,
    value: i64,
    at: i64,
    node: u32,
    position: u64,
}

impl Key {
    fn of(sort: Sort, mark: SortMark) -> Self {
        let (value, at, node, position) = (mark.value.unwrap_or(0), mark.at.0, mark.id.node, mark.id.position);
        // the complement of a number turns its order round
        match sort {
            Sort::Oldest => Self { missing: false, value: 0, at, node, position },
            Sort::Newest | Sort::Best => Self { missing: false, value: 0, at: !at, node: !node, position: !position },
            Sort::By(_, descending) => {
                let value = if descending && mark.value.is_some() { !value } else { value };
                Self { missing: mark.value.is_none(), value, at: !at, node: !node, position: !position }
            }
        }
    }
}

/// An event that may be among the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    key: Key,
    /// Which segment and document.
    pub(super) place: (usize, DocId),
    /// Its position in the log.
    pub(super) position: u64,
}

/// Keeps the first `limit` events.
pub(super) struct Top {
    sort: Sort,
    node: u32,
    limit: usize,
    after: Option<Key>,
    heap: BinaryHeap<Candidate>,
}

impl Top {
    pub(super) fn new(sort: Sort, node: u32, limit: usize, after: Option<SortMark>) -> Self {
        Self { sort, node, limit, after: after.map(|mark| Key::of(sort, mark)), heap: BinaryHeap::new() }
    }

    /// Whether no event accepted between these times can be among the first.
    pub(super) fn is_beyond(&self, first: Timestamp, last: Timestamp) -> bool {
        let best = match self.sort {
            Sort::Newest | Sort::Best => Key { missing: false, value: 0, at: !last.0, node: 0, position: 0 },
            Sort::Oldest => Key { missing: false, value: 0, at: first.0, node: 0, position: 0 },
            Sort::By(..) => return self.limit == 0,
        };
        let worst = match self.sort {
            Sort::Newest | Sort::Best => Key { at: !first.0, node: u32::MAX, position: u64::MAX, ..best },
            _ => Key { at: last.0, node: u32::MAX, position: u64::MAX, ..best },
        };
        let is_full = self.heap.len() >= self.limit && self.heap.peek().is_none_or(|last| last.key < best);
        is_full || self.after.is_some_and(|after| worst <= after)
    }

    /// Considers documents of a segment, in ascending order.
    pub(super) fn look(&mut self, columns: &Columns<'_>, segment: usize, docs: &[DocId]) {
        match self.sort {
            // newer events mostly stand behind older ones: what is seen first stays
            Sort::Newest | Sort::Best => docs.iter().rev().for_each(|doc| self.consider(columns, (segment, *doc))),
            Sort::Oldest | Sort::By(..) => docs.iter().for_each(|doc| self.consider(columns, (segment, *doc))),
        }
    }

    fn consider(&mut self, columns: &Columns<'_>, place: (usize, DocId)) {
        // most are beyond the last one kept by their time alone
        if self.heap.len() >= self.limit
            && let Some(last) = self.heap.peek()
            && match self.sort {
                Sort::Newest | Sort::Best => !columns.zones.at(place.1) > last.key.at,
                Sort::Oldest => columns.zones.at(place.1) > last.key.at,
                Sort::By(..) => false,
            }
        {
            return;
        }
        self.offer(Key::of(self.sort, columns.mark(place.1, self.node)), place);
    }

    fn offer(&mut self, key: Key, place: (usize, DocId)) {
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        let position = if matches!(self.sort, Sort::Oldest) { key.position } else { !key.position };
        let candidate = Candidate { key, place, position };
        if self.heap.len() < self.limit {
            self.heap.push(candidate);
        } else if let Some(mut last) = self.heap.peek_mut()
            && candidate.key < last.key
        {
            *last = candidate;
        }
    }

    /// The first ones, in order.
    pub(super) fn into_sorted(self) -> Vec<Candidate> {
        self.heap.into_sorted_vec()
    }
}

/// What the order goes by.
pub(super) struct Columns<'a> {
    zones: &'a Zones,
    position: Column<u64>,
    value: Option<Numbers>,
}

enum Numbers {
    Integers(Column<i64>),
    Times(Column<DateTime>),
}

impl<'a> Columns<'a> {
    pub(super) fn open(sort: Sort, reader: &SegmentReader, zones: &'a Zones) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let value = match sort {
            Sort::By(EventField { kind: FieldType::Time, name, .. }, _) => Some(Numbers::Times(fast.date(name)?)),
            Sort::By(field, _) => Some(Numbers::Integers(fast.i64(field.name)?)),
            Sort::Newest | Sort::Oldest | Sort::Best => None,
        };
        Ok(Self { zones, position: fast.u64("_position")?, value })
    }

    fn mark(&self, doc: DocId, node: u32) -> SortMark {
        let position = self.position.first(doc).unwrap_or(0);
        let value = match &self.value {
            Some(Numbers::Integers(column)) => column.first(doc),
            Some(Numbers::Times(column)) => column.first(doc).map(DateTime::into_timestamp_millis),
            None => None,
        };
        SortMark { value, at: Timestamp(self.zones.at(doc)), id: EventId { node, position } }
    }
}
