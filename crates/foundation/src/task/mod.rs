//! Tasks that run beside requests: named, counted, stopped in order, and never lost in silence.

mod interval;
mod tracker;

pub use interval::Interval;
pub use tracker::{ShutdownReport, Stage, Tracker};
