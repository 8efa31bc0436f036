//! LLDP-MIB (IEEE 802.1AB-2005): the local system and what its neighbours say of themselves.

use async_snmp::{Oid, Value};
use smallvec::smallvec;

use super::{Index, Table, octets, scalars, system, text};
use crate::campus::model::{Family, PortId};
use crate::campus::{Device, Interface, Peer, Role};
use crate::view::View;

scalars!(Configuration, [1, 0, 8802, 1, 1, 2, 1, 1], [1, 2, 3, 4, 5], |_| true, |_, column| {
    Some(Value::Integer(match column {
        1 => 30,
        2 => 4,
        3 | 4 => 2,
        _ => 5,
    }))
});

scalars!(Statistics, [1, 0, 8802, 1, 1, 2, 1, 2], [1, 2, 3, 4, 5], |_| true, |view, column| {
    let changes = view.device.ports.iter().filter_map(|&(port, _)| view.device.model.port(port));
    Some(match column {
        1 => Value::TimeTicks(changes.map(|i| view.last_change(&i)).max().unwrap_or(0)),
        2 => Value::Gauge32(view.device.ports.len() as u32),
        _ => Value::Gauge32(0),
    })
});

scalars!(Local, [1, 0, 8802, 1, 1, 2, 1, 3], [1, 2, 3, 4, 5, 6], |_| true, |view, column| Some(system_cell(
    view,
    view.id,
    view.device,
    column
)));

/// Chassis id subtype and value, name, description, capabilities supported and enabled: the same six for the
/// local system and for a neighbour.
fn system_cell(view: &View, id: u32, device: &Device, column: u32) -> Value {
    match column {
        1 => Value::Integer(4),
        2 => octets(&device.mac(id, 0)),
        3 => text(device.name.as_str()),
        4 => text(system::description(&View { id, device, ..*view })),
        _ => octets(&[capabilities(device.role), 0][..capability_octets(device)]),
    }
}

/// LldpSystemCapabilitiesMap: bridge(2), wlanAccessPoint(3), router(4), stationOnly(7), from the high bit.
const fn capabilities(role: Role) -> u8 {
    match role {
        Role::Router => 0x08,
        Role::Core | Role::Distribution => 0x28,
        Role::Access => 0x20,
        Role::AccessPoint => 0x30,
        Role::Server | Role::Recording => 0x01,
    }
}

/// Some agents send the sixteen bits of the frame, others the eight that are defined.
fn capability_octets(device: &Device) -> usize {
    if matches!(device.model.family, Family::Junos | Family::Linux) { 2 } else { 1 }
}

/// lldpLocPortNum: the ifIndex, save where the agent counts ports for itself.
fn local_number(device: &Device, interface: &Interface) -> u32 {
    match device.model.family {
        Family::CiscoIos => u32::from(interface.port),
        _ => interface.if_index(),
    }
}

/// LldpPortIdSubtype and LldpPortId.
fn port_id(id: u32, device: &Device, interface: &Interface) -> (i32, Value) {
    match device.model.port_id {
        PortId::Name => (5, text(interface.name())),
        PortId::Mac => (3, octets(&device.mac(id, interface.port))),
        PortId::IfIndex => (7, text(interface.if_index().to_string())),
        PortId::Number => (7, text(interface.port.to_string())),
    }
}

/// lldpLocPortTable, 1.0.8802.1.1.2.1.3.7.1
pub(super) struct LocalPorts;

impl Table for LocalPorts {
    fn entry(&self) -> &'static [u32] {
        &[1, 0, 8802, 1, 1, 2, 1, 3, 7, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[2, 3, 4]
    }

    fn rows(&self, view: &View) -> usize {
        usize::from(view.device.model.port_count())
    }

