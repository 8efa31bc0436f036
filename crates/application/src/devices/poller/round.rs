//! One poll of one device, from the first request to the last write.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use vigie_domain::devices::{Access, AccessProtocol, AccessState, Device, DeviceStatus, PingReport, SnmpError};
use vigie_domain::store::Read;
use vigie_domain::system::Beyond;
use vigie_domain::{Error, ErrorKind, Id, Result, Scope, Timestamp};

use super::ask::Auths;
use super::digest::Digest;
use super::head::Head;
use super::reach::{Reach, Standing};
use super::record::{Changes, record};
use super::states::StateBook;
use super::uptime::{Course, course, fits, uptime_seconds};
use super::verdict::{ENOUGH, Signs, verdict};
use super::vitals::Plan;
use super::watched::{Memory, Watched};
use crate::CallContext;
use crate::alerts::AlertEngine;
use crate::devices::DeviceEnv;
use crate::devices::identify::Identifier;
use crate::telemetry::Pipeline;

/// A status, and why.
type Decided = (DeviceStatus, Option<String>);

/// How often interfaces are read from the store again.
const RELOAD_EVERY: Duration = Duration::from_mins(10);
/// How often a device is read whole, where nobody else has it read.
const IDENTIFY_EVERY: Duration = Duration::from_hours(1);
/// A device whose interfaces seem to change all the time is not read whole more often.
const IDENTIFY_GAP: Duration = Duration::from_mins(5);
/// A device that could not be read whole is tried again after this time.
const IDENTIFY_RETRY: Duration = Duration::from_mins(1);
/// Devices read whole at a time: each takes many requests.
pub const IDENTIFY_SLOTS: usize = 32;

/// Reads a device whole, and writes what it found.
#[async_trait]
pub trait Identify: Send + Sync {
    /// Reads this device whole.
    async fn identify(&self, cx: &CallContext, device: Id) -> Result<()>;
}

#[async_trait]
impl Identify for Identifier {
    async fn identify(&self, cx: &CallContext, device: Id) -> Result<()> {
        Self::identify(self, cx, device).await.map(drop)
    }
}

/// What polls share.
pub struct Round {
    pub(super) env: DeviceEnv,
    identify: Arc<dyn Identify>,
    pub(super) rules: Arc<AlertEngine>,
    pub(super) pipeline: Pipeline,
    pub(super) states: Arc<StateBook>,
    pub(super) reach: Arc<Reach>,
    slots: Semaphore,
    pub(super) auths: Mutex<Auths>,
    pub(super) plans: Mutex<HashSet<Arc<Plan>>>,
}

/// What follows from a poll.
#[derive(Debug, Default)]
pub struct Aftermath {
    /// When it is polled next.
    pub next: Timestamp,
    /// Devices worth a look now: this one fell silent, and they are linked to it.
    pub look_at: Vec<Id>,
    /// Silent devices whose standing this may have changed.
    pub judge: Vec<Id>,
    /// It is gone, or no longer monitored.
    pub retired: bool,
    /// How its poll went.
    pub answered: bool,
}

/// What the device said.
pub(super) struct Heard {
    /// `None` where echoes may not be sent.
    pub icmp: Option<PingReport>,
    /// `None` without a credential.
    pub snmp: Option<Result<Head, SnmpError>>,
    /// When.
    pub at: Timestamp,
}

impl Round {
    /// What polls share.
    pub fn new(env: &DeviceEnv, identify: Arc<dyn Identify>, rules: Arc<AlertEngine>, pipeline: Pipeline) -> Self {
        Self {
            env: env.clone(),
            identify,
            rules,
            pipeline,
            states: Arc::default(),
            reach: Arc::default(),
            slots: Semaphore::new(IDENTIFY_SLOTS),
            auths: Mutex::default(),
            plans: Mutex::default(),
        }
    }

    /// Polls a device.
    pub async fn poll(&self, device: &mut Watched) -> Result<Aftermath> {
        let (begun, clock) = (self.env.core.now(), Instant::now());
        let mut memory = match device.memory.take() {
            Some(memory) => memory,
            None => Box::new(Memory::load(&self.env.core, device.id).await?),
        };
        let outcome = self.poll_with(device, &mut memory, begun, clock).await;
        device.memory = Some(memory);
        outcome
    }

