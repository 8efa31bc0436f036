//! Which resolutions answer a query, and which parts of its range.

use vigie_domain::telemetry::{Resolution, SeriesQuery};
use vigie_domain::{Error, Result};

use super::layer::Layer;
use crate::engine::{self, Connection};
use crate::error;

/// A part of the range that one layer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) resolution: Resolution,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// A part of the range, and the set in which it is looked up.
pub(crate) struct Piece {
    pub(crate) layer: Layer,
    pub(crate) set_id: i64,
    pub(crate) span: Span,
}

/// The parts of the range of a query, in order of time; none when the set has no samples.
pub(crate) async fn pieces(connection: &mut Connection<'_>, query: &SeriesQuery) -> Result<Vec<Piece>> {
    let held = held(connection, query).await?;
    let (from, to) = (query.from.0, query.to.0);
    let Some((_, raw)) = held.first().filter(|(layer, _)| layer.is_raw()) else { return Ok(Vec::new()) };
    let step = query.step.as_millis() as i64;
    let spans = if Resolution::ROLLUPS.iter().all(|r| step < r.width().as_millis() as i64) {
        vec![Span { resolution: Resolution::Raw, from, to }]
    } else {
        let rolled_to = rolled_to(connection, held[0].0, raw, query).await?;
        let kept = |resolution| held.iter().find(|(layer, _)| layer.resolution == resolution).map(|(_, set)| set.kept_from);
        let rollups: Vec<(Resolution, i64)> = Resolution::ROLLUPS.into_iter().filter_map(|r| Some((r, kept(r)?))).collect();
        choose((from, to), step, &Kept { raw_from: raw.kept_from, rollups, rolled_to })
    };
    let piece = |span: Span| {
        let (layer, set) = held.iter().find(|(layer, _)| layer.resolution == span.resolution)?;
        Some(Piece { layer: *layer, set_id: set.id, span })
    };
    Ok(spans.into_iter().filter_map(piece).collect())
}

/// A set in the store.
struct Held {
    id: i64,
    kept_from: i64,
}

/// The layers of a set that are in the store, finest first.
async fn held(connection: &mut Connection<'_>, query: &SeriesQuery) -> Result<Vec<(Layer, Held)>> {
    let layers = [Resolution::Raw, Resolution::FiveMinutes, Resolution::Hour].map(|r| Layer::new(query.set, r));
    let sql = "SELECT name, id, kept_from FROM sets WHERE name IN ($1, $2, $3)";
    let rows = engine::raw_rows(connection, sql, layers.map(|l| l.name().into()).into()).await.map_err(error::storage)?;
    let mut held = Vec::new();
    for layer in layers {
        for row in &rows {
            if row.text(0)? == layer.name() {
                let number = |column| row.int(column)?.ok_or_else(|| Error::storage(sqlx::Error::RowNotFound));
                held.push((layer, Held { id: number(1)?, kept_from: number(2)? }));
            }
        }
    }
    Ok(held)
}

/// The begin of the first window within the range in which something is not rolled up: it is loose, or was packed by an earlier version.
async fn rolled_to(connection: &mut Connection<'_>, layer: Layer, raw: &Held, query: &SeriesQuery) -> Result<i64> {
    let first = layer.window(query.from.0.max(raw.kept_from));
    let last = layer.window(query.to.0 - 1);
    let sql = "SELECT MIN(\"window\") FROM (\
        SELECT MIN(\"window\") AS \"window\" FROM chunks WHERE set_id = $1 AND \"window\" BETWEEN $2 AND $3 \
        UNION ALL SELECT MIN(\"window\") FROM windows WHERE set_id = $1 AND \"window\" BETWEEN $2 AND $3 AND rolled = 0) AS open";
    let rows = engine::raw_rows(connection, sql, vec![raw.id.into(), first.into(), last.into()]).await.map_err(error::storage)?;
    let open = rows.first().map(|row| row.int(0)).transpose()?.flatten();
    Ok(open.map_or(i64::MAX, |window| window * layer.length()))
}

/// What is kept, in milliseconds since 1970.
struct Kept {
    /// From when on samples are.
    raw_from: i64,
    /// From when on each of the rollups is, finest first.
    rollups: Vec<(Resolution, i64)>,
    /// Up to when all is rolled up.
    rolled_to: i64,
}

/// Who answers which part of a range. Offers stand in the order of preference: whole buckets of the coarsest rollups that divide the step,
/// samples, and where these are forgotten the finest rollups no wider than the step, with the buckets that the range cuts.
fn choose((from, to): (i64, i64), step: i64, kept: &Kept) -> Vec<Span> {
    let mut offers = Vec::new();
    let mut offer = |resolution, from: i64, to: i64| {
        if from < to {
            offers.push(Span { resolution, from, to });
        }
    };
    let width = |resolution: Resolution| resolution.width().as_millis() as i64;
    let before = |at: i64, width: i64| at.div_euclid(width) * width;
    let after = |at: i64, width: i64| before(at.saturating_add(width - 1), width);
    for (resolution, kept_from) in kept.rollups.iter().rev().filter(|(r, _)| step % width(*r) == 0) {
        let width = width(*resolution);
        offer(*resolution, after(from, width).max(*kept_from), before(to, width).min(kept.rolled_to));
    }
    offer(Resolution::Raw, from.max(kept.raw_from), to);
    let mut finer_from = kept.raw_from;
    for (resolution, kept_from) in kept.rollups.iter().filter(|(r, _)| step >= width(*r)) {
        let width = width(*resolution);
        offer(*resolution, before(from, width).max(*kept_from), after(to, width).min(finer_from).min(kept.rolled_to));
        finer_from = finer_from.min(*kept_from);
    }
    best(&offers)
}

