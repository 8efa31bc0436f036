//! After a start: since when a value stands as it does, out of the samples.

use std::time::Duration;

use vigie_domain::alerts::{Comparison, Condition};
use vigie_domain::telemetry::{SeriesQuery, Statistic};
use vigie_domain::{Result, Timestamp};

use super::engine::{AlertEngine, Key};
use super::phase::Phase;
use super::rulebook::metrics_of;

/// Samples farther apart tell nothing of the time between them.
const GAP: Duration = Duration::from_mins(15);

impl AlertEngine {
    /// Puts back the begin of a condition that is pending to where the samples say that it began.
    pub(super) async fn recall(&self, key: Key) -> Result<()> {
        let book = self.book.load_full();
        let (Some(active), Some(track)) = (book.get(key.0), self.track(key)) else { return Ok(()) };
        let (Condition::Threshold { metric, operator, .. }, Some(set)) = (&active.rule.condition, metrics_of(track.kind)) else {
            return Ok(());
        };
        let (Some(place), Some(threshold), Phase::Pending { since, seen }) = (set.index(metric), track.threshold, track.phase) else {
            return Ok(());
        };
        let from = since.minus(active.timing().hold + GAP);
        let query = SeriesQuery {
            set,
            subjects: vec![key.1],
            metrics: vec![place],
            from,
            to: since,
            step: Duration::ZERO,
            statistic: Statistic::Mean,
        };
        let points = self.samples.range(&query).await?.into_iter().flat_map(|data| data.points);
        let known: Vec<(Timestamp, f64)> = points.filter_map(|(at, value)| Some((at, value?))).collect();
        let begun = held_since(&known, *operator, threshold, since);
        if begun < since {
            self.set_phase(key, Phase::Pending { since: begun, seen }, None);
        }
        Ok(())
    }
}

/// The begin of the stretch up to `now` in which every sample stood so.
fn held_since(points: &[(Timestamp, f64)], operator: Comparison, threshold: f64, now: Timestamp) -> Timestamp {
    let mut since = now;
    for (at, value) in points.iter().rev() {
        if !operator.holds(*value, threshold) || since.since(*at) > GAP {
            break;
        }
        since = *at;
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_ends_where_a_sample_or_a_gap_breaks_it() {
        let points = |values: &[(i64, f64)]| values.iter().map(|(minute, v)| (Timestamp(minute * 60_000), *v)).collect::<Vec<_>>();
        let since = |values: &[(i64, f64)]| held_since(&points(values), Comparison::Gte, 0.9, Timestamp(3_600_000)).0 / 60_000;
        assert_eq!(since(&[]), 60);
        assert_eq!(since(&[(50, 0.95), (55, 0.5), (58, 0.95), (59, 0.92)]), 58);
        assert_eq!(since(&[(30, 0.95), (50, 0.95), (59, 0.95)]), 50);
    }
}
