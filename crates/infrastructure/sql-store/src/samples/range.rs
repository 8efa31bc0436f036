//! Reading series.

use vigie_domain::telemetry::{Metric, SeriesData, SeriesQuery};
use vigie_domain::{Error, ErrorKind, Id, Result, Timestamp};

use super::place::{nodes, window};
use super::rows::from_steps;
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
    let set = files.set_id(&mut connection, query.set).await?;
    let mut series = Vec::with_capacity(query.subjects.len() * query.metrics.len());
    for subject in &query.subjects {
        let mut held = Held::new(query.metrics.len());
        if let Some(set) = set
            && query.from < query.to
        {
            held.read(&mut connection, set, *subject, query).await?;
        }
        for (column, metric) in query.metrics.iter().enumerate() {
            let points = query.set.metrics.get(*metric).map_or(Vec::new(), |m| held.points(m, column, query, step));
            series.push(SeriesData { subject: *subject, metric: *metric, points });
        }
    }
    Ok(series)
}

/// What is held of one subject within the range, in order of time.
struct Held {
    times: Vec<i64>,
    columns: Vec<Vec<i64>>,
}

impl Held {
    fn new(metrics: usize) -> Self {
        Self { times: Vec::new(), columns: vec![Vec::new(); metrics] }
    }

    /// Reads loose chunks before blocks: what is packed between the two is then seen twice, and not missed.
    async fn read(&mut self, connection: &mut Connection<'_>, set: i64, subject: Id, query: &SeriesQuery) -> Result<()> {
        let (first, last) = (window(query.from.0), window(query.to.0 - 1));
        let mut values: Vec<sea_query::Value> = vec![set.into(), first.into(), last.into()];
        values.extend(nodes(subject).map(sea_query::Value::from));
        let loose = "SELECT data FROM chunks \
            WHERE set_id = $1 AND node IN ($4, $5, $6, $7, $8, $9, $10, $11, $12) AND \"window\" BETWEEN $2 AND $3 ORDER BY id";
        let loose = engine::raw_rows(connection, loose, values).await.map_err(error::storage)?;
        let packed = "SELECT blocks.data FROM windows CROSS JOIN blocks \
            WHERE windows.set_id = $1 AND windows.window BETWEEN $2 AND $3 \
            AND blocks.set_id = $1 AND blocks.window = windows.window AND blocks.subject = $4 ORDER BY windows.window";
        let values = vec![set.into(), first.into(), last.into(), subject.0.into()];
        let packed = engine::raw_rows(connection, packed, values).await.map_err(error::storage)?;
        for row in packed.iter().chain(&loose) {
            if let Err(Damaged) = self.add(row.bytes(0)?, subject, query) {
                tracing::warn!(%subject, set = query.set.name, "a block of samples is damaged and left out");
            }
        }
        self.settle();
        Ok(())
    }

    fn add(&mut self, data: &[u8], subject: Id, query: &SeriesQuery) -> Result<(), Damaged> {
        let Some((times, columns)) = pack::read_subject(data, subject, &query.metrics)? else { return Ok(()) };
        let begin = times.partition_point(|t| *t < query.from.0);
        let end = times.partition_point(|t| *t < query.to.0).max(begin);
        self.times.extend_from_slice(&times[begin..end]);
        for (all, values) in self.columns.iter_mut().zip(&columns) {
            all.extend_from_slice(&values[begin..end]);
        }
        Ok(())
    }

    /// Puts the samples in order; of two of one time the later written counts.
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

    fn points(&self, metric: &Metric, column: usize, query: &SeriesQuery, step: i64) -> Vec<(Timestamp, Option<f64>)> {
        let values = self.times.iter().zip(&self.columns[column]).map(|(t, v)| (*t, from_steps(metric, *v)));
        if step == 0 {
            return values.map(|(t, v)| (Timestamp(t), v)).collect();
        }
        if self.times.is_empty() {
            return Vec::new();
        }
        let first = query.from.0.div_euclid(step);
        let count = (query.to.0 - 1).div_euclid(step) - first + 1;
        let mut sums = vec![(0.0, 0_u32); count as usize];
        for (time, value) in values {
            if let (Some(value), Some(sum)) = (value, sums.get_mut((time.div_euclid(step) - first) as usize)) {
                *sum = (sum.0 + value, sum.1 + 1);
            }
        }
        let average = |(sum, known): (f64, u32)| (known > 0).then(|| sum / f64::from(known));
        sums.into_iter().zip(first..).map(|(sum, place)| (Timestamp(place * step), average(sum))).collect()
    }
}
