//! How much all interfaces of an audience carry together, over the last hour.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vigie_domain::Timestamp;

use super::network::TrafficView;
use crate::telemetry::Point;

/// Between two points.
const STEP: Duration = Duration::from_secs(30);
/// Points kept: an hour.
const LENGTH: usize = 120;
/// Audiences remembered; of more, those that were asked for longest ago are forgotten.
const AUDIENCES: usize = 64;

#[derive(Default)]
struct Past {
    asked: Timestamp,
    points: VecDeque<(Timestamp, Option<(f64, f64)>)>,
}

/// The last hour of traffic, by audience.
#[derive(Default)]
pub struct TrafficBook(Mutex<HashMap<String, Past>>);

impl TrafficBook {
    /// The audiences that see everything: they share one past.
    pub const EVERYTHING: &'static str = "everything";

    /// Notes what flows now, received and sent, at most every half minute, and gives back the last hour. `None` is a gap:
    /// nobody knows. The hour begins with the first value.
    pub fn note(&self, audience: &str, now: Timestamp, carried: Option<(f64, f64)>) -> TrafficView {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.len() >= AUDIENCES
            && !book.contains_key(audience)
            && let Some(oldest) = book.iter().min_by_key(|(_, past)| past.asked).map(|(key, _)| key.clone())
        {
            book.remove(&oldest);
        }
        let past = book.entry(audience.to_owned()).or_default();
        past.asked = now;
        let due = past.points.back().map_or(carried.is_some(), |(at, _)| now.since(*at) >= STEP);
        if due {
            if past.points.len() >= LENGTH {
                past.points.pop_front();
            }
            past.points.push_back((now, carried));
        }
        let points = |pick: fn((f64, f64)) -> f64| -> Vec<Point> {
            past.points.iter().map(|(at, carried)| (at.0, carried.map(|both| pick(both).round()))).collect()
        };
        TrafficView { in_bps: points(|both| both.0), out_bps: points(|both| both.1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept_of_each_audience() {
        let book = TrafficBook::default();
        for seconds in (0..7_200).step_by(5) {
            book.note("all", Timestamp(seconds * 1000), Some((1.0, 2.0)));
        }
        let view = book.note("all", Timestamp(7_200_000), Some((3.0, 4.0)));
        assert_eq!(view.in_bps.len(), LENGTH);
        assert_eq!(view.out_bps.last(), Some(&(7_200_000, Some(4.0))));
        assert_eq!(book.note("other", Timestamp(7_200_000), Some((5.0, 6.0))).in_bps, [(7_200_000, Some(5.0))]);
    }

    #[test]
    fn the_hour_begins_with_the_first_value_and_what_nobody_knows_is_a_gap() {
        let book = TrafficBook::default();
        assert_eq!(book.note("all", Timestamp(0), None).in_bps, []);
        assert_eq!(book.note("all", Timestamp(5_000), Some((1.0, 2.0))).in_bps, [(5_000, Some(1.0))]);
        assert_eq!(book.note("all", Timestamp(35_000), None).out_bps, [(5_000, Some(2.0)), (35_000, None)]);
    }
}
