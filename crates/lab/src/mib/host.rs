//! HOST-RESOURCES-MIB (RFC 2790) where the agent is net-snmp, EOS or RouterOS, and UCD-SNMP-MIB on Linux.

use async_snmp::{Oid, Value};
use bytes::Bytes;
use smallvec::smallvec;
use time::OffsetDateTime;

use super::{Index, Table, counter32, scalars, text};
use crate::campus::model::Family;
use crate::view::View;

const GIB: u64 = 1 << 30;

fn is_host(view: &View) -> bool {
    matches!(view.device.model.family, Family::Linux | Family::Eos | Family::RouterOs)
}

fn is_linux(view: &View) -> bool {
    view.device.model.family == Family::Linux
}

/// Octets of memory.
fn memory_size(view: &View) -> u64 {
    match view.device.model.family {
        Family::Linux => (16 * GIB) << view.device.draw.of(51).below(3),
        Family::Eos => 4 * GIB,
        _ => GIB / 4,
    }
}

fn processors(view: &View) -> usize {
    match view.device.model.family {
        Family::Linux => 4 << view.device.draw.of(52).below(3),
        _ => 4,
    }
}

scalars!(System, [1, 3, 6, 1, 2, 1, 25, 1], [1, 2, 5, 6], is_host, |view, column| {
    Some(match column {
        1 => Value::TimeTicks(view.uptime().wrapping_add(1_500)),
        2 => Value::OctetString(date_and_time(view.unix_ms)),
        5 => Value::Gauge32(view.device.draw.of(53).below(4) as u32),
        _ => Value::Gauge32(140 + (view.cpu(0) * 200.0) as u32),
    })
});

scalars!(MemorySize, [1, 3, 6, 1, 2, 1, 25, 2], [2], is_host, |view, _| Some(Value::Integer((memory_size(view) / 1024) as i32)));

/// DateAndTime of SNMPv2-TC, in UTC.
fn date_and_time(unix_ms: i64) -> Bytes {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let [high, low] = (at.year() as u16).to_be_bytes();
    let tenths = (at.millisecond() / 100) as u8;
    Bytes::copy_from_slice(&[high, low, u8::from(at.month()), at.day(), at.hour(), at.minute(), at.second(), tenths, b'+', 0, 0])
}

/// What a storage is (the last arc of hrStorageType).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Other = 1,
    Ram = 2,
    Virtual = 3,
    FixedDisk = 4,
}

struct Store {
    index: u32,
    sort: Sort,
    descr: &'static str,
    unit: u64,
}

const fn store(index: u32, sort: Sort, descr: &'static str, unit: u64) -> Store {
    Store { index, sort, descr, unit }
}

static LINUX_STORES: [Store; 8] = [
    store(1, Sort::Ram, "Physical memory", 1024),
    store(3, Sort::Virtual, "Virtual memory", 1024),
    store(6, Sort::Other, "Memory buffers", 1024),
    store(7, Sort::Other, "Cached memory", 1024),
    store(10, Sort::Virtual, "Swap space", 1024),
    store(31, Sort::FixedDisk, "/", 4096),
    store(35, Sort::FixedDisk, "/var", 4096),
    store(36, Sort::FixedDisk, "/home", 4096),
];

static EOS_STORES: [Store; 3] =
    [store(1, Sort::Ram, "RAM", 1024), store(2, Sort::Ram, "RAM (Buffers)", 1024), store(100, Sort::FixedDisk, "Core", 4096)];

static ROUTEROS_STORES: [Store; 2] = [store(65_536, Sort::Ram, "main memory", 1024), store(131_072, Sort::FixedDisk, "system disk", 1024)];

fn stores(view: &View) -> &'static [Store] {
    match view.device.model.family {
        Family::Linux => &LINUX_STORES,
        Family::Eos => &EOS_STORES,
        Family::RouterOs => &ROUTEROS_STORES,
        _ => &[],
    }
}

/// Size and used, in octets.
fn fill(view: &View, nth: usize, store: &Store) -> (u64, u64) {
    let memory = memory_size(view);
    let part = |size: u64, share: f64| (size, (size as f64 * share) as u64);
    let swap = if view.device.model.family == Family::Linux { 4 * GIB } else { 0 };
    match (store.sort, store.descr) {
        (Sort::Ram, "RAM (Buffers)") => part(memory, 0.02),
        (Sort::Ram, _) => part(memory, view.memory()),
        (Sort::Virtual, "Swap space") => part(swap, 0.04),
        (Sort::Virtual, _) => (memory + swap, (memory as f64 * view.memory() + swap as f64 * 0.04) as u64),
        (Sort::Other, "Memory buffers") => part(memory, 0.03),
        (Sort::Other, _) => part(memory, 0.2),
        (Sort::FixedDisk, _) => {
            part((20 + 60 * view.device.draw.of(54).of(nth as u64).below(8)) * GIB / if swap > 0 { 1 } else { 40 }, view.disk(nth as u64))
        }
    }
}

