//! LLDP-V2-MIB (IEEE 802.1AB-2009): ports are numbered by ifIndex there.

use std::collections::HashMap;
use std::net::IpAddr;

use vigie_domain::devices::{SnmpError, TableRow};

use super::agent::Agent;
use super::interfaces::Port;
use super::lldp::{remote, says_who};
use super::neighbours::Heard;
use super::text::family_address;

const REMOTE_ENTRY: &[u32] = &[1, 3, 111, 2, 802, 1, 1, 13, 1, 4, 1, 1];
/// lldpV2RemChassisIdSubtype to lldpV2RemSysCapEnabled.
const REMOTE_COLUMNS: &[u32] = &[5, 6, 7, 8, 9, 10, 11, 12, 13];
const ADDRESS_ENTRY: &[u32] = &[1, 3, 111, 2, 802, 1, 1, 13, 1, 4, 2, 1];
/// lldpV2RemManAddrIfSubtype, lldpV2RemManAddrIfId.
const ADDRESS_COLUMNS: &[u32] = &[3, 4];

/// Reads the neighbours.
pub(super) async fn read(agent: &Agent<'_>, ports: &[Port]) -> Result<Vec<Heard>, SnmpError> {
    let (rows, _) = agent.table(REMOTE_ENTRY, REMOTE_COLUMNS).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (addresses, _) = agent.table(ADDRESS_ENTRY, ADDRESS_COLUMNS).await.unwrap_or_default();
    let mut managed: HashMap<Key, Vec<IpAddr>> = HashMap::new();
    for row in &addresses {
        let arcs = row.index.arcs();
        if let (Some(key), Some((address, _))) = (key(arcs), arcs.get(4..).and_then(family_address)) {
            managed.entry(key).or_default().push(address);
        }
    }
    let names: HashMap<u32, &str> = ports.iter().map(|p| (p.if_index, p.name.as_str())).collect();
    let heard = |row: &TableRow| {
        let key = key(row.index.arcs())?;
        let name = names.get(&key.0).map_or_else(|| key.0.to_string(), |name| (*name).to_owned());
        let mut found = remote(row, names.contains_key(&key.0).then_some(key.0), name);
        found.management_addresses = managed.get(&key).cloned().unwrap_or_default();
        found.management_addresses.sort_unstable();
        says_who(&found).then_some(found)
    };
    Ok(rows.iter().filter_map(heard).collect())
}

/// lldpV2RemLocalIfIndex and lldpV2RemIndex; before them stands the time mark, between them the destination address.
type Key = (u32, u32);

fn key(arcs: &[u32]) -> Option<Key> {
    match arcs {
        [_, if_index, _, index, ..] => Some((*if_index, *index)),
        _ => None,
    }
}
