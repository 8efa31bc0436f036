//! The columns of IF-MIB (RFC 2863) that a poll reads.

use vigie_domain::devices::{AdminStatus, Oid, OperStatus, SnmpValue};

use super::counters::{
    Counters, IN_BROADCAST, IN_DISCARDS, IN_ERRORS, IN_MULTICAST, IN_OCTETS, IN_PACKETS, OUT_BROADCAST, OUT_DISCARDS, OUT_ERRORS,
    OUT_MULTICAST, OUT_OCTETS, OUT_PACKETS,
};

/// What a column tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A counter of 64 bits; columns of the same place are added.
    Wide(usize),
    /// A counter of 64 bits that is also part of a sum: the place of the sum, and its own.
    Part(usize, usize),
    /// A counter of 32 bits.
    Narrow(usize),
    Admin,
    Oper,
    Discontinuity,
}

use Meaning::{Admin, Discontinuity, Narrow, Oper, Part, Wide};

const fn if_entry(column: u32) -> [u32; 11] {
    [1, 3, 6, 1, 2, 1, 2, 2, 1, column, 0]
}

const fn if_x_entry(column: u32) -> [u32; 11] {
    [1, 3, 6, 1, 2, 1, 31, 1, 1, 1, column]
}

/// The arcs of a column; ifEntry's are one shorter than ifXEntry's, and padded with a zero.
const COLUMNS: [([u32; 11], Meaning); 21] = [
    (if_entry(7), Admin),
    (if_entry(8), Oper),
    (if_x_entry(19), Discontinuity),
    (if_entry(13), Narrow(IN_DISCARDS)),
    (if_entry(14), Narrow(IN_ERRORS)),
    (if_entry(19), Narrow(OUT_DISCARDS)),
    (if_entry(20), Narrow(OUT_ERRORS)),
    (if_x_entry(6), Wide(IN_OCTETS)),
    (if_x_entry(7), Wide(IN_PACKETS)),
    (if_x_entry(8), Part(IN_PACKETS, IN_MULTICAST)),
    (if_x_entry(9), Part(IN_PACKETS, IN_BROADCAST)),
    (if_x_entry(10), Wide(OUT_OCTETS)),
    (if_x_entry(11), Wide(OUT_PACKETS)),
    (if_x_entry(12), Part(OUT_PACKETS, OUT_MULTICAST)),
    (if_x_entry(13), Part(OUT_PACKETS, OUT_BROADCAST)),
    (if_entry(10), Narrow(IN_OCTETS)),
    (if_entry(11), Narrow(IN_PACKETS)),
    (if_entry(12), Narrow(IN_PACKETS)),
    (if_entry(16), Narrow(OUT_OCTETS)),
    (if_entry(17), Narrow(OUT_PACKETS)),
    (if_entry(18), Narrow(OUT_PACKETS)),
];

/// A set of columns: those a device has, or those one request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSet(u32);

impl ColumnSet {
    /// None.
    pub const NONE: Self = Self(0);
    /// ifAdminStatus and ifOperStatus: asked always.
    pub const STATUS: Self = Self(0b11);
    /// Status, discontinuity, errors and discards, and the counters of 64 bits.
    pub const WIDE: Self = Self((1 << 15) - 1);
    /// Octets and packets in 32 bits, for agents and slow lines without those of 64.
    pub const NARROW: Self = Self(0b11_1111 << 15);

    /// What an SNMPv1 agent can have: it knows no counters of 64 bits.
    pub const OLD: Self = Self(0b1_1111_1000_0000_0111_1011);

    /// Both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are here.
    #[cfg(test)]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn places(self) -> impl Iterator<Item = usize> + Clone {
        (0..COLUMNS.len()).filter(move |i| self.0 & (1 << i) != 0)
    }

    /// Each by itself, in order.
    pub fn columns(self) -> impl Iterator<Item = Self> {
        self.places().map(|place| Self(1 << place))
    }

    /// Reads a number of the one column that this is.
    pub fn read_number(self, number: u64, into: &mut PortReading, present: &mut Self) {
        present.0 |= self.0;
        for place in self.places() {
            into.take(COLUMNS[place].1, number);
        }
    }

    /// Their object identifiers, in order.
    pub fn oids(self) -> Vec<Oid> {
        self.places().map(column_oid).collect()
    }

    /// Their instances of one interface, in order.
    pub fn instances(self, if_index: u32) -> impl Iterator<Item = Oid> {
        self.places().map(move |i| column_oid(i).child(&[if_index]))
    }

    /// Reads the values of these columns, in order, of one interface; adds the columns that were there to `present`.
    pub fn read<'v>(self, values: impl IntoIterator<Item = &'v SnmpValue>, into: &mut PortReading, present: &mut Self) {
        for (column, value) in self.columns().zip(values) {
            if let Some(number) = value.as_u64() {
                column.read_number(number, into, present);
            }
        }
    }
}

