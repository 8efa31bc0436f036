//! Counts different values: exactly up to 65,536 of them, and within half a percent (one standard deviation) beyond.
//!
//! Adaptive sampling (Flajolet, *On adaptive sampling*, 1990): of the hashes of all values only those that end in so many zero bits are
//! kept; each time they become too many, one bit more is asked for.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash as _, Hasher};
use std::net::Ipv6Addr;

use tantivy::columnar::{Column, ColumnType, StrColumn};
use tantivy::{DocId, SegmentReader, TantivyError};
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
    /// Takes in what another one has.
    pub(super) fn merge(&mut self, more: Self) {
        self.bits = self.bits.max(more.bits);
        let bits = self.bits;
        self.kept.retain(|hash| hash.trailing_zeros() >= bits);
        more.kept.into_iter().for_each(|hash| self.add(hash));
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

/// Looks through a segment.
pub(super) struct Looking {
    column: Values,
    distinct: Distinct,
}

/// The values of a field in a segment.
enum Values {
    None,
    Texts(StrColumn, Vec<bool>),
    Addresses(Column<Ipv6Addr>),
    Numbers(Column<u64>),
}

impl Looking {
    pub(super) fn of(field: &EventField, reader: &SegmentReader) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let numbers = |kind| Ok::<_, TantivyError>(fast.u64_lenient_for_type(Some(&[kind]), field.name)?.map(|(column, _)| column));
        let column = match field.kind {
            FieldType::Keyword | FieldType::Text => fast.str(field.name)?.map(|column| {
                let seen = vec![false; column.num_terms()];
                Values::Texts(column, seen)
            }),
            FieldType::Address => Some(Values::Addresses(fast.ip_addr(field.name)?)),
            FieldType::Time => numbers(ColumnType::DateTime)?.map(Values::Numbers),
            FieldType::Integer => numbers(ColumnType::I64)?.map(Values::Numbers),
        };
        Ok(Self { column: column.unwrap_or(Values::None), distinct: Distinct::default() })
    }

    /// Takes in the values of some documents.
    pub(super) fn take(&mut self, docs: &[DocId]) {
        let Self { column, distinct } = self;
        let mut add = |bytes: &[u8]| distinct.add(hash(bytes));
        match column {
            Values::None => {}
            Values::Texts(column, seen) => docs.iter().flat_map(|doc| column.term_ords(*doc)).for_each(|ord| seen[ord as usize] = true),
            Values::Addresses(column) => docs.iter().flat_map(|doc| column.values_for_doc(*doc)).for_each(|own| add(&own.octets())),
            Values::Numbers(column) => docs.iter().flat_map(|doc| column.values_for_doc(*doc)).for_each(|own| add(&own.to_le_bytes())),
        }
    }

    pub(super) fn finish(self) -> tantivy::Result<Distinct> {
        let Self { column, mut distinct } = self;
        if let Values::Texts(column, seen) = column {
            let ords: Vec<u64> = (0..).zip(seen).filter(|(_, seen)| *seen).map(|(ord, _)| ord).collect();
            column.dictionary().sorted_ords_to_term_cb(&ords, |text| distinct.add(hash(text)))?;
        }
        Ok(distinct)
    }
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
            let mut halves = [Distinct::default(), Distinct::default()];
            (0..values).for_each(|value| halves[value as usize % 2].add(hash(&value.to_le_bytes())));
            let [mut one, other] = halves;
            one.merge(other);
            assert_eq!(one.count(), distinct.count(), "{values}, in two parts");
        }
    }
}
