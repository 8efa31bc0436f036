//! The scheduler: holds the devices, lends them to polls, and hears what becomes of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id as TaskId, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use vigie_domain::alerts::RuleSubject;
use vigie_domain::devices::Device;
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::system::{Event, event_types};
use vigie_domain::topology::Link;
use vigie_domain::{Error, Id, Result, Scope, Timestamp};

use super::round::{Aftermath, Identify, Round};
use super::schedule::{Agenda, Rhythm};
use super::unread::Unread;
use super::watched::Watched;
use crate::alerts::{AlertEngine, Observed, POLLER};
use crate::devices::DeviceEnv;
use crate::telemetry::Pipeline;

/// The scheduler looks at the clock at least so often: it may have been set.
const LOOK: Duration = Duration::from_secs(1);
/// A clock that goes back by more was set.
const SET_BACK: Duration = Duration::from_secs(5);
/// How often links are read again, though nothing said that they changed.
const LINKS_EVERY: Duration = Duration::from_mins(10);
/// How soon links, and the ports at their ends, are read after one changed: they change by the dozen, and ports are written last.
const LINKS_SOON: Duration = Duration::from_secs(3);
/// How long polls under way are waited for at the end.
const GRACE: Duration = Duration::from_secs(5);
/// How often it is looked whether any device answers at all.
const PULSE: Duration = Duration::from_secs(15);

enum Command {
    PollNow(Id, oneshot::Sender<Result<bool>>),
}

/// Asks the poller for things. Cheap to clone.
#[derive(Clone)]
pub struct PollerHandle {
    commands: mpsc::Sender<Command>,
}

