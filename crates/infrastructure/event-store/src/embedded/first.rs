//! The first events of a search in its order, from as few windows as can be.

use vigie_domain::search::{EventQuery, Sort};
use vigie_domain::{Result, Timestamp};

use super::bits::{Bits, WORDS, Window};
use super::compile::Plan;
use super::docs::Docs;
use super::segment::Segment;
use super::top::{Candidate, Columns, Top};
use super::zones::Span;
use crate::error::engine;

/// Windows that are looked into before it is asked again whether the others matter, at most.
const RUN: usize = 64;

/// A window that may have some of the first events.
#[derive(Clone, Copy)]
struct Chance {
    segment: usize,
    window: Window,
    span: Span,
}

/// The first events, in order. What is known of a segment was found before.
pub(super) fn first(
    plan: &Plan,
    segments: &[Segment],
    mut known: Vec<Option<Vec<u64>>>,
    node: u32,
    query: &EventQuery,
) -> Result<Vec<Candidate>> {
    let mut top = Top::new(query.sort, node, query.limit, query.after);
    let chance = |(segment, own): (usize, &Segment)| {
        let zones = own.zones.clone();
        own.windows().map(move |window| Chance { segment, window, span: zones.window(window) })
    };
    let mut chances: Vec<_> = segments.iter().enumerate().flat_map(chance).collect();
    chances.retain(|chance| may(&top, chance));
    match query.sort {
        Sort::Oldest => chances.sort_by_key(|chance| chance.span.first),
        _ => chances.sort_by_key(|chance| !chance.span.last),
    }
    known.resize_with(segments.len(), || None);
    let mut sources: Vec<_> = segments.iter().zip(known).map(|(segment, known)| Source::of(plan, segment, known)).collect();
    let (mut rest, mut size) = (chances.as_slice(), 1);
    while !rest.is_empty() {
        let (run, later) = rest.split_at(size.min(rest.len()));
        (rest, size) = (later, (size * 2).min(RUN));
        look(&mut top, &mut sources, run, query.sort)?;
    }
    Ok(top.into_sorted())
}

fn may(top: &Top, chance: &Chance) -> bool {
    !top.is_beyond(Timestamp(chance.span.first), Timestamp(chance.span.last))
}

/// Looks into windows: finds forwards, as documents are read, and then considers the best first.
fn look(top: &mut Top, sources: &mut [Source<'_>], run: &[Chance], sort: Sort) -> Result<()> {
    let mut found: Vec<_> = run.iter().enumerate().filter(|(_, chance)| may(top, chance)).collect();
    found.sort_by_key(|(_, chance)| (chance.segment, chance.window.begin));
    let mut found: Vec<_> = found
        .into_iter()
        .map(|(place, chance)| Ok((place, chance, sources[chance.segment].find(chance.window)?)))
        .collect::<Result<_>>()?;
    found.sort_by_key(|(place, ..)| *place);
    let mut docs = Vec::new();
    for (_, chance, bits) in found {
        if bits.is_empty() || !may(top, chance) {
            continue;
        }
        docs.clear();
        bits.list(chance.window.begin, &mut docs);
        top.look(sources[chance.segment].columns(sort)?, chance.segment, &docs);
    }
    Ok(())
}

/// Where the documents of a segment come from.
struct Source<'a> {
    plan: &'a Plan,
    segment: &'a Segment,
    known: Option<Vec<u64>>,
    docs: Option<Docs<'a>>,
    /// Where the documents stand.
    next: u32,
    columns: Option<Columns<'a>>,
}

impl<'a> Source<'a> {
    fn of(plan: &'a Plan, segment: &'a Segment, known: Option<Vec<u64>>) -> Self {
        Self { plan, segment, known, docs: None, next: 0, columns: None }
    }

    fn find(&mut self, window: Window) -> Result<Bits> {
        let mut bits = Bits::NONE;
        if let Some(known) = &self.known {
            bits.0.copy_from_slice(&known[window.begin as usize / 64..][..WORDS]);
            return Ok(bits);
        }
        let docs = match &mut self.docs {
            Some(docs) => {
                if window.begin < self.next {
                    docs.rewind().map_err(engine)?;
                }
                docs
            }
            None => self.docs.insert(Docs::open(self.plan, self.segment.reader(), &self.segment.zones).map_err(engine)?),
        };
        docs.add(window, &mut bits);
        self.next = window.end;
        Ok(bits)
    }

    fn columns(&mut self, sort: Sort) -> Result<&Columns<'a>> {
        match &mut self.columns {
            Some(columns) => Ok(columns),
            columns => Ok(columns.insert(Columns::open(sort, self.segment.reader(), &self.segment.zones).map_err(engine)?)),
        }
    }
}
