//! The past of logs: which part of it is over, so that answers about it are kept, and what becomes of them when lines land in it after all.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vigie_domain::Timestamp;
use vigie_domain::telemetry::EventListener;

use crate::Core;

/// So long after a moment lines of it are no longer waited for: they are searchable a second or two after they were taken in.
pub const SETTLED: Duration = Duration::from_mins(1);
/// Lines that land so long after they were taken in make answers fall. Half of the time above: a cluster takes a while to show them.
const LATE: Duration = Duration::from_secs(30);
/// After so long what a cluster has taken is searchable: it is refreshed each second.
const SHOWN: Duration = Duration::from_secs(5);
/// What falls with lines that come late and days that go.
const TAG: &str = "logs";
/// Totals are kept by the hour.
const HOUR: i64 = 3_600_000;

/// Knows what is over. Hears the store of events.
pub(super) struct Past {
    core: Core,
    /// The latest time it was; the clock may be set back.
    latest: AtomicI64,
}

impl Past {
    pub(super) fn new(core: &Core) -> Self {
        Self { core: core.clone(), latest: AtomicI64::new(i64::MIN) }
    }

    /// Before this time everything is over.
    pub(super) fn end(&self, now: Timestamp) -> Timestamp {
        self.latest(now);
        now.minus(SETTLED)
    }

    fn latest(&self, now: Timestamp) -> Timestamp {
        Timestamp(self.latest.fetch_max(now.0, Ordering::Relaxed).max(now.0))
    }

    fn fall(&self) {
        self.core.bus.fall([TAG]);
        // what was answered between now and then may not have them
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let core = self.core.clone();
            runtime.spawn(async move {
                tokio::time::sleep(SHOWN).await;
                core.bus.fall([TAG]);
            });
        }
    }
}

impl EventListener for Past {
    fn landed(&self, oldest: Timestamp) {
        if oldest < self.latest(self.core.now()).minus(LATE) {
            self.fall();
        }
    }

    fn dropped(&self) {
        self.fall();
    }
}

/// The whole hours of a range that are over before `end`; `None` where there are none.
pub(super) fn hours(from: Timestamp, to: Timestamp, end: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let begin = Timestamp(-(-from.0).div_euclid(HOUR) * HOUR);
    let until = Timestamp(to.min(end).0.div_euclid(HOUR) * HOUR);
    (begin < until).then_some((begin, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn whole_hours_lie_within_the_range_and_are_over() {
        let (from, to) = (at("2026-11-22T09:05:40Z"), at("2026-11-23T09:05:40Z"));
        let whole = Some((at("2026-11-22T10:00:00Z"), at("2026-11-23T09:00:00Z")));
        assert_eq!(hours(from, to, to), whole);
        assert_eq!(hours(at("2026-11-22T10:00:00Z"), at("2026-11-23T09:00:00Z"), to), whole, "as they begin and end");
        assert_eq!(hours(from, to, at("2026-11-23T08:59:59Z")).unwrap().1, at("2026-11-23T08:00:00Z"));
        assert_eq!(hours(Timestamp(0), to, to).unwrap().0, Timestamp(0));
        assert_eq!(hours(at("2026-11-23T08:00:01Z"), to, to), None);
        assert_eq!(hours(to, from, to), None);
    }
}