impl PollerHandle {
    /// Polls a device now, and tells whether it answered. `conflict` when it is not monitored.
    pub async fn poll_now(&self, device: Id) -> Result<bool> {
        let (answer, answered) = oneshot::channel();
        let stopped = || Error::conflict("conflict", "the poller is not running");
        self.commands.send(Command::PollNow(device, answer)).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

/// Polls all devices.
pub struct Poller {
    round: Arc<Round>,
    commands: mpsc::Receiver<Command>,
}

/// What is known of a device, whether it is here or lent to a poll.
#[derive(Default)]
struct Slot {
    device: Option<Box<Watched>>,
    due: Timestamp,
    /// It changed while it was lent.
    reload: bool,
    /// Its standing is to be judged when it comes back.
    judge: bool,
    /// Who waits for a poll that is still to begin, and for the one under way.
    waiting: Vec<oneshot::Sender<Result<bool>>>,
    polled_for: Vec<oneshot::Sender<Result<bool>>>,
}

/// A device that comes back.
struct Returned {
    device: Box<Watched>,
    /// `None` when only its standing was judged.
    outcome: Option<Result<Aftermath>>,
    gone: bool,
}

/// The poller at work.
struct Watch {
    round: Arc<Round>,
    slots: HashMap<Id, Slot>,
    agenda: Agenda,
    lent: JoinSet<Returned>,
    tasks: HashMap<TaskId, Id>,
    limit: usize,
    unread: Unread,
    last_look: Timestamp,
    links_due: Timestamp,
    /// Devices at the ends of links that changed, and when to read their interfaces.
    linked: HashMap<Id, Timestamp>,
    pulse_due: Timestamp,
    /// When any device answered last.
    last_answer: Timestamp,
}

impl Poller {
    /// A poller, and the handle that asks it for things. It does nothing before [`Self::run`].
    pub fn new(env: &DeviceEnv, identify: Arc<dyn Identify>, rules: Arc<AlertEngine>, pipeline: Pipeline) -> (Self, PollerHandle) {
        let (commands, receiver) = mpsc::channel(256);
        let round = Arc::new(Round::new(env, identify, rules, pipeline));
        (Self { round, commands: receiver }, PollerHandle { commands })
    }

    /// Polls until `stop`, then writes what polls left.
    pub async fn run(self, stop: CancellationToken) {
        let flush = CancellationToken::new();
        let (core, states) = (self.round.env.core.clone(), self.round.states.clone());
        let polling = async {
            self.poll_all(stop).await;
            flush.cancel();
        };
        tokio::join!(polling, states.run(&core, flush.clone()));
    }

    async fn poll_all(mut self, stop: CancellationToken) {
        let mut events = self.round.env.core.bus.subscribe();
        let mut watch = Watch::new(self.round.clone());
        while let Err(error) = watch.load().await {
            tracing::error!(cause = error.chain(), "cannot read the devices to poll, trying again");
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
        tracing::info!(devices = watch.slots.len(), "polling begins");
        loop {
            watch.look().await;
            let wait = watch.wait();
            tokio::select! {
                Some(returned) = watch.lent.join_next_with_id() => watch.take_back(returned).await,
                event = events.recv() => match event {
                    Ok(event) => watch.hear(&event).await,
                    Err(RecvError::Lagged(_)) => watch.reload_all().await,
                    Err(RecvError::Closed) => break,
                },
                Some(command) = self.commands.recv() => watch.obey(command),
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => break,
            }
        }
        watch.end().await;
    }
}

impl Watch {
    fn new(round: Arc<Round>) -> Self {
        let now = round.env.core.now();
        let limit = round.env.core.settings.poll_concurrency.max(1);
        Self {
            round,
            slots: HashMap::new(),
            agenda: Agenda::default(),
            lent: JoinSet::new(),
            tasks: HashMap::new(),
            limit,
            unread: Unread::default(),
            last_look: now,
            links_due: now,
            linked: HashMap::new(),
            pulse_due: now.plus(PULSE),
            last_answer: now,
        }
    }

    /// Reads the devices, and plans their first polls.
    async fn load(&mut self) -> Result<()> {
        let devices: Vec<Device> = self.round.env.core.store.all(&Scope::system(), Vec::new()).await?;
        let watched: Vec<Watched> = devices.iter().filter_map(Watched::new).collect();
        drop(devices);
        let (now, count) = (self.round.env.core.now(), watched.len());
        for device in watched {
            let first = device.rhythm.first(now, count);
            self.put(device, first);
        }
        Ok(())
    }

    fn put(&mut self, device: Watched, due: Timestamp) {
        let id = device.id;
        // one that was removed and comes back may still be lent
        let lent = self.tasks.values().any(|lent| *lent == id);
        let slot = self.slots.entry(id).or_default();
        slot.reload |= lent;
        slot.device = Some(Box::new(device));
        self.plan(id, due);
        metrics::gauge!("devices_watched").set(self.slots.len() as f64);
    }

    fn plan(&mut self, id: Id, due: Timestamp) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.due = due;
            self.agenda.note(due, id);
        }
    }

    /// How long nothing is due.
    fn wait(&self) -> Duration {
        if self.lent.len() >= self.limit {
            return LOOK;
        }
        let now = self.round.env.core.now();
        self.agenda.next().map_or(LOOK, |due| due.since(now)).min(LOOK)
    }

    /// Does what is due.
    async fn look(&mut self) {
        let now = self.round.env.core.now();
        if now.plus(SET_BACK) < self.last_look {
            tracing::warn!("the clock was set back, planning all polls anew");
            self.agenda = Agenda::default();
            let dues: Vec<(Id, Timestamp)> =
                self.slots.iter().filter_map(|(id, slot)| Some((*id, slot.device.as_ref()?.rhythm.after(now)))).collect();
            for (id, due) in dues {
                self.plan(id, due);
            }
        }
        self.last_look = now;
        while self.lent.len() < self.limit {
            let Some((due, id)) = self.agenda.take(now) else { break };
            self.lend(id, due, now);
        }
        while self.lent.len() < self.limit
            && let Some((id, due)) = self.unread.next()
        {
            self.lend(id, due, now);
        }
        if self.links_due <= now {
            self.links_due = now.plus(LINKS_EVERY);
            self.read_links().await;
        }
        let linked: Vec<Id> = self.linked.extract_if(|_, due| *due <= now).map(|(id, _)| id).collect();
        for id in linked {
            self.reload(id).await;
        }
        if self.pulse_due <= now {
            self.pulse_due = now.plus(PULSE);
            self.pulse(now).await;
        }
    }

    /// Lends a device to a poll, if the entry of the agenda still holds. One that is to be read whole first may have to wait its turn.
    fn lend(&mut self, id: Id, due: Timestamp, now: Timestamp) {
        let Some(slot) = self.slots.get_mut(&id).filter(|slot| slot.due == due) else { return };
        let Some(mut device) = slot.device.take() else { return };
        let unread = device.is_unread();
        if unread && !self.unread.has_room() {
            slot.device = Some(device);
            self.unread.wait(id, due);
            return;
        }
        slot.polled_for.append(&mut slot.waiting);
        if !unread {
            metrics::histogram!("poll_lateness_seconds").record(now.since(due).as_secs_f64());
        }
        let round = self.round.clone();
        let task = self.lent.spawn(async move {
            let begun = tokio::time::Instant::now();
            let outcome = round.poll(&mut device).await;
            metrics::histogram!("poll_duration_seconds").record(begun.elapsed().as_secs_f64());
            Returned { device, outcome: Some(outcome), gone: false }
        });
        self.tasks.insert(task.id(), id);
        if unread {
            self.unread.begin(task.id());
        }
    }

    fn lend_to_judge(&mut self, id: Id) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let Some(mut device) = slot.device.take() else {
            slot.judge = true;
            return;
        };
        let round = self.round.clone();
        let task = self.lent.spawn(async move {
            let gone = round.judge(&mut device).await.is_ok_and(|there| !there);
            Returned { device, outcome: None, gone }
        });
        self.tasks.insert(task.id(), id);
    }

