//! CISCO-CDP-MIB: what Cisco devices tell each other, on those where it was left on.

use async_snmp::Value;
use smallvec::smallvec;

use super::{Index, Table, octets, scalars, system, text};
use crate::campus::{Device, Peer, Role};
use crate::view::View;

/// Two in three Cisco devices still have it on.
fn speaks(device: &Device) -> bool {
    device.model.family.is_cisco() && device.draw.of(60).chance(0.67)
}

scalars!(Global, [1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 3], [1, 2, 3, 4], |view| view.device.model.family.is_cisco(), |view, column| {
    Some(match column {
        1 => Value::Integer(if speaks(view.device) { 1 } else { 2 }),
        2 => Value::Integer(60),
        3 => Value::Integer(180),
        _ => text(view.device.name.as_str()),
    })
});

/// cdpCacheTable, 1.3.6.1.4.1.9.9.23.1.2.1.1
pub(super) struct Cache;

impl Table for Cache {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 4, 1, 9, 9, 23, 1, 2, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[3, 4, 5, 6, 7, 8, 9, 11, 12]
    }

    fn rows(&self, view: &View) -> usize {
        if speaks(view.device) { view.device.ports.len() } else { 0 }
    }

    fn index(&self, view: &View, row: usize) -> Index {
        let interface = view.device.ports.get(row).and_then(|&(port, _)| view.device.model.port(port));
        smallvec![interface.map_or(0, |i| i.if_index()), row as u32 + 1]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let &(port, cable) = view.device.ports.get(row)?;
        let (peer, device) = view.neighbour(port, cable).filter(|(_, device)| speaks(device))?;
        Some(entry(view, peer, device, column))
    }
}

fn entry(view: &View, peer: Peer, device: &Device, column: u32) -> Value {
    match column {
        3 => Value::Integer(1),
        4 => octets(&device.address.octets()),
        5 => text(system::description(&View { id: peer.device, device, ..*view })),
        6 => text(device.name.as_str()),
        7 => text(device.model.port(peer.port).map(|i| i.descr()).unwrap_or_default()),
        8 => text(format!("cisco {}", device.model.name)),
        9 => octets(&capabilities(device.role).to_be_bytes()),
        11 => Value::Integer(99),
        _ => Value::Integer(3),
    }
}

/// router 0x01, switch 0x08, IGMP 0x20
const fn capabilities(role: Role) -> u32 {
    match role {
        Role::Router => 0x01 | 0x20,
        Role::Access => 0x08 | 0x20,
        _ => 0x01 | 0x08 | 0x20,
    }
}
