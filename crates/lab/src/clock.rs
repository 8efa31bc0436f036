//! The time of the lab: milliseconds since its epoch.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime};

/// Milliseconds since the epoch of the lab; negative before it.
pub type Millis = i64;

const DAY_MS: i64 = 86_400_000;

/// Reads the machine's clock once and follows the monotonic one from there, so that no counter ever
/// steps back when somebody sets the clock.
#[derive(Debug)]
pub struct LabClock {
    epoch_unix_ms: i64,
    started: Instant,
    at_start: Millis,
    advanced: AtomicI64,
    speed: f64,
}

impl LabClock {
    /// `epoch`: where the counters start, the beginning of the current year (UTC) by default, so that a
    /// restart continues them. `speed`: how many times faster than real the simulated day passes; it
    /// changes the rhythm of the load, never the length of a second.
    pub fn new(epoch: Option<OffsetDateTime>, speed: f64) -> Self {
        let now = system_now();
        let epoch = epoch.unwrap_or_else(|| start_of_year(now));
        let at_start = unix_ms(now) - unix_ms(epoch);
        Self { epoch_unix_ms: unix_ms(epoch), started: Instant::now(), at_start, advanced: AtomicI64::new(0), speed }
    }

    /// The present.
    pub fn now(&self) -> Millis {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.at_start.saturating_add(elapsed).saturating_add(self.advanced.load(Ordering::Relaxed))
    }

    /// Moves the present forward: tests need not wait for a counter to grow.
    pub fn advance(&self, by: Duration) {
        self.advanced.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// The epoch, as milliseconds since 1970.
    pub const fn epoch_unix_ms(&self) -> i64 {
        self.epoch_unix_ms
    }

    /// How the simulated days pass.
    pub fn rhythm(&self) -> Rhythm {
        Rhythm { speed: self.speed, origin: self.epoch_unix_ms.rem_euclid(7 * DAY_MS) as f64 / 1000.0 }
    }
}

/// The mapping of lab time to the hour of the simulated day.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// Simulated seconds per real second.
    pub speed: f64,
    /// Seconds into the week (Thursday 00:00 UTC) at the epoch.
    pub origin: f64,
}

#[expect(clippy::disallowed_methods, reason = "the lab is a world of its own, with its own clock: this is the one")]
fn system_now() -> OffsetDateTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    OffsetDateTime::UNIX_EPOCH + since
}

fn start_of_year(now: OffsetDateTime) -> OffsetDateTime {
    Date::from_calendar_date(now.year(), Month::January, 1).map_or(now, |date| date.midnight().assume_utc())
}

fn unix_ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0)
}
