//! Rollups: what a bucket of samples comes to, and how that stands in columns.
//!
//! A metric has four: how many samples are known, their sum, how far below the mean the least lies, how far above it the greatest. The two
//! distances are small where the values are alike, and so are the columns.

use super::column::MISSING;
use super::layer::FIGURES;
use super::rows::Rows;

/// What the known samples of a bucket come to, in steps of the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) count: i64,
    pub(crate) sum: i64,
    pub(crate) least: i64,
    pub(crate) greatest: i64,
}

impl Tally {
    /// Of one sample; nothing when it is missing.
    pub(crate) fn of(value: i64) -> Option<Self> {
        (value != MISSING).then_some(Self { count: 1, sum: value, least: value, greatest: value })
    }

    /// Of both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            sum: self.sum.saturating_add(other.sum),
            least: self.least.min(other.least),
            greatest: self.greatest.max(other.greatest),
        }
    }

    /// Takes another in, if there is one.
    pub(crate) fn add(to: &mut Option<Self>, other: Option<Self>) {
        *to = match (*to, other) {
            (Some(own), Some(other)) => Some(own.and(other)),
            (own, other) => own.or(other),
        };
    }

    fn mean(count: i64, sum: i64) -> i64 {
        sum.div_euclid(count)
    }

    fn columns(self) -> [i64; FIGURES] {
        let mean = Self::mean(self.count, self.sum);
        [self.count, self.sum, mean.wrapping_sub(self.least), self.greatest.wrapping_sub(mean)]
    }

    /// Reads one row of the columns of a metric.
    pub(crate) fn from_columns([count, sum, below, above]: [i64; FIGURES]) -> Option<Self> {
        if count <= 0 {
            return None;
        }
        let mean = Self::mean(count, sum);
        Some(Self { count, sum, least: mean.wrapping_sub(below), greatest: mean.wrapping_add(above) })
    }
}

/// The rollups of sorted samples in buckets of so many milliseconds; a bucket without samples has no row.
pub(crate) fn roll(samples: &Rows, bucket: i64) -> Rows {
    let metrics = samples.columns.len();
    let mut rolled = Rows::new(metrics * FIGURES);
    let mut tallies: Vec<Option<Tally>> = vec![None; metrics];
    let place = |row: usize| (samples.subjects[row], samples.times[row].div_euclid(bucket) * bucket);
    for row in 0..samples.len() {
        for (tally, column) in tallies.iter_mut().zip(&samples.columns) {
            Tally::add(tally, Tally::of(column[row]));
        }
        let (subject, begin) = place(row);
        if row + 1 == samples.len() || place(row + 1) != (subject, begin) {
            rolled.subjects.push(subject);
            rolled.times.push(begin);
            for (columns, tally) in rolled.columns.chunks_exact_mut(FIGURES).zip(&mut tallies) {
                let values = tally.take().map_or([MISSING; FIGURES], Tally::columns);
                columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            }
        }
    }
    rolled
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples() -> impl Strategy<Value = Rows> {
        let row =
            (0_u128..4, -40_i64..200, prop::array::uniform2(prop_oneof![Just(MISSING), -9_i64..9, -4_600_000_000..4_600_000_000_i64]));
        prop::collection::vec(row, 0..200).prop_map(|all| Rows::of_tuples(all).sorted())
    }

    proptest! {
        #[test]
        fn buckets_hold_what_their_samples_come_to(rows in samples()) {
            let rolled = roll(&rows, 20);
            let mut places: Vec<_> = (0..rows.len()).map(|i| (rows.subjects[i], rows.times[i].div_euclid(20) * 20)).collect();
            places.dedup();
            let held: Vec<_> = rolled.subjects.iter().copied().zip(rolled.times.iter().copied()).collect();
            prop_assert_eq!(&held, &places);
            for (row, (subject, begin)) in places.into_iter().enumerate() {
                for metric in 0..2 {
                    let of_bucket = |i: &usize| rows.subjects[*i] == subject && (begin..begin + 20).contains(&rows.times[*i]);
                    let known: Vec<i64> =
                        (0..rows.len()).filter(of_bucket).map(|i| rows.columns[metric][i]).filter(|v| *v != MISSING).collect();
                    let expected = (!known.is_empty()).then(|| Tally {
                        count: known.len() as i64,
                        sum: known.iter().sum(),
                        least: *known.iter().min().unwrap(),
                        greatest: *known.iter().max().unwrap(),
                    });
                    let columns = std::array::from_fn(|figure| rolled.columns[metric * FIGURES + figure][row]);
                    prop_assert_eq!(Tally::from_columns(columns), expected);
                }
            }
        }
    }

    #[test]
    fn the_greatest_values_there_are_do_not_overflow() {
        let far = 4_600_000_000_000_000_000;
        let both = Tally::of(far).unwrap().and(Tally::of(-far).unwrap());
        assert_eq!(Tally::from_columns(both.columns()), Some(both));
        let twice = Tally::of(far).unwrap().and(Tally::of(far).unwrap());
        assert_eq!(Tally::from_columns(twice.columns()).unwrap().greatest, far);
    }
}
