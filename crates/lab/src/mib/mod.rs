//! The MIB of a device as tables whose cells are computed when they are asked for.
//!
//! A table has columns and rows; a scalar group is a table with one row, `0`. All columns of all tables
//! stand in one sorted list, so that walking is stepping through (column, row) pairs, and nothing is stored.

mod addresses;
mod bridge;
mod cdp;
mod cisco;
mod engine;
mod entity;
mod host;
mod interfaces;
mod lldp;
mod sensors;
mod system;
mod vendors;

use std::sync::OnceLock;

use async_snmp::{Oid, Value};
use bytes::Bytes;
use smallvec::SmallVec;

use crate::view::View;

/// The part of an OID after the column.
pub type Index = SmallVec<[u32; 16]>;

/// A place in a MIB: something to read, and to step on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

/// What an agent serves: a computed device or a recording.
pub trait Mib {
    /// The value of an instance, or `NoSuchObject` or `NoSuchInstance` (RFC 3416, section 4.2.1).
    fn get(&self, oid: &[u32]) -> Value;
    /// The first instance after `oid`.
    fn after(&self, oid: &[u32]) -> Option<Cursor>;
    /// The instance after another.
    fn step(&self, at: Cursor) -> Option<Cursor>;
    /// Name and value of an instance; none if it went away since.
    fn read(&self, at: Cursor) -> Option<(Oid, Value)>;
}

/// A table, or a scalar group.
trait Table: Sync {
    /// OID of the entry: columns are one arc below.
    fn entry(&self) -> &'static [u32];
    /// Columns, ascending.
    fn columns(&self) -> &'static [u32];
    /// How many rows this device has.
    fn rows(&self, view: &View) -> usize;
    /// Index of a row; ascends with it.
    fn index(&self, view: &View, row: usize) -> Index;
    /// The cell; none where the row has no such column at present.
    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value>;
}

/// Declares a scalar group: `scalars!(NAME, oid, columns, |view| present, |view, column| value)`.
macro_rules! scalars {
    ($name:ident, $entry:expr, $columns:expr, $present:expr, $cell:expr) => {
        pub(super) struct $name;
        impl $crate::mib::Table for $name {
            fn entry(&self) -> &'static [u32] {
                &$entry
            }
            fn columns(&self) -> &'static [u32] {
                &$columns
            }
            fn rows(&self, view: &$crate::view::View) -> usize {
                let present: fn(&$crate::view::View) -> bool = $present;
                usize::from(present(view))
            }
            fn index(&self, _: &$crate::view::View, _: usize) -> $crate::mib::Index {
                smallvec::smallvec![0]
            }
            fn cell(&self, view: &$crate::view::View, column: u32, _: usize) -> Option<async_snmp::Value> {
                let cell: fn(&$crate::view::View, u32) -> Option<async_snmp::Value> = $cell;
                cell(view, column)
            }
        }
    };
}
use scalars;

/// Every table; order does not matter here.
static TABLES: &[&dyn Table] = &[
    &system::System,
    &interfaces::Count,
    &interfaces::IfTable,
    &interfaces::IfXTable,
    &addresses::Forwarding,
    &addresses::IpAddrTable,
    &addresses::IpAddressTable,
    &addresses::NetToMedia,
    &host::System,
    &host::MemorySize,
    &host::Storage,
    &host::Devices,
    &host::Processors,
    &host::LoadAverage,
    &host::UcdMemory,
    &host::UcdCpu,
    &bridge::Base,
    &bridge::Ports,
    &bridge::Forwarding,
    &bridge::QForwarding,
    &bridge::Vlans,
    &entity::Physical,
    &sensors::Sensors,
    &cisco::Memory,
    &cisco::Process,
    &cdp::Global,
    &cdp::Cache,
    &vendors::JuniperOperating,
    &vendors::ProCurveCpu,
    &vendors::ProCurveMemory(vendors::LOCAL_MEMORY),
    &vendors::ProCurveMemory(vendors::GLOBAL_MEMORY),
    &vendors::MikroTikHealth,
    &engine::Framework,
    &engine::UsmStats,
    &lldp::Configuration,
    &lldp::Statistics,
    &lldp::Local,
    &lldp::LocalPorts,
    &lldp::LocalAddresses,
    &lldp::Remote,
    &lldp::RemoteAddresses,
];

