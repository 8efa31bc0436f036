//! Doing something again and again until the end.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// A beat: the first comes at once, and the next so long after it, or when the one before took longer, so long after that.
pub(crate) struct Beat {
    ticks: Interval,
    stop: CancellationToken,
}

impl Beat {
    /// A beat until `stop`.
    pub(crate) fn new(every: Duration, stop: CancellationToken) -> Self {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, stop }
    }

    /// Waits for the next; `false` at the end.
    pub(crate) async fn next(&mut self) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            _ = self.ticks.tick() => true,
        }
    }
}
