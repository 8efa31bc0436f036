//! Octets over time: a rate with the rhythm of a day and a week, integrated in closed form.
//!
//! The rate is `mean × (1 + Σ aᵢ cos(ωᵢ t + φᵢ))` with `Σ aᵢ < 1`, so its integral always grows and any
//! instant is computed without knowing the one before.

use std::f64::consts::TAU;

use crate::clock::{Millis, Rhythm};
use crate::hash::Draw;

const DAY: f64 = 86_400.0;
/// The load is highest at half past two in the afternoon.
const PEAK: f64 = 14.5 * 3_600.0;
/// Seconds from Thursday 00:00, where the weeks of the Unix time start, to the middle of the working week.
const MIDWEEK: f64 = 6.0 * DAY;

/// Share of each wave; their sum stays below 1.
const DAILY: f64 = 0.42;
const HALF_DAILY: f64 = 0.12;
const WEEKLY: f64 = 0.12;
const SLOW_NOISE: f64 = 0.12;
const FAST_NOISE: f64 = 0.08;

/// One direction of one cable.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// Octets per second, averaged over a week.
    pub mean: f64,
    /// What makes it differ from the next cable.
    pub draw: Draw,
}

impl Flow {
    /// Octets passed between the epoch and `at`; negative before the epoch. Only differences mean something.
    pub fn octets(&self, rhythm: Rhythm, at: Millis) -> i64 {
        let seconds = at as f64 / 1000.0;
        let waves = self.waves(rhythm, seconds);
        self.steady_octets(at) + (self.mean * waves) as i64
    }

    /// The same without the waves: exact enough for an instant long past, and cheap.
    pub fn steady_octets(&self, at: Millis) -> i64 {
        (i128::from(self.mean as i64) * i128::from(at) / 1000) as i64
    }

    /// Octets per second at `at`: what `octets` integrates.
    #[cfg(test)]
    fn rate(&self, rhythm: Rhythm, at: Millis) -> f64 {
        let seconds = at as f64 / 1000.0;
        let ripple: f64 = self.terms(rhythm).iter().map(|t| t.share * (t.omega * seconds + t.phase).cos()).sum();
        self.mean * (1.0 + ripple)
    }

    fn waves(&self, rhythm: Rhythm, seconds: f64) -> f64 {
        self.terms(rhythm).iter().map(|t| t.share / t.omega * (t.omega * seconds + t.phase).sin()).sum()
    }

    fn terms(&self, rhythm: Rhythm) -> [Wave; 5] {
        let bits = self.draw.bits();
        let shift = (bits & 0xFFF) as f64 / 4096.0 * 3_600.0 - 1_800.0;
        let peak = rhythm.origin - PEAK - shift;
        let day = TAU * rhythm.speed / DAY;
        let slow = TAU / (600.0 + ((bits >> 12) & 0x3FF) as f64);
        let fast = TAU / (150.0 + ((bits >> 22) & 0xFF) as f64);
        [
            Wave { share: DAILY, omega: day, phase: TAU / DAY * peak },
            Wave { share: HALF_DAILY, omega: 2.0 * day, phase: 2.0 * TAU / DAY * peak },
            Wave { share: WEEKLY, omega: day / 7.0, phase: TAU / (7.0 * DAY) * (rhythm.origin - MIDWEEK) },
            Wave { share: SLOW_NOISE, omega: slow, phase: ((bits >> 30) & 0x3FF) as f64 / 163.0 },
            Wave { share: FAST_NOISE, omega: fast, phase: ((bits >> 40) & 0x3FF) as f64 / 163.0 },
        ]
    }
}

struct Wave {
    share: f64,
    omega: f64,
    phase: f64,
}

/// Where a load stands between night (0) and afternoon (1).
pub fn daylight(rhythm: Rhythm, at: Millis) -> f64 {
    let seconds = at as f64 / 1000.0 * rhythm.speed + rhythm.origin - PEAK;
    0.5 + 0.5 * (TAU * seconds / DAY).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: Rhythm = Rhythm { speed: 1.0, origin: 0.0 };

    #[test]
    fn never_steps_back() {
        let flow = Flow { mean: 1_250_000.0, draw: Draw::new(42) };
        let mut last = flow.octets(REAL, -86_400_000);
        for at in (-86_400_000..7 * 86_400_000).step_by(61_007) {
            let next = flow.octets(REAL, at);
            assert!(next >= last, "at {at}");
            last = next;
        }
    }

    #[test]
    fn rate_is_the_slope_and_follows_the_day() {
        let flow = Flow { mean: 1_000_000.0, draw: Draw::new(3) };
        let noon = 14 * 3_600_000 + 1_800_000;
        let slope = (flow.octets(REAL, noon + 1_000) - flow.octets(REAL, noon)) as f64;
        assert!((slope - flow.rate(REAL, noon)).abs() < slope * 0.01, "{slope} {}", flow.rate(REAL, noon));
        let hour = |at: i64| flow.octets(REAL, at + 3_600_000) - flow.octets(REAL, at);
        assert!(hour(14 * 3_600_000) > 2 * hour(2 * 3_600_000));
    }

    #[test]
    fn speed_turns_the_day_faster() {
        let fast = Rhythm { speed: 24.0, origin: 0.0 };
        assert!((daylight(fast, (PEAK / 24.0 * 1000.0) as i64) - 1.0).abs() < 1e-6);
    }
}
