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

/// How finely samples are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// As they were read.
    Raw,
    /// Count, sum, least and greatest of each five minutes.
    FiveMinutes,
    /// The same of each hour.
    Hour,
}

impl Resolution {
    /// The rollups, finest first.
    pub const ROLLUPS: [Self; 2] = [Self::FiveMinutes, Self::Hour];

    /// Width of a bucket; zero of samples as they were read.
    pub fn width(self) -> Duration {
        match self {
            Self::Raw => Duration::ZERO,
            Self::FiveMinutes => Duration::from_mins(5),
            Self::Hour => Duration::from_hours(1),
        }
    }
}

/// What a point tells of the samples within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// Their average.
    #[default]
    Mean,
    /// The least of them.
    Min,
    /// The greatest of them.
    Max,
    /// How many are known.
    Count,
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
    /// Width of a point. Zero answers samples as they are.
    pub step: Duration,
    /// What a point tells of its samples.
    pub statistic: Statistic,
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
    /// What they were made from, in order of time; what lies between two parts is kept at no resolution that serves the step.
    pub parts: Vec<SeriesPart>,
}

/// A part of a range, and what it was answered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesPart {
    /// Begin of the part.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// How finely it is kept.
    pub resolution: Resolution,
}

/// From when on each resolution is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepFrom {
    /// Samples as they were read.
    pub samples: Timestamp,
    /// Rollups of five minutes.
    pub five_minutes: Timestamp,
    /// Rollups of an hour.
    pub hours: Timestamp,
}

impl KeepFrom {
    /// The same for all.
    pub fn all(from: Timestamp) -> Self {
        Self { samples: from, five_minutes: from, hours: from }
    }

    /// The one of a resolution.
    pub fn of(&self, resolution: Resolution) -> Timestamp {
        match resolution {
            Resolution::Raw => self.samples,
            Resolution::FiveMinutes => self.five_minutes,
            Resolution::Hour => self.hours,
        }
    }
}

/// What the store says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleStoreInfo {
    /// Values kept as they were read.
    pub values: u64,
    /// Bytes that they and their rollups take.
    pub bytes: u64,
    /// Bytes of these that can be written anew; `None` at a server, which has a disk of its own.
    pub reusable_bytes: Option<u64>,
    /// The oldest sample.
    pub oldest: Option<Timestamp>,
    /// The oldest rollups, as in [`Resolution::ROLLUPS`].
    pub oldest_rollups: [Option<Timestamp>; 2],
}

/// Keeps samples as compressed blocks, and rollups of them: count, sum, least and greatest of five minutes and of an hour.
#[async_trait]
pub trait SampleStore: Send + Sync {
    /// Takes a batch in. When it returns, the batch survives the death of the process.
    async fn append(&self, batch: SampleBatch) -> Result<()>;

    /// Series of a range; subjects without samples are answered with empty points. A step that is a multiple of five minutes or of an hour is
    /// answered from the coarsest rollups that divide it, but for what is too new to be rolled up and for what lies beside whole buckets at
    /// either end of the range: that comes from samples. Where these are forgotten, any step from five minutes on is answered from rollups
    /// no wider than it, each whole bucket counted where it begins.
    async fn range(&self, query: &SeriesQuery) -> Result<Vec<SeriesData>>;

    /// Packs what is loose, rolls it up, and forgets what is older than it is kept. To be called every few minutes. What was forgotten once
    /// is not taken in again: samples that come for such a time are dropped.
    async fn maintain(&self, now: Timestamp, keep_from: &KeepFrom) -> Result<()>;

    /// What the store says of itself.
    async fn describe(&self) -> Result<SampleStoreInfo>;

    /// Bytes of batches that were taken in and wait on this machine for a server that is away.
    fn spooled_bytes(&self) -> u64 {
        0
    }
}