struct Column {
    oid: SmallVec<[u32; 16]>,
    number: u32,
    table: &'static dyn Table,
}

/// All columns, by OID. None is the prefix of another (a test sees to it).
fn columns() -> &'static [Column] {
    static COLUMNS: OnceLock<Vec<Column>> = OnceLock::new();
    COLUMNS.get_or_init(|| {
        let mut all: Vec<Column> =
            TABLES.iter().flat_map(|&table| table.columns().iter().map(move |&number| column(table, number))).collect();
        all.sort_by(|a, b| a.oid.cmp(&b.oid));
        all
    })
}

fn column(table: &'static dyn Table, number: u32) -> Column {
    let mut oid: SmallVec<[u32; 16]> = table.entry().into();
    oid.push(number);
    Column { oid, number, table }
}

impl Mib for View<'_> {
    fn get(&self, oid: &[u32]) -> Value {
        let Some(column) = covering(oid) else { return Value::NoSuchObject };
        let rows = column.table.rows(self);
        if rows == 0 {
            return Value::NoSuchObject;
        }
        let index = &oid[column.oid.len()..];
        let row = first_row(self, column.table, rows, |at| at < index);
        let found = row < rows && column.table.index(self, row)[..] == *index;
        found.then(|| column.table.cell(self, column.number, row)).flatten().unwrap_or(Value::NoSuchInstance)
    }

    fn after(&self, oid: &[u32]) -> Option<Cursor> {
        let all = columns();
        let place = all.partition_point(|c| &c.oid[..] <= oid);
        let Some(inside) = place.checked_sub(1).filter(|&p| oid.starts_with(&all[p].oid)) else {
            return self.present(place, 0);
        };
        let table = all[inside].table;
        let index = &oid[all[inside].oid.len()..];
        let row = first_row(self, table, table.rows(self), |at| at <= index);
        self.present(inside, row)
    }

    fn step(&self, at: Cursor) -> Option<Cursor> {
        self.present(at.major as usize, at.minor as usize + 1)
    }

    fn read(&self, at: Cursor) -> Option<(Oid, Value)> {
        let column = columns().get(at.major as usize)?;
        let value = column.table.cell(self, column.number, at.minor as usize)?;
        let index = column.table.index(self, at.minor as usize);
        Some((Oid::new(column.oid.iter().chain(&index).copied()), value))
    }
}

impl View<'_> {
    /// The first place from (column, row) on where there is a cell.
    fn present(&self, mut major: usize, mut row: usize) -> Option<Cursor> {
        let all = columns();
        while let Some(column) = all.get(major) {
            let rows = column.table.rows(self);
            if rows == 0 {
                major += all[major..].iter().take_while(|c| c.table.entry() == column.table.entry()).count();
                row = 0;
                continue;
            }
            while row < rows {
                if column.table.cell(self, column.number, row).is_some() {
                    return Some(Cursor { major: major as u32, minor: row as u32 });
                }
                row += 1;
            }
            major += 1;
            row = 0;
        }
        None
    }
}

/// The column that an OID is an instance of.
fn covering(oid: &[u32]) -> Option<&'static Column> {
    let all = columns();
    let place = all.partition_point(|c| &c.oid[..] <= oid).checked_sub(1)?;
    oid.starts_with(&all[place].oid).then(|| &all[place])
}

/// The first row whose index is not `before`.
fn first_row(view: &View, table: &dyn Table, rows: usize, before: impl Fn(&[u32]) -> bool) -> usize {
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low.midpoint(high);
        if before(&table.index(view, middle)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A DisplayString.
fn text(value: impl Into<String>) -> Value {
    Value::OctetString(Bytes::from(value.into()))
}

/// An OCTET STRING.
fn octets(value: &[u8]) -> Value {
    Value::OctetString(Bytes::copy_from_slice(value))
}

/// A Counter32: the low half of a 64-bit count.
const fn counter32(value: u64) -> Value {
    Value::Counter32(value as u32)
}

#[cfg(test)]
mod tests;
