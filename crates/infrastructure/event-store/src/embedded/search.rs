//! Answers a search from the partitions that it is about.

use std::collections::BTreeMap;

use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::intermediate_agg_result::IntermediateAggregationResults;
use tantivy::aggregation::{AggContextParams, AggregationLimitsGuard, DistributedAggregationCollector};
use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::schema::Value as _;
use tantivy::{Searcher, TantivyDocument};
use vigie_domain::search::highlight::Highlighter;
use vigie_domain::search::{Aggregation, AggregationAnswer, EventAnswer, EventQuery, Hit, Sort, visible};
use vigie_domain::telemetry::event::MESSAGE;
use vigie_domain::telemetry::{EventField, EventId, EventRow, StoredEvent};
use vigie_domain::{Error, Result, Scope};

use super::compile;
use super::distinct::Distinct;
use super::partition::Partition;
use super::schema::Layout;
use super::shelf::Shelf;
use super::top::{Candidate, Top};
use crate::error::engine;
use crate::slot::Slot;
use crate::wire::{self, Dialect};

/// Memory of the figures of one search, in bytes.
const MEMORY: u64 = 256 << 20;
/// Buckets of one search.
const BUCKETS: u32 = 500_000;

/// A partition with the query as it applies there.
struct Part {
    slot: Slot,
    searcher: Searcher,
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
    let (hits, total) = hits(&parts, node, query)?;
    let next = if hits.len() == query.limit { hits.last().map(|hit| hit.mark(query.sort)) } else { None };
    let mut aggregations = figures(&parts, &query.aggregations)?;
    for (name, aggregation) in &query.aggregations {
        if let Aggregation::Cardinality(field) = aggregation {
            aggregations.insert(name.clone(), AggregationAnswer::Cardinality(different(&parts, field)?));
        }
    }
    Ok(EventAnswer { hits, next, total: query.count.then_some(total), aggregations })
}

fn hits(parts: &[Part], node: u32, query: &EventQuery) -> Result<(Vec<Hit>, u64)> {
    let mut top = Top::new(query.sort, node, query.limit, query.after);
    let mut order: Vec<usize> = (0..parts.len()).collect();
    if !matches!(query.sort, Sort::Oldest) {
        order.reverse();
    }
    let mut total = 0;
    for place in order {
        let part = &parts[place];
        if !query.count && top.is_beyond(part.slot.begin(), part.slot.end()) {
            continue;
        }
        let weight = part.weight()?;
        for (segment, reader) in part.segments(query.sort) {
            total += top.look(place, segment, reader, &*weight).map_err(engine)?;
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

fn figures(parts: &[Part], asked: &[(String, Aggregation)]) -> Result<BTreeMap<String, AggregationAnswer>> {
    let request = wire::request(asked, Dialect::Tantivy);
    if wire::object(&request).is_none_or(serde_json::Map::is_empty) {
        return Ok(BTreeMap::new());
    }
    let request: Aggregations = serde_json::from_value(request).map_err(Error::storage)?;
    let limits = AggregationLimitsGuard::new(Some(MEMORY), Some(BUCKETS));
    let mut merged: Option<IntermediateAggregationResults> = None;
    for part in parts {
        let context = AggContextParams::new(limits.clone(), part.searcher.index().tokenizers().clone());
        let collector = DistributedAggregationCollector::from_aggs(request.clone(), context);
        let result = part.searcher.search(&*part.query, &collector).map_err(engine)?;
        match &mut merged {
            None => merged = Some(result),
            Some(merged) => merged.merge_fruits(result).map_err(engine)?,
        }
    }
    let Some(merged) = merged else { return Ok(wire::nothing(asked)) };
    let result = merged.into_final_result(request, limits).map_err(engine)?;
    wire::answers(asked, &serde_json::to_value(result).map_err(Error::storage)?)
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
