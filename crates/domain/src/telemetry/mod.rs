//! Telemetry in columns: batches of samples, the metrics they hold, and the store that keeps them.

mod metric;
mod sample;

pub use metric::{CHECK, DEVICE, INTERFACE, Metric, MetricSet, metric_set};
pub use sample::{SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesQuery};
