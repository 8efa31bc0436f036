//! A segment as a search sees it: closed, so that nothing of it changes.

use std::sync::Arc;

use tantivy::{Searcher, SegmentReader, TantivyDocument};
use vigie_domain::Result;
use vigie_domain::search::EventQuery;

use super::bits::Window;
use super::shelf::Shelf;
use super::zones::Zones;
use crate::error::engine;

/// A segment of a partition.
pub(super) struct Segment {
    pub(super) searcher: Searcher,
    /// Its number in the partition.
    pub(super) number: u32,
    pub(super) zones: Arc<Zones>,
}

impl Segment {
    pub(super) fn reader(&self) -> &SegmentReader {
        self.searcher.segment_reader(self.number)
    }

    pub(super) fn documents(&self) -> u32 {
        self.reader().max_doc()
    }

    pub(super) fn windows(&self) -> impl Iterator<Item = Window> + use<> {
        let documents = self.documents();
        (0..Window::count(documents)).map(move |number| Window::of(number, documents))
    }

    /// Reads a document back.
    pub(super) fn document(&self, doc: u32) -> Result<TantivyDocument> {
        self.searcher.doc(tantivy::DocAddress::new(self.number, doc)).map_err(engine)
    }
}

/// The segments in which a search may find something.
pub(super) fn segments(shelf: &Shelf, query: &EventQuery) -> Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for partition in shelf.within(&query.kinds, query.from, query.to) {
        let searcher = partition.searcher();
        for (number, reader) in (0..).zip(searcher.segment_readers()) {
            let zones = partition.zones(reader).map_err(engine)?;
            if zones.span.first < query.to.0 && zones.span.last >= query.from.0 {
                segments.push(Segment { searcher: searcher.clone(), number, zones });
            }
        }
    }
    Ok(segments)
}
