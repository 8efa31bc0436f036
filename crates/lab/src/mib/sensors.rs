//! ENTITY-SENSOR-MIB entPhySensorTable (RFC 3433): temperatures.

use async_snmp::Value;
use smallvec::smallvec;

use super::{Index, Table, text};
use crate::campus::model::{Class, Part};
use crate::view::View;

/// 1.3.6.1.2.1.99.1.1.1
pub(super) struct Sensors;

impl Table for Sensors {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 99, 1, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5, 6, 7, 8]
    }

    fn rows(&self, view: &View) -> usize {
        sensors(view).count()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        smallvec![sensors(view).nth(row).map_or(0, |p| p.index)]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let part = sensors(view).nth(row)?;
        Some(match column {
            // celsius(8), units(9), one decimal, ok(1)
            1 => Value::Integer(8),
            2 => Value::Integer(9),
            4 => Value::Integer((view.temperature(u64::from(part.index)) * 10.0) as i32),
            3 | 5 => Value::Integer(1),
            6 => text("Celsius"),
            7 => Value::TimeTicks(view.uptime()),
            _ => Value::Gauge32(60_000),
        })
    }
}

fn sensors(view: &View) -> impl Iterator<Item = &'static Part> {
    view.device.model.parts.iter().filter(|p| p.class == Class::Sensor)
}
