//! Goes through all documents that a search finds: how many there are, and their figures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use vigie_domain::Result;

use super::bits::{Bits, WORDS};
use super::compile::Plan;
use super::docs::Docs;
use super::figures::{Figures, Gathered};
use super::segment::Segment;
use crate::error::engine;

/// Documents of a search that one thread goes through as fast as two.
const FEW: u32 = 200_000;

/// What was found.
#[derive(Default)]
pub(super) struct Survey {
    /// How many documents.
    pub(super) count: u64,
    /// Their figures.
    pub(super) gathered: Gathered,
    /// Which they are, by segment, where they were looked for.
    pub(super) found: Vec<Option<Vec<u64>>>,
}

/// What was found in a segment.
struct Part {
    count: u64,
    gathered: Gathered,
    found: Option<Vec<u64>>,
}

/// Goes through the segments, on so many threads where there is much to go through.
pub(super) fn survey(plan: &Plan, segments: &[Segment], figures: &Figures<'_>, threads: usize) -> Result<Survey> {
    let documents = segments.iter().map(Segment::documents).fold(0_u32, u32::saturating_add);
    let threads = if documents <= FEW { 1 } else { threads.clamp(1, segments.len().max(1)) };
    // the largest first, so that threads end together
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(segments[*place].documents()));
    let (next, parts) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(place) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let part = part(plan, &segments[*place], figures);
            parts.lock().unwrap_or_else(PoisonError::into_inner).push((*place, part));
        }
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let mut survey = Survey::default();
    survey.found.resize_with(segments.len(), || None);
    for (place, part) in parts.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let part = part?;
        survey.count += part.count;
        survey.gathered.merge(part.gathered)?;
        survey.found[place] = part.found;
    }
    Ok(survey)
}

fn part(plan: &Plan, segment: &Segment, figures: &Figures<'_>) -> Result<Part> {
    let mut docs = Docs::open(plan, segment.reader(), &segment.zones).map_err(engine)?;
    let known = docs.known(segment.documents());
    if let Some(count) = known.filter(|count| *count == 0 || figures.is_empty()) {
        return Ok(Part { count, gathered: Gathered::default(), found: None });
    }
    let mut gathering = figures.gather(segment, matches!(docs, Docs::Everything))?;
    let (mut count, mut bits) = (0, Bits::NONE);
    let mut found = Vec::with_capacity(segment.windows().count() * WORDS);
    for window in segment.windows() {
        bits.clear();
        docs.add(window, &mut bits);
        let matching = bits.count();
        if matching > 0 {
            count += u64::from(matching);
            gathering.take(window, &bits);
        }
        found.extend_from_slice(&bits.0);
    }
    Ok(Part { count, gathered: gathering.finish()?, found: Some(found) })
}
