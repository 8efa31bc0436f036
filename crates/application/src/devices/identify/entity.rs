//! ENTITY-MIB (RFC 6933): the chassis.

use std::collections::BTreeMap;

use vigie_domain::devices::{Oid, SnmpError, TableRow};

use super::agent::{Agent, cell_number, cell_text};

const PHYSICAL_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1];
/// entPhysicalClass, entPhysicalContainedIn, entPhysicalSerialNum, entPhysicalSoftwareRev, entPhysicalFirmwareRev.
const SHAPE: &[u32] = &[5, 4, 11, 10, 9];
/// PhysicalClass: other(1), unknown(2), chassis(3), module(9), stack(11).
const OTHER: u64 = 1;
const UNKNOWN: u64 = 2;
const CHASSIS: u64 = 3;
const MODULE: u64 = 9;
const STACK: u64 = 11;

/// What ENTITY-MIB says of the device as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chassis {
    /// entPhysicalDescr.
    pub descr: Option<String>,
    /// entPhysicalName.
    pub name: Option<String>,
    /// entPhysicalHardwareRev.
    pub hardware: Option<String>,
    /// entPhysicalFirmwareRev.
    pub firmware: Option<String>,
    /// entPhysicalSoftwareRev.
    pub software: Option<String>,
    /// entPhysicalSerialNum.
    pub serial: Option<String>,
    /// entPhysicalMfgName.
    pub maker: Option<String>,
    /// entPhysicalModelName.
    pub model: Option<String>,
}

impl Chassis {
    /// What it is sold as: entPhysicalModelName, else what entPhysicalDescr calls it.
    pub fn product(&self) -> Option<&String> {
        self.model.as_ref().or(self.descr.as_ref())
    }
}

/// Reads the chassis: of a stack, the first one in it. Empty where the agent has no ENTITY-MIB.
pub(super) async fn read(agent: &Agent<'_>) -> Result<Chassis, SnmpError> {
    let (rows, _) = agent.table(PHYSICAL_ENTRY, SHAPE).await?;
    // agents that fill neither class nor place nor revision tell of one thing alone, under the first index
    let index = chassis(&rows).unwrap_or(1);
    let first = details(agent, index).await?;
    let first = Chassis {
        // agents that leave the chassis empty tell of its board instead; power supplies and transceivers are not meant
        serial: first.serial.or_else(|| of_board(&rows, 2)),
        software: first.software.or_else(|| of_board(&rows, 3)),
        firmware: first.firmware.or_else(|| of_board(&rows, 4)),
        ..first
    };
    // a virtual chassis and some single-board devices name themselves in the module below
    let lacking = first.serial.is_none() || first.model.is_none();
    let Some(inner) = below(&rows, index).filter(|_| lacking) else { return Ok(first) };
    let second = details(agent, inner).await?;
    Ok(Chassis {
        serial: first.serial.or(second.serial),
        model: first.model.or(second.model),
        software: first.software.or(second.software),
        firmware: first.firmware.or(second.firmware),
        hardware: first.hardware.or(second.hardware),
        maker: first.maker.or(second.maker),
        ..first
    })
}

fn index(row: &TableRow) -> Option<u32> {
    row.index.arcs().first().copied()
}

/// The first text of a column that the chassis, a stack or a board has.
fn of_board(rows: &[TableRow], place: usize) -> Option<String> {
    let is_board = |row: &&TableRow| matches!(cell_number(row, 0), None | Some(OTHER | UNKNOWN | CHASSIS | MODULE | STACK));
    rows.iter().filter(is_board).filter_map(|row| cell_text(row, place)).find(|text| says_something(text))
}

/// The first chassis; else the stack; else the first thing that is contained in nothing, or the first at all.
fn chassis(rows: &[TableRow]) -> Option<u32> {
    let of_class = |class| rows.iter().find(|row| cell_number(row, 0) == Some(class)).and_then(index);
    let outermost = || rows.iter().find(|row| cell_number(row, 1) == Some(0)).and_then(index);
    of_class(CHASSIS).or_else(|| of_class(STACK)).or_else(outermost).or_else(|| rows.first().and_then(index))
}

/// The first chassis or module that is contained in `parent`.
fn below(rows: &[TableRow], parent: u32) -> Option<u32> {
    let parents: BTreeMap<u32, u64> = rows.iter().filter_map(|row| Some((index(row)?, cell_number(row, 1)?))).collect();
    let inside = |row: &&TableRow| {
        matches!(cell_number(row, 0), Some(CHASSIS | MODULE)) && index(row).and_then(|i| parents.get(&i)) == Some(&u64::from(parent))
    };
    rows.iter().find(inside).and_then(index)
}

async fn details(agent: &Agent<'_>, index: u32) -> Result<Chassis, SnmpError> {
    let oid = |column: u32| Oid::new(PHYSICAL_ENTRY).child(&[column, index]);
    let oids: Vec<Oid> = [2, 7, 8, 9, 10, 11, 12, 13].map(oid).into();
    let values = agent.get(&oids).await?;
    let text = |place: usize| values.of(&oids[place]).and_then(vigie_domain::devices::SnmpValue::as_text).filter(|t| says_something(t));
    Ok(Chassis {
        descr: text(0),
        name: text(1),
        hardware: text(2),
        firmware: text(3),
        software: text(4),
        serial: text(5),
        maker: text(6),
        model: text(7),
    })
}

/// Agents fill what they do not know with words that mean nothing.
pub(super) fn says_something(text: &str) -> bool {
    const EMPTY: [&str; 14] = [
        "n/a",
        "na",
        "none",
        "unknown",
        "not available",
        "not applicable",
        "unspecified",
        "null",
        "-",
        "0",
        "default string",
        "to be filled by o.e.m.",
        "system serial number",
        "not specified",
    ];
    let lower = text.trim().to_ascii_lowercase();
    !lower.is_empty() && !EMPTY.contains(&lower.as_str())
}
