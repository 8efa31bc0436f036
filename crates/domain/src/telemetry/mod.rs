//! Telemetry in batches: samples in columns, events in rows, and the stores that keep them.

pub mod event;
mod event_batch;
mod event_store;
mod metric;
mod sample;

pub use event::{EventField, EventId, EventKind, EventValue, FIELDS, FieldType, StoredEvent, event_field};
pub use event_batch::{EventBatch, EventRow, EventWriter, LONGEST_KEYWORD, LONGEST_TEXT, MOST_VALUES, RowValue};
pub use event_store::{EventListener, EventStore, EventStoreStatus, Promise, Retention};
pub use metric::{CHECK, DEVICE, INTERFACE, Metric, MetricSet, metric_set};
pub use sample::{KeepFrom, Resolution, SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesPart, SeriesQuery, Statistic};
