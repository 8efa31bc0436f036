//! One poll of one device, from the first request to the last write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use vigie_domain::alerts::RuleSubject;
use vigie_domain::devices::{
    Access, AccessProtocol, AccessState, Credential, Device, DeviceState, DeviceStatus, OperStatus, PingReport, SnmpAuth, SnmpError,
    SnmpTarget,
};
use vigie_domain::store::Read;
use vigie_domain::telemetry::{DEVICE, INTERFACE, SampleBatch};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::digest::{Digest, digest, sample};
use super::head::{self, Head};
use super::port::Port;
use super::reach::{Reach, Standing};
use super::reading;
use super::record::{Changes, record};
use super::states::StateBook;
use super::uptime::{Course, course, uptime_seconds};
use super::verdict::{ENOUGH, Signs, verdict};
use super::vitals::{Plan, Vitals};
use super::watched::{Memory, Watched};
use crate::CallContext;
use crate::alerts::{AlertEngine, Observed};
use crate::devices::DeviceEnv;
use crate::devices::identify::Identifier;
use crate::telemetry::Pipeline;

/// Echoes of one poll.
const ECHOES: u16 = 3;
/// Between two echoes.
const ECHO_GAP: Duration = Duration::from_millis(50);
/// Longest wait for an echo.
const ECHO_WAIT: Duration = Duration::from_secs(1);
/// How often interfaces are read from the store again.
const RELOAD_EVERY: Duration = Duration::from_mins(10);
/// How often a device is read whole, where nobody else has it read.
const IDENTIFY_EVERY: Duration = Duration::from_hours(1);
/// A device whose interfaces seem to change all the time is not read whole more often.
const IDENTIFY_GAP: Duration = Duration::from_mins(5);
/// A device that could not be read whole is tried again after this time.
const IDENTIFY_RETRY: Duration = Duration::from_mins(1);
/// Devices read whole at a time: each takes many requests.
const IDENTIFY_SLOTS: usize = 32;
/// How long an opened credential is kept.
const AUTH_FOR: Duration = Duration::from_secs(30);

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
    pipeline: Pipeline,
    pub(super) states: Arc<StateBook>,
    pub(super) reach: Arc<Reach>,
    slots: Semaphore,
    auths: Mutex<HashMap<Id, (Instant, Arc<SnmpAuth>)>>,
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
struct Heard {
    icmp: Option<PingReport>,
    /// `None` without a credential.
    snmp: Option<Result<Head, SnmpError>>,
    at: Timestamp,
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
            let gone = memory.reload_ports(&self.env.core).await?;
            self.env.live.forget(&gone);
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
        if changes.is_empty() {
            // nothing to write: most polls
        } else if let Some(stored) = record(&self.env.core, device.id, &changes, heard.at).await? {
            take_stored(device, &stored);
            memory.rebooted = None;
            apply_ports(memory, &digest, heard.at);
        } else {
            aftermath.retired = true;
            return Ok(aftermath);
        }
        self.note_state(memory, &heard, signs, vitals, clock.elapsed(), aftermath.next);
        self.publish(device, memory, &digest, &heard, signs, clock.elapsed()).await;
        if signs.snmp == Some(true) && self.whole_due(device, memory, heard.at, whole) && !self.read_whole(device, memory, heard.at).await?
        {
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
        let status = self.place(device.id, down).await;
        if status.0 == device.status {
            return Ok(true);
        }
        let now = self.env.core.now();
        let changes = Changes { status: Some(status), ..Changes::default() };
        let Some(stored) = record(&self.env.core, device.id, &changes, now).await? else { return Ok(false) };
        take_stored(device, &stored);
        self.observe_device(device, now, &[], Signs::default()).await;
        Ok(true)
    }

    /// Sends echoes and the first request side by side.
    async fn ask(&self, device: &Watched, memory: &mut Memory) -> Result<Heard> {
        let silent = memory.state.failures >= ENOUGH;
        let count = if silent { 1 } else { ECHOES };
        let ping = self.env.probe.ping(device.address.ip(), count, ECHO_GAP, ECHO_WAIT);
        let icmp = async { ping.await.ok() };
        let (icmp, snmp) = if device.credentials.is_empty() {
            (icmp.await, None)
        } else {
            let (icmp, snmp) = tokio::join!(icmp, self.ask_snmp(device, memory, silent));
            (icmp, Some(snmp?))
        };
        Ok(Heard { icmp, snmp, at: self.env.core.now() })
    }

