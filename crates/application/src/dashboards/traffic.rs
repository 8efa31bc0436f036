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
    points: VecDeque<(Timestamp, f64, f64)>,
}

/// The last hour of traffic, by audience.
#[derive(Default)]
pub struct TrafficBook(Mutex<HashMap<String, Past>>);

impl TrafficBook {
    /// The audiences that see everything: they share one past.
    pub const EVERYTHING: &'static str = "everything";

    /// Notes what flows now, at most every half minute, and gives back the last hour.
    pub fn note(&self, audience: &str, now: Timestamp, in_bps: f64, out_bps: f64) -> TrafficView {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.len() >= AUDIENCES
            && !book.contains_key(audience)
            && let Some(oldest) = book.iter().min_by_key(|(_, past)| past.asked).map(|(key, _)| key.clone())
        {
            book.remove(&oldest);
        }
        let past = book.entry(audience.to_owned()).or_default();
        past.asked = now;
        if past.points.back().is_none_or(|(at, _, _)| now.since(*at) >= STEP) {
            if past.points.len() >= LENGTH {
                past.points.pop_front();
            }
            past.points.push_back((now, in_bps, out_bps));
        }
        let points = |pick: fn(&(Timestamp, f64, f64)) -> f64| -> Vec<Point> {
            past.points.iter().map(|point| (point.0.0, Some(pick(point).round()))).collect()
        };
        TrafficView { in_bps: points(|p| p.1), out_bps: points(|p| p.2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept_of_each_audience() {
        let book = TrafficBook::default();
        for seconds in (0..7_200).step_by(5) {
            book.note("all", Timestamp(seconds * 1000), 1.0, 2.0);
        }
        let view = book.note("all", Timestamp(7_200_000), 3.0, 4.0);
        assert_eq!(view.in_bps.len(), LENGTH);
        assert_eq!(view.out_bps.last(), Some(&(7_200_000, Some(4.0))));
        assert_eq!(book.note("other", Timestamp(7_200_000), 5.0, 6.0).in_bps, [(7_200_000, Some(5.0))]);
    }
}
