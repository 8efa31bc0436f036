//! Processor, memory and storage: what a device offers is learned once, then read with the rest of the poll in one request.

use std::ops::Range;

use vigie_domain::devices::{Oid, Rows, SnmpClient, SnmpError, SnmpTarget, SnmpValue, StorageUse, TableRow};

/// Most instances of one kind that are read at each poll: boxes with more processors than this are read in part.
const MOST: usize = 64;

/// hrProcessorLoad (RFC 2790).
const PROCESSOR_LOAD: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 3, 3, 1, 2];
/// hrStorageEntry (RFC 2790): type 2, descr 3, allocation units 4, size 5, used 6.
const STORAGE: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 3, 1];
/// hrStorageTypes.
const STORAGE_TYPES: &[u32] = &[1, 3, 6, 1, 2, 1, 25, 2, 1];
/// cpmCPUTotalEntry (CISCO-PROCESS-MIB): 1 minute 7 (older agents 4), memory used 12 and free 13 in KiB.
const CISCO_PROCESSOR: &[u32] = &[1, 3, 6, 1, 4, 1, 9, 9, 109, 1, 1, 1, 1];
/// ciscoMemoryPoolEntry (CISCO-MEMORY-POOL-MIB): name 2, used 5, free 6.
const CISCO_POOL: &[u32] = &[1, 3, 6, 1, 4, 1, 9, 9, 48, 1, 1, 1];
/// jnxOperatingEntry (JUNIPER-MIB): CPU 8, buffer 11 in percent, memory 15 in MiB.
const JUNIPER: &[u32] = &[1, 3, 6, 1, 4, 1, 2636, 3, 1, 13, 1];
/// ssCpuIdle of UCD-SNMP-MIB.
const UCD_IDLE: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 11, 11, 0];
/// memory group of UCD-SNMP-MIB: memTotalReal 5, memAvailReal 6, memBuffer 14, memCached 15, in KiB.
const UCD_MEMORY: &[u32] = &[1, 3, 6, 1, 4, 1, 2021, 4];

