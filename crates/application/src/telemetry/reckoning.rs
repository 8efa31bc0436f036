//! The time by which data are forgotten: a time of day that was set forward is not believed at once.
//!
//! A machine without a clock of its own begins in some other year, and a server of time may be wrong for an hour. What is deleted by such
//! a time does not come back.

use std::time::Duration;

use tokio::time::Instant;
use vigie_domain::Timestamp;

/// How far the time of day may be ahead of what was reckoned: it is corrected by little all the time, and machines sleep.
const LEAP: Duration = Duration::from_mins(10);

/// For how long a time of day that leapt has to go on before it is believed.
const DOUBT: Duration = Duration::from_hours(24);

/// Reckons by a clock that never jumps, from the last time that was believed.
#[derive(Clone, Copy, Debug)]
pub struct Reckoning {
    believed: (Instant, Timestamp),
    doubted_since: Option<Instant>,
}

impl Reckoning {
    /// From a time that was certainly reached, such as that of the last event.
    pub fn from(reached: Timestamp) -> Self {
        Self { believed: (Instant::now(), reached), doubted_since: None }
    }

    /// The time to forget by, where the time of day is `now`.
    pub fn at(&mut self, now: Timestamp) -> Timestamp {
        let (instant, (before, time)) = (Instant::now(), self.believed);
        let reckoned = time.plus(instant - before);
        let is_leap = now > reckoned.plus(LEAP);
        let since = *self.doubted_since.get_or_insert(instant);
        if is_leap && instant - since < DOUBT {
            if since == instant {
                tracing::info!(
                    ahead_seconds = now.since(reckoned).as_secs(),
                    "it is later than was reckoned: for a day, data are forgotten by the time before"
                );
            }
            return reckoned;
        }
        *self = Self { believed: (instant, now), doubted_since: None };
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_424_740_123);
    const HOUR: Duration = Duration::from_hours(1);
    const YEAR: Duration = Duration::from_hours(365 * 24);

    #[tokio::test(start_paused = true)]
    async fn a_leap_is_believed_after_a_day() {
        let mut reckoning = Reckoning::from(NOON);
        assert_eq!(reckoning.at(NOON.plus(Duration::from_mins(9))), NOON.plus(Duration::from_mins(9)));
        tokio::time::advance(HOUR).await;
        let reckoned = NOON.plus(Duration::from_mins(69));
        assert_eq!(reckoning.at(NOON.plus(YEAR)), reckoned);
        tokio::time::advance(23 * HOUR).await;
        assert_eq!(reckoning.at(NOON.plus(YEAR)), reckoned.plus(23 * HOUR));
        tokio::time::advance(HOUR).await;
        assert_eq!(reckoning.at(NOON.plus(YEAR)), NOON.plus(YEAR));
    }

    #[tokio::test(start_paused = true)]
    async fn a_leap_that_is_taken_back_is_forgotten() {
        let mut reckoning = Reckoning::from(NOON);
        tokio::time::advance(HOUR).await;
        assert_eq!(reckoning.at(NOON.plus(YEAR)), NOON.plus(HOUR));
        tokio::time::advance(HOUR).await;
        assert_eq!(reckoning.at(NOON.plus(2 * HOUR)), NOON.plus(2 * HOUR));
        tokio::time::advance(23 * HOUR).await;
        assert_eq!(reckoning.at(NOON.plus(YEAR)), NOON.plus(25 * HOUR), "another leap is doubted anew");
        assert_eq!(reckoning.at(NOON), NOON, "set back");
    }
}
