//! A rhythm with jitter.

use std::time::Duration;

use rand::RngExt;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Ticks at a period, each a little early or late, so that many of them spread. It never bunches: ticks that were missed are left out.
#[derive(Debug)]
pub struct Interval {
    period: Duration,
    jitter: f64,
    /// Without jitter, so that the rhythm does not drift.
    next: Instant,
}

impl Interval {
    /// The first tick comes at once. `jitter` is the share of the period that a tick may be off: 0.1 is up to a tenth.
    pub fn new(period: Duration, jitter: f64) -> Self {
        Self { period: period.max(Duration::from_millis(1)), jitter: jitter.clamp(0.0, 1.0), next: Instant::now() }
    }

    /// The first tick comes at a random moment of the first period.
    pub fn spread(period: Duration, jitter: f64) -> Self {
        let mut interval = Self::new(period, jitter);
        interval.next += interval.period.mul_f64(rand::rng().random_range(0.0..1.0));
        interval
    }

    /// Waits for the next tick; `false` once the token is cancelled.
    pub async fn tick(&mut self, stop: &CancellationToken) -> bool {
        let off = self.period.mul_f64(self.jitter * rand::rng().random_range(0.0..=1.0));
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = sleep_until(self.next + off) => {
                self.advance();
                true
            }
        }
    }

    fn advance(&mut self) {
        let now = Instant::now();
        self.next += self.period;
        if self.next < now {
            let missed = (now - self.next).as_nanos() / self.period.as_nanos() + 1;
            self.next += self.period.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_keeps_its_rhythm_and_leaves_out_what_was_missed() {
        let (started, stop) = (Instant::now(), CancellationToken::new());
        let mut interval = Interval::new(Duration::from_secs(10), 0.0);
        let mut at = Vec::new();
        for busy in [0, 0, 25, 0] {
            assert!(interval.tick(&stop).await);
            at.push(started.elapsed().as_secs());
            tokio::time::advance(Duration::from_secs(busy)).await;
        }
        assert_eq!(at, [0, 10, 20, 45]);
        interval.tick(&stop).await;
        assert_eq!(started.elapsed().as_secs(), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn jitter_does_not_add_up() {
        let (started, stop) = (Instant::now(), CancellationToken::new());
        let mut interval = Interval::new(Duration::from_secs(10), 0.5);
        for tick in 0..50 {
            interval.tick(&stop).await;
            let off = started.elapsed().as_secs_f64() - f64::from(tick) * 10.0;
            assert!((0.0..=5.01).contains(&off), "tick {tick} is {off} s off");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_stopped() {
        let stop = CancellationToken::new();
        let mut interval = Interval::new(Duration::from_secs(10), 0.0);
        assert!(interval.tick(&stop).await);
        stop.cancel();
        assert!(!interval.tick(&stop).await);
    }
}