/// For each moment the first offer that has it.
fn best(offers: &[Span]) -> Vec<Span> {
    let mut edges: Vec<i64> = offers.iter().flat_map(|offer| [offer.from, offer.to]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut chosen: Vec<Span> = Vec::new();
    for edge in edges.windows(2) {
        let Some(best) = offers.iter().find(|offer| offer.from <= edge[0] && edge[1] <= offer.to) else { continue };
        match chosen.last_mut() {
            Some(last) if last.resolution == best.resolution && last.to == edge[0] => last.to = edge[1],
            _ => chosen.push(Span { from: edge[0], to: edge[1], ..*best }),
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_domain::telemetry::Resolution::{FiveMinutes, Hour, Raw};

    use super::*;

    const MINUTE: i64 = 60_000;
    const HOURS: i64 = 60 * MINUTE;
    const DAYS: i64 = 24 * HOURS;

    /// Samples of the days 8 to 12, five minutes from day 4 on, hours from day 0 on; rolled up to the end of day 11.
    fn kept() -> Kept {
        Kept { raw_from: 8 * DAYS, rollups: vec![(FiveMinutes, 4 * DAYS), (Hour, 0)], rolled_to: 12 * DAYS }
    }

    fn chosen(from: i64, to: i64, step: i64) -> Vec<(Resolution, i64, i64)> {
        choose((from, to), step, &kept()).into_iter().map(|s| (s.resolution, s.from / MINUTE, s.to / MINUTE)).collect()
    }

    #[test]
    fn the_coarsest_that_divides_the_step_answers() {
        let (from, to) = (9 * DAYS, 10 * DAYS);
        let whole = |resolution| vec![(resolution, from / MINUTE, to / MINUTE)];
        assert_eq!(chosen(from, to, HOURS), whole(Hour));
        assert_eq!(chosen(from, to, 24 * HOURS), whole(Hour));
        assert_eq!(chosen(from, to, 5 * MINUTE), whole(FiveMinutes));
        assert_eq!(chosen(from, to, 90 * MINUTE), whole(FiveMinutes));
        assert_eq!(chosen(from, to, 7 * MINUTE), whole(Raw));
    }

    #[test]
    fn what_is_not_rolled_up_and_what_the_range_cuts_comes_from_samples() {
        let (from, to) = (9 * DAYS + 7 * MINUTE, 12 * DAYS + 30 * MINUTE);
        let at = |time: i64| time / MINUTE;
        assert_eq!(
            chosen(from, to, HOURS),
            [
                (Raw, at(from), at(from) + 3),
                (FiveMinutes, at(from) + 3, at(9 * DAYS + HOURS)),
                (Hour, at(9 * DAYS + HOURS), at(12 * DAYS)),
                (Raw, at(12 * DAYS), at(to))
            ]
        );
    }

    #[test]
    fn where_samples_are_forgotten_what_is_left_answers() {
        let at = |time: i64| time / MINUTE;
        let whole = (0, 10 * DAYS);
        assert_eq!(chosen(whole.0, whole.1, 10 * MINUTE), [(FiveMinutes, at(4 * DAYS), at(10 * DAYS))], "hours are too wide for the step");
        let expected = [(FiveMinutes, at(4 * DAYS), at(8 * DAYS)), (Raw, at(8 * DAYS), at(10 * DAYS))];
        assert_eq!(chosen(whole.0, whole.1, 7 * MINUTE), expected);
        let expected = [(Hour, 0, at(4 * DAYS)), (FiveMinutes, at(4 * DAYS), at(8 * DAYS)), (Raw, at(8 * DAYS), at(10 * DAYS))];
        assert_eq!(chosen(whole.0, whole.1, 61 * MINUTE), expected);
        assert_eq!(chosen(DAYS + MINUTE, DAYS + 2 * MINUTE, HOURS), [(Hour, at(DAYS), at(DAYS + HOURS))], "a bucket that is cut is whole");
    }

    proptest! {
        /// Each moment is answered once, by buckets that are not cut.
        #[test]
        fn spans_are_whole_buckets_and_do_not_overlap(from in 0..13 * 24 * 60_i64, minutes in 1..13 * 24 * 60_i64, step in 5..1500_i64) {
            let (from, to) = (from * MINUTE, (from + minutes) * MINUTE);
            let spans = choose((from, to), step * MINUTE, &kept());
            for pair in spans.windows(2) {
                prop_assert!(pair[0].to <= pair[1].from);
            }
            for span in &spans {
                let width = span.resolution.width().as_millis().max(1) as i64;
                prop_assert!(span.from < span.to && span.from % width == 0 && span.to % width == 0 && width <= step * MINUTE);
                prop_assert!(span.from > from - width && span.to < to + width);
            }
            let covered: i64 = spans.iter().map(|s| s.to.min(to) - s.from.max(from)).sum();
            let missing = if step * MINUTE < HOURS { (4 * DAYS).min(to).saturating_sub(from).max(0) } else { 0 };
            prop_assert_eq!(covered, to - from - missing);
        }
    }
}
