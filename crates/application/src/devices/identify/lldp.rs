//! LLDP-MIB (IEEE 802.1AB-2005): the local ports and the neighbours heard on them.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use vigie_domain::devices::{NeighbourProtocol, SnmpError, TableRow};

use super::agent::{Agent, cell, cell_number, cell_text};
use super::interfaces::Port;
use super::lldp_id::{capabilities, chassis_kind, id, port_kind};
use super::neighbours::Heard;
use super::port_index::{PortIndex, PortKey};
use super::text::family_address;

const LOCAL_PORT_ENTRY: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 3, 7, 1];
/// lldpLocPortIdSubtype, lldpLocPortId, lldpLocPortDesc.
const LOCAL_PORT_COLUMNS: &[u32] = &[2, 3, 4];
const REMOTE_ENTRY: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 4, 1, 1];
/// lldpRemChassisIdSubtype to lldpRemSysCapEnabled.
const REMOTE_COLUMNS: &[u32] = &[4, 5, 6, 7, 8, 9, 10, 11, 12];
const REMOTE_ADDRESS_ENTRY: &[u32] = &[1, 0, 8802, 1, 1, 2, 1, 4, 2, 1];
/// lldpRemManAddrIfSubtype, lldpRemManAddrIfId: either shows that the row is there.
const REMOTE_ADDRESS_COLUMNS: &[u32] = &[3, 4];
/// dot1dBasePortIfIndex (BRIDGE-MIB, RFC 4188).
const BRIDGE_PORT_ENTRY: &[u32] = &[1, 3, 6, 1, 2, 1, 17, 1, 4, 1];
const BRIDGE_PORT_COLUMNS: &[u32] = &[2];

/// Reads the neighbours, and notes on each port under which id the device announces it.
pub(super) async fn read(agent: &Agent<'_>, ports: &mut [Port]) -> Result<Vec<Heard>, SnmpError> {
    let (remote, _) = agent.table(REMOTE_ENTRY, REMOTE_COLUMNS).await?;
    let (local, _) = agent.table(LOCAL_PORT_ENTRY, LOCAL_PORT_COLUMNS).await.unwrap_or_default();
    if remote.is_empty() && local.is_empty() {
        return Ok(Vec::new());
    }
    let (addresses, _) = agent.table(REMOTE_ADDRESS_ENTRY, REMOTE_ADDRESS_COLUMNS).await.unwrap_or_default();
    let locals = locals(&local);
    let mapped = LocalPorts::new(agent, ports, &locals).await;
    for (number, one) in &locals {
        if let Some(place) = mapped.place(*number) {
            ports[place].lldp_port_id.clone_from(&one.id);
        }
    }
    let addresses = management(&addresses);
    Ok(remote.iter().filter_map(|row| heard(row, &locals, &mapped, ports, &addresses)).collect())
}

/// A row of lldpLocPortTable.
struct Local {
    kind: Option<&'static str>,
    id: Option<String>,
    description: Option<String>,
}

fn locals(rows: &[TableRow]) -> BTreeMap<u32, Local> {
    let local = |row: &TableRow| {
        let [number] = row.index.arcs() else { return None };
        let kind = port_kind(cell_number(row, 0));
        Some((*number, Local { kind, id: id(kind, cell(row, 1)), description: cell_text(row, 2) }))
    };
    rows.iter().filter_map(local).collect()
}

/// Which port a local port number is.
struct LocalPorts {
    index: PortIndex,
    mapped: HashMap<u32, usize>,
    bridge: HashMap<u32, u32>,
}

impl LocalPorts {
    async fn new(agent: &Agent<'_>, ports: &[Port], locals: &BTreeMap<u32, Local>) -> Self {
        let index = PortIndex::new(ports.iter().map(key));
        let told = |local: &Local| index.resolve_own(local.kind, local.id.as_deref(), local.description.as_deref());
        let mapped: HashMap<u32, usize> = locals.iter().filter_map(|(number, local)| Some((*number, told(local)?))).collect();
        // lldpLocPortNum may be a bridge port number (IEEE 802.1AB-2005, section 12.1): asked for only where the ids do not tell
        let silent = locals.is_empty() || mapped.len() < locals.len();
        let bridge = if silent { bridge_ports(agent).await } else { HashMap::new() };
        Self { index, mapped, bridge }
    }

