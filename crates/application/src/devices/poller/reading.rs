//! Reading the interfaces of a device, in the way that works best with it.

use tokio::time::Instant;
use vigie_domain::devices::{Oid, Rows, SnmpAuth, SnmpClient, SnmpError, SnmpTarget, SnmpValue};

use super::columns::{ColumnSet, PortReading};
use super::watched::{Manner, Memory};

/// Whole columns that take longer, in milliseconds, are worth comparing with single instances.
const SLOW: u32 = 1_000;

/// What was read of the interfaces.
pub struct PortsRead {
    /// The middle of the time it took.
    pub at: Instant,
    /// One for each known interface, in their order; `None` where the device no longer has it.
    pub readings: Vec<Option<PortReading>>,
    /// Interfaces the device has and nobody knows.
    pub strangers: usize,
}

/// Reads the interfaces, and learns how.
pub async fn read(snmp: &dyn SnmpClient, target: &SnmpTarget, memory: &mut Memory) -> Result<PortsRead, SnmpError> {
    let begun = Instant::now();
    let all = if matches!(*target.auth, SnmpAuth::V1 { .. }) { ColumnSet::OLD } else { ColumnSet::WIDE };
    let asked = memory.columns.unwrap_or(all);
    let mut sheet = Sheet::new(memory.ports.len());
    let outcome = read_set(snmp, target, memory, asked, &mut sheet).await;
    if outcome.is_err() && memory.habit.manner == Manner::Columns {
        // some agents answer every GET and stop in the middle of a walk
        memory.habit.manner = Manner::Instances;
    }
    outcome?;
    if memory.columns.is_none() && !memory.ports.is_empty() && sheet.filled() {
        let narrow = sheet.readings.iter().flatten().any(PortReading::lacks_wide) && all != ColumnSet::OLD;
        if narrow {
            read_set(snmp, target, memory, ColumnSet::NARROW, &mut sheet).await?;
        }
        memory.columns = Some(sheet.present.and(ColumnSet::STATUS));
    }
    let took = begun.elapsed();
    learn(memory, took.as_millis() as u32, sheet.truncated);
    Ok(PortsRead { at: begun + took / 2, readings: sheet.readings, strangers: sheet.strangers })
}

/// Readings as they come in.
struct Sheet {
    readings: Vec<Option<PortReading>>,
    present: ColumnSet,
    strangers: usize,
    truncated: bool,
}

impl Sheet {
    fn new(count: usize) -> Self {
        Self { readings: vec![None; count], present: ColumnSet::NONE, strangers: 0, truncated: false }
    }

    fn filled(&self) -> bool {
        self.readings.iter().any(Option::is_some)
    }

    /// Deals a column to the ports: both are in the order of ifIndex.
    fn take_column(&mut self, memory: &Memory, column: ColumnSet, cells: &[(u32, u64)]) {
        let mut ports = memory.ports.iter().zip(&mut self.readings).peekable();
        let mut strangers = 0;
        for &(index, number) in cells {
            while ports.next_if(|(port, _)| port.if_index < index).is_some() {}
            match ports.next_if(|(port, _)| port.if_index == index) {
                Some((_, reading)) => column.read_number(number, reading.get_or_insert_default(), &mut self.present),
                None => strangers += 1,
            }
        }
        self.strangers = self.strangers.max(strangers);
    }

    fn take(&mut self, place: usize, set: ColumnSet, values: &[SnmpValue]) {
        if values.iter().all(|v| matches!(v, SnmpValue::Absent | SnmpValue::Null)) {
            return;
        }
        set.read(values, self.readings[place].get_or_insert_default(), &mut self.present);
    }
}

async fn read_set(snmp: &dyn SnmpClient, target: &SnmpTarget, memory: &Memory, set: ColumnSet, sheet: &mut Sheet) -> Result<(), SnmpError> {
    let oids = set.oids();
    match memory.habit.manner {
        Manner::Columns => {
            let known = memory.ports.len();
            let numbers = snmp.numbers(target, &oids, Rows { expected: known, most: known + known / 4 + 16 }).await?;
            sheet.truncated |= numbers.truncated;
            sheet.strangers = 0;
            for (column, cells) in set.columns().zip(&numbers.columns) {
                sheet.take_column(memory, column, cells);
            }
        }
        Manner::Instances => {
            let instances: Vec<Oid> = memory.ports.iter().flat_map(|port| set.instances(port.if_index)).collect();
            let values: Vec<SnmpValue> = snmp.get(target, &instances).await?.into_iter().map(|bind| bind.value).collect();
            for (place, values) in values.chunks(oids.len()).take(memory.ports.len()).enumerate() {
                sheet.take(place, set, values);
            }
        }
    }
    Ok(())
}

/// Chooses the manner of the next poll: columns, unless they are cut, or slow and instances are at least twice as fast.
fn learn(memory: &mut Memory, took_ms: u32, truncated: bool) {
    let few = memory.ports.len() <= 256;
    let habit = &mut memory.habit;
    match habit.manner {
        Manner::Columns => {
            habit.columns_ms = Some(took_ms);
            if truncated || (took_ms > SLOW && few && !habit.compared) {
                habit.manner = Manner::Instances;
            }
        }
        Manner::Instances => {
            let slower = habit.columns_ms.is_some_and(|columns| took_ms > columns / 2);
            if slower && !habit.compared {
                habit.manner = Manner::Columns;
            }
            habit.compared = true;
        }
    }
}