    async fn take_back(&mut self, returned: Result<(TaskId, Returned), JoinError>) {
        let (task, returned) = match returned {
            Ok((task, returned)) => (task, Some(returned)),
            Err(error) => {
                tracing::error!(%error, "a poll broke off");
                (error.id(), None)
            }
        };
        self.unread.end(task);
        let Some(id) = self.tasks.remove(&task) else { return };
        let now = self.round.env.core.now();
        let Some(slot) = self.slots.get_mut(&id) else {
            if let Some(returned) = returned {
                self.leave(id, Some(returned.device)).await;
            }
            return;
        };
        let waiting = std::mem::take(&mut slot.polled_for);
        let (reload, judge) = (std::mem::take(&mut slot.reload), std::mem::take(&mut slot.judge));
        let Some(Returned { device, outcome, gone }) = returned else {
            answer(waiting, &Err(Error::conflict("conflict", "the poll broke off")));
            return self.reload(id).await;
        };
        let judged = outcome.is_none();
        let rhythm = device.rhythm;
        slot.device = Some(device);
        let hurried = !slot.waiting.is_empty();
        let planned = slot.due;
        match outcome {
            Some(outcome) => {
                let told = outcome.as_ref().map(|after| after.answered).map_err(Clone::clone);
                answer(waiting, &told);
                self.follow(id, rhythm, outcome, hurried, now).await;
            }
            None if gone => self.remove(id).await,
            // the moment it was planned for may have passed while it was lent
            None => self.plan(id, if hurried { now } else { planned.max(now) }),
        }
        if reload {
            self.reload(id).await;
        }
        if judge && !judged {
            self.lend_to_judge(id);
        }
    }

    /// Does what follows from a poll.
    async fn follow(&mut self, id: Id, rhythm: Rhythm, outcome: Result<Aftermath>, hurried: bool, now: Timestamp) {
        let after = match outcome {
            Ok(after) if after.retired => return self.remove(id).await,
            Ok(after) => after,
            Err(error) => {
                metrics::counter!("polls_total", "outcome" => "error").increment(1);
                tracing::error!(device = %id, %error, cause = error.chain(), "cannot poll a device");
                return self.plan(id, rhythm.after(now));
            }
        };
        metrics::counter!("polls_total", "outcome" => if after.answered { "answered" } else { "silent" }).increment(1);
        if after.answered {
            self.last_answer = now;
        }
        let next = if after.next > now { after.next } else { rhythm.after(now) };
        self.plan(id, if hurried { now } else { next });
        for other in after.look_at {
            let idle = self.slots.get(&other).is_some_and(|slot| slot.device.as_ref().is_some_and(|d| d.failures() == 0));
            if idle {
                self.plan(other, now);
            }
        }
        for other in after.judge {
            self.lend_to_judge(other);
        }
    }

    fn obey(&mut self, Command::PollNow(id, answer): Command) {
        let now = self.round.env.core.now();
        let Some(slot) = self.slots.get_mut(&id) else {
            let refused = Error::conflict("conflict", "the device is not monitored").solution("set monitored to true");
            drop(answer.send(Err(refused)));
            return;
        };
        slot.waiting.push(answer);
        if slot.device.is_some() {
            self.plan(id, now);
        }
    }

    async fn hear(&mut self, event: &Event) {
        match (event.kind.as_str(), event.device_id) {
            (event_types::DEVICE_REMOVED, Some(id)) => self.remove(id).await,
            (
                event_types::DEVICE_ADDED
                | event_types::DEVICE_CHANGED
                | event_types::DEVICE_IDENTITY_CHANGED
                | event_types::INTERFACE_CHANGED,
                Some(id),
            ) => self.reload(id).await,
            (event_types::LINK_APPEARED | event_types::LINK_VANISHED, _) => {
                let soon = self.round.env.core.now().plus(LINKS_SOON);
                self.links_due = self.links_due.min(soon);
                self.linked.extend(ends(event).map(|id| (id, soon)));
            }
            _ => {}
        }
    }

    /// Reads a device anew: somebody changed it, or it was read whole.
    async fn reload(&mut self, id: Id) {
        if let Some(slot) = self.slots.get_mut(&id).filter(|slot| slot.device.is_none() && self.tasks.values().any(|lent| *lent == id)) {
            slot.reload = true;
            return;
        }
        match self.try_reload(id).await {
            Ok(()) => {}
            Err(error) => tracing::error!(device = %id, cause = error.chain(), "cannot read a device that changed"),
        }
    }

