//! ENTITY-MIB entPhysicalTable (RFC 6933): chassis, modules, power supplies, fans, sensors.

use async_snmp::{Oid, Value};
use smallvec::smallvec;

use super::{Index, Table, text};
use crate::campus::model::{Class, Part};
use crate::view::{View, serial};

/// 1.3.6.1.2.1.47.1.1.1.1
pub(super) struct Physical;

impl Table for Physical {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    }

    fn rows(&self, view: &View) -> usize {
        view.device.model.parts.len()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        smallvec![view.device.model.parts.get(row).map_or(0, |p| p.index)]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let part = view.device.model.parts.get(row)?;
        let is_chassis = part.class == Class::Chassis;
        Some(match column {
            2 if is_chassis => text(format!("{} {}", part.descr, view.device.model.name)),
            2 => text(part.descr),
            3 => Value::ObjectIdentifier(Oid::from_slice(&[0, 0])),
            4 => Value::Integer(part.parent as i32),
            5 => Value::Integer(part.class as i32),
            6 => Value::Integer(position(view, part)),
            7 => text(part.name),
            8 => text(if replaceable(part) { "V02" } else { "" }),
            10 => text(if is_chassis || part.class == Class::Module { view.device.model.version } else { "" }),
            11 => text(if replaceable(part) { serial(view, row) } else { String::new() }),
            12 => text(maker(view, part)),
            13 if is_chassis => text(view.device.model.name),
            13 => text(part.model),
            9 | 14 | 15 => text(""),
            _ => Value::Integer(if replaceable(part) && !is_chassis { 1 } else { 2 }),
        })
    }
}

/// entPhysicalParentRelPos: place among siblings of the same class, from 1.
fn position(view: &View, part: &Part) -> i32 {
    if part.parent == 0 {
        return -1;
    }
    let siblings = view.device.model.parts.iter().filter(|p| p.parent == part.parent && p.class == part.class);
    siblings.take_while(|p| p.index <= part.index).count() as i32
}

const fn replaceable(part: &Part) -> bool {
    matches!(part.class, Class::Chassis | Class::Module | Class::PowerSupply)
}

fn maker(view: &View, part: &Part) -> &'static str {
    use crate::campus::model::Family::{ArubaAp, ArubaCx, CiscoIos, CiscoNxos, Eos, Junos, Linux, ProCurve, RouterOs};
    if part.class == Class::Sensor {
        return "";
    }
    match view.device.model.family {
        CiscoIos | CiscoNxos => "Cisco Systems, Inc.",
        Junos => "Juniper Networks",
        Eos => "Arista Networks",
        ProCurve | ArubaCx | ArubaAp => "Hewlett Packard Enterprise",
        RouterOs => "MikroTik",
        Linux => "HPE",
    }
}
