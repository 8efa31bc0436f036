//! Answers a search from the segments that it is about.

use tantivy::schema::Value as _;
use vigie_domain::search::highlight::Highlighter;
use vigie_domain::search::{EventAnswer, EventQuery, Hit, visible};
use vigie_domain::telemetry::event::MESSAGE;
use vigie_domain::telemetry::{EventId, EventRow, StoredEvent};
use vigie_domain::{Result, Scope};

use super::compile::Plan;
use super::figures::Figures;
use super::first::first;
use super::schema::Layout;
use super::segment::{Segment, segments};
use super::shelf::Shelf;
use super::survey::{Survey, survey};
use super::top::Candidate;
use crate::error::engine;
use crate::wire;

/// Answers a search, on at most so many threads.
pub(super) fn search(shelf: &Shelf, node: u32, threads: usize, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
    query.check()?;
    let condition = query.condition.clone().and(visible(scope));
    let plan = Plan::of(&condition).map_err(engine)?.accepted(query.from, query.to);
    let segments = segments(shelf, query)?;
    let figures = Figures::of(query)?;
    let looks_at_all = query.count || !figures.is_empty();
    let survey = if looks_at_all { survey(&plan, &segments, &figures, threads)? } else { Survey::default() };
    let first = if query.limit == 0 { Vec::new() } else { first(&plan, &segments, survey.found, node, query)? };
    let mut highlighter = query.highlight.then(|| Highlighter::of(&query.condition));
    let hits = first.into_iter().map(|candidate| hit(&segments, node, candidate, highlighter.as_mut()));
    let hits: Vec<_> = hits.collect::<Result<_>>()?;
    let next = if hits.len() == query.limit { hits.last().map(|hit| hit.mark(query.sort)) } else { None };
    let aggregations = figures.answers(survey.gathered)?;
    Ok(EventAnswer { hits, next, total: query.count.then_some(survey.count), aggregations })
}

fn hit(segments: &[Segment], node: u32, candidate: Candidate, highlighter: Option<&mut Highlighter>) -> Result<Hit> {
    let (segment, doc) = candidate.place;
    let document = segments[segment].document(doc)?;
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