fn column_oid(place: usize) -> Oid {
    let arcs = &COLUMNS[place].0;
    Oid::new(arcs.strip_suffix(&[0]).unwrap_or(arcs))
}

/// What one poll read of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortReading {
    /// ifAdminStatus.
    pub admin: Option<AdminStatus>,
    /// ifOperStatus.
    pub oper: Option<OperStatus>,
    /// Counters.
    pub counters: Counters,
}

impl PortReading {
    fn take(&mut self, meaning: Meaning, number: u64) {
        match meaning {
            Admin => self.admin = Some(AdminStatus::from_mib(Some(number))),
            Oper => self.oper = Some(OperStatus::from_mib(Some(number))),
            Discontinuity => self.counters.discontinuity = number as u32,
            Wide(place) => self.add(place, number, true),
            Part(sum, own) => {
                self.add(sum, number, true);
                self.add(own, number, true);
            }
            // the counter of 64 bits comes first in the order of columns, and wins
            Narrow(place) if self.counters.get(place).is_some() && self.counters.is_wide(place) => {}
            Narrow(place) => self.add(place, number, false),
        }
    }

    /// The sum of counters modulo their width is a counter of that width.
    fn add(&mut self, place: usize, number: u64, wide: bool) {
        let sum = self.counters.get(place).unwrap_or(0).wrapping_add(number);
        self.counters.set(place, if wide { sum } else { sum & u64::from(u32::MAX) }, wide);
    }

    /// Whether it has no octets in 64 bits.
    pub fn lacks_wide(&self) -> bool {
        self.counters.get(IN_OCTETS).is_none() || !self.counters.is_wide(IN_OCTETS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_mib() {
        let oids: Vec<_> = ColumnSet::WIDE.and(ColumnSet::NARROW).oids().iter().map(ToString::to_string).collect();
        assert_eq!(oids[0], "1.3.6.1.2.1.2.2.1.7");
        assert_eq!(oids[7], "1.3.6.1.2.1.31.1.1.1.6");
        assert_eq!(oids[15], "1.3.6.1.2.1.2.2.1.10");
        assert_eq!(oids.len(), 21);
        let instance = ColumnSet::STATUS.instances(10_101).next().unwrap();
        assert_eq!(instance.to_string(), "1.3.6.1.2.1.2.2.1.7.10101");
    }

    #[test]
    fn packets_are_added_and_wide_counters_win() {
        let mut values = vec![SnmpValue::Absent; 21];
        for (place, value) in [(8, 5), (9, 6), (10, 7), (7, 1_000), (15, 9)] {
            values[place] = SnmpValue::Counter64(value);
        }
        let (mut reading, mut present) = (PortReading::default(), ColumnSet(0));
        ColumnSet::WIDE.and(ColumnSet::NARROW).read(&values, &mut reading, &mut present);
        assert_eq!(reading.counters.get(IN_PACKETS), Some(18));
        assert_eq!([IN_MULTICAST, IN_BROADCAST, OUT_BROADCAST].map(|place| reading.counters.get(place)), [Some(6), Some(7), None]);
        assert_eq!(reading.counters.get(IN_OCTETS), Some(1_000));
        assert_eq!(reading.counters.get(OUT_OCTETS), None);
        assert!(present.has(ColumnSet(1 << 15)) && !present.has(ColumnSet::STATUS));
        assert!(!reading.lacks_wide());
    }

    #[test]
    fn a_sum_of_narrow_counters_wraps_as_one() {
        let mut reading = PortReading::default();
        reading.take(Narrow(IN_PACKETS), u64::from(u32::MAX));
        reading.take(Narrow(IN_PACKETS), 2);
        assert_eq!(reading.counters.get(IN_PACKETS), Some(1));
        assert!(reading.lacks_wide());
    }
}