    /// The first request; a device that fails a second time is asked with its other credentials too.
    async fn ask_snmp(&self, device: &Watched, memory: &mut Memory, silent: bool) -> Result<Result<Head, SnmpError>> {
        if memory.target.is_none() || memory.state.failures > 0 {
            memory.target = self.target(device, memory.target.as_ref().map(|(id, _)| *id)).await?;
        }
        let Some((used, target)) = &memory.target else {
            return Ok(Err(SnmpError::Failed { address: device.address, what: "none of its credentials is there".to_owned() }));
        };
        let target = if silent { SnmpTarget { retries: 0, ..target.clone() } } else { target.clone() };
        let plan = memory.plan.as_ref().map_or(&[][..], Plan::oids);
        let now = || self.env.core.now();
        let first = head::read(&*self.env.snmp, &target, memory.head, plan, now).await;
        let confirmed = memory.state.failures + 1 == ENOUGH;
        if first.is_ok() || !confirmed || device.credentials.len() < 2 {
            return Ok(first);
        }
        for other in device.credentials.iter().filter(|id| *id != used) {
            let Some(auth) = self.auth(device, *other).await? else { continue };
            let target = SnmpTarget { auth, ..target.clone() };
            if let Ok(head) = head::read(&*self.env.snmp, &target, None, &[], now).await {
                let retries = self.env.core.settings.snmp_retries;
                memory.target = Some((*other, SnmpTarget { retries, ..target }));
                memory.unlearn();
                return Ok(Ok(head));
            }
        }
        Ok(first)
    }

    /// How to ask a device: with the credential that worked last, else the first it has.
    async fn target(&self, device: &Watched, last: Option<Id>) -> Result<Option<(Id, SnmpTarget)>> {
        let ordered = last.into_iter().chain(device.credential_id).chain(device.credentials.iter().copied());
        for id in ordered.filter(|id| device.credentials.contains(id)) {
            if let Some(auth) = self.auth(device, id).await? {
                let settings = &self.env.core.settings;
                let target = SnmpTarget { address: device.address, auth, timeout: settings.snmp_timeout, retries: settings.snmp_retries };
                return Ok(Some((id, target)));
            }
        }
        Ok(None)
    }

