//! A device as the poller keeps it between two polls.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;
use vigie_domain::devices::{AccessProtocol, AccessState, Device, DeviceState, DeviceStatus, Interface, SnmpTarget, Thresholds};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::columns::ColumnSet;
use super::port::Port;
use super::schedule::Rhythm;
use super::uptime::Clocks;
use super::vitals::Plan;
use crate::Core;

/// How the interfaces of a device are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Whole columns by GETBULK: few packets.
    Columns,
    /// Each instance by GET: for agents that are slow or wrong at walking.
    Instances,
}

/// What was learned of reading a device.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// How its interfaces are read.
    pub manner: Manner,
    /// How long whole columns took last, milliseconds.
    pub columns_ms: Option<u32>,
    /// Whether the other manner was tried since.
    pub compared: bool,
}

impl Default for Habit {
    fn default() -> Self {
        Self { manner: Manner::Columns, columns_ms: None, compared: false }
    }
}

/// A device that is polled.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its id.
    pub id: Id,
    /// When it is polled.
    pub rhythm: Rhythm,
    /// Its status as stored.
    pub status: DeviceStatus,
    /// Since when.
    pub since: Timestamp,
    /// Why, as stored.
    pub reason: Option<String>,
    /// Its site, for rules.
    pub site_id: Option<Id>,
    /// Its tags, for rules.
    pub tags: Box<[String]>,
    /// Address and port of its agent.
    pub address: SocketAddr,
    /// Its credentials.
    pub credentials: Box<[Id]>,
    /// The arc behind 1.3.6.1.4.1 of its sysObjectID.
    pub enterprise: Option<u32>,
    /// When it was last read whole.
    pub identified_at: Option<Timestamp>,
    /// Whether SNMP answered, as its access says; `None` where nothing is said.
    pub snmp_ok: Option<bool>,
    /// The credential it was last asked with.
    pub credential_id: Option<Id>,
    /// Whether ICMP answered.
    pub icmp_ok: Option<bool>,
    /// What is kept of it once it was polled.
    pub memory: Option<Box<Memory>>,
}

/// What a poll leaves for the next.
#[derive(Clone, Debug)]
pub struct Memory {
    /// None of its credentials is for SNMP.
    pub without_snmp: bool,
    /// How to ask it, and with which credential.
    pub target: Option<(Id, SnmpTarget)>,
    /// The last values.
    pub state: DeviceState,
    /// Its interfaces in the order of ifIndex.
    pub ports: Vec<Port>,
    /// When they were read from the store.
    pub ports_loaded: Instant,
    /// When their counters were read.
    pub ports_read: Option<Instant>,
    /// Limits of single interfaces.
    pub thresholds: Vec<(Id, Thresholds)>,
    /// Columns it has.
    pub columns: Option<ColumnSet>,
    /// How its interfaces are read.
    pub habit: Habit,
    /// Which instances tell of processor, memory and storage.
    pub plan: Option<Arc<Plan>>,
    /// Its clocks at the last poll that was answered.
    pub clocks: Option<Clocks>,
    /// When it started anew, while that is not written yet.
    pub rebooted: Option<Timestamp>,
    /// Polls in a row that ICMP left unanswered.
    pub icmp_failures: u32,
    /// Which of the head's objects it has, a bit each.
    pub head: Option<u8>,
    /// ifTableLastChange and ifNumber.
    pub table: (Option<u32>, Option<u32>),
    /// When it was last tried to read it whole.
    pub identify_tried: Option<Timestamp>,
}

impl Watched {
    /// A device to be polled; `None` when it is not to be.
    pub fn new(device: &Device) -> Option<Self> {
        if !device.monitored || device.decommissioned {
            return None;
        }
        let access = |protocol| device.access.iter().find(|a| a.protocol == protocol).map(|a| a.state == AccessState::Ok);
        Some(Self {
            id: device.id,
            rhythm: Rhythm::new(device.id, device.poll_interval_seconds),
            status: device.status,
            since: device.status_since.unwrap_or(device.created_at),
            reason: device.status_reason.clone(),
            site_id: device.site_id,
            tags: device.tags.clone().into_boxed_slice(),
            address: SocketAddr::new(device.address, device.snmp_port),
            credentials: device.credentials.clone().into_boxed_slice(),
            enterprise: device.identity.sys_object_id.as_deref().and_then(enterprise),
            identified_at: device.identified_at,
            snmp_ok: access(AccessProtocol::Snmp),
            credential_id: device.access.iter().find(|a| a.protocol == AccessProtocol::Snmp).and_then(|a| a.credential_id),
            icmp_ok: access(AccessProtocol::Icmp),
            memory: None,
        })
    }

