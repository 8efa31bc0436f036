//! Reading series.

use vigie_domain::telemetry::{Metric, SeriesData, SeriesPart, SeriesQuery, Statistic};
use vigie_domain::{Error, ErrorKind, Id, Result, Timestamp};

use super::choice::{self, Piece};
use super::layer::FIGURES;
use super::place::nodes;
use super::rollup::Tally;
use super::rows::{from_steps, in_units};
use super::store::Files;
use super::{column::Damaged, pack};
use crate::engine::{self, Connection};
use crate::error;

/// Points a series may have: far more than a chart, far less than the memory.
const MOST_POINTS: i64 = 1_000_000;

/// Reads the series of each subject and metric, in the order of the query.
pub(crate) async fn read(files: &Files, query: &SeriesQuery) -> Result<Vec<SeriesData>> {
    let step = query.step.as_millis() as i64;
    if step > 0 && (query.to.0.saturating_sub(query.from.0)) / step > MOST_POINTS {
        let detail = format!("the range has more than {MOST_POINTS} points of this step");
        return Err(Error::new(ErrorKind::LimitExceeded, "limit_exceeded", detail).solution("ask for a shorter range or a longer step"));
    }
    let mut lent = files.reader().await?;
    let mut connection = lent.connection();
    let pieces = if query.from < query.to { choice::pieces(&mut connection, query).await? } else { Vec::new() };
    let parts: Vec<SeriesPart> = pieces.iter().map(|piece| part(piece, query)).collect();
    let mut series = Vec::with_capacity(query.subjects.len() * query.metrics.len());
    for subject in &query.subjects {
        let mut held = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            held.push(Held::read(&mut connection, piece, *subject, query).await?);
        }
        for (place, metric) in query.metrics.iter().enumerate() {
            let points = query.set.metrics.get(*metric).map_or(Vec::new(), |m| points(&held, m, place, query, step));
            series.push(SeriesData { subject: *subject, metric: *metric, points, parts: parts.clone() });
        }
    }
    Ok(series)
}

/// The part of the range that a piece answers; a bucket that the range cuts is counted whole.
fn part(piece: &Piece, query: &SeriesQuery) -> SeriesPart {
    let (from, to) = (piece.span.from.max(query.from.0), piece.span.to.min(query.to.0));
    SeriesPart { from: Timestamp(from), to: Timestamp(to), resolution: piece.span.resolution }
}

/// What is held of one subject within a piece of the range, in order of time.
struct Held {
    /// Whether the rows are samples, and not rollups.
    raw: bool,
    times: Vec<i64>,
    columns: Vec<Vec<i64>>,
}

impl Held {
    /// Reads loose chunks before blocks: what is packed between the two is then seen twice, and not missed.
    async fn read(connection: &mut Connection<'_>, piece: &Piece, subject: Id, query: &SeriesQuery) -> Result<Self> {
        let wanted = piece.layer.columns_of(&query.metrics);
        let mut held = Self { raw: piece.layer.is_raw(), times: Vec::new(), columns: vec![Vec::new(); wanted.len()] };
        let (first, last) = (piece.layer.window(piece.span.from), piece.layer.window(piece.span.to - 1));
        let mut values: Vec<sea_query::Value> = vec![piece.set_id.into(), first.into(), last.into()];
        values.extend(nodes(subject).map(sea_query::Value::from));
        let loose = "SELECT data FROM chunks \
            WHERE set_id = $1 AND node IN ($4, $5, $6, $7, $8, $9, $10, $11, $12) AND \"window\" BETWEEN $2 AND $3 ORDER BY id";
        let loose = engine::raw_rows(connection, loose, values).await.map_err(error::storage)?;
        let packed = "SELECT blocks.data FROM windows CROSS JOIN blocks \
            WHERE windows.set_id = $1 AND windows.window BETWEEN $2 AND $3 \
            AND blocks.set_id = $1 AND blocks.window = windows.window AND blocks.subject = $4 ORDER BY windows.window";
        let values = vec![piece.set_id.into(), first.into(), last.into(), subject.0.into()];
        let packed = engine::raw_rows(connection, packed, values).await.map_err(error::storage)?;
        for row in packed.iter().chain(&loose) {
            if let Err(Damaged) = held.add(row.bytes(0)?, subject, piece, &wanted) {
                tracing::warn!(%subject, set = piece.layer.name(), "a block of samples is damaged and left out");
            }
        }
        held.settle();
        Ok(held)
    }

