//! CISCO-PROCESS-MIB and CISCO-MEMORY-POOL-MIB.

use async_snmp::Value;
use smallvec::smallvec;

use super::{Index, Table, text};
use crate::campus::model::{Class, Family};
use crate::view::View;

/// Octets of memory.
const MEMORY: f64 = 4_294_967_296.0 / 2.0;

/// cpmCPUTotalTable, 1.3.6.1.4.1.9.9.109.1.1.1.1
pub(super) struct Process;

impl Table for Process {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 4, 1, 9, 9, 109, 1, 1, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[2, 3, 4, 5, 6, 7, 8, 12, 13]
    }

    fn rows(&self, view: &View) -> usize {
        usize::from(view.device.model.family.is_cisco())
    }

    fn index(&self, _: &View, _: usize) -> Index {
        smallvec![1]
    }

    fn cell(&self, view: &View, column: u32, _: usize) -> Option<Value> {
        let percent = |core| Value::Gauge32((view.cpu(core) * 100.0) as u32);
        let kilo = |share: f64| Value::Gauge32((MEMORY * share / 1024.0) as u32);
        Some(match column {
            2 => Value::Integer(processor_part(view) as i32),
            3 | 6 => percent(0),
            4 | 7 => percent(1),
            5 | 8 => percent(2),
            12 => kilo(view.memory()),
            _ => kilo(1.0 - view.memory()),
        })
    }
}

/// entPhysicalIndex of the part that has the processor.
fn processor_part(view: &View) -> u32 {
    let parts = view.device.model.parts;
    parts.iter().rev().find(|p| p.class == Class::Module).or(parts.first()).map_or(0, |p| p.index)
}

/// ciscoMemoryPoolTable, 1.3.6.1.4.1.9.9.48.1.1.1 (IOS): Processor(1), I/O(2).
pub(super) struct Memory;

impl Table for Memory {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 4, 1, 9, 9, 48, 1, 1, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[2, 3, 4, 5, 6, 7]
    }

    fn rows(&self, view: &View) -> usize {
        if view.device.model.family == Family::CiscoIos { 2 } else { 0 }
    }

    fn index(&self, _: &View, row: usize) -> Index {
        smallvec![row as u32 + 1]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let size = if row == 0 { MEMORY / 2.0 } else { MEMORY / 32.0 };
        let used = if row == 0 { view.memory() } else { view.memory() * 0.5 };
        Some(match column {
            2 => text(if row == 0 { "Processor" } else { "I/O" }),
            3 => Value::Integer(0),
            4 => Value::Integer(1),
            5 => Value::Gauge32((size * used) as u32),
            6 => Value::Gauge32((size * (1.0 - used)) as u32),
            _ => Value::Gauge32((size * (1.0 - used) * 0.8) as u32),
        })
    }
}
