//! Runs the checks, each at its interval.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vigie_domain::alerts::{RuleSubject, Severity};
use vigie_domain::devices::{Check, CheckKind, CheckState, CheckStatus, Device};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::telemetry::{CHECK, SampleBatch};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::judge::{Finding, state};
use crate::CallContext;
use crate::alerts::{AlertEngine, Observed};
use crate::devices::DeviceEnv;
use crate::devices::poller::{Agenda, Rhythm};
use crate::telemetry::Pipeline;

/// Echoes of one ping.
const ECHOES: u16 = 5;
/// Between two echoes.
const ECHO_GAP: Duration = Duration::from_millis(100);
/// After a first failure it is tried again this soon.
const AGAIN: Duration = Duration::from_secs(10);
/// Checks under way at a time.
const AT_ONCE: usize = 256;
/// How often states that did not change are written.
const FLUSH: Duration = Duration::from_secs(5);
/// How often all checks are read again: the sites and tags of their devices may have changed.
const REFRESH: Duration = Duration::from_mins(2);
/// The clock is looked at so often.
const LOOK: Duration = Duration::from_secs(1);

struct Slot {
    check: Arc<Check>,
    device: Option<Arc<Place>>,
    due: Timestamp,
    failures: u32,
    running: bool,
}

/// Where the device of a check stands, for rules.
struct Place {
    site_id: Option<Id>,
    tags: Vec<String>,
}

/// Runs checks.
pub struct CheckRunner {
    env: DeviceEnv,
    rules: Arc<AlertEngine>,
    pipeline: Pipeline,
    slots: HashMap<Id, Slot>,
    agenda: Agenda,
    unwritten: HashSet<Id>,
}

impl CheckRunner {
    /// A runner. It does nothing before [`Self::run`].
    pub fn new(env: &DeviceEnv, rules: Arc<AlertEngine>, pipeline: Pipeline) -> Self {
        Self { env: env.clone(), rules, pipeline, slots: HashMap::new(), agenda: Agenda::default(), unwritten: HashSet::new() }
    }