    async fn poll_with(&self, device: &mut Watched, memory: &mut Memory, begun: Timestamp, clock: Instant) -> Result<Aftermath> {
        if memory.ports_loaded.elapsed() > RELOAD_EVERY {
            // others write interfaces too, and do not tell of everything
            match memory.reload_ports(&self.env.core).await {
                Ok(gone) => self.env.live.forget(&gone),
                Err(error) => later(error, device.id)?,
            }
        }
        let heard = self.ask(device, memory).await?;
        let mut changes = Changes::default();
        let mut digest = Digest::default();
        let mut vitals = None;
        let mut whole = false;
        if let Some(Ok(head)) = &heard.snmp {
            let restarted = note_clocks(memory, head);
            whole = note_table(memory, head) || restarted;
            if restarted {
                memory.unlearn();
            }
            if device.identified_at.is_none() && !self.read_whole(device, memory, heard.at).await? {
                return Ok(Aftermath { retired: true, ..Aftermath::default() });
            }
            vitals = self.vitals(device, memory, head).await;
            digest = self.ports(memory, head, restarted, device.rhythm.period()).await;
            whole |= digest.missing > 0;
        }
        let signs = self.signs(memory, &heard, &digest);
        changes.ports.clone_from(&digest.changes);
        changes.rebooted = memory.rebooted.map(|at| (at, Box::new(memory.state.clone())));
        let mut aftermath = self.decide(device, memory, &heard, signs, &mut changes).await;
        aftermath.next = device.rhythm.again(begun, memory.state.failures);
        // nothing to write: most polls
        if !changes.is_empty() {
            match record(&self.env.core, device.id, &changes, heard.at).await {
                Ok(Some(stored)) => {
                    take_stored(device, &stored);
                    memory.rebooted = None;
                    apply_ports(memory, &digest, heard.at);
                }
                Ok(None) => {
                    aftermath.retired = true;
                    return Ok(aftermath);
                }
                // the next poll finds the same changes
                Err(error) => later(error, device.id)?,
            }
        }
        self.note_state(memory, &heard, signs, vitals, clock.elapsed(), aftermath.next);
        self.publish(device, memory, &digest, &heard, signs, clock.elapsed()).await;
        if signs.snmp == Some(true) && whole_due(device, memory, heard.at, whole) && !self.read_whole(device, memory, heard.at).await? {
            aftermath.retired = true;
        }
        aftermath.answered = signs.answers();
        Ok(aftermath)
    }

    /// Judges anew whether a silent device is at fault or only lies behind one that is.
    pub async fn judge(&self, device: &mut Watched) -> Result<bool> {
        if !matches!(device.status, DeviceStatus::Down | DeviceStatus::Unreachable) {
            return Ok(true);
        }
        let down = (DeviceStatus::Down, device.reason.clone().filter(|_| device.status == DeviceStatus::Down));
        let (status, beyond) = self.place(device.id, down).await;
        if status.0 == device.status {
            return Ok(true);
        }
        let now = self.env.core.now();
        let changes = Changes { status: Some(status), beyond, ..Changes::default() };
        let Some(stored) = record(&self.env.core, device.id, &changes, now).await? else { return Ok(false) };
        take_stored(device, &stored);
        self.observe_device(device, now, &[], Signs::default()).await;
        Ok(true)
    }

    fn signs(&self, memory: &mut Memory, heard: &Heard, digest: &Digest) -> Signs {
        if matches!(heard.snmp, Some(Err(SnmpError::Malformed { .. }))) {
            self.pipeline.malformed("device");
        }
        let changed = |id: Id| digest.changes.iter().find(|change| change.id == id);
        let faulty = memory.ports.iter().filter(|port| port.matters).filter(|port| {
            let mut port = **port;
            if let Some(change) = changed(port.id) {
                (port.admin, port.oper) = (change.admin, change.oper);
            }
            port.is_faulty()
        });
        let mut signs = Signs {
            snmp: heard.snmp.as_ref().map(Result::is_ok),
            icmp: heard.icmp.as_ref().map(PingReport::answered),
            faulty_ports: faulty.count(),
            failures: 0,
        };
        memory.icmp_failures = if signs.icmp == Some(false) { memory.icmp_failures.saturating_add(1) } else { 0 };
        memory.state.failures = if signs.failed() { memory.state.failures.saturating_add(1) } else { 0 };
        signs.failures = memory.state.failures;
        signs
    }

