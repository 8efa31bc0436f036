//! How fast one device wants to be asked: timeout, window and size of bulk answers.
//! Plain arithmetic without a clock or a socket.

use std::time::Duration;

use crate::settings::SnmpSettings;

/// Bindings a GETBULK may bring from a device nothing is known of: about one Ethernet frame of counters.
const BINDINGS_FIRST: u32 = 60;
/// Answers in a row after which the window opens by one.
const OPEN_AFTER: u32 = 8;

/// What was learnt about one device.
#[derive(Clone, Debug)]
pub struct Pace {
    floor: Duration,
    ceiling: Duration,
    window_max: u32,
    bindings_max: u32,
    /// Smoothed round trip and its deviation, RFC 6298 section 2; `None` before the first sample.
    smoothed: Option<(Duration, Duration)>,
    timeout: Duration,
    window: u32,
    in_row: u32,
    bindings: u32,
}

impl Pace {
    /// The cautious start.
    pub fn new(settings: &SnmpSettings) -> Self {
        let floor = settings.timeout_floor.min(settings.timeout_ceiling);
        let window_max = settings.window_max.max(1);
        Self {
            floor,
            ceiling: settings.timeout_ceiling,
            window_max,
            bindings_max: settings.bindings_per_bulk.max(1),
            smoothed: None,
            timeout: settings.timeout_initial.clamp(floor, settings.timeout_ceiling),
            window: window_max.min(2),
            in_row: 0,
            bindings: BINDINGS_FIRST.min(settings.bindings_per_bulk.max(1)),
        }
    }

    /// How long to wait for the answer to transmission `attempt`, counted from 0.
    pub fn timeout(&self, attempt: u32) -> Duration {
        self.timeout.saturating_mul(1 << attempt.min(16)).min(self.ceiling)
    }

    /// Requests the device may have outstanding.
    pub fn window(&self) -> u32 {
        self.window
    }

    /// `max-repetitions` for a GETBULK over `columns` columns that still wants `rows` rows.
    pub fn repetitions(&self, columns: usize, rows: usize) -> u32 {
        let fitting = self.bindings / u32::try_from(columns.max(1)).unwrap_or(u32::MAX);
        fitting.clamp(1, u32::try_from(rows.max(1)).unwrap_or(u32::MAX))
    }

    /// An answer came after `took`. Every transmission has a request id of its own, so the
    /// sample is never ambiguous (Karn's problem does not arise).
    pub fn answered(&mut self, took: Duration) {
        let (mean, deviation) = match self.smoothed {
            None => (took, took / 2),
            Some((mean, deviation)) => (mean * 7 / 8 + took / 8, deviation * 3 / 4 + mean.abs_diff(took) / 4),
        };
        self.smoothed = Some((mean, deviation));
        self.timeout = (mean + deviation * 4).clamp(self.floor, self.ceiling);
        self.in_row += 1;
        if self.in_row >= OPEN_AFTER {
            self.in_row = 0;
            self.window = (self.window + 1).min(self.window_max);
        }
    }

    /// No answer came in time: one request at a time from now on.
    pub fn lost(&mut self) {
        self.in_row = 0;
        self.window = 1;
    }

    /// A GETBULK answer of `received` bindings was as long as asked for; the next may be longer.
    pub fn bulk_fitted(&mut self, received: usize) {
        if received >= self.bindings as usize / 2 {
            self.bindings = (self.bindings + self.bindings / 4 + 1).min(self.bindings_max);
        }
    }

    /// A GETBULK was refused as too big, or lost, perhaps with a fragment.
    pub fn bulk_failed(&mut self) {
        self.bindings = (self.bindings / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> Pace {
        Pace::new(&SnmpSettings::default())
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn timeout_follows_the_round_trip_between_floor_and_ceiling() {
        let mut pace = pace();
        assert_eq!(pace.timeout(0), ms(1000));
        pace.answered(ms(400));
        assert_eq!(pace.timeout(0), ms(1200), "mean plus four deviations of the first sample");
        for _ in 0..100 {
            pace.answered(ms(2));
        }
        assert_eq!(pace.timeout(0), ms(200));
        for _ in 0..100 {
            pace.answered(ms(19_000));
        }
        assert_eq!(pace.timeout(0), ms(10_000));
    }

    #[test]
    fn each_transmission_waits_twice_as_long() {
        let pace = pace();
        assert_eq!([0, 1, 2, 3, 40].map(|attempt| pace.timeout(attempt)), [ms(1000), ms(2000), ms(4000), ms(8000), ms(10_000)]);
    }

    #[test]
    fn window_opens_with_answers_and_shuts_on_loss() {
        let mut pace = pace();
        for _ in 0..100 {
            pace.answered(ms(5));
        }
        assert_eq!(pace.window(), 4);
        pace.lost();
        assert_eq!(pace.window(), 1);
        for _ in 0..OPEN_AFTER {
            pace.answered(ms(5));
        }
        assert_eq!(pace.window(), 2);
    }

    #[test]
    fn bulk_answers_grow_and_shrink() {
        let mut pace = pace();
        assert_eq!(pace.repetitions(8, 48), 7);
        assert_eq!(pace.repetitions(8, 3), 3, "not more than is wanted");
        assert_eq!(pace.repetitions(100, 48), 1);
        for _ in 0..20 {
            pace.bulk_fitted(240);
        }
        assert_eq!(pace.repetitions(8, 48), 30);
        for _ in 0..20 {
            pace.bulk_failed();
        }
        assert_eq!(pace.repetitions(1, 48), 1);
        pace.bulk_fitted(1);
        assert_eq!(pace.repetitions(1, 48), 2, "it recovers");
        pace.bulk_fitted(0);
        assert_eq!(pace.repetitions(1, 48), 2, "a short last answer says nothing");
    }
}
