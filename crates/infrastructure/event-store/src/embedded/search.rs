//! Answers a search from the partitions that it is about.

use std::collections::BTreeMap;

use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::schema::Value as _;
use tantivy::{Searcher, TantivyDocument};
use vigie_domain::search::highlight::Highlighter;
use vigie_domain::search::{Aggregation, AggregationAnswer, EventAnswer, EventQuery, Hit, Sort, visible};
use vigie_domain::telemetry::event::MESSAGE;
use vigie_domain::telemetry::{EventField, EventId, EventRow, StoredEvent};
use vigie_domain::{Result, Scope};

use super::compile;
use super::distinct::Distinct;
use super::figures::Figures;
use super::partition::Partition;
use super::schema::Layout;
use super::shelf::Shelf;
use super::top::{Candidate, Top};
use crate::error::engine;
use crate::slot::Slot;
use crate::wire;

/// A partition with the query as it applies there.
pub(super) struct Part {
    slot: Slot,
    pub(super) searcher: Searcher,
    query: Box<dyn Query>,
}

/// Answers a search.
pub(super) fn search(shelf: &Shelf, node: u32, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
    query.check()?;
    let condition = query.condition.clone().and(visible(scope));
    let part = |partition: &Partition| {
        let mut own = compile::query(&condition);
        if partition.slot.begin() < query.from || partition.slot.end() > query.to {
            own = compile::both(own, compile::accepted(query.from, query.to));
        }
        Part { slot: partition.slot, searcher: partition.searcher(), query: own }
    };
    let parts: Vec<_> = shelf.within(&query.kinds, query.from, query.to).iter().map(|partition| part(partition)).collect();
    let mut figures = Figures::of(&query.aggregations)?;
    let (hits, total) = hits(&parts, node, query, figures.as_mut())?;
    let next = if hits.len() == query.limit { hits.last().map(|hit| hit.mark(query.sort)) } else { None };
    let mut aggregations = figures.map_or_else(|| Ok(BTreeMap::new()), |figures| figures.answers(&query.aggregations))?;
    for (name, aggregation) in &query.aggregations {
        if let Aggregation::Cardinality(field) = aggregation {
            aggregations.insert(name.clone(), AggregationAnswer::Cardinality(different(&parts, field)?));
        }
    }
    Ok(EventAnswer { hits, next, total: query.count.then_some(total), aggregations })
}

/// The first events, and how many match; the figures are gathered on the way.
fn hits(parts: &[Part], node: u32, query: &EventQuery, mut figures: Option<&mut Figures>) -> Result<(Vec<Hit>, u64)> {
    let mut top = Top::new(query.sort, node, query.limit, query.after);
    let mut order: Vec<usize> = (0..parts.len()).collect();
    if !matches!(query.sort, Sort::Oldest) {
        order.reverse();
    }
    let mut total = 0;
    for place in order {
        let part = &parts[place];
        if !query.count && figures.is_none() && top.is_beyond(part.slot.begin(), part.slot.end()) {
            continue;
        }
        let weight = part.weight()?;
        for (segment, reader) in part.segments(query.sort) {
            let gather = figures.as_mut().map(|figures| figures.segment(part, segment, reader)).transpose()?;
            let seen = top.look((place, segment), reader, &*weight, gather).map_err(engine)?;
            total += seen.count;
            if let Some((figures, gathered)) = figures.as_mut().zip(seen.gathered) {
                figures.add(part, gathered)?;
            }
        }
    }
    let mut highlighter = query.highlight.then(|| Highlighter::of(&query.condition));
    let hits = top.into_sorted().into_iter().map(|candidate| hit(parts, node, candidate, highlighter.as_mut()));
    Ok((hits.collect::<Result<_>>()?, total))
}

impl Part {
    fn weight(&self) -> Result<Box<dyn Weight>> {
        self.query.weight(EnableScoring::disabled_from_searcher(&self.searcher)).map_err(engine)
    }

    /// Its segments, those of the newest events first (or last), so that the others need not be looked into.
    fn segments(&self, sort: Sort) -> Vec<(u32, &tantivy::SegmentReader)> {
        let mut segments: Vec<_> = (0..).zip(self.searcher.segment_readers()).collect();
        segments.sort_by_cached_key(|(_, reader)| {
            let column = reader.fast_fields().date("at").ok();
            match sort {
                Sort::Oldest => column.map_or(0, |at| at.min_value().into_timestamp_millis()),
                _ => column.map_or(0, |at| !at.max_value().into_timestamp_millis()),
            }
        });
        segments
    }
}

fn hit(parts: &[Part], node: u32, candidate: Candidate, highlighter: Option<&mut Highlighter>) -> Result<Hit> {
    let (place, segment, doc) = candidate.place;
    let document: TantivyDocument = parts[place].searcher.doc(tantivy::DocAddress::new(segment, doc)).map_err(engine)?;
    let bytes = document.get_first(Layout::get().row).and_then(|row| row.as_bytes());
    let row = bytes.and_then(EventRow::read).ok_or_else(|| wire::nonsense("an event"))?;
    let event = event(&row, EventId { node, position: candidate.position });
    let highlights = highlighter.zip(event.text(MESSAGE)).map_or_else(Vec::new, |(highlighter, message)| highlighter.ranges(message));
    Ok(Hit { event, highlights })
}

fn event(row: &EventRow<'_>, id: EventId) -> StoredEvent {
    let mut values: Vec<_> = row.values().map(|(field, value)| (field, value.owned(field))).collect();
    values.sort_by_key(|(field, _)| field.number);
    StoredEvent { id, kind: row.kind, at: row.at, values }
}

fn different(parts: &[Part], field: &EventField) -> Result<u64> {
    let mut distinct = Distinct::default();
    for part in parts {
        let weight = part.weight()?;
        for reader in part.searcher.segment_readers() {
            distinct.look(field, reader, &*weight).map_err(engine)?;
        }
    }
    Ok(distinct.count())
}
