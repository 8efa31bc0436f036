//! The figures of a search: plain counts are made here, all else by tantivy; segment by segment, then put together.

use std::collections::BTreeMap;

use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::intermediate_agg_result::IntermediateAggregationResults;
use tantivy::aggregation::{AggContextParams, AggregationLimitsGuard, AggregationSegmentCollector, DistributedAggregationCollector};
use tantivy::collector::{Collector as _, SegmentCollector};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN, DocId};
use vigie_domain::search::{Aggregation, AggregationAnswer, EventQuery};
use vigie_domain::telemetry::EventField;
use vigie_domain::{Error, Result, Timestamp};

use super::bits::{Bits, Window};
use super::distinct::{Distinct, Looking};
use super::segment::Segment;
use super::tally::{Counts, Tally, counted};
use crate::error::engine;
use crate::wire::{self, Dialect};

/// Memory of the figures of one search, in bytes.
const MEMORY: u64 = 256 << 20;
/// Buckets of one search.
const BUCKETS: u32 = 500_000;

/// What is asked for.
pub(super) struct Figures<'a> {
    counted: Vec<(&'a str, &'a Aggregation)>,
    distinct: Vec<(&'a str, &'static EventField)>,
    left: Vec<(String, Aggregation)>,
    request: Option<Aggregations>,
    limits: AggregationLimitsGuard,
    range: (Timestamp, Timestamp),
}

/// What there is of it, in one segment or in all.
#[derive(Default)]
pub(super) struct Gathered {
    counts: Vec<Counts>,
    distinct: Vec<Distinct>,
    left: Option<IntermediateAggregationResults>,
}

impl<'a> Figures<'a> {
    pub(super) fn of(query: &'a EventQuery) -> Result<Self> {
        let (mut counts, mut distinct, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for (name, aggregation) in &query.aggregations {
            match aggregation {
                Aggregation::Cardinality(field) => distinct.push((name.as_str(), *field)),
                aggregation if counted(aggregation) => counts.push((name.as_str(), aggregation)),
                aggregation => left.push((name.clone(), aggregation.clone())),
            }
        }
        let request = (!left.is_empty()).then(|| serde_json::from_value(wire::request(&left, Dialect::Tantivy)));
        let request = request.transpose().map_err(Error::storage)?;
        let limits = AggregationLimitsGuard::new(Some(MEMORY), Some(BUCKETS));
        Ok(Self { counted: counts, distinct, left, request, limits, range: (query.from, query.to) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.distinct.is_empty() && self.request.is_none()
    }

    /// What gathers in a segment, of which all documents may be known to be found.
    pub(super) fn gather<'s>(&'s self, segment: &'s Segment, is_all: bool) -> Result<Gathering<'s>> {
        let tally = |(_, aggregation): &(&str, &Aggregation)| Tally::of(aggregation, segment.reader(), &segment.zones, self.range, is_all);
        let looking = |(_, field): &(&str, &'static EventField)| Looking::of(field, segment.reader());
        let tallies: Vec<_> = self.counted.iter().map(tally).collect::<Result<_, _>>().map_err(engine)?;
        let left = self.collector(segment).map(|collector| collector.for_segment(segment.number, segment.reader()));
        Ok(Gathering {
            figures: self,
            segment,
            wants_list: self.request.is_some() || !self.distinct.is_empty() || tallies.iter().flatten().any(Tally::wants_list),
            tallies,
            distinct: self.distinct.iter().map(looking).collect::<Result<_, _>>().map_err(engine)?,
            left: left.transpose().map_err(engine)?,
            docs: Vec::new(),
        })
    }

    /// The answers.
    pub(super) fn answers(self, gathered: Gathered) -> Result<BTreeMap<String, AggregationAnswer>> {
        let Gathered { mut counts, mut distinct, left } = gathered;
        counts.resize_with(self.counted.len(), Counts::default);
        distinct.resize_with(self.distinct.len(), Distinct::default);
        let mut answers = match (left, self.request) {
            (Some(left), Some(request)) => {
                let result = left.into_final_result(request, self.limits).map_err(engine)?;
                wire::answers(&self.left, &serde_json::to_value(result).map_err(Error::storage)?)?
            }
            _ => wire::nothing(&self.left),
        };
        let counts = self.counted.iter().zip(counts);
        answers.extend(counts.map(|((name, aggregation), counts)| ((*name).to_owned(), counts.answer(aggregation))));
        let distinct = self.distinct.iter().zip(distinct);
        answers.extend(distinct.map(|((name, _), distinct)| ((*name).to_owned(), AggregationAnswer::Cardinality(distinct.count()))));
        Ok(answers)
    }

    fn collector(&self, segment: &Segment) -> Option<DistributedAggregationCollector> {
        let context = AggContextParams::new(self.limits.clone(), segment.searcher.index().tokenizers().clone());
        Some(DistributedAggregationCollector::from_aggs(self.request.clone()?, context))
    }
}

/// Gathers in a segment.
pub(super) struct Gathering<'a> {
    figures: &'a Figures<'a>,
    segment: &'a Segment,
    tallies: Vec<Option<Tally<'a>>>,
    distinct: Vec<Looking>,
    left: Option<AggregationSegmentCollector>,
    wants_list: bool,
    docs: Vec<DocId>,
}

impl Gathering<'_> {
    /// Takes in the documents of a window.
    pub(super) fn take(&mut self, window: Window, bits: &Bits) {
        self.docs.clear();
        if self.wants_list {
            bits.list(window.begin, &mut self.docs);
        }
        self.tallies.iter_mut().flatten().for_each(|tally| tally.take(window, bits, &self.docs));
        self.distinct.iter_mut().for_each(|looking| looking.take(&self.docs));
        if let Some(left) = &mut self.left {
            self.docs.chunks(COLLECT_BLOCK_BUFFER_LEN).for_each(|docs| left.collect_block(docs));
        }
    }

    pub(super) fn finish(self) -> Result<Gathered> {
        let counts = |tally: Option<Tally<'_>>| tally.map_or_else(|| Ok(Counts::default()), Tally::finish);
        let merged =
            self.left.zip(self.figures.collector(self.segment)).map(|(left, collector)| collector.merge_fruits(vec![left.harvest()]));
        Ok(Gathered {
            counts: self.tallies.into_iter().map(counts).collect::<Result<_, _>>().map_err(engine)?,
            distinct: self.distinct.into_iter().map(Looking::finish).collect::<Result<_, _>>().map_err(engine)?,
            left: merged.transpose().map_err(engine)?,
        })
    }
}

impl Gathered {
    /// Puts what another segment gave to it.
    pub(super) fn merge(&mut self, more: Self) -> Result<()> {
        // a segment in which nothing was found has none
        self.counts.resize_with(self.counts.len().max(more.counts.len()), Counts::default);
        self.counts.iter_mut().zip(more.counts).for_each(|(own, more)| own.merge(more));
        self.distinct.resize_with(self.distinct.len().max(more.distinct.len()), Distinct::default);
        self.distinct.iter_mut().zip(more.distinct).for_each(|(own, more)| own.merge(more));
        match (&mut self.left, more.left) {
            (Some(own), Some(more)) => own.merge_fruits(more).map_err(engine)?,
            (own, more) => *own = own.take().or(more),
        }
        Ok(())
    }
}
