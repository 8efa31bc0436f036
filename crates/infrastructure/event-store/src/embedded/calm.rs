//! A query that may be excluded.
//!
//! tantivy 0.27 asks an excluded query for documents before its first one (`Exclude` calls `seek_danger`), which its phrases do not allow:
//! with assertions they panic. This one answers such a question from where it stands.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, Term};

/// The same documents, asked for with care.
#[derive(Debug)]
pub(super) struct Calm(pub(super) Box<dyn Query>);

impl Clone for Calm {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for Calm {
    fn weight(&self, enable_scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(CalmWeight(self.0.weight(enable_scoring)?)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.0.query_terms(visitor);
    }
}

struct CalmWeight(Box<dyn Weight>);

impl Weight for CalmWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(CalmScorer(self.0.scorer(reader, boost)?)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, doc)
    }
}

/// Leaves `seek_danger` at its default, which looks where the scorer stands first.
struct CalmScorer(Box<dyn Scorer>);

impl DocSet for CalmScorer {
    fn advance(&mut self) -> DocId {
        self.0.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.0.seek(target)
    }

    fn doc(&self) -> DocId {
        self.0.doc()
    }

    fn size_hint(&self) -> u32 {
        self.0.size_hint()
    }

    fn cost(&self) -> u64 {
        self.0.cost()
    }
}

impl Scorer for CalmScorer {
    fn score(&mut self) -> Score {
        self.0.score()
    }
}
