//! Processor, memory and health where Juniper, HPE and MikroTik keep them.

use async_snmp::Value;
use smallvec::smallvec;

use super::{Index, Table, counter32, scalars, text};
use crate::campus::model::Family;
use crate::view::View;

/// JUNIPER-MIB jnxOperatingTable, 1.3.6.1.4.1.2636.3.1.13.1: the routing engine.
pub(super) struct JuniperOperating;

impl Table for JuniperOperating {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 4, 1, 2636, 3, 1, 13, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[5, 6, 7, 8, 11, 15]
    }

    fn rows(&self, view: &View) -> usize {
        usize::from(view.device.model.family == Family::Junos)
    }

    fn index(&self, _: &View, _: usize) -> Index {
        smallvec![9, 1, 0, 0]
    }

    fn cell(&self, view: &View, column: u32, _: usize) -> Option<Value> {
        Some(match column {
            5 => text("Routing Engine 0"),
            // running(2)
            6 => Value::Integer(2),
            7 => Value::Gauge32(view.temperature(0) as u32),
            8 => Value::Gauge32((view.cpu(0) * 100.0) as u32),
            11 => Value::Gauge32((view.memory() * 100.0) as u32),
            _ => Value::Integer(2048),
        })
    }
}

scalars!(
    ProCurveCpu,
    [1, 3, 6, 1, 4, 1, 11, 2, 14, 11, 5, 1, 9, 6],
    [1],
    |view| view.device.model.family == Family::ProCurve,
    |view, _| Some(Value::Integer((view.cpu(0) * 100.0) as i32))
);

/// NETSWITCH-MIB hpLocalMemTable and hpGlobalMemTable, which are alike: slot 1.
pub(super) struct ProCurveMemory(pub &'static [u32]);

/// hpLocalMemEntry
pub(super) const LOCAL_MEMORY: &[u32] = &[1, 3, 6, 1, 4, 1, 11, 2, 14, 11, 5, 1, 1, 2, 1, 1, 1];
/// hpGlobalMemEntry
pub(super) const GLOBAL_MEMORY: &[u32] = &[1, 3, 6, 1, 4, 1, 11, 2, 14, 11, 5, 1, 1, 2, 2, 1, 1];

impl Table for ProCurveMemory {
    fn entry(&self) -> &'static [u32] {
        self.0
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5, 6, 7]
    }

    fn rows(&self, view: &View) -> usize {
        usize::from(view.device.model.family == Family::ProCurve)
    }

    fn index(&self, _: &View, _: usize) -> Index {
        smallvec![1]
    }

    fn cell(&self, view: &View, column: u32, _: usize) -> Option<Value> {
        const TOTAL: f64 = 268_435_456.0;
        Some(match column {
            1 => Value::Integer(1),
            // slabs, free and allocated segments
            2 => counter32(39_200),
            3 => counter32(1_200),
            4 => counter32(38_000),
            5 => Value::Integer(TOTAL as i32),
            6 => Value::Integer((TOTAL * (1.0 - view.memory())) as i32),
            _ => Value::Integer((TOTAL * view.memory()) as i32),
        })
    }
}

scalars!(
    MikroTikHealth,
    [1, 3, 6, 1, 4, 1, 14_988, 1, 1, 3],
    [8, 10, 11],
    |view| view.device.model.family == Family::RouterOs,
    |view, column| Some(match column {
        // tenths of a volt, tenths of a degree
        8 => Value::Gauge32(240),
        10 => Value::Gauge32((view.temperature(0) * 10.0) as u32),
        _ => Value::Gauge32((view.temperature(1) * 10.0) as u32),
    })
);