    /// An opened credential; devices that share one share its secret.
    async fn auth(&self, device: &Watched, id: Id) -> Result<Option<Arc<SnmpAuth>>> {
        let kept = |auths: &HashMap<Id, (Instant, Arc<SnmpAuth>)>| {
            auths.get(&id).filter(|(at, _)| at.elapsed() < AUTH_FOR).map(|(_, auth)| auth.clone())
        };
        if let Some(auth) = kept(&self.auths.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(auth));
        }
        let Some(credential) = self.env.core.store.get::<Credential>(&Scope::system(), id).await? else { return Ok(None) };
        let auth = self.env.target_at(device.address, &credential)?.auth;
        let mut auths = self.auths.lock().unwrap_or_else(PoisonError::into_inner);
        // an unchanged credential stays the same object: sessions are found by it
        let auth = auths.get(&id).map(|(_, known)| known.clone()).filter(|known| **known == *auth).unwrap_or(auth);
        auths.insert(id, (Instant::now(), auth.clone()));
        Ok(Some(auth))
    }

    /// Processor, memory and storage, out of the head; learned at the first poll.
    async fn vitals(&self, device: &Watched, memory: &mut Memory, head: &Head) -> Option<Vitals> {
        if let Some(plan) = &memory.plan {
            return Some(plan.read(&head.values));
        }
        let (_, target) = memory.target.as_ref()?;
        let plan = Plan::learn(&*self.env.snmp, target, device.enterprise).await.ok()?;
        let values = match self.env.snmp.get(target, plan.oids()).await {
            Ok(binds) if !plan.oids().is_empty() => binds.into_iter().map(|bind| bind.value).collect(),
            _ => Vec::new(),
        };
        let vitals = plan.read(&values);
        memory.plan = Some(plan);
        Some(vitals)
    }

    /// Reads the interfaces, and what they say.
    async fn ports(&self, memory: &mut Memory, head: &Head, restarted: bool, period: Duration) -> Digest {
        if memory.ports.is_empty() {
            return Digest::default();
        }
        let Some((_, target)) = memory.target.clone() else { return Digest::default() };
        match reading::read(&*self.env.snmp, &target, memory).await {
            Ok(read) => {
                let uptime = head.clocks.map_or(0, |clocks| clocks.agent);
                let longest = (period * 3).max(Duration::from_mins(5));
                let mut digest = digest(memory, &read, uptime, restarted, self.env.core.now(), longest);
                digest.missing += read.strangers;
                digest
            }
            Err(error) => {
                if matches!(error, SnmpError::Malformed { .. }) {
                    self.pipeline.malformed("interface");
                }
                tracing::debug!(device = %memory.state.id, %error, "cannot read the interfaces");
                Digest::default()
            }
        }
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
            let status = if decided.0 == DeviceStatus::Down { self.place(device.id, decided).await } else { decided };
            if status.0 != device.status || (status.1 != device.reason && status.0 == DeviceStatus::Degraded) {
                changes.status = Some(status);
            }
        }
        self.note_access(device, memory, heard, signs, changes).await;
        aftermath
    }

    /// Down, or unreachable behind something that is.
    async fn place(&self, id: Id, down: (DeviceStatus, Option<String>)) -> (DeviceStatus, Option<String>) {
        let Standing::Behind(other) = self.reach.standing(id) else {
            return (DeviceStatus::Down, down.1.or_else(|| Some("it does not answer".to_owned())));
        };
        let other = self.env.core.store.get::<Device>(&Scope::system(), other).await.ok().flatten();
        let name = other.map_or_else(|| "another device".to_owned(), |device| device.name);
        (DeviceStatus::Unreachable, Some(format!("it lies behind {name}, which does not answer")))
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

    fn note_state(&self, memory: &mut Memory, heard: &Heard, signs: Signs, vitals: Option<Vitals>, took: Duration, next: Timestamp) {
        let ports = &memory.ports;
        let count = |test: fn(&Port) -> bool| ports.iter().filter(|port| test(port)).count() as u32;
        let (total, up, down) = (ports.len() as u32, count(|p| p.oper == OperStatus::Up), count(Port::is_faulty));
        let state = &mut memory.state;
        (state.interfaces_total, state.interfaces_up, state.interfaces_down) = (total, up, down);
        state.last_polled_at = Some(heard.at);
        state.last_poll_duration_ms = Some(took.as_secs_f64() * 1e3);
        state.next_poll_at = Some(next);
        state.latency_ms = heard.icmp.as_ref().and_then(PingReport::mean_ms);
        state.loss_ratio = heard.icmp.as_ref().map(PingReport::loss_ratio);
        if signs.answers() {
            state.last_answer_at = Some(heard.at);
        }
        match vitals {
            Some(vitals) => {
                state.cpu_ratio = vitals.cpu_ratio;
                (state.memory_used_bytes, state.memory_total_bytes) = vitals.memory.unzip();
                state.storage = vitals.storage;
            }
            None if signs.failures >= ENOUGH => {
                (state.cpu_ratio, state.memory_used_bytes, state.memory_total_bytes) = (None, None, None);
                state.storage.clear();
            }
            None => {}
        }
        self.states.note(state.clone());
    }

    /// Samples, live rates and rules.
    async fn publish(&self, device: &Watched, memory: &Memory, digest: &Digest, heard: &Heard, signs: Signs, took: Duration) {
        let mut rows = SampleBatch::new(&INTERFACE);
        let mut readings = Vec::with_capacity(digest.rates.len());
        let mut rates = digest.rates.iter();
        for port in &memory.ports {
            // rates stand in the order of the ports, those that did not answer left out
            let Some((id, found)) = rates.as_slice().first().filter(|(id, _)| *id == port.id) else { continue };
            rates.next();
            let values = sample(found, port.oper);
            rows.push(*id, heard.at, &values);
            // a port that was shut on purpose is no fault
            readings.push((port, values, [if port.is_faulty() { port.oper.word() } else { up_word(port) }]));
        }
        self.env.live.update(digest.rates.iter().copied());
        self.env.live.note_latency(device.id, memory.state.latency_ms);
        let values = device_sample(&memory.state, heard, signs, took);
        let mut row = SampleBatch::new(&DEVICE);
        row.push(device.id, heard.at, &values);
        self.pipeline.put(row).await;
        self.pipeline.put(rows).await;
        self.observe_device(device, heard.at, &values, signs).await;
        let thresholds = |id: Id| memory.thresholds.iter().find(|(port, _)| *port == id).map(|(_, t)| t);
        let due = self.rules.observe(readings.iter().map(|(port, values, words)| Observed {
            kind: RuleSubject::Interface,
            id: port.id,
            device_id: Some(device.id),
            site_id: device.site_id,
            tags: &device.tags,
            at: heard.at,
            monitored: port.monitored,
            state: Some((words, port.since)),
            state_matters: port.matters,
            values,
            thresholds: thresholds(port.id),
        }));
        self.rules.carry_out(due).await;
    }

    async fn observe_device(&self, device: &Watched, at: Timestamp, values: &[f64], signs: Signs) {
        let why = match device.status {
            DeviceStatus::Degraded if signs.snmp == Some(false) => "snmp_silent",
            DeviceStatus::Degraded => "ports_down",
            status => status.word(),
        };
        // one failed poll decides nothing: a state is told again once it is confirmed
        let confirmed = !signs.failed() || signs.failures >= ENOUGH;
        let words = [device.status.word(), why];
        let due = self.rules.observe([Observed {
            kind: RuleSubject::Device,
            id: device.id,
            device_id: Some(device.id),
            site_id: device.site_id,
            tags: &device.tags,
            at,
            monitored: true,
            state: confirmed.then_some((&words[..], device.since)),
            state_matters: true,
            values,
            thresholds: None,
        }]);
        self.rules.carry_out(due).await;
    }

    fn whole_due(&self, device: &Watched, memory: &Memory, now: Timestamp, changed: bool) -> bool {
        let tried = memory.identify_tried.map_or(Duration::MAX, |at| now.since(at));
        let known = device.identified_at.map_or(Duration::MAX, |at| now.since(at));
        tried >= IDENTIFY_RETRY && (known >= IDENTIFY_EVERY || (changed && tried >= IDENTIFY_GAP && known >= IDENTIFY_GAP))
    }

    /// Has the device read whole, and takes over what that wrote; `false` when the device is gone.
    async fn read_whole(&self, device: &mut Watched, memory: &mut Memory, now: Timestamp) -> Result<bool> {
        if memory.identify_tried.is_some_and(|at| now.since(at) < IDENTIFY_RETRY) {
            return Ok(true);
        }
        memory.identify_tried = Some(now);
        let slot = self.slots.acquire().await;
        if let Err(error) = self.identify.identify(&CallContext::system(self.env.core.now()), device.id).await {
            tracing::debug!(device = %device.id, %error, cause = error.chain(), "cannot read the device whole");
        }
        drop(slot);
        let Some(stored) = self.env.core.store.get::<Device>(&Scope::system(), device.id).await? else { return Ok(false) };
        let Some(fresh) = Watched::new(&stored) else { return Ok(false) };
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

/// What an interface that is not faulty is to rules.
fn up_word(port: &Port) -> &'static str {
    match port.oper {
        OperStatus::Down | OperStatus::LowerLayerDown => OperStatus::Unknown.word(),
        oper => oper.word(),
    }
}

/// Compares the device's clocks with those before; whether its counters may have begun anew.
fn note_clocks(memory: &mut Memory, head: &Head) -> bool {
    memory.head = Some(head.present);
    let Some(now) = head.clocks else { return false };
    let course = memory.clocks.replace(now).map(|before| course(&before, &now));
    let begun = head.at.minus(Duration::from_millis(u64::from(now.host.unwrap_or(now.agent)) * 10));
    let rebooted = course == Some(Course::Rebooted);
    if rebooted {
        memory.rebooted = Some(begun);
    }
    if rebooted || memory.state.rebooted_at.is_none() {
        memory.state.rebooted_at = Some(begun);
    }
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

/// The last values as a row of samples, in the order of their set.
fn device_sample(state: &DeviceState, heard: &Heard, signs: Signs, took: Duration) -> [f64; 10] {
    let ratio = |used: u64, total: u64| (total > 0).then(|| used as f64 / total as f64);
    let answered = signs.snmp == Some(true);
    let fresh = |value: Option<f64>| value.filter(|_| answered);
    let memory = state.memory_used_bytes.zip(state.memory_total_bytes);
    let fullest = state.storage.iter().filter_map(|area| ratio(area.used_bytes, area.total_bytes)).reduce(f64::max);
    [
        Some(if signs.answers() { 1.0 } else { 0.0 }),
        heard.icmp.as_ref().and_then(PingReport::mean_ms),
        heard.icmp.as_ref().map(PingReport::loss_ratio),
        fresh(state.cpu_ratio),
        fresh(memory.map(|(used, _)| used as f64)),
        fresh(memory.map(|(_, total)| total as f64)),
        fresh(memory.and_then(|(used, total)| ratio(used, total))),
        fresh(fullest),
        fresh(state.uptime_seconds),
        Some(took.as_secs_f64() * 1e3),
    ]
    .map(|value| value.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_in_the_order_of_its_set() {
        let state = DeviceState {
            cpu_ratio: Some(0.5),
            memory_used_bytes: Some(1),
            memory_total_bytes: Some(4),
            uptime_seconds: Some(9.0),
            ..DeviceState::default()
        };
        let heard = Heard { icmp: None, snmp: None, at: Timestamp(0) };
        let row = device_sample(&state, &heard, Signs { snmp: Some(true), ..Signs::default() }, Duration::from_millis(7));
        for (name, value) in
            [("up", 1.0), ("cpu_ratio", 0.5), ("memory_used_ratio", 0.25), ("uptime_seconds", 9.0), ("poll_duration_ms", 7.0)]
        {
            assert!((row[DEVICE.index(name).unwrap()] - value).abs() < 1e-9, "{name}");
        }
        assert_eq!(row.len(), DEVICE.metrics.len());
    }
}
