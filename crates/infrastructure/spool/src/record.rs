//! A batch of samples as a record of the log: little-endian, column by column, compressed (Zstandard, RFC 8878).

use vigie_domain::telemetry::{SampleBatch, metric_set};
use vigie_domain::{Id, Timestamp};

/// Of the form below.
const VERSION: u8 = 1;

/// Bytes of a batch that are unpacked at most: the log takes records of 16 MiB, and samples shrink to a third.
const LARGEST: usize = 128 << 20;

/// The batch as bytes.
///
/// # Errors
/// Those of the compressor.
pub(crate) fn encode(batch: &SampleBatch) -> std::io::Result<Vec<u8>> {
    let rows = batch.len();
    let mut bytes = Vec::with_capacity(16 + rows * (24 + 8 * batch.columns.len()));
    bytes.push(VERSION);
    bytes.push(batch.set.name.len() as u8);
    bytes.extend_from_slice(batch.set.name.as_bytes());
    bytes.push(batch.columns.len() as u8);
    bytes.extend_from_slice(&(rows as u32).to_le_bytes());
    batch.subjects.iter().for_each(|subject| bytes.extend_from_slice(subject.0.as_bytes()));
    batch.times.iter().for_each(|at| bytes.extend_from_slice(&at.0.to_le_bytes()));
    batch.columns.iter().flatten().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    zstd::bulk::compress(&bytes, 1)
}

/// The batch of these bytes; `None` when they are none, or of a set or column that this version does not know.
pub(crate) fn decode(packed: &[u8]) -> Option<SampleBatch> {
    let bytes = zstd::bulk::decompress(packed, LARGEST).ok()?;
    let mut rest = Rest(&bytes);
    if rest.byte()? != VERSION {
        return None;
    }
    let length = rest.byte()?.into();
    let set = metric_set(std::str::from_utf8(rest.take(length)?).ok()?)?;
    let columns: usize = rest.byte()?.into();
    let rows = u32::from_le_bytes(rest.array()?) as usize;
    if columns > set.metrics.len() || rest.0.len() != rows.checked_mul(24 + 8 * columns)? {
        return None;
    }
    let mut batch = SampleBatch::with_capacity(set, rows);
    for _ in 0..rows {
        batch.subjects.push(Id(uuid::Uuid::from_bytes(rest.array()?)));
    }
    for _ in 0..rows {
        batch.times.push(Timestamp(i64::from_le_bytes(rest.array()?)));
    }
    for (place, column) in batch.columns.iter_mut().enumerate() {
        for _ in 0..rows {
            // a set may have grown since
            column.push(if place < columns { f64::from_le_bytes(rest.array()?) } else { f64::NAN });
        }
    }
    Some(batch)
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vigie_domain::telemetry::{CHECK, DEVICE, INTERFACE};

    use super::*;

    fn bits(batch: &SampleBatch) -> Vec<Vec<u64>> {
        batch.columns.iter().map(|column| column.iter().map(|value| value.to_bits()).collect()).collect()
    }

    proptest! {
        #[test]
        fn a_batch_comes_back_as_it_was(rows in prop::collection::vec((any::<u128>(), any::<i64>(), prop::collection::vec(any::<f64>(), 14)), 0..50), which in 0..3usize) {
            let set = [&INTERFACE, &DEVICE, &CHECK][which];
            let mut batch = SampleBatch::new(set);
            for (subject, at, values) in rows {
                batch.push(Id(uuid::Uuid::from_u128(subject)), Timestamp(at), &values);
            }
            let back = decode(&encode(&batch).unwrap()).unwrap();
            prop_assert_eq!(back.set.name, set.name);
            prop_assert_eq!(&back.subjects, &batch.subjects);
            prop_assert_eq!(&back.times, &batch.times);
            prop_assert_eq!(bits(&back), bits(&batch));
        }

        #[test]
        fn bytes_that_are_no_batch_are_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&bytes).is_none());
            // whole to the compressor, and still nonsense
            let _ = decode(&zstd::bulk::compress(&bytes, 1).unwrap());
        }
    }

    #[test]
    fn a_batch_of_before_a_set_grew_has_nothing_in_the_new_columns() {
        let mut batch = SampleBatch::new(&CHECK);
        batch.push(Id::new(), Timestamp(7), &[1.0, 2.0, 3.0, 4.0]);
        batch.columns.pop();
        let back = decode(&encode(&batch).unwrap()).unwrap();
        assert_eq!(back.columns.len(), CHECK.metrics.len());
        assert!(back.columns[3][0].is_nan());
        assert!((back.columns[2][0] - 3.0).abs() < f64::EPSILON);
    }
}
