//! Telemetry: the last values in memory, and series out of the store.

mod live;

pub use live::{InterfaceRates, Live};