    fn index(&self, view: &View, row: usize) -> Index {
        smallvec![view.device.model.port(row as u16 + 1).map_or(0, |i| local_number(view.device, &i))]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let interface = view.device.model.port(row as u16 + 1)?;
        let (subtype, id) = port_id(view.id, view.device, &interface);
        Some(match column {
            2 => Value::Integer(subtype),
            3 => id,
            _ => text(interface.descr()),
        })
    }
}

/// lldpLocManAddrTable, 1.0.8802.1.1.2.1.3.8.1
pub(super) struct LocalAddresses;

impl Table for LocalAddresses {
    fn entry(&self) -> &'static [u32] {
        &[1, 0, 8802, 1, 1, 2, 1, 3, 8, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[3, 4, 5, 6]
    }

    fn rows(&self, _: &View) -> usize {
        1
    }

    fn index(&self, view: &View, _: usize) -> Index {
        address_index(view.device)
    }

    fn cell(&self, view: &View, column: u32, _: usize) -> Option<Value> {
        Some(match column {
            3 => Value::Integer(5),
            4 => Value::Integer(2),
            5 => Value::Integer(view.management_index() as i32),
            _ => Value::ObjectIdentifier(Oid::from_slice(&[0, 0])),
        })
    }
}

/// Address family ipV4(1), four octets, the address.
fn address_index(device: &Device) -> Index {
    let mut index: Index = smallvec![1, 4];
    index.extend(device.address.octets().map(u32::from));
    index
}

/// lldpRemTable, 1.0.8802.1.1.2.1.4.1.1
pub(super) struct Remote;

impl Table for Remote {
    fn entry(&self) -> &'static [u32] {
        &[1, 0, 8802, 1, 1, 2, 1, 4, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[4, 5, 6, 7, 8, 9, 10, 11, 12]
    }

    fn rows(&self, view: &View) -> usize {
        view.device.ports.len()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        remote_index(view, row)
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let (peer, device) = neighbour(view, row)?;
        match column {
            4 | 5 => Some(system_cell(view, peer.device, device, column - 3)),
            9..=12 => Some(system_cell(view, peer.device, device, column - 6)),
            _ => {
                let interface = device.model.port(peer.port)?;
                let (subtype, id) = port_id(peer.device, device, &interface);
                Some(match column {
                    6 => Value::Integer(subtype),
                    7 => id,
                    _ => text(interface.descr()),
                })
            }
        }
    }
}

/// lldpRemManAddrTable, 1.0.8802.1.1.2.1.4.2.1
pub(super) struct RemoteAddresses;

impl Table for RemoteAddresses {
    fn entry(&self) -> &'static [u32] {
        &[1, 0, 8802, 1, 1, 2, 1, 4, 2, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[3, 4, 5]
    }

    fn rows(&self, view: &View) -> usize {
        view.device.ports.len()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        let mut index = remote_index(view, row);
        if let Some(&(port, cable)) = view.device.ports.get(row) {
            let peer = view.campus.peer(cable, view.id, port);
            index.extend(address_index(&view.campus.devices[peer.device as usize]));
        }
        index
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let (peer, device) = neighbour(view, row)?;
        let there = View { id: peer.device, device, ..*view };
        Some(match column {
            3 => Value::Integer(2),
            4 => Value::Integer(there.management_index() as i32),
            _ => Value::ObjectIdentifier(Oid::from_slice(&[0, 0])),
        })
    }
}

fn neighbour<'a>(view: &View<'a>, row: usize) -> Option<(Peer, &'a Device)> {
    let &(port, cable) = view.device.ports.get(row)?;
    view.neighbour(port, cable)
}

/// lldpRemTimeMark, lldpRemLocalPortNum, lldpRemIndex.
fn remote_index(view: &View, row: usize) -> Index {
    let Some(interface) = view.device.ports.get(row).and_then(|&(port, _)| view.device.model.port(port)) else { return Index::new() };
    let time_mark = match view.device.model.family {
        Family::Junos | Family::Linux => 4_000,
        _ => 0,
    };
    smallvec![time_mark, local_number(view.device, &interface), row as u32 + 1]
}
