//! The deadline of work that may take any time as long as something moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long nothing may move.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// What is moved each time that something moves. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    began: Instant,
    last_ms: Arc<AtomicU64>,
}

impl Pulse {
    /// Beats now.
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now(), last_ms: Arc::default() }
    }

    /// Something moved.
    pub(crate) fn beat(&self) {
        self.last_ms.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Does the work, until it is done or nothing moved for `limit`, which is `None`.
    pub(crate) async fn during<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.lost(limit) => None,
        }
    }

    async fn lost(&self, limit: Duration) {
        loop {
            let due = self.began + Duration::from_millis(self.last_ms.load(Ordering::Relaxed)) + limit;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_moves_may_take_long_and_work_that_does_not_ends() {
        let pulse = Pulse::begin();
        let moving = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                pulse.beat();
            }
        };
        assert_eq!(pulse.during(SILENCE, moving).await, Some(()));
        let began = Instant::now();
        assert_eq!(pulse.during(SILENCE, std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), SILENCE);
    }
}