/// What one poll read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Busy share of the processors, 0 to 1.
    pub cpu_ratio: Option<f64>,
    /// Memory in use and in all, bytes; buffers and caches do not count as used.
    pub memory: Option<(u64, u64)>,
    /// Storage areas.
    pub storage: Vec<StorageUse>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Cpu {
    #[default]
    Unknown,
    /// Percent busy of each processor; the mean counts.
    Mean(Range<usize>),
    /// Percent busy of boards; the busiest counts.
    Peak(Range<usize>),
    /// Percent idle.
    Idle(usize),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Memory {
    #[default]
    Unknown,
    /// Pairs of used and free, in units of so many bytes.
    Pools { pairs: Range<usize>, unit: u64 },
    /// hrStorage: used, size, then pairs of used and size of what is only cache.
    Storage { used: usize, caches: Range<usize>, unit: u64 },
    /// Total, available, buffers, cached in KiB.
    Ucd(usize),
    /// Percent used and MiB.
    Share(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Area {
    name: Box<str>,
    unit: u64,
    used: usize,
}

/// Which instances tell how a device is, and how to read them: the same for devices of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Plan {
    oids: Vec<Oid>,
    cpu: Cpu,
    memory: Memory,
    areas: Vec<Area>,
}

impl Plan {
    /// The instances to read.
    pub fn oids(&self) -> &[Oid] {
        &self.oids
    }

    /// Finds out what a device offers. `enterprise` is the arc behind 1.3.6.1.4.1 of its sysObjectID.
    pub async fn learn(snmp: &dyn SnmpClient, target: &SnmpTarget, enterprise: Option<u32>) -> Result<Self, SnmpError> {
        let mut plan = Self::default();
        let host = Teacher { snmp, target };
        match enterprise {
            Some(9) => plan.learn_cisco(&host).await?,
            Some(2636) => plan.learn_juniper(&host).await?,
            _ => {}
        }
        plan.learn_host(&host).await?;
        plan.learn_ucd(&host).await?;
        Ok(plan)
    }

    async fn learn_cisco(&mut self, host: &Teacher<'_>) -> Result<(), SnmpError> {
        let rows = host.rows(CISCO_PROCESSOR, &[7, 4, 12, 13]).await?;
        let column = |place: usize| if place == 0 { 7 } else { 4 };
        if let Some(place) = [0, 1].into_iter().find(|place| rows.iter().any(|row| has(row, *place))) {
            let oids = rows.iter().filter(|row| has(row, place)).map(|row| instance(CISCO_PROCESSOR, column(place), row));
            self.cpu = Cpu::Peak(self.add(oids));
        }
        let pools = host.rows(CISCO_POOL, &[2, 5, 6]).await?;
        let named = |row: &&TableRow| row.values[0].as_text().is_some_and(|name| name.eq_ignore_ascii_case("processor"));
        let chosen: Vec<_> =
            if pools.iter().any(|row| named(&row)) { pools.iter().filter(named).collect() } else { pools.iter().collect() };
        if !chosen.is_empty() {
            let pairs = self.add(chosen.iter().flat_map(|row| [5, 6].map(|column| instance(CISCO_POOL, column, row))));
            self.memory = Memory::Pools { pairs, unit: 1 };
        } else if let Some(row) = rows.iter().find(|row| has(row, 2) && has(row, 3)) {
            let pairs = self.add([12, 13].map(|column| instance(CISCO_PROCESSOR, column, row)));
            self.memory = Memory::Pools { pairs, unit: 1024 };
        }
        Ok(())
    }

    async fn learn_juniper(&mut self, host: &Teacher<'_>) -> Result<(), SnmpError> {
        let rows = host.rows(JUNIPER, &[8, 11, 15]).await?;
        let engines: Vec<_> = rows.iter().filter(|row| row.values[2].as_u64().is_some_and(|mib| mib > 0)).collect();
        if let Some(first) = engines.first() {
            let at = self.add([11, 15].map(|column| instance(JUNIPER, column, first))).start;
            self.memory = Memory::Share(at);
            self.cpu = Cpu::Peak(self.add(engines.iter().map(|row| instance(JUNIPER, 8, row))));
        }
        Ok(())
    }

    async fn learn_host(&mut self, host: &Teacher<'_>) -> Result<(), SnmpError> {
        if matches!(self.cpu, Cpu::Unknown) {
            let (entry, column) = PROCESSOR_LOAD.split_at(PROCESSOR_LOAD.len() - 1);
            let rows = host.rows(entry, column).await?;
            if !rows.is_empty() {
                self.cpu = Cpu::Mean(self.add(rows.iter().map(|row| instance(entry, column[0], row))));
            }
        }
        let rows = host.rows(STORAGE, &[2, 3, 4]).await?;
        let kind = |row: &TableRow| match &row.values[0] {
            SnmpValue::Oid(oid) => oid.suffix(&Oid::new(STORAGE_TYPES)).and_then(<[u32]>::first).copied(),
            _ => None,
        };
        let name = |row: &TableRow| row.values[1].as_text().unwrap_or_default();
        let unit = |row: &TableRow| row.values[2].as_u64().unwrap_or(0);
        let is_cache = |row: &&TableRow| matches!(name(row).as_str(), "Memory buffers" | "Cached memory");
        if let (Memory::Unknown, Some(ram)) = (&self.memory, rows.iter().find(|row| kind(row) == Some(2) && unit(row) > 0)) {
            let used = self.add([6, 5].map(|column| instance(STORAGE, column, ram))).start;
            let caches = self.add(rows.iter().filter(is_cache).filter(|r| unit(r) == unit(ram)).map(|row| instance(STORAGE, 6, row)));
            self.memory = Memory::Storage { used, caches, unit: unit(ram) };
        }
        // fixed disks (4) and flash memory (9); RAM disks and what is mounted from elsewhere are no storage of this device
        for row in rows.iter().filter(|row| matches!(kind(row), Some(4 | 9)) && unit(row) > 0).take(MOST) {
            let used = self.add([6, 5].map(|column| instance(STORAGE, column, row))).start;
            self.areas.push(Area { name: name(row).into(), unit: unit(row), used });
        }
        Ok(())
    }

    async fn learn_ucd(&mut self, host: &Teacher<'_>) -> Result<(), SnmpError> {
        let memory = [5, 6, 14, 15].map(|column| Oid::new(UCD_MEMORY).child(&[column, 0]));
        let idle = Oid::new(UCD_IDLE);
        let wanted: Vec<_> = memory.iter().cloned().chain([idle.clone()]).collect();
        if !matches!((&self.memory, &self.cpu), (Memory::Unknown, _) | (_, Cpu::Unknown)) {
            return Ok(());
        }
        let found = host.snmp.get(host.target, &wanted).await?;
        let there = |place: usize| found.get(place).is_some_and(|bind| bind.value.as_u64().is_some());
        if matches!(self.memory, Memory::Unknown) && there(0) && there(1) {
            self.memory = Memory::Ucd(self.add(memory).start);
        }
        if matches!(self.cpu, Cpu::Unknown) && there(4) {
            self.cpu = Cpu::Idle(self.add([idle]).start);
        }
        Ok(())
    }

    fn add(&mut self, oids: impl IntoIterator<Item = Oid>) -> Range<usize> {
        let start = self.oids.len();
        self.oids.extend(oids.into_iter().take(MOST));
        start..self.oids.len()
    }

    /// Reads the values of its instances, in their order.
    pub fn read(&self, values: &[SnmpValue]) -> Vitals {
        let at = |place: usize| values.get(place).and_then(SnmpValue::as_u64);
        let percent = |range: &Range<usize>| range.clone().filter_map(at).map(|v| (v as f64 / 100.0).min(1.0)).collect::<Vec<_>>();
        let cpu_ratio = match &self.cpu {
            Cpu::Unknown => None,
            Cpu::Mean(range) => {
                let loads = percent(range);
                (!loads.is_empty()).then(|| loads.iter().sum::<f64>() / loads.len() as f64)
            }
            Cpu::Peak(range) => percent(range).into_iter().reduce(f64::max),
            Cpu::Idle(place) => at(*place).map(|idle| 1.0 - (idle as f64 / 100.0).min(1.0)),
        };
        Vitals { cpu_ratio, memory: self.read_memory(values), storage: self.areas.iter().filter_map(|a| a.read(values)).collect() }
    }

    fn read_memory(&self, values: &[SnmpValue]) -> Option<(u64, u64)> {
        let at = |place: usize| values.get(place).and_then(size);
        let (used, total) = match &self.memory {
            Memory::Unknown => return None,
            Memory::Pools { pairs, unit } => {
                let sum = |offset: usize| pairs.clone().skip(offset).step_by(2).filter_map(at).sum::<u64>();
                let (used, free) = (sum(0) * unit, sum(1) * unit);
                (used, used + free)
            }
            Memory::Storage { used, caches, unit } => {
                let cached: u64 = caches.clone().filter_map(at).sum();
                (at(*used)?.saturating_sub(cached) * unit, at(used + 1)? * unit)
            }
            Memory::Ucd(first) => {
                let free = at(first + 1)? + at(first + 2).unwrap_or(0) + at(first + 3).unwrap_or(0);
                let total = at(*first)?;
                (total.saturating_sub(free) * 1024, total * 1024)
            }
            Memory::Share(first) => {
                let total = at(first + 1)? << 20;
                (total / 100 * at(*first)?.min(100), total)
            }
        };
        (total > 0).then(|| (used.min(total), total))
    }
}

impl Area {
    fn read(&self, values: &[SnmpValue]) -> Option<StorageUse> {
        let at = |place: usize| values.get(place).and_then(size);
        let (used, total) = (at(self.used)? * self.unit, at(self.used + 1)? * self.unit);
        (total > 0).then(|| StorageUse { name: self.name.to_string(), used_bytes: used.min(total), total_bytes: total })
    }
}

/// A size: hrStorageSize is an Integer32, and large disks run over into its sign.
fn size(value: &SnmpValue) -> Option<u64> {
    match value {
        SnmpValue::Integer(v) => Some(u64::from(*v as u32)),
        other => other.as_u64(),
    }
}

fn has(row: &TableRow, place: usize) -> bool {
    row.values.get(place).is_some_and(|v| v.as_u64().is_some())
}

fn instance(entry: &[u32], column: u32, row: &TableRow) -> Oid {
    Oid::new(entry).child(&[column]).child(row.index.arcs())
}

struct Teacher<'a> {
    snmp: &'a dyn SnmpClient,
    target: &'a SnmpTarget,
}

impl Teacher<'_> {
    async fn rows(&self, entry: &[u32], columns: &[u32]) -> Result<Vec<TableRow>, SnmpError> {
        let entry = Oid::new(entry);
        let columns: Vec<_> = columns.iter().map(|column| entry.child(&[*column])).collect();
        Ok(self.snmp.table(self.target, &columns, Rows::at_most(MOST)).await?.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(cpu: Cpu, memory: Memory) -> Plan {
        Plan { cpu, memory, ..Plan::default() }
    }

    fn integers(values: &[i32]) -> Vec<SnmpValue> {
        values.iter().map(|v| SnmpValue::Integer(*v)).collect()
    }

    #[test]
    fn processors_are_read_as_each_maker_tells_them() {
        let loads = integers(&[10, 30, 200]);
        assert_eq!(plan(Cpu::Mean(0..2), Memory::Unknown).read(&loads).cpu_ratio, Some(0.2));
        assert_eq!(plan(Cpu::Peak(0..3), Memory::Unknown).read(&loads).cpu_ratio, Some(1.0));
        assert_eq!(plan(Cpu::Idle(1), Memory::Unknown).read(&loads).cpu_ratio, Some(0.7));
        assert_eq!(plan(Cpu::Mean(0..2), Memory::Unknown).read(&[]).cpu_ratio, None);
    }

    #[test]
    fn caches_are_no_use_of_memory() {
        let storage = plan(Cpu::Unknown, Memory::Storage { used: 0, caches: 2..4, unit: 1024 });
        assert_eq!(storage.read(&integers(&[900, 1000, 300, 200])).memory, Some((400 * 1024, 1000 * 1024)));
        let ucd = plan(Cpu::Unknown, Memory::Ucd(0));
        assert_eq!(ucd.read(&integers(&[1000, 100, 50, 250])).memory, Some((600 * 1024, 1000 * 1024)));
        let pools = plan(Cpu::Unknown, Memory::Pools { pairs: 0..2, unit: 1 });
        assert_eq!(pools.read(&integers(&[30, 70])).memory, Some((30, 100)));
        let share = plan(Cpu::Unknown, Memory::Share(0));
        assert_eq!(share.read(&integers(&[50, 100])).memory, Some((104_857_600 / 100 * 50, 104_857_600)));
    }

    #[test]
    fn a_disk_of_more_units_than_its_sign_allows_is_read() {
        let area = Area { name: "/".into(), unit: 4096, used: 0 };
        let found = area.read(&integers(&[1, -1])).unwrap();
        assert_eq!(found.total_bytes, u64::from(u32::MAX) * 4096);
    }
}