    /// Takes over what an older reading of the same device left, as far as it still holds.
    pub fn inherit(&mut self, before: Self) {
        let same_way = self.address == before.address && self.credentials == before.credentials;
        self.memory = before.memory.filter(|_| same_way);
    }

    /// Whether its next poll reads it whole for the first time, as far as can be told.
    pub fn is_unread(&self) -> bool {
        let without_snmp = self.credentials.is_empty() || self.memory.as_ref().is_some_and(|memory| memory.without_snmp);
        self.identified_at.is_none() && !without_snmp && self.snmp_ok != Some(false) && self.failures() == 0
    }

    /// Polls in a row without answer.
    pub fn failures(&self) -> u32 {
        self.memory.as_ref().map_or(0, |m| m.state.failures)
    }
}

impl Memory {
    /// What is remembered of a device in the store.
    pub async fn load(core: &Core, id: Id) -> Result<Self> {
        let state =
            core.store.get::<DeviceState>(&Scope::system(), id).await?.unwrap_or_else(|| DeviceState { id, ..DeviceState::default() });
        let clocks = state.uptime_seconds.zip(state.last_answer_at).map(|(seconds, at)| Clocks {
            at,
            // wraps are counted into the seconds: what was read is the rest
            agent: (seconds * 100.0).rem_euclid(4_294_967_296.0) as u32,
            ..Clocks::default()
        });
        let mut memory = Self {
            without_snmp: false,
            target: None,
            state,
            ports: Vec::new(),
            ports_loaded: Instant::now(),
            ports_read: None,
            thresholds: Vec::new(),
            columns: None,
            habit: Habit::default(),
            plan: None,
            clocks,
            rebooted: None,
            icmp_failures: 0,
            head: None,
            table: (None, None),
            identify_tried: None,
        };
        memory.reload_ports(core).await?;
        Ok(memory)
    }

    /// Reads its interfaces again; what is known of those that stay is kept. Ids of those that are gone.
    pub async fn reload_ports(&mut self, core: &Core) -> Result<Vec<Id>> {
        let filter = Filter::eq(Interface::SCHEMA, "device_id", self.state.id)?;
        let interfaces: Vec<Interface> = core.store.all(&Scope::system(), vec![filter]).await?;
        let mut before = std::mem::take(&mut self.ports);
        before.sort_unstable_by_key(|port| port.id);
        let known = |id: Id| before.binary_search_by_key(&id, |port| port.id).ok().map(|place| &before[place]);
        let mut ports: Vec<Port> = interfaces.iter().map(|i| Port::new(i, known(i.id))).collect();
        ports.sort_unstable_by_key(|port| port.if_index);
        ports.shrink_to_fit();
        let mut gone: Vec<Id> = before.iter().map(|port| port.id).collect();
        gone.retain(|id| !ports.iter().any(|port| port.id == *id));
        self.ports = ports;
        self.ports_loaded = Instant::now();
        // credentials may have changed their kind
        self.without_snmp = false;
        self.thresholds = interfaces.into_iter().filter_map(|i| i.thresholds.map(|t| (i.id, t))).collect();
        Ok(gone)
    }

    /// Forgets what was learned of reading it: its software or its hardware may be another.
    pub fn unlearn(&mut self) {
        (self.columns, self.habit, self.plan, self.head) = (None, Habit::default(), None, None);
    }
}

fn enterprise(sys_object_id: &str) -> Option<u32> {
    sys_object_id.strip_prefix("1.3.6.1.4.1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enterprise_is_the_arc_behind_1_3_6_1_4_1() {
        assert_eq!(enterprise("1.3.6.1.4.1.9.1.1208"), Some(9));
        assert_eq!(enterprise("1.3.6.1.4.1.2636"), Some(2636));
        assert_eq!(enterprise("1.3.6.1.2.1.1"), None);
    }
}
