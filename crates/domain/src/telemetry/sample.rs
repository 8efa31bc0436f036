//! Samples: batches in columns, and the port to their store.

use std::time::Duration;

use async_trait::async_trait;

use super::MetricSet;
use crate::{Id, Result, Timestamp};

/// Rows of one metric set, column by column. All columns are as long as `subjects`.
#[derive(Clone, Debug)]
pub struct SampleBatch {
    /// Which metrics.
    pub set: &'static MetricSet,
    /// Whose they are.
    pub subjects: Vec<Id>,
    /// When each row was read.
    pub times: Vec<Timestamp>,
    /// One column a metric of the set; NaN is unknown.
    pub columns: Vec<Vec<f64>>,
}

impl SampleBatch {
    /// An empty batch.
    pub fn new(set: &'static MetricSet) -> Self {
        Self { set, subjects: Vec::new(), times: Vec::new(), columns: vec![Vec::new(); set.metrics.len()] }
    }

    /// An empty batch with room for so many rows.
    pub fn with_capacity(set: &'static MetricSet, rows: usize) -> Self {
        let columns = set.metrics.iter().map(|_| Vec::with_capacity(rows)).collect();
        Self { set, subjects: Vec::with_capacity(rows), times: Vec::with_capacity(rows), columns }
    }

    /// Adds a row; `values` in the order of the set, NaN where unknown. Missing trailing values are unknown.
    pub fn push(&mut self, subject: Id, at: Timestamp, values: &[f64]) {
        self.subjects.push(subject);
        self.times.push(at);
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.push(values.get(i).copied().unwrap_or(f64::NAN));
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }
}

/// What is asked of the sample store.
#[derive(Clone, Debug)]
pub struct SeriesQuery {
    /// Which set.
    pub set: &'static MetricSet,
    /// Whose samples.
    pub subjects: Vec<Id>,
    /// Which metrics, by their place in the set.
    pub metrics: Vec<usize>,
    /// From this time on.
    pub from: Timestamp,
    /// Before this time.
    pub to: Timestamp,
    /// Width of a point; samples within it are averaged. Zero answers them as they are.
    pub step: Duration,
}

/// One series: points at multiples of the step since 1970 (start of the interval), `None` where nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesData {
    /// Whose.
    pub subject: Id,
    /// Which metric, by its place in the set.
    pub metric: usize,
    /// The points, in order of time.
    pub points: Vec<(Timestamp, Option<f64>)>,
}

/// What the store says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleStoreInfo {
    /// Values kept.
    pub values: u64,
    /// Bytes they take.
    pub bytes: u64,
    /// The oldest sample.
    pub oldest: Option<Timestamp>,
}

/// Keeps samples as compressed blocks.
#[async_trait]
pub trait SampleStore: Send + Sync {
    /// Takes a batch in. When it returns, the batch survives the death of the process.
    async fn append(&self, batch: SampleBatch) -> Result<()>;

    /// Series of a range; subjects without samples are answered with empty points.
    async fn range(&self, query: &SeriesQuery) -> Result<Vec<SeriesData>>;

    /// Packs what is loose, and forgets samples older than `keep_from`. To be called every few minutes.
    async fn maintain(&self, now: Timestamp, keep_from: Timestamp) -> Result<()>;

    /// What the store says of itself.
    async fn describe(&self) -> Result<SampleStoreInfo>;

    /// Bytes of batches that were taken in and wait on this machine for a server that is away.
    fn spooled_bytes(&self) -> u64 {
        0
    }
}
