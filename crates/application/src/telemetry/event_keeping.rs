//! How long events are kept: as configured, and less where there is no room for them.

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::telemetry::{EventKind, EventStore, EventStoreStatus, Retention};
use vigie_domain::{Result, Timestamp};

use crate::system::StorageKeeper;

/// Events are dropped by the day.
const DAY: Duration = Duration::from_hours(24);

/// Drops the days of events that are not to be kept.
#[derive(Clone)]
pub struct EventKeeping {
    events: Arc<dyn EventStore>,
    storage: Arc<StorageKeeper>,
    keep: Duration,
}

impl EventKeeping {
    /// Keeps the events of this store for so long, where there is room.
    pub fn new(events: Arc<dyn EventStore>, storage: Arc<StorageKeeper>, keep: Duration) -> Self {
        Self { events, storage, keep }
    }

    /// Drops what is older than it is kept, and the oldest day where there is no room.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn look(&self, now: Timestamp) -> Result<()> {
        let status = self.events.status().await?;
        if status.problem.is_none() {
            metrics::gauge!("events_stored").set(status.events as f64);
            metrics::gauge!("events_bytes").set(status.bytes as f64);
        }
        metrics::gauge!("events_pending_bytes").set(status.pending_bytes as f64);
        let (quota, is_full) = (self.storage.limits().events_quota, self.storage.is_at_floor());
        let shed = shed(&status, now, quota, is_full).filter(|keep| *keep < self.keep);
        if shed.is_some() {
            tracing::warn!(events_bytes = status.bytes, quota_bytes = quota, "no room for events: the oldest day is dropped");
            metrics::counter!("event_days_shed_total").increment(1);
        }
        let keep = shed.unwrap_or(self.keep);
        self.events.retain(now, &EventKind::ALL.map(|kind| Retention { kind, keep })).await.map(drop)
    }
}

/// How long events are kept where there is no room for more; a cluster keeps its own room, and the last day never goes.
fn shed(status: &EventStoreStatus, now: Timestamp, quota: u64, is_full: bool) -> Option<Duration> {
    let is_here = status.requests.is_none();
    let is_pressed = is_full || (quota > 0 && status.bytes > quota);
    let next = status.oldest.filter(|_| is_here && is_pressed)?.plus(DAY);
    (next.plus(DAY) <= now).then(|| now.since(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: u64 = 1_000;

    fn at(bytes: u64, age: Duration, requests: Option<(usize, usize)>) -> EventStoreStatus {
        EventStoreStatus { bytes, oldest: Some(now().minus(age)), requests, ..EventStoreStatus::default() }
    }

    fn now() -> Timestamp {
        Timestamp(0).plus(DAY * 20_000)
    }

    #[test]
    fn the_oldest_day_goes_when_there_is_no_room() {
        let status = at(QUOTA + 1, DAY * 9, None);
        assert_eq!(shed(&status, now(), QUOTA, false), Some(DAY * 8));
        assert_eq!(shed(&status, now(), 0, false), None, "no quota");
        assert_eq!(shed(&status, now(), 0, true), Some(DAY * 8), "the disk is full");
        assert_eq!(shed(&at(QUOTA, DAY * 9, None), now(), QUOTA, false), None);
    }

    #[test]
    fn the_last_day_stays_and_a_cluster_is_left_alone() {
        assert_eq!(shed(&at(QUOTA + 1, DAY, None), now(), QUOTA, true), None);
        assert_eq!(shed(&at(QUOTA + 1, DAY * 2, None), now(), QUOTA, true), Some(DAY));
        assert_eq!(shed(&at(QUOTA + 1, DAY * 9, Some((0, 0))), now(), QUOTA, true), None);
    }
}
