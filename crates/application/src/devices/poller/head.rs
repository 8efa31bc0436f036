//! The first request of a poll: the device's clocks, whether its interfaces changed, and its processor, memory and storage.

use tokio::time::Instant;
use vigie_domain::Timestamp;
use vigie_domain::devices::{Oid, SnmpClient, SnmpError, SnmpTarget, SnmpValue};

use super::uptime::Clocks;

const OBJECTS: [&[u32]; 6] = [
    &[1, 3, 6, 1, 2, 1, 1, 3, 0],        // sysUpTime (RFC 3418)
    &[1, 3, 6, 1, 2, 1, 2, 1, 0],        // ifNumber (RFC 2863)
    &[1, 3, 6, 1, 2, 1, 31, 1, 5, 0],    // ifTableLastChange (RFC 2863)
    &[1, 3, 6, 1, 2, 1, 25, 1, 1, 0],    // hrSystemUptime (RFC 2790)
    &[1, 3, 6, 1, 6, 3, 10, 2, 1, 2, 0], // snmpEngineBoots (RFC 3411)
    &[1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0], // snmpEngineTime
];
const ALL: u8 = (1 << OBJECTS.len()) - 1;

/// What the first request read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// When.
    pub at: Timestamp,
    /// Its clocks.
    pub clocks: Clocks,
    /// ifTableLastChange and ifNumber.
    pub table: (Option<u32>, Option<u32>),
    /// Which objects it has, a bit each.
    pub present: u8,
    /// The values of the other instances asked, in their order.
    pub values: Vec<SnmpValue>,
}

/// Reads the head, and with it the instances of `more`. `present` leaves out what the device is known not to have.
pub async fn read(
    snmp: &dyn SnmpClient,
    target: &SnmpTarget,
    present: Option<u8>,
    more: &[Oid],
    now: impl Fn() -> Timestamp,
) -> Result<Head, SnmpError> {
    // sysUpTime is asked of everyone: something must be
    let asked: Vec<usize> = (0..OBJECTS.len()).filter(|i| (present.unwrap_or(ALL) | 1) & (1 << i) != 0).collect();
    let oids: Vec<Oid> = asked.iter().map(|i| Oid::new(OBJECTS[*i])).chain(more.iter().cloned()).collect();
    let mut values: Vec<SnmpValue> = snmp.get(target, &oids).await?.into_iter().map(|bind| bind.value).collect();
    values.resize(oids.len(), SnmpValue::Absent);
    let rest = values.split_off(asked.len());
    let mut read = [None; OBJECTS.len()];
    for (place, value) in asked.into_iter().zip(&values) {
        read[place] = value.as_u64().map(|v| v as u32);
    }
    let [agent, number, changed, host, boots, time] = read;
    // every agent has sysUpTime (RFC 3418): one that answers without it keeps it from this credential
    let agent = agent.ok_or(SnmpError::Denied { address: target.address })?;
    let at = now();
    let present = read.iter().enumerate().fold(0, |bits, (i, value)| if value.is_some() { bits | 1 << i } else { bits });
    let clocks = Clocks { at, read: Some(Instant::now()), agent, host, engine: boots.zip(time) };
    Ok(Head { at, clocks, table: (changed, number), present, values: rest })
}