    fn add(&mut self, data: &[u8], subject: Id, piece: &Piece, wanted: &[usize]) -> Result<(), Damaged> {
        let Some((times, columns)) = pack::read_subject(data, subject, wanted)? else { return Ok(()) };
        let begin = times.partition_point(|t| *t < piece.span.from);
        let end = times.partition_point(|t| *t < piece.span.to).max(begin);
        self.times.extend_from_slice(&times[begin..end]);
        for (all, values) in self.columns.iter_mut().zip(&columns) {
            all.extend_from_slice(&values[begin..end]);
        }
        Ok(())
    }

    /// Puts the rows in order; of two of one time the later written counts.
    fn settle(&mut self) {
        if self.times.is_sorted_by(|a, b| a < b) {
            return;
        }
        let mut order: Vec<usize> = (0..self.times.len()).collect();
        order.sort_by_key(|i| self.times[*i]);
        let kept: Vec<usize> = order
            .iter()
            .enumerate()
            .filter(|(n, i)| order.get(n + 1).is_none_or(|j| self.times[*j] != self.times[**i]))
            .map(|(_, i)| *i)
            .collect();
        let pick = |values: &[i64]| kept.iter().map(|i| values[*i]).collect();
        self.times = pick(&self.times);
        self.columns = self.columns.iter().map(|c| pick(c)).collect();
    }

    /// What a row comes to, of the metric at this place of the query.
    fn tally(&self, row: usize, place: usize) -> Option<Tally> {
        if self.raw {
            return Tally::of(self.columns[place][row]);
        }
        Tally::from_columns(std::array::from_fn(|figure| self.columns[place * FIGURES + figure][row]))
    }
}

/// The points of the metric at this place of the query.
fn points(held: &[Held], metric: &Metric, place: usize, query: &SeriesQuery, step: i64) -> Vec<(Timestamp, Option<f64>)> {
    if step == 0 {
        let rows = held.iter().flat_map(|held| held.times.iter().zip(&held.columns[place]));
        return rows.map(|(at, value)| (Timestamp(*at), from_steps(metric, *value))).collect();
    }
    if held.iter().all(|held| held.times.is_empty()) {
        return Vec::new();
    }
    let first = query.from.0.div_euclid(step);
    let count = (query.to.0 - 1).div_euclid(step) - first + 1;
    let mut tallies: Vec<Option<Tally>> = vec![None; count as usize];
    for held in held {
        for (row, at) in held.times.iter().enumerate() {
            // a bucket that the range cuts may begin before it
            let point = (at.div_euclid(step) - first).max(0) as usize;
            if let Some(tally) = tallies.get_mut(point) {
                Tally::add(tally, held.tally(row, place));
            }
        }
    }
    let value = |tally: Option<Tally>| tally.map(|tally| told(metric, tally, query.statistic));
    tallies.into_iter().zip(first..).map(|(tally, place)| (Timestamp(place * step), value(tally))).collect()
}

fn told(metric: &Metric, tally: Tally, statistic: Statistic) -> f64 {
    match statistic {
        Statistic::Mean => in_units(metric, tally.sum) / tally.count as f64,
        Statistic::Min => in_units(metric, tally.least),
        Statistic::Max => in_units(metric, tally.greatest),
        Statistic::Count => tally.count as f64,
    }
}
