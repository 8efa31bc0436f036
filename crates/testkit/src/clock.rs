//! A clock driven by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vigie_domain::{Clock, Timestamp};

/// Stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at this time.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Moves it forward; what it shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let step = by.as_millis() as i64;
        Timestamp(self.0.fetch_add(step, Ordering::SeqCst) + step)
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// 2026-11-23T09:05:40.123Z.
    fn default() -> Self {
        Self::at(crate::make::NOW)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