    async fn try_reload(&mut self, id: Id) -> Result<()> {
        let core = &self.round.env.core;
        let stored: Option<Device> = core.store.get(&Scope::system(), id).await?;
        let Some(mut fresh) = stored.as_ref().and_then(Watched::new) else {
            self.remove(id).await;
            return Ok(());
        };
        let now = core.now();
        let known = self.slots.get_mut(&id).and_then(|slot| Some((slot.device.take()?, slot.due)));
        let Some((before, due)) = known else {
            self.put(fresh, now);
            return Ok(());
        };
        let rhythm = before.rhythm;
        fresh.inherit(*before);
        if let Some(memory) = &mut fresh.memory {
            let gone = memory.reload_ports(core).await?;
            self.round.env.live.forget(&gone);
        }
        // another address, credential or period is tried at once
        let due = if fresh.memory.is_none() || fresh.rhythm != rhythm { now } else { due };
        self.put(fresh, due);
        Ok(())
    }

    async fn reload_all(&mut self) {
        tracing::warn!("the poller was slower than events come, reading all devices");
        let core = self.round.env.core.clone();
        match core.store.all::<Device>(&Scope::system(), Vec::new()).await {
            Ok(devices) => {
                let there: Vec<Id> = devices.into_iter().filter(|d| Watched::new(d).is_some()).map(|d| d.id).collect();
                let gone: Vec<Id> = self.slots.keys().filter(|id| !there.contains(id)).copied().collect();
                for id in gone {
                    self.remove(id).await;
                }
                for id in there {
                    self.reload(id).await;
                }
            }
            Err(error) => tracing::error!(cause = error.chain(), "cannot read the devices to poll"),
        }
        self.links_due = core.now();
    }

    async fn remove(&mut self, id: Id) {
        let Some(slot) = self.slots.remove(&id) else { return };
        metrics::gauge!("devices_watched").set(self.slots.len() as f64);
        let gone = Err(Error::conflict("conflict", "the device is no longer monitored"));
        answer(slot.waiting, &gone);
        answer(slot.polled_for, &gone);
        if slot.device.is_some() {
            self.leave(id, slot.device).await;
        }
    }

    /// Lets go of everything that is known of a device.
    async fn leave(&mut self, id: Id, device: Option<Box<Watched>>) {
        let round = &self.round;
        round.reach.forget(id);
        round.states.forget(id);
        round.rules.note_silent(id, false);
        round.env.live.note_latency(id, None);
        if let Some(memory) = device.and_then(|device| device.memory) {
            let ids: Vec<Id> = memory.ports.iter().map(|port| port.id).collect();
            round.env.live.forget(&ids);
        }
        round.rules.carry_out(round.rules.forget_device(id)).await;
    }

    async fn read_links(&self) {
        let round = &self.round;
        let Ok(filter) = Filter::eq(Link::SCHEMA, "present", true) else { return };
        match round.env.core.store.all::<Link>(&Scope::system(), vec![filter]).await {
            Ok(links) => round.reach.set_links(&links),
            Err(error) => tracing::error!(cause = error.chain(), "cannot read the links"),
        }
    }

    /// Tells the rules whether any device answers at all.
    async fn pulse(&self, now: Timestamp) {
        let longest = self.slots.values().filter_map(|slot| slot.device.as_ref()).map(|device| device.rhythm.period()).max();
        let patience = longest.unwrap_or_default().saturating_mul(2).max(Duration::from_mins(3));
        let silent = !self.slots.is_empty() && now.since(self.last_answer) > patience;
        let due = self.round.rules.observe([Observed {
            kind: RuleSubject::Collector,
            id: POLLER,
            device_id: None,
            site_id: None,
            tags: &[],
            at: now,
            monitored: true,
            state: Some((&[if silent { "silent" } else { "receiving" }], self.last_answer)),
            state_matters: true,
            values: &[],
            thresholds: None,
        }]);
        self.round.rules.carry_out(due).await;
    }

    /// Waits a little for polls under way; what they found is written by them.
    async fn end(&mut self) {
        let finish = async { while self.lent.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finish).await.is_err() {
            self.lent.abort_all();
            while self.lent.join_next().await.is_some() {}
        }
    }
}

/// The devices at the ends of the link an event tells of.
fn ends(event: &Event) -> impl Iterator<Item = Id> + '_ {
    let end = |name: &str| event.data.as_ref()?.get(name)?.get("device_id")?.as_str()?.parse().ok();
    ["source", "target"].into_iter().filter_map(end)
}

fn answer(waiting: Vec<oneshot::Sender<Result<bool>>>, answer: &Result<bool>) {
    for waiter in waiting {
        // whoever asked may have left
        drop(waiter.send(answer.clone()));
    }
}
