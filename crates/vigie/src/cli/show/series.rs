//! Series of samples: the last value, the range, and the course as a row of bars.

use serde_json::Value as Json;
use vigie_domain::Timestamp;

use super::moment::absolute;
use super::number::{Quantity, quantity};
use super::table::{Cell, table};
use super::tone::Tone;
use super::value::UNKNOWN;

/// Bars of a course at most.
const BARS: usize = 40;

/// The answer of a metrics route as a table; `points` lists every sample instead.
pub fn series(answer: &Json, points: bool, colours: bool) -> String {
    let all: &[Json] = answer["series"].as_array().map_or(&[], Vec::as_slice);
    if points { samples(all, colours) } else { summary(all, colours) }
}

fn summary(all: &[Json], colours: bool) -> String {
    let headings = ["METRIC", "LAST", "MIN", "MEAN", "MAX", "COURSE"].map(str::to_owned);
    let rows: Vec<Vec<Cell>> = all.iter().map(summary_row).collect();
    table(&headings, &rows, None, colours)
}

fn summary_row(one: &Json) -> Vec<Cell> {
    let shows = quantity_of(one);
    let values: Vec<Option<f64>> = values(one);
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let show = |value: Option<f64>| value.map_or(Cell::new(UNKNOWN, Tone::Faint), |value| Cell::number(shows.show(value)));
    let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
    vec![
        Cell::new(name(one), Tone::Plain),
        show(known.last().copied()),
        show(known.iter().copied().reduce(f64::min)),
        show(mean),
        show(known.iter().copied().reduce(f64::max)),
        Cell::new(course(&values), Tone::Plain),
    ]
}

fn samples(all: &[Json], colours: bool) -> String {
    let headings: Vec<String> = std::iter::once("TIME".to_owned()).chain(all.iter().map(|one| name(one).to_uppercase())).collect();
    let mut times: Vec<i64> = all.iter().flat_map(|one| points(one).iter().filter_map(|point| point[0].as_i64())).collect();
    times.sort_unstable();
    times.dedup();
    let rows: Vec<Vec<Cell>> = times.into_iter().map(|at| sample_row(all, at)).collect();
    table(&headings, &rows, None, colours)
}

fn sample_row(all: &[Json], at: i64) -> Vec<Cell> {
    let mut row = vec![Cell::new(absolute(Timestamp(at)), Tone::Plain)];
    for one in all {
        let value = points(one).iter().find(|point| point[0].as_i64() == Some(at)).and_then(|point| point[1].as_f64());
        row.push(value.map_or(Cell::new(UNKNOWN, Tone::Faint), |value| Cell::number(quantity_of(one).show(value))));
    }
    row
}

fn name(one: &Json) -> String {
    let metric = one["metric"].as_str().unwrap_or_default();
    let labels: Vec<String> = one["labels"].as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str().map(str::to_owned)).collect();
    if labels.is_empty() { metric.to_owned() } else { format!("{metric} {}", labels.join(" ")) }
}

fn quantity_of(one: &Json) -> Quantity {
    let by_unit = one["unit"].as_str().and_then(Quantity::of_unit);
    by_unit.unwrap_or_else(|| quantity(one["metric"].as_str().unwrap_or_default()))
}

fn points(one: &Json) -> &[Json] {
    one["points"].as_array().map_or(&[], Vec::as_slice)
}

fn values(one: &Json) -> Vec<Option<f64>> {
    points(one).iter().map(|point| point[1].as_f64()).collect()
}

/// A row of bars from the least value to the greatest; a blank where nothing is known.
pub fn course(values: &[Option<f64>]) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let size = values.len().div_ceil(BARS).max(1);
    let bars: Vec<Option<f64>> = values.chunks(size).map(|chunk| chunk.iter().copied().flatten().reduce(f64::max)).collect();
    let known = || bars.iter().copied().flatten();
    let (Some(least), Some(most)) = (known().reduce(f64::min), known().reduce(f64::max)) else { return String::new() };
    let level = |value: f64| if most > least { ((value - least) / (most - least) * 7.0).round() as usize } else { 0 };
    bars.iter().map(|bar| bar.map_or(' ', |value| LEVELS[level(value).min(7)])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_course_shows_gaps_and_range() {
        assert_eq!(course(&[Some(0.0), None, Some(7.0)]), "▁ █");
        assert_eq!(course(&[Some(3.0), Some(3.0)]), "▁▁");
        assert_eq!(course(&[None]), "");
        assert_eq!(course(&vec![Some(1.0); 400]).chars().count(), 40);
    }

    #[test]
    fn series_are_summed_up_with_units() {
        let answer = json!({"series": [{"metric": "in_bps", "unit": "bit/s", "labels": {}, "points": [[0, 1000.0], [60_000, 3_000_000.0], [120_000, null]]}]});
        let text = series(&answer, false, false);
        assert!(text.lines().nth(1).unwrap().starts_with("in_bps  3 Mbit/s  1 kbit/s"), "{text}");
        let text = series(&answer, true, false);
        assert_eq!(text.lines().nth(1), Some("1970-01-01 00:00:00Z  1 kbit/s"));
        assert_eq!(text.lines().count(), 4);
    }
}
