//! IP-MIB (RFC 4293, and the older ipAddrTable of RFC 1213): addresses and the ARP cache.

use std::net::Ipv4Addr;

use async_snmp::{Oid, Value};
use smallvec::smallvec;

use super::{Index, Table, octets, scalars};
use crate::campus::Role;
use crate::view::View;

scalars!(Forwarding, [1, 3, 6, 1, 2, 1, 4], [1, 2], |_| true, |view, column| {
    let forwards = if view.device.role.routes() { 1 } else { 2 };
    Some(Value::Integer(if column == 1 { forwards } else { 64 }))
});

/// An address of a device.
struct Address {
    ip: Ipv4Addr,
    if_index: u32,
    mask: Ipv4Addr,
}

const POINT_TO_POINT: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 252);
/// Routed cables take their /30 from here on: 10.0.0.0/8 has room for four million of them.
const TRANSIT: u32 = 0x0A00_0000;

/// How many addresses: the one for management and one for each routed cable.
fn count(view: &View) -> usize {
    1 + if view.device.role.routes() { routed(view).count() } else { 0 }
}

/// Cables to other routing devices, by cable: their subnets ascend with it.
fn routed(view: &View) -> impl Iterator<Item = (u16, u32)> {
    let mut cables: Vec<(u16, u32)> = view.device.ports.iter().copied().filter(|&(port, cable)| is_routed(view, port, cable)).collect();
    cables.sort_unstable_by_key(|&(_, cable)| cable);
    cables.into_iter()
}

fn is_routed(view: &View, port: u16, cable: u32) -> bool {
    view.device.role.routes() && view.campus.devices[view.campus.peer(cable, view.id, port).device as usize].role.routes()
}

fn address(view: &View, row: usize) -> Option<Address> {
    let transit = count(view) - 1;
    if row == transit {
        // 10/8 sorts before 127/8
        return Some(Address { ip: view.device.address, if_index: view.management_index(), mask: Ipv4Addr::BROADCAST });
    }
    let (port, cable) = routed(view).nth(row)?;
    let host = if view.campus.peer(cable, view.id, port).from_a { 1 } else { 2 };
    let if_index = view.device.model.port(port)?.if_index();
    Some(Address { ip: Ipv4Addr::from(TRANSIT + cable * 4 + host), if_index, mask: POINT_TO_POINT })
}

/// 1.3.6.1.2.1.4.20.1
pub(super) struct IpAddrTable;

impl Table for IpAddrTable {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 4, 20, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5]
    }

    fn rows(&self, view: &View) -> usize {
        count(view)
    }

    fn index(&self, view: &View, row: usize) -> Index {
        address(view, row).map_or_else(Index::new, |a| a.ip.octets().map(u32::from).into_iter().collect())
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let address = address(view, row)?;
        Some(match column {
            1 => Value::IpAddress(address.ip.octets()),
            2 => Value::Integer(address.if_index as i32),
            3 => Value::IpAddress(address.mask.octets()),
            4 => Value::Integer(1),
            _ => Value::Integer(65_535),
        })
    }
}

/// 1.3.6.1.2.1.4.34.1
pub(super) struct IpAddressTable;

/// ipAddressPrefixEntry, which ipAddressPrefix points into.
const PREFIX_ENTRY: [u32; 11] = [1, 3, 6, 1, 2, 1, 4, 32, 1, 5, 0];

impl Table for IpAddressTable {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 4, 34, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[3, 4, 5, 6, 7, 8, 9, 10, 11]
    }

    fn rows(&self, view: &View) -> usize {
        count(view)
    }

    fn index(&self, view: &View, row: usize) -> Index {
        let mut index: Index = smallvec![1, 4];
        if let Some(a) = address(view, row) {
            index.extend(a.ip.octets().map(u32::from));
        }
        index
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let address = address(view, row)?;
        Some(match column {
            3 => Value::Integer(address.if_index as i32),
            // unicast(1), origin manual(2), status preferred(1), row active(1), storage permanent(4)
            4 | 7 | 10 => Value::Integer(1),
            5 => Value::ObjectIdentifier(prefix_pointer(&address)),
            6 => Value::Integer(2),
            8 | 9 => Value::TimeTicks(0),
            _ => Value::Integer(4),
        })
    }
}

/// The row of ipAddressPrefixTable: ifIndex, type, prefix, length.
fn prefix_pointer(address: &Address) -> Oid {
    let network = u32::from(address.ip) & u32::from(address.mask);
    let octets = network.to_be_bytes().map(u32::from);
    let head = PREFIX_ENTRY[..10].iter().copied().chain([address.if_index, 1, 4]);
    Oid::new(head.chain(octets).chain([u32::from(address.mask).count_ones()]))
}

/// ipNetToMediaTable, 1.3.6.1.2.1.4.22.1: the management addresses of neighbours.
pub(super) struct NetToMedia;

impl Table for NetToMedia {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 4, 22, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4]
    }

    fn rows(&self, view: &View) -> usize {
        if matches!(view.device.role, Role::AccessPoint) { 0 } else { neighbours(view).len() }
    }

    fn index(&self, view: &View, row: usize) -> Index {
        let mut index: Index = smallvec![view.management_index()];
        if let Some(&id) = neighbours(view).get(row) {
            index.extend(view.campus.devices[id as usize].address.octets().map(u32::from));
        }
        index
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let id = *neighbours(view).get(row)?;
        let device = &view.campus.devices[id as usize];
        Some(match column {
            1 => Value::Integer(view.management_index() as i32),
            2 => octets(&device.mac(id, 0)),
            3 => Value::IpAddress(device.address.octets()),
            // dynamic(3)
            _ => Value::Integer(3),
        })
    }
}

/// Devices at the other end of a cable, each once, by address.
fn neighbours(view: &View) -> Vec<u32> {
    let mut ids: Vec<u32> = view.device.ports.iter().map(|&(port, cable)| view.campus.peer(cable, view.id, port).device).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
