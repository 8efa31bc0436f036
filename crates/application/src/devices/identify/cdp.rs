//! CISCO-CDP-MIB: cdpCacheTable. Other makers keep it too.

use std::collections::HashMap;
use std::net::IpAddr;

use vigie_domain::devices::{NeighbourProtocol, SnmpError, SnmpValue, TableRow};

use super::agent::{Agent, cell, cell_number, cell_text};
use super::interfaces::Port;
use super::neighbours::Heard;
use super::text::{address, text_or_hex};

const CACHE_ENTRY: &[u32] = &[1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 2, 1, 1];
/// cdpCacheAddressType, cdpCacheAddress, cdpCacheVersion, cdpCacheDeviceId, cdpCacheDevicePort, cdpCachePlatform, cdpCacheCapabilities.
const CACHE_COLUMNS: &[u32] = &[3, 4, 5, 6, 7, 8, 9];
/// Bits of cdpCacheCapabilities, in the words of LLDP.
const CAPABILITIES: [(u32, &str); 6] =
    [(0x01, "router"), (0x02, "bridge"), (0x04, "bridge"), (0x08, "bridge"), (0x10, "station"), (0x80, "telephone")];

/// Reads the neighbours.
pub(super) async fn read(agent: &Agent<'_>, ports: &[Port]) -> Result<Vec<Heard>, SnmpError> {
    let (rows, _) = agent.table(CACHE_ENTRY, CACHE_COLUMNS).await?;
    let names: HashMap<u32, &str> = ports.iter().map(|p| (p.if_index, p.name.as_str())).collect();
    Ok(rows.iter().filter_map(|row| heard(row, &names)).collect())
}

fn heard(row: &TableRow, names: &HashMap<u32, &str>) -> Option<Heard> {
    let if_index = *row.index.arcs().first()?;
    let device_id = cell(row, 3).and_then(SnmpValue::as_bytes).and_then(|bytes| text_or_hex(bytes))?;
    let platform = cell_text(row, 5);
    let version = cell_text(row, 2);
    Some(Heard {
        protocol: NeighbourProtocol::Cdp,
        if_index: names.contains_key(&if_index).then_some(if_index),
        local_port: names.get(&if_index).map_or_else(|| if_index.to_string(), |name| (*name).to_owned()),
        system_name: Some(system_name(&device_id).to_owned()),
        chassis_id: Some(device_id),
        chassis_id_kind: Some("cdp_device_id"),
        port_id: cell_text(row, 4),
        port_id_kind: Some("interface_name"),
        port_description: None,
        system_description: [platform, version].into_iter().flatten().reduce(|a, b| format!("{a}, {b}")),
        management_addresses: management(row).into_iter().collect(),
        capabilities: capabilities(row),
    })
}

/// NX-OS writes `name(SERIAL)`.
fn system_name(device_id: &str) -> &str {
    match device_id.split_once('(') {
        Some((name, rest)) if rest.ends_with(')') && !name.is_empty() => name,
        _ => device_id,
    }
}

fn management(row: &TableRow) -> Option<IpAddr> {
    let octets = cell(row, 1)?.as_bytes()?;
    // type ip(1) or ipv6(20); agents that leave it out mean ip
    let known = cell_number(row, 0).is_none_or(|kind| matches!(kind, 1 | 20));
    address(octets.iter().map(|b| u32::from(*b)).collect::<Vec<_>>().into_iter()).filter(|a| known && !a.is_unspecified())
}

fn capabilities(row: &TableRow) -> Vec<&'static str> {
    let Some(octets) = cell(row, 6).and_then(SnmpValue::as_bytes) else { return Vec::new() };
    let bits = octets.iter().take(4).fold(0u32, |bits, octet| bits << 8 | u32::from(*octet));
    let mut words: Vec<&str> = CAPABILITIES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, word)| *word).collect();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_gives_the_name() {
        assert_eq!(system_name("core-1(FOX1234ABCD)"), "core-1");
        assert_eq!(system_name("sw1.example.net"), "sw1.example.net");
        assert_eq!(system_name("(odd)"), "(odd)");
    }
}
