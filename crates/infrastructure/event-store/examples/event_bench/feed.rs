//! Batches of events, the same on every run.

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::Timestamp;
use vigie_domain::telemetry::{EventBatch, EventStore, Promise};
use vigie_testkit::events::corpus::{Dice, log_line};

/// Events that are taken in together, as a socket gives them.
pub(crate) const BATCH: u64 = 500;

pub(crate) struct Feed {
    dice: Dice,
    batch: EventBatch,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self { dice: Dice(1), batch: EventBatch::new() }
    }

    /// Makes the next batch.
    pub(crate) fn next(&mut self, at: Timestamp) -> &EventBatch {
        self.batch.clear();
        for number in 0..BATCH {
            log_line(&mut self.batch, &mut self.dice, at.plus(Duration::from_millis(number / 50)));
        }
        &self.batch
    }

    /// Has the store take the next batch in; its bytes.
    pub(crate) async fn give(&mut self, store: &Arc<dyn EventStore>, at: Timestamp) -> u64 {
        let batch = self.next(at);
        store.append(batch, Promise::Process).await.unwrap();
        batch.size() as u64
    }
}
