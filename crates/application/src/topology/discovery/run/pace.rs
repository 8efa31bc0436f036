//! No more addresses a second than allowed.

use std::time::Duration;

use tokio::time::Instant;

/// What was not used may be made up for within this time.
const BURST: Duration = Duration::from_millis(250);

/// A token bucket.
pub(super) struct Pace {
    step: Duration,
    next: Instant,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        Self { step: Duration::from_secs(1) / per_second.max(1), next: Instant::now() }
    }

    /// Waits for the next turn.
    pub(super) async fn turn(&mut self) {
        let now = Instant::now();
        if self.next > now {
            tokio::time::sleep_until(self.next).await;
        }
        let earliest = Instant::now().checked_sub(BURST).unwrap_or(now);
        self.next = self.next.max(earliest) + self.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_brings_no_more_than_its_share() {
        let mut pace = Pace::new(100);
        let began = Instant::now();
        for _ in 0..300 {
            pace.turn().await;
        }
        let taken = began.elapsed();
        assert!((2_900..=3_100).contains(&taken.as_millis()), "{taken:?}");
        tokio::time::sleep(Duration::from_mins(1)).await;
        let began = Instant::now();
        for _ in 0..100 {
            pace.turn().await;
        }
        assert!(began.elapsed() >= Duration::from_millis(700), "a minute of rest allows no storm");
    }
}