    /// Runs checks until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut events = self.env.core.bus.subscribe();
        let mut running: JoinSet<(Id, Finding)> = JoinSet::new();
        let mut flush = tokio::time::interval(FLUSH);
        let mut refresh = tokio::time::interval(REFRESH);
        loop {
            self.start_due(&mut running);
            let wait = self.agenda.next().map_or(LOOK, |due| due.since(self.env.core.now())).min(LOOK);
            let wait = if running.len() >= AT_ONCE { LOOK } else { wait };
            tokio::select! {
                Some(done) = running.join_next() => {
                    if let Ok((id, finding)) = done {
                        self.take(id, finding).await;
                    }
                }
                event = events.recv() => match event {
                    Ok(event) if matches!(event.kind.as_str(), event_types::CHECK_CHANGED | event_types::DEVICE_REMOVED) => self.refresh().await,
                    Err(RecvError::Lagged(_)) => self.refresh().await,
                    Err(RecvError::Closed) => break,
                    Ok(_) => {}
                },
                _ = flush.tick() => self.flush().await,
                _ = refresh.tick() => self.refresh().await,
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => break,
            }
        }
        running.abort_all();
        self.flush().await;
    }

    async fn refresh(&mut self) {
        if let Err(error) = self.try_refresh().await {
            tracing::error!(cause = error.chain(), "cannot read the checks");
        }
    }

    /// Takes over what was added, changed and removed.
    async fn try_refresh(&mut self) -> Result<()> {
        let store = &self.env.core.store;
        let checks: Vec<Check> = store.all(&Scope::system(), Vec::new()).await?;
        let mut ids: Vec<Id> = checks.iter().filter_map(|check| check.device_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let devices: Vec<Device> = store.get_many(&Scope::system(), &ids).await?;
        let places: HashMap<Id, Arc<Place>> =
            devices.into_iter().map(|d| (d.id, Arc::new(Place { site_id: d.site_id, tags: d.tags }))).collect();
        let enabled: HashMap<Id, Check> = checks.into_iter().filter(|c| c.enabled).map(|c| (c.id, c)).collect();
        let gone: Vec<Id> = self.slots.keys().filter(|id| !enabled.contains_key(id)).copied().collect();
        for id in gone {
            self.slots.remove(&id);
            self.unwritten.remove(&id);
            self.rules.carry_out(self.rules.forget_subject(id)).await;
        }
        let (now, count) = (self.env.core.now(), enabled.len());
        for (id, check) in enabled {
            let device = check.device_id.and_then(|id| places.get(&id).cloned());
            match self.slots.get_mut(&id) {
                Some(slot) if slot.check.version == check.version => slot.device = device,
                known => {
                    let (running, first) = (known.is_some_and(|slot| slot.running), rhythm(&check).first(now, count));
                    self.slots.insert(id, Slot { check: Arc::new(check), device, due: first, failures: 0, running });
                    self.agenda.note(first, id);
                }
            }
        }
        Ok(())
    }

    fn start_due(&mut self, running: &mut JoinSet<(Id, Finding)>) {
        let now = self.env.core.now();
        while running.len() < AT_ONCE {
            let Some((due, id)) = self.agenda.take(now) else { return };
            let Some(slot) = self.slots.get_mut(&id).filter(|slot| slot.due == due && !slot.running) else { continue };
            slot.running = true;
            let (env, check) = (self.env.clone(), slot.check.clone());
            running.spawn(async move { (id, perform(&env, &check).await) });
        }
    }

    async fn take(&mut self, id: Id, finding: Finding) {
        let now = self.env.core.now();
        let Some(slot) = self.slots.get_mut(&id) else { return };
        slot.running = false;
        slot.failures = if finding.fault.is_some() { slot.failures.saturating_add(1) } else { 0 };
        let before = slot.check.state.clone();
        let after = state(&before, &finding, slot.failures, now);
        slot.due = if slot.failures == 1 { now.plus(AGAIN).min(rhythm(&slot.check).after(now)) } else { rhythm(&slot.check).after(now) };
        self.agenda.note(slot.due, id);
        let mut check = (*slot.check).clone();
        check.state = after;
        let mut row = SampleBatch::new(&CHECK);
        row.push(id, now, &finding.sample());
        self.pipeline.put(row).await;
        if check.state.status == before.status {
            self.unwritten.insert(id);
        } else {
            match self.record(&check, before.status, now).await {
                Ok(true) => {}
                Ok(false) => drop(self.slots.remove(&id)),
                // the state stays as it was, so that the next run tells it again
                Err(error) => {
                    tracing::error!(check = %id, cause = error.chain(), "cannot write the state of a check");
                    return;
                }
            }
        }
        self.observe(&check, &finding, now).await;
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.check = Arc::new(check);
        }
    }

    async fn observe(&self, check: &Check, finding: &Finding, now: Timestamp) {
        let place = self.slots.get(&check.id).and_then(|slot| slot.device.clone());
        let due = self.rules.observe([Observed {
            kind: RuleSubject::Check,
            id: check.id,
            device_id: check.device_id,
            site_id: place.as_ref().and_then(|p| p.site_id),
            tags: place.as_ref().map_or(&[], |p| &p.tags),
            at: now,
            monitored: true,
            state: Some((&[check.state.status.word()], check.state.since.unwrap_or(now))),
            state_matters: true,
            values: &finding.sample(),
            thresholds: None,
        }]);
        self.rules.carry_out(due).await;
    }

    /// Writes a new state with its event; `false` when the check is gone.
    async fn record(&self, check: &Check, before: CheckStatus, now: Timestamp) -> Result<bool> {
        let cx = CallContext::system(now);
        let mut unit = self.env.core.unit(&cx).await?;
        if !write_state(&mut unit, check.id, check.version, &check.state).await? {
            return Ok(false);
        }
        let failing = check.state.status == CheckStatus::Failing;
        let data = json!({"status": check.state.status, "message": check.state.message, "latency_ms": check.state.latency_ms});
        let subject = Subject::new("check", check.id, &check.name);
        let event = Event::new(event_types::CHECK_STATE_CHANGED, now, subject, check.device_id);
        let severity = if failing { Severity::Warning } else { Severity::Info };
        unit.event(event.severity(severity).data(data).previous(json!({"status": before}))).await?;
        unit.commit().await?;
        Ok(true)
    }

    /// Writes the states that did not change their status, together.
    async fn flush(&mut self) {
        let waiting: Vec<Arc<Check>> = self.unwritten.drain().filter_map(|id| self.slots.get(&id).map(|slot| slot.check.clone())).collect();
        for chunk in waiting.chunks(500) {
            if let Err(error) = self.write_states(chunk).await {
                tracing::error!(cause = error.chain(), "cannot write the states of checks");
            }
        }
    }

    async fn write_states(&self, checks: &[Arc<Check>]) -> Result<()> {
        let mut work = self.env.core.store.begin().await?;
        let ids: Vec<Id> = checks.iter().map(|check| check.id).collect();
        let mut stored: Vec<Check> = work.get_many(&Scope::system(), &ids).await?;
        stored.retain_mut(|stored| {
            let known = checks.iter().find(|check| check.id == stored.id && check.version == stored.version);
            known.inspect(|check| stored.state.clone_from(&check.state)).is_some()
        });
        work.upsert(&stored).await?;
        work.commit().await
    }
}

async fn write_state(unit: &mut crate::Unit<'_>, id: Id, version: i64, state: &CheckState) -> Result<bool> {
    let Some(mut stored) = unit.work().get::<Check>(&Scope::system(), id).await? else { return Ok(false) };
    // a check that was changed meanwhile begins anew
    if stored.version == version {
        stored.state.clone_from(state);
        unit.work().update(&stored).await?;
    }
    Ok(true)
}

fn rhythm(check: &Check) -> Rhythm {
    Rhythm::new(check.id, check.interval_seconds)
}

async fn perform(env: &DeviceEnv, check: &Check) -> Finding {
    let timeout = Duration::from_millis(check.timeout_ms.into());
    match (check.kind, check.port) {
        (CheckKind::Tcp, Some(port)) => match env.probe.tcp(SocketAddr::new(check.address, port), timeout).await {
            Ok(outcome) => Finding::of_tcp(outcome, port, timeout),
            Err(error) => Finding::not_sent(error.detail()),
        },
        _ => match env.probe.ping(check.address, ECHOES, ECHO_GAP, timeout).await {
            Ok(report) => Finding::of_ping(&report),
            Err(error) => Finding::not_sent(error.detail()),
        },
    }
}
