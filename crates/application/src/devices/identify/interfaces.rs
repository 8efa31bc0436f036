//! IF-MIB (RFC 2863): ifTable and ifXTable.

use std::collections::BTreeMap;

use vigie_domain::devices::{AdminStatus, OperStatus, SnmpError, SnmpValue, TableRow};

use super::agent::{Agent, cell, cell_number, cell_text};
use super::if_type;
use super::text::mac_or_text;

const IF_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 2, 2, 1];
/// ifDescr, ifType, ifMtu, ifSpeed, ifPhysAddress, ifAdminStatus, ifOperStatus, ifLastChange.
const IF_COLUMNS: &[u32] = &[2, 3, 4, 5, 6, 7, 8, 9];
const IF_X_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1];
/// ifName, ifHighSpeed, ifAlias.
const IF_X_COLUMNS: &[u32] = &[1, 15, 18];

/// Faster than ten terabit per second nothing is; agents that say more mean that they do not know.
const FASTEST_MBPS: u64 = 10_000_000;

/// An interface as the device tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// ifIndex.
    pub if_index: u32,
    /// ifName, else ifDescr, else `if` and the ifIndex.
    pub name: String,
    /// ifAlias.
    pub alias: Option<String>,
    /// ifDescr.
    pub description: Option<String>,
    /// ifType, by its IANA name.
    pub kind: Option<String>,
    /// ifPhysAddress, where it is a MAC.
    pub mac: Option<String>,
    /// ifMtu, octets.
    pub mtu: Option<u32>,
    /// Bits per second.
    pub speed_bps: Option<u64>,
    /// ifAdminStatus.
    pub admin_status: AdminStatus,
    /// ifOperStatus.
    pub oper_status: OperStatus,
    /// ifLastChange, hundredths of a second of sysUpTime.
    pub last_change: Option<u32>,
    /// The port id under which the device announces it over LLDP.
    pub lldp_port_id: Option<String>,
}

impl Port {
    /// Whether it is one that a cable can be in, as far as its type tells.
    pub fn is_physical(&self) -> bool {
        self.kind.as_deref().is_none_or(if_type::is_physical)
    }
}

/// Reads the interfaces; the flag says that the table was cut.
pub(super) async fn read(agent: &Agent<'_>) -> Result<(Vec<Port>, bool), SnmpError> {
    let (rows, truncated) = agent.table(IF_ENTRY, IF_COLUMNS).await?;
    // agents of before 1996 have no ifXTable, and some stop answering in it: the ports are worth having without it
    let (more, _) = agent.table(IF_X_ENTRY, IF_X_COLUMNS).await.unwrap_or_default();
    let more: BTreeMap<u32, &TableRow> = more.iter().filter_map(|row| Some((index(row)?, row))).collect();
    let ports = rows.iter().filter_map(|row| index(row).map(|i| port(i, row, more.get(&i).copied()))).collect();
    Ok((ports, truncated))
}

/// ifIndex: the one arc of the index.
fn index(row: &TableRow) -> Option<u32> {
    match row.index.arcs() {
        [index] => Some(*index),
        _ => None,
    }
}

fn port(if_index: u32, row: &TableRow, more: Option<&TableRow>) -> Port {
    let description = cell_text(row, 0);
    let name = more.and_then(|m| cell_text(m, 0)).or_else(|| description.clone());
    let high = more.and_then(|m| cell_number(m, 1));
    Port {
        if_index,
        name: name.unwrap_or_else(|| format!("if{if_index}")),
        alias: more.and_then(|m| cell_text(m, 2)),
        description,
        kind: cell_number(row, 1).map(if_type::name),
        mac: cell(row, 4).and_then(SnmpValue::as_bytes).and_then(|bytes| mac_or_text(bytes)),
        mtu: cell_number(row, 2).and_then(|v| u32::try_from(v).ok()).filter(|v| *v > 0),
        speed_bps: speed(cell_number(row, 3), high),
        admin_status: AdminStatus::from_mib(cell_number(row, 5)),
        oper_status: OperStatus::from_mib(cell_number(row, 6)),
        last_change: cell_number(row, 7).and_then(|v| u32::try_from(v).ok()),
        lldp_port_id: None,
    }
}

/// ifSpeed is exact up to 4.29 Gbit/s, ifHighSpeed is in whole Mbit/s (RFC 2863, section 3.1.6). Where they disagree by more than its
/// rounding, ifSpeed wrapped or was capped, and ifHighSpeed holds.
fn speed(low: Option<u64>, high: Option<u64>) -> Option<u64> {
    let low = low.filter(|v| *v > 0);
    let high = high.filter(|v| (1..=FASTEST_MBPS).contains(v)).map(|v| v * 1_000_000);
    match (low, high) {
        (Some(low), Some(high)) if low < u64::from(u32::MAX) && low.abs_diff(high) <= 500_000 => Some(low),
        (_, Some(high)) => Some(high),
        (Some(low), None) => Some(low),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_the_more_exact_of_the_two() {
        assert_eq!(speed(Some(1_544_000), Some(2)), Some(1_544_000));
        assert_eq!(speed(Some(4_294_967_295), Some(10_000)), Some(10_000_000_000));
        assert_eq!(speed(Some(1_410_065_408), Some(10_000)), Some(10_000_000_000), "wrapped");
        assert_eq!(speed(Some(64_000), Some(0)), Some(64_000));
        assert_eq!(speed(Some(0), None), None);
        assert_eq!(speed(None, Some(4_294_901_759)), None, "nonsense");
    }
}
