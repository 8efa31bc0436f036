//! Telemetry: the last values in memory, the way of samples to the store, and series out of it.

mod event_carrying;
mod event_keeping;
mod live;
mod pipeline;
mod reckoning;
mod retention;
mod series;

pub use event_carrying::carry_events;
pub use event_keeping::EventKeeping;
pub use live::{InterfaceRates, Live};
pub use pipeline::{CollectorCounts, Pipeline, PipelineWriter, pipeline};
pub use retention::{Retention, Swept};
pub(crate) use series::tidy;
pub use series::{MOST_POINTS, OneSeries, PartView, Point, Series, SeriesRequest, SeriesSubject, SourceView, series};
