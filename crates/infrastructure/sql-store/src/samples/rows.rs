//! Samples in memory: columns of whole multiples of the metrics' steps.

use vigie_domain::Id;
use vigie_domain::telemetry::{Metric, SampleBatch};

use super::column::MISSING;

/// Rows of one metric set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) subjects: Vec<Id>,
    pub(crate) times: Vec<i64>,
    pub(crate) columns: Vec<Vec<i64>>,
}

impl Rows {
    /// No rows, of this many metrics.
    pub(crate) fn new(metrics: usize) -> Self {
        Self { subjects: Vec::new(), times: Vec::new(), columns: vec![Vec::new(); metrics] }
    }

    /// The rows of a batch.
    pub(crate) fn of_batch(batch: &SampleBatch) -> Self {
        let columns = batch.set.metrics.iter().zip(&batch.columns);
        Self {
            subjects: batch.subjects.clone(),
            times: batch.times.iter().map(|t| t.0).collect(),
            columns: columns.map(|(metric, values)| values.iter().map(|v| to_steps(metric, *v)).collect()).collect(),
        }
    }

    /// Rows of subject, time and values, in this order.
    #[cfg(test)]
    pub(crate) fn of_tuples<const METRICS: usize>(rows: Vec<(u128, i64, [i64; METRICS])>) -> Self {
        let mut all = Self::new(METRICS);
        for (subject, time, values) in rows {
            all.subjects.push(Id::fixed(subject));
            all.times.push(time);
            all.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// Adds the rows of another, which may know fewer metrics (it was written before the set grew) or more.
    pub(crate) fn extend(&mut self, other: &Self) {
        let len = self.len() + other.len();
        self.subjects.extend(&other.subjects);
        self.times.extend(&other.times);
        for (i, column) in self.columns.iter_mut().enumerate() {
            if let Some(values) = other.columns.get(i) {
                column.extend(values);
            }
            column.resize(len, MISSING);
        }
    }

    /// These rows alone, in this order.
    pub(crate) fn pick(&self, rows: &[usize]) -> Self {
        Self {
            subjects: rows.iter().map(|row| self.subjects[*row]).collect(),
            times: rows.iter().map(|row| self.times[*row]).collect(),
            columns: self.columns.iter().map(|column| rows.iter().map(|row| column[*row]).collect()).collect(),
        }
    }

    /// The places of the rows in the order of subjects and times. Of two rows of one subject and time the later one counts.
    pub(crate) fn order(&self) -> Vec<usize> {
        let key = |i: usize| (self.subjects[i], self.times[i]);
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|i| key(*i));
        // of equal neighbours the first of the reversed order is the later one
        order.reverse();
        order.dedup_by_key(|i| key(*i));
        order.reverse();
        order
    }

    /// The rows in that order.
    pub(crate) fn sorted(&self) -> Self {
        self.pick(&self.order())
    }

    /// Where each subject begins and ends; the rows must be sorted.
    pub(crate) fn spans(&self) -> Vec<(Id, std::ops::Range<usize>)> {
        let mut spans: Vec<(Id, std::ops::Range<usize>)> = Vec::new();
        for (i, subject) in self.subjects.iter().enumerate() {
            match spans.last_mut() {
                Some((last, span)) if last == subject => span.end = i + 1,
                _ => spans.push((*subject, i..i + 1)),
            }
        }
        spans
    }
}

/// A value in steps of its metric; what is no number is missing.
fn to_steps(metric: &Metric, value: f64) -> i64 {
    const LIMIT: f64 = 4.6e18;
    let steps = if metric.step < 1.0 { value * (1.0 / metric.step).round() } else { value / metric.step };
    if steps.is_finite() { steps.round().clamp(-LIMIT, LIMIT) as i64 } else { MISSING }
}

/// The value of that many steps, `None` when it is missing.
pub(crate) fn from_steps(metric: &Metric, steps: i64) -> Option<f64> {
    (steps != MISSING).then(|| in_units(metric, steps))
}

/// That many steps in the unit of the metric. Divided by whole steps a unit, so that 3 tenths are 0.3.
pub(crate) fn in_units(metric: &Metric, steps: i64) -> f64 {
    if metric.step < 1.0 { steps as f64 / (1.0 / metric.step).round() } else { steps as f64 * metric.step }
}
