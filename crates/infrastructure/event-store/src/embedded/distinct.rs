//! Counts different values: exactly up to 65,536 of them, and within half a percent (one standard deviation) beyond.
//!
//! Adaptive sampling (Flajolet, *On adaptive sampling*, 1990): of the hashes of all values only those that end in so many zero bits are
//! kept; each time they become too many, one bit more is asked for.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash as _, Hasher};

use tantivy::columnar::ColumnType;
use tantivy::query::Weight;
use tantivy::{DocId, SegmentReader};
use vigie_domain::telemetry::{EventField, FieldType};

/// Hashes that are kept at most.
const MOST: usize = 1 << 16;

/// A hash of a hash is itself.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Different values of one field.
#[derive(Default)]
pub(super) struct Distinct {
    bits: u32,
    kept: HashSet<u64, BuildHasherDefault<Identity>>,
}

impl Distinct {
    /// Looks through a segment.
    pub(super) fn look(&mut self, field: &EventField, reader: &SegmentReader, weight: &dyn Weight) -> tantivy::Result<()> {
        let fast = reader.fast_fields();
        match field.kind {
            FieldType::Keyword | FieldType::Text => {
                let Some(column) = fast.str(field.name)? else { return Ok(()) };
                let mut seen = vec![false; column.num_terms()];
                each(weight, reader, |doc| column.term_ords(doc).for_each(|ord| seen[ord as usize] = true))?;
                let mut text = String::new();
                for (ord, _) in seen.iter().enumerate().filter(|(_, seen)| **seen) {
                    column.ord_to_str(ord as u64, &mut text)?;
                    self.add(hash(text.as_bytes()));
                }
                Ok(())
            }
            FieldType::Address => {
                let column = fast.ip_addr(field.name)?;
                each(weight, reader, |doc| column.values_for_doc(doc).for_each(|address| self.add(hash(&address.octets()))))
            }
            FieldType::Integer | FieldType::Time => {
                let kind = if field.kind == FieldType::Time { ColumnType::DateTime } else { ColumnType::I64 };
                let Some((column, _)) = fast.u64_lenient_for_type(Some(&[kind]), field.name)? else { return Ok(()) };
                each(weight, reader, |doc| column.values_for_doc(doc).for_each(|number| self.add(hash(&number.to_le_bytes()))))
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        (self.kept.len() as u64) << self.bits
    }

    fn add(&mut self, hash: u64) {
        if hash.trailing_zeros() < self.bits {
            return;
        }
        self.kept.insert(hash);
        while self.kept.len() > MOST {
            self.bits += 1;
            let bits = self.bits;
            self.kept.retain(|hash| hash.trailing_zeros() >= bits);
        }
    }
}

fn each(weight: &dyn Weight, reader: &SegmentReader, mut take: impl FnMut(DocId)) -> tantivy::Result<()> {
    weight.for_each_no_score(reader, &mut |docs| docs.iter().for_each(|doc| take(*doc)))
}

/// The same on every run: SipHash with a fixed key.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_exactly_and_many_within_two_percent() {
        for (values, tolerance) in [(0_u64, 0.0), (7, 0.0), (65_536, 0.0), (70_000, 0.02), (1_000_000, 0.02)] {
            let mut distinct = Distinct::default();
            for value in (0..values).chain(0..values / 2) {
                distinct.add(hash(&value.to_le_bytes()));
            }
            let off = (distinct.count() as f64 - values as f64).abs() / (values as f64).max(1.0);
            assert!(off <= tolerance, "{values}: {} is {off} off", distinct.count());
        }
    }
}
