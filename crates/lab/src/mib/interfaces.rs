//! IF-MIB ifTable and ifXTable (RFC 2863).

use async_snmp::{Oid, Value};
use smallvec::smallvec;

use super::{Index, Table, counter32, octets, scalars, text};
use crate::campus::Interface;
use crate::campus::model::Kind;
use crate::view::Direction::{In, Out};
use crate::view::View;

scalars!(Count, [1, 3, 6, 1, 2, 1, 2], [1], |_| true, |view, _| Some(Value::Integer(view.device.model.interface_count() as i32)));

/// 1.3.6.1.2.1.2.2.1
pub(super) struct IfTable;

impl Table for IfTable {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 2, 2, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 20, 21, 22]
    }

    fn rows(&self, view: &View) -> usize {
        view.device.model.interface_count()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        index(view, row)
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let interface = view.device.model.interface(row)?;
        Some(match column {
            1 => Value::Integer(interface.if_index() as i32),
            2 => text(interface.descr()),
            3 => Value::Integer(interface.block.if_type),
            4 => Value::Integer(if interface.block.if_type == 6 { 1500 } else { 65_535 }),
            5 => Value::Gauge32(u32::try_from(u64::from(view.speed(&interface)) * 1_000_000).unwrap_or(u32::MAX)),
            6 => octets(view.mac(&interface).as_ref().map_or(&[], |mac| &mac[..])),
            7 => Value::Integer(up(view.admin_up(&interface))),
            8 => Value::Integer(up(view.oper_up(&interface))),
            9 => Value::TimeTicks(view.last_change(&interface)),
            10 => counter32(view.octets(&interface, In)),
            11 => counter32(view.unicast(&interface, In)),
            13 => counter32(view.in_discards(&interface)),
            14 => counter32(view.in_errors(&interface)),
            15 => counter32(0),
            16 => counter32(view.octets(&interface, Out)),
            17 => counter32(view.unicast(&interface, Out)),
            19 => counter32(view.out_discards(&interface)),
            20 => counter32(view.out_errors(&interface)),
            21 => Value::Gauge32(0),
            _ => Value::ObjectIdentifier(Oid::from_slice(&[0, 0])),
        })
    }
}

/// 1.3.6.1.2.1.31.1.1.1
pub(super) struct IfXTable;

impl Table for IfXTable {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
    }

    fn rows(&self, view: &View) -> usize {
        view.device.model.interface_count()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        index(view, row)
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let interface = view.device.model.interface(row)?;
        let count = |value| Some(Value::Counter64(value));
        match column {
            1 => Some(text(interface.name())),
            2 => Some(counter32(view.multicast(&interface, In))),
            3 => Some(counter32(view.broadcast(&interface, In))),
            4 => Some(counter32(view.multicast(&interface, Out))),
            5 => Some(counter32(view.broadcast(&interface, Out))),
            6 => count(view.octets(&interface, In)),
            7 => count(view.unicast(&interface, In)),
            8 => count(view.multicast(&interface, In)),
            9 => count(view.broadcast(&interface, In)),
            10 => count(view.octets(&interface, Out)),
            11 => count(view.unicast(&interface, Out)),
            12 => count(view.multicast(&interface, Out)),
            13 => count(view.broadcast(&interface, Out)),
            14 => Some(Value::Integer(1)),
            15 => Some(Value::Gauge32(view.speed(&interface))),
            16 => Some(Value::Integer(2)),
            17 => Some(Value::Integer(if interface.block.kind == Kind::Port { 1 } else { 2 })),
            18 => Some(text(alias(view, &interface))),
            _ => Some(Value::TimeTicks(0)),
        }
    }
}

fn index(view: &View, row: usize) -> Index {
    smallvec![view.device.model.interface(row).map_or(0, |i| i.if_index())]
}

/// ifAdminStatus and ifOperStatus: up(1), down(2).
const fn up(is_up: bool) -> i32 {
    if is_up { 1 } else { 2 }
}

/// ifAlias, as an administrator writes it: where the cable goes, whether it is plugged or not.
fn alias(view: &View, interface: &Interface) -> String {
    match view.device.cable(interface.port).filter(|_| interface.port > 0) {
        Some(cable) => format!("to {}", view.campus.devices[view.campus.peer(cable, view.id, interface.port).device as usize].name),
        None if view.device.has_client(interface.port) => format!("socket {:03}", interface.port),
        None => String::new(),
    }
}
