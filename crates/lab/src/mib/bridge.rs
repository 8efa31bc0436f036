//! BRIDGE-MIB (RFC 4188) and Q-BRIDGE-MIB (RFC 4363) of switches: ports, VLANs and where MAC addresses were seen.

use async_snmp::Value;
use smallvec::smallvec;

use super::{Index, Table, counter32, octets, scalars, text};
use crate::campus::Role;
use crate::campus::model::Family;
use crate::view::View;

/// Users, telephones, wireless, management.
const VLANS: [(u32, &str); 4] = [(10, "users"), (20, "voice"), (30, "wifi"), (99, "management")];

fn is_switch(view: &View) -> bool {
    view.device.role.switches()
}

scalars!(Base, [1, 3, 6, 1, 2, 1, 17, 1], [1, 2, 3], is_switch, |view, column| {
    Some(match column {
        1 => octets(&view.device.mac(view.id, 0)),
        2 => Value::Integer(i32::from(view.device.model.port_count())),
        // transparent-only(2)
        _ => Value::Integer(2),
    })
});

/// dot1dBasePortTable, 1.3.6.1.2.1.17.1.4.1: bridge port to ifIndex.
pub(super) struct Ports;

impl Table for Ports {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 17, 1, 4, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5]
    }

    fn rows(&self, view: &View) -> usize {
        if is_switch(view) { usize::from(view.device.model.port_count()) } else { 0 }
    }

    fn index(&self, _: &View, row: usize) -> Index {
        smallvec![row as u32 + 1]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let interface = view.device.model.port(row as u16 + 1)?;
        Some(match column {
            1 => Value::Integer(i32::from(interface.port)),
            2 => Value::Integer(interface.if_index() as i32),
            3 => Value::ObjectIdentifier(async_snmp::Oid::from_slice(&[0, 0])),
            _ => counter32(0),
        })
    }
}

/// The VLAN of a port's client.
const fn vlan(port: u16) -> u32 {
    if port.is_multiple_of(8) { 20 } else { 10 }
}

/// A learnt address: clients have a locally administered one that grows with the port.
fn client(view: &View, port: u16) -> [u8; 6] {
    let [_, _, high, low] = view.id.to_be_bytes();
    [0x02, 0x1D, 0x6E, high, low, port as u8]
}

fn present(view: &View, port: u16) -> bool {
    view.device.has_client(port) && view.device.model.port(port).is_some_and(|i| view.oper_up(&i))
}

fn is_access(view: &View) -> bool {
    view.device.role == Role::Access
}

fn mac_index(mac: [u8; 6]) -> impl Iterator<Item = u32> {
    mac.into_iter().map(u32::from)
}

/// dot1dTpFdbTable, 1.3.6.1.2.1.17.4.3.1
pub(super) struct Forwarding;

impl Table for Forwarding {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 17, 4, 3, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3]
    }

    fn rows(&self, view: &View) -> usize {
        if is_access(view) { usize::from(view.device.model.port_count()) } else { 0 }
    }

    fn index(&self, view: &View, row: usize) -> Index {
        mac_index(client(view, row as u16 + 1)).collect()
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let port = row as u16 + 1;
        present(view, port).then(|| match column {
            1 => octets(&client(view, port)),
            2 => Value::Integer(i32::from(port)),
            // learned(3)
            _ => Value::Integer(3),
        })
    }
}

/// dot1qTpFdbTable, 1.3.6.1.2.1.17.7.1.2.2.1: by VLAN, then address. IOS has none: it answers per VLAN context.
pub(super) struct QForwarding;

/// Ports by VLAN, then number.
fn port_by_vlan(view: &View, row: usize) -> u16 {
    let ports = view.device.model.port_count();
    let voice = ports / 8;
    let users = usize::from(ports - voice);
    if row >= users {
        return (row - users + 1) as u16 * 8;
    }
    // seven in eight are users': skip every eighth
    (row + row / 7 + 1) as u16
}

impl Table for QForwarding {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 17, 7, 1, 2, 2, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[2, 3]
    }

    fn rows(&self, view: &View) -> usize {
        if view.device.model.family == Family::CiscoIos { 0 } else { Forwarding.rows(view) }
    }

    fn index(&self, view: &View, row: usize) -> Index {
        let port = port_by_vlan(view, row);
        std::iter::once(vlan(port)).chain(mac_index(client(view, port))).collect()
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let port = port_by_vlan(view, row);
        present(view, port).then(|| Value::Integer(if column == 2 { i32::from(port) } else { 3 }))
    }
}

/// dot1qVlanStaticTable, 1.3.6.1.2.1.17.7.1.4.3.1
pub(super) struct Vlans;

impl Table for Vlans {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 17, 7, 1, 4, 3, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 5]
    }

    fn rows(&self, view: &View) -> usize {
        if is_switch(view) && view.device.model.family != Family::CiscoIos { VLANS.len() } else { 0 }
    }

    fn index(&self, _: &View, row: usize) -> Index {
        smallvec![VLANS.get(row).map_or(0, |v| v.0)]
    }

    fn cell(&self, _: &View, column: u32, row: usize) -> Option<Value> {
        let (_, name) = VLANS.get(row)?;
        Some(if column == 1 { text(*name) } else { Value::Integer(1) })
    }
}
