//! Meeting what fails: deadlines, retries with growing pauses, circuit breakers. They wrap an outside call once, in one place.

mod backoff;
mod breaker;
mod deadline;

pub use backoff::{Backoff, retry};
pub use breaker::{Breaker, BreakerOpen, BreakerSettings, BreakerState, Guarded};
pub use deadline::{DeadlinePassed, within};