/// hrStorageTable, 1.3.6.1.2.1.25.2.3.1
pub(super) struct Storage;

impl Table for Storage {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 25, 2, 3, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5, 6, 7]
    }

    fn rows(&self, view: &View) -> usize {
        stores(view).len()
    }

    fn index(&self, view: &View, row: usize) -> Index {
        smallvec![stores(view).get(row).map_or(0, |s| s.index)]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let store = stores(view).get(row)?;
        let (size, used) = fill(view, row, store);
        Some(match column {
            1 => Value::Integer(store.index as i32),
            2 => Value::ObjectIdentifier(Oid::from_slice(&[1, 3, 6, 1, 2, 1, 25, 2, 1, store.sort as u32])),
            3 => text(store.descr),
            4 => Value::Integer(store.unit as i32),
            5 => Value::Integer((size / store.unit) as i32),
            6 => Value::Integer((used / store.unit) as i32),
            _ => counter32(0),
        })
    }
}

/// hrDeviceIndex of the first processor: net-snmp counts from 196608, others from 1.
fn first_processor(view: &View) -> u32 {
    if is_linux(view) { 196_608 } else { 1 }
}

/// hrDeviceTable, 1.3.6.1.2.1.25.3.2.1: processors.
pub(super) struct Devices;

impl Table for Devices {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 25, 3, 2, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 4, 5, 6]
    }

    fn rows(&self, view: &View) -> usize {
        if is_host(view) { processors(view) } else { 0 }
    }

    fn index(&self, view: &View, row: usize) -> Index {
        smallvec![first_processor(view) + row as u32]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        Some(match column {
            1 => Value::Integer((first_processor(view) + row as u32) as i32),
            2 => Value::ObjectIdentifier(Oid::from_slice(&[1, 3, 6, 1, 2, 1, 25, 3, 1, 3])),
            3 => text(if is_linux(view) { "GenuineIntel: Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz" } else { "CPU" }),
            4 => Value::ObjectIdentifier(Oid::from_slice(&[0, 0])),
            // running(2)
            5 => Value::Integer(2),
            _ => counter32(0),
        })
    }
}

/// hrProcessorTable, 1.3.6.1.2.1.25.3.3.1
pub(super) struct Processors;

impl Table for Processors {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 2, 1, 25, 3, 3, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2]
    }

    fn rows(&self, view: &View) -> usize {
        Devices.rows(view)
    }

    fn index(&self, view: &View, row: usize) -> Index {
        Devices.index(view, row)
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        Some(match column {
            1 => Value::ObjectIdentifier(Oid::from_slice(&[0, 0])),
            _ => Value::Integer((view.cpu(row as u64) * 100.0) as i32),
        })
    }
}

/// UCD-SNMP-MIB laTable, 1.3.6.1.4.1.2021.10.1: load averages over 1, 5 and 15 minutes.
pub(super) struct LoadAverage;

impl Table for LoadAverage {
    fn entry(&self) -> &'static [u32] {
        &[1, 3, 6, 1, 4, 1, 2021, 10, 1]
    }

    fn columns(&self) -> &'static [u32] {
        &[1, 2, 3, 5]
    }

    fn rows(&self, view: &View) -> usize {
        if is_linux(view) { 3 } else { 0 }
    }

    fn index(&self, _: &View, row: usize) -> Index {
        smallvec![row as u32 + 1]
    }

    fn cell(&self, view: &View, column: u32, row: usize) -> Option<Value> {
        let load = view.cpu(row as u64 + 100) * processors(view) as f64;
        Some(match column {
            1 => Value::Integer(row as i32 + 1),
            2 => text(["Load-1", "Load-5", "Load-15"][row.min(2)]),
            3 => text(format!("{load:.2}")),
            _ => Value::Integer((load * 100.0) as i32),
        })
    }
}

scalars!(UcdMemory, [1, 3, 6, 1, 4, 1, 2021, 4], [1, 2, 3, 4, 5, 6, 11, 14, 15], is_linux, |view, column| {
    let kilo = (memory_size(view) / 1024) as f64;
    let swap = (4 * GIB / 1024) as f64;
    let free = kilo * (1.0 - view.memory());
    Some(match column {
        1 => Value::Integer(0),
        2 => text("swap"),
        3 => Value::Integer(swap as i32),
        4 => Value::Integer((swap * 0.96) as i32),
        5 => Value::Integer(kilo as i32),
        6 => Value::Integer((free * 0.5) as i32),
        11 => Value::Integer((free * 0.5 + swap * 0.96) as i32),
        14 => Value::Integer((kilo * 0.03) as i32),
        _ => Value::Integer((free * 0.4) as i32),
    })
});

scalars!(UcdCpu, [1, 3, 6, 1, 4, 1, 2021, 11], [9, 10, 11], is_linux, |view, column| {
    let busy = view.cpu(0) * 100.0;
    Some(Value::Integer(match column {
        9 => busy * 0.7,
        10 => busy * 0.3,
        _ => 100.0 - busy,
    } as i32))
});
