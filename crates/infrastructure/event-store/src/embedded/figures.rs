//! Gathers the figures of a search, segment by segment, while its events are looked through.

use std::collections::BTreeMap;

use tantivy::SegmentReader;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::intermediate_agg_result::IntermediateAggregationResults;
use tantivy::aggregation::{AggContextParams, AggregationLimitsGuard, AggregationSegmentCollector, DistributedAggregationCollector};
use tantivy::collector::{Collector as _, SegmentCollector};
use vigie_domain::search::{Aggregation, AggregationAnswer};
use vigie_domain::{Error, Result};

use super::search::Part;
use crate::error::engine;
use crate::wire::{self, Dialect};

/// Memory of the figures of one search, in bytes.
const MEMORY: u64 = 256 << 20;
/// Buckets of one search.
const BUCKETS: u32 = 500_000;

/// What a segment gave.
pub(super) type Gathered = <AggregationSegmentCollector as SegmentCollector>::Fruit;

/// The figures so far.
pub(super) struct Figures {
    request: Aggregations,
    limits: AggregationLimitsGuard,
    merged: Option<IntermediateAggregationResults>,
}

impl Figures {
    /// `None` when tantivy is asked for none.
    pub(super) fn of(asked: &[(String, Aggregation)]) -> Result<Option<Self>> {
        let request = wire::request(asked, Dialect::Tantivy);
        if wire::object(&request).is_none_or(serde_json::Map::is_empty) {
            return Ok(None);
        }
        let request = serde_json::from_value(request).map_err(Error::storage)?;
        Ok(Some(Self { request, limits: AggregationLimitsGuard::new(Some(MEMORY), Some(BUCKETS)), merged: None }))
    }

    /// What gathers in a segment.
    pub(super) fn segment(&self, part: &Part, segment: u32, reader: &SegmentReader) -> Result<AggregationSegmentCollector> {
        self.collector(part).for_segment(segment, reader).map_err(engine)
    }

    /// Takes in what a segment gave.
    pub(super) fn add(&mut self, part: &Part, gathered: Gathered) -> Result<()> {
        let result = self.collector(part).merge_fruits(vec![gathered]).map_err(engine)?;
        match &mut self.merged {
            None => self.merged = Some(result),
            Some(merged) => merged.merge_fruits(result).map_err(engine)?,
        }
        Ok(())
    }

    /// The answers.
    pub(super) fn answers(self, asked: &[(String, Aggregation)]) -> Result<BTreeMap<String, AggregationAnswer>> {
        let Some(merged) = self.merged else { return Ok(wire::nothing(asked)) };
        let result = merged.into_final_result(self.request, self.limits).map_err(engine)?;
        wire::answers(asked, &serde_json::to_value(result).map_err(Error::storage)?)
    }

    fn collector(&self, part: &Part) -> DistributedAggregationCollector {
        let context = AggContextParams::new(self.limits.clone(), part.searcher.index().tokenizers().clone());
        DistributedAggregationCollector::from_aggs(self.request.clone(), context)
    }
}