    /// Decides on status and access, and notes who is silent.
    async fn decide(&self, device: &Watched, memory: &Memory, heard: &Heard, signs: Signs, changes: &mut Changes) -> Aftermath {
        let mut aftermath = Aftermath::default();
        changes.seen = json!({
            "snmp": heard.snmp.as_ref().map(|snmp| snmp.as_ref().map_or_else(ToString::to_string, |_| "answers".to_owned())),
            "icmp": signs.icmp.map(|answered| if answered { "answers" } else { "no answer" }),
            "failures": signs.failures,
        });
        let silent = !signs.answers() && signs.failures >= ENOUGH;
        if signs.answers() || silent {
            aftermath.judge = self.reach.note(device.id, !silent);
            self.rules.note_silent(device.id, silent);
        } else if signs.failures == 1 {
            aftermath.look_at = self.reach.neighbours(device.id);
        }
        if let Some(decided) = verdict(signs) {
            let (status, beyond) = if decided.0 == DeviceStatus::Down { self.place(device.id, decided).await } else { (decided, None) };
            if status.0 != device.status || (status.1 != device.reason && status.0 == DeviceStatus::Degraded) {
                (changes.status, changes.beyond) = (Some(status), beyond);
            }
        }
        self.note_access(device, memory, heard, signs, changes).await;
        aftermath
    }

    /// Down, or unreachable behind something that is, which is named to those who see that too.
    async fn place(&self, id: Id, down: Decided) -> (Decided, Option<Beyond>) {
        let Standing::Behind(other) = self.reach.standing(id) else {
            return ((DeviceStatus::Down, down.1.or_else(|| Some("it does not answer".to_owned()))), None);
        };
        let other = self.env.core.store.get::<Device>(&Scope::system(), other).await.ok().flatten();
        let behind = |name: &str| format!("it lies behind {name}, which does not answer");
        let beyond = other.map(|device| Beyond { device_id: Some(device.id), text: behind(&device.name) });
        ((DeviceStatus::Unreachable, Some(behind("another device"))), beyond)
    }

    /// How it answers, where that changed; what fails is looked into once.
    async fn note_access(&self, device: &Watched, memory: &Memory, heard: &Heard, signs: Signs, changes: &mut Changes) {
        let confirmed = signs.failures >= ENOUGH;
        let used = memory.target.as_ref().map(|(id, _)| *id);
        match signs.snmp {
            Some(true) if device.snmp_ok != Some(true) || device.credential_id != used => {
                changes.access.push(Access { credential_id: used, ..Access::ok(AccessProtocol::Snmp, heard.at) });
            }
            Some(false) if confirmed && device.snmp_ok != Some(false) => {
                if let Some((id, target)) = &memory.target {
                    let found = self.env.snmp.diagnose(target, heard.at).await;
                    changes.access.push(Access { credential_id: Some(*id), ..found });
                }
            }
            _ => {}
        }
        match signs.icmp {
            Some(true) if device.icmp_ok != Some(true) => changes.access.push(Access::ok(AccessProtocol::Icmp, heard.at)),
            Some(false) if device.icmp_ok != Some(false) && memory.icmp_failures >= ENOUGH => {
                let silent = Access { state: AccessState::NoAnswer, ..Access::ok(AccessProtocol::Icmp, heard.at) };
                changes.access.push(silent);
            }
            _ => {}
        }
    }