    /// The place of the port in the list of ports.
    fn place(&self, number: u32) -> Option<usize> {
        let told = self.mapped.get(&number).copied();
        let bridged = || self.bridge.get(&number).and_then(|if_index| self.index.by_index(*if_index));
        told.or_else(bridged).or_else(|| self.index.by_index(number))
    }
}

fn key(port: &Port) -> PortKey<'_> {
    PortKey {
        if_index: port.if_index,
        name: &port.name,
        description: port.description.as_deref(),
        alias: port.alias.as_deref(),
        mac: port.mac.as_deref(),
        kind: port.kind.as_deref(),
        lldp_port_id: None,
    }
}

/// Bridge ports and their ifIndex.
pub(super) async fn bridge_ports(agent: &Agent<'_>) -> HashMap<u32, u32> {
    let (rows, _) = agent.table(BRIDGE_PORT_ENTRY, BRIDGE_PORT_COLUMNS).await.unwrap_or_default();
    let pair = |row: &TableRow| Some((*row.index.arcs().first()?, u32::try_from(cell_number(row, 0)?).ok()?));
    rows.iter().filter_map(pair).collect()
}

/// lldpRemLocalPortNum and lldpRemIndex: lldpRemTimeMark before them changes with every restart of the neighbour.
type RemoteKey = (u32, u32);

fn remote_key(arcs: &[u32]) -> Option<RemoteKey> {
    match arcs {
        [_, port, index, ..] => Some((*port, *index)),
        _ => None,
    }
}

fn management(rows: &[TableRow]) -> HashMap<RemoteKey, Vec<IpAddr>> {
    let mut found: HashMap<RemoteKey, Vec<IpAddr>> = HashMap::new();
    for row in rows {
        let arcs = row.index.arcs();
        if let (Some(key), Some((address, _))) = (remote_key(arcs), arcs.get(3..).and_then(family_address)) {
            found.entry(key).or_default().push(address);
        }
    }
    found
}

fn heard(
    row: &TableRow,
    locals: &BTreeMap<u32, Local>,
    mapped: &LocalPorts,
    ports: &[Port],
    addresses: &HashMap<RemoteKey, Vec<IpAddr>>,
) -> Option<Heard> {
    let key = remote_key(row.index.arcs())?;
    let port = mapped.place(key.0).and_then(|place| ports.get(place));
    let told = || locals.get(&key.0).and_then(|local| local.id.clone().or_else(|| local.description.clone()));
    let local_port = port.map(|p| p.name.clone()).or_else(told).unwrap_or_else(|| key.0.to_string());
    let found = remote(row, port.map(|p| p.if_index), local_port);
    let mut management_addresses = addresses.get(&key).cloned().unwrap_or_default();
    management_addresses.sort_unstable();
    management_addresses.dedup();
    let heard = Heard { management_addresses, ..found };
    says_who(&heard).then_some(heard)
}

/// The columns of lldpRemTable from the subtype of the chassis id on, which LLDP-V2-MIB has in the same order.
pub(super) fn remote(row: &TableRow, if_index: Option<u32>, local_port: String) -> Heard {
    let chassis_id_kind = chassis_kind(cell_number(row, 0));
    let port_id_kind = port_kind(cell_number(row, 2));
    Heard {
        protocol: NeighbourProtocol::Lldp,
        if_index,
        local_port,
        chassis_id: id(chassis_id_kind, cell(row, 1)),
        chassis_id_kind,
        port_id: id(port_id_kind, cell(row, 3)),
        port_id_kind,
        port_description: cell_text(row, 4),
        system_name: cell_text(row, 5),
        system_description: cell_text(row, 6),
        management_addresses: Vec::new(),
        capabilities: capabilities(cell(row, 8), cell(row, 7)),
    }
}

/// Agents keep rows of neighbours that left, emptied.
pub(super) fn says_who(heard: &Heard) -> bool {
    heard.chassis_id.is_some() || heard.system_name.is_some()
}