    /// Has the device read whole, and takes over what that wrote; `false` when the device is gone.
    async fn read_whole(&self, device: &mut Watched, memory: &mut Memory, now: Timestamp) -> Result<bool> {
        if memory.identify_tried.is_some_and(|at| now.since(at) < IDENTIFY_RETRY) {
            return Ok(true);
        }
        let slot = match self.slots.try_acquire() {
            Ok(slot) => Some(slot),
            // it is known as it was an hour ago: waiting in line for a slot would delay its next poll, which tries again
            Err(_) if device.identified_at.is_some() => return Ok(true),
            Err(_) => self.slots.acquire().await.ok(),
        };
        memory.identify_tried = Some(now);
        if let Err(error) = self.identify.identify(&CallContext::system(self.env.core.now()), device.id).await {
            tracing::debug!(device = %device.id, %error, cause = error.chain(), "cannot read the device whole");
        }
        drop(slot);
        let stored = match self.env.core.store.get::<Device>(&Scope::system(), device.id).await {
            Ok(stored) => stored,
            Err(error) => return later(error, device.id).map(|()| true),
        };
        let Some(fresh) = stored.as_ref().and_then(Watched::new) else { return Ok(false) };
        if fresh.identified_at != device.identified_at {
            let gone = memory.reload_ports(&self.env.core).await?;
            self.env.live.forget(&gone);
            memory.plan = None;
            memory.columns = None;
        }
        *device = fresh;
        Ok(true)
    }
}

/// Lets a poll go on without a store that is away: what it could not read or write is tried again at the next.
fn later(error: Error, device: Id) -> Result<()> {
    if error.kind() != ErrorKind::StorageFailed {
        return Err(error);
    }
    tracing::debug!(device = %device, cause = error.chain(), "the store is away, the poll goes on without it");
    metrics::counter!("polls_without_store_total").increment(1);
    Ok(())
}

/// Whether a device is to be read whole now; `changed` says that it seems to be another than before.
fn whole_due(device: &Watched, memory: &Memory, now: Timestamp, changed: bool) -> bool {
    // what was noted later than now was noted before the time of day was set back
    let ago = |at: Option<Timestamp>| at.filter(|at| *at <= now).map_or(Duration::MAX, |at| now.since(at));
    let (tried, known) = (ago(memory.identify_tried), ago(device.identified_at));
    tried >= IDENTIFY_RETRY && (known >= IDENTIFY_EVERY || (changed && tried >= IDENTIFY_GAP && known >= IDENTIFY_GAP))
}

/// Compares the device's clocks with those before; whether its counters may have begun anew.
fn note_clocks(memory: &mut Memory, head: &Head) -> bool {
    memory.head = Some(head.present);
    let now = head.clocks;
    let course = memory.clocks.replace(now).map(|before| course(&before, &now));
    let host = now.host.unwrap_or(now.agent);
    let begun = head.at.minus(Duration::from_millis(u64::from(host) * 10));
    let rebooted = course == Some(Course::Rebooted);
    if rebooted {
        memory.rebooted = Some(begun);
    }
    let known = memory.state.rebooted_at.filter(|start| !rebooted && fits(*start, head.at, uptime_seconds(host, head.at, Some(*start))));
    memory.state.rebooted_at = Some(known.unwrap_or(begun));
    memory.state.uptime_seconds = Some(uptime_seconds(now.agent, head.at, memory.state.rebooted_at));
    course.is_some_and(Course::restarted)
}

/// Whether the device says that its interfaces are others than before.
fn note_table(memory: &mut Memory, head: &Head) -> bool {
    let before = std::mem::replace(&mut memory.table, head.table);
    let differs = |old: Option<u32>, new: Option<u32>| matches!((old, new), (Some(old), Some(new)) if old != new);
    differs(before.0, head.table.0) || differs(before.1, head.table.1)
}

fn apply_ports(memory: &mut Memory, digest: &Digest, at: Timestamp) {
    for change in &digest.changes {
        if let Some(port) = memory.ports.iter_mut().find(|port| port.id == change.id) {
            if port.oper != change.oper {
                port.since = at;
            }
            (port.admin, port.oper) = (change.admin, change.oper);
        }
    }
}

/// Takes over what was written, and what people changed meanwhile.
fn take_stored(device: &mut Watched, stored: &Device) {
    if let Some(fresh) = Watched::new(stored) {
        let memory = device.memory.take();
        *device = Watched { memory, ..fresh };
    }
}
