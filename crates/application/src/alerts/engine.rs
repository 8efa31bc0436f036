//! The rule engine: readings go in, alerts come out.
//!
//! In memory stands only what is not well: a [`Track`] for each rule and subject whose condition holds, held or is about to. Readings
//! come from whoever polls ([`AlertEngine::observe`]); time passes by [`AlertEngine::tick`]. What follows is written by
//! [`AlertEngine::carry_out`] in one unit of work, and only then does a track go on: a store that fails delays an alert, and loses none.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use vigie_domain::alerts::{Alert, Condition, RuleSubject};
use vigie_domain::devices::Thresholds;
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read};
use vigie_domain::telemetry::SampleStore;
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::phase::{Phase, Signal, Step, advance, pass_time};
use super::rulebook::{ActiveRule, RuleBook};
use crate::Core;

/// A rule and the subject it watches.
pub type Key = (Id, Id);

/// A reading of one subject.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// What it is.
    pub kind: RuleSubject,
    /// Which one.
    pub id: Id,
    /// The device it belongs to, itself for a device.
    pub device_id: Option<Id>,
    /// Its site.
    pub site_id: Option<Id>,
    /// Its tags.
    pub tags: &'a [String],
    /// When it was read.
    pub at: Timestamp,
    /// The words for its state, and since when; `None` where nothing can be told.
    pub state: Option<(&'a [&'a str], Timestamp)>,
    /// Whether it is watched at all; alerts of what is not are ended.
    pub monitored: bool,
    /// Whether a state of it may begin an alert; one that is open follows the state in any case.
    pub state_matters: bool,
    /// Its values in the order of its metric set.
    pub values: &'a [f64],
    /// Limits of its own.
    pub thresholds: Option<&'a Thresholds>,
}

/// What is to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Due {
    /// For which rule and subject.
    pub key: Key,
    /// What.
    pub action: Action,
}

/// What is to be done about an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Raise it: the condition holds since then.
    Raise(Timestamp),
    /// It came back while it was open.
    Again,
    /// End it.
    Clear,
    /// Look in the samples since when its condition holds: the engine has just started.
    Recall,
}

/// A condition that is not well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    pub phase: Phase,
    /// The alert, once there is one.
    pub alert: Option<Id>,
    pub kind: RuleSubject,
    pub device_id: Option<Id>,
    /// The last value, for thresholds.
    pub value: Option<f64>,
    pub threshold: Option<f64>,
}

/// The rule engine.
pub struct AlertEngine {
    pub(super) core: Core,
    pub(super) samples: Arc<dyn SampleStore>,
    started: Timestamp,
    pub(super) book: ArcSwap<RuleBook>,
    tracks: Mutex<HashMap<Key, Track>>,
    silent: Mutex<HashSet<Id>>,
    /// Woken when deliveries were written.
    pub(super) mail: Arc<Notify>,
}

impl AlertEngine {
    /// An engine without rules; [`Self::load`] brings them. `mail` is woken when there is something to send.
    pub fn new(core: &Core, samples: Arc<dyn SampleStore>, mail: Arc<Notify>) -> Self {
        let started = core.now();
        Self { core: core.clone(), samples, started, book: ArcSwap::default(), tracks: Mutex::default(), silent: Mutex::default(), mail }
    }

    /// Reads the rules and the alerts that are open.
    pub async fn load(&self) -> Result<()> {
        self.load_rules().await?;
        let open = Filter::eq(Alert::SCHEMA, "open", true)?;
        let alerts: Vec<Alert> = self.core.store.all(&Scope::system(), vec![open]).await?;
        let book = self.book.load();
        let mut tracks = self.tracks();
        for alert in alerts {
            let (Some(rule), Some(subject)) = (alert.rule_id, alert.subject.id) else { continue };
            let happened = book.get(rule).is_some_and(|active| matches!(active.rule.condition, Condition::Event { .. }));
            let phase = if happened { Phase::Clearing { since: alert.changed_at } } else { Phase::Firing };
            let kind = kind_of(&alert.subject.kind);
            let (value, threshold) = (alert.value, alert.threshold);
            tracks.insert((rule, subject), Track { phase, alert: Some(alert.id), kind, device_id: alert.device_id, value, threshold });
        }
        Ok(())
    }

    /// Reads the rules again.
    pub async fn load_rules(&self) -> Result<()> {
        self.book.store(Arc::new(RuleBook::load(&*self.core.store).await?));
        Ok(())
    }

    /// Notes whether a device is silent: alerts of its interfaces are not raised while it is.
    pub fn note_silent(&self, device: Id, silent: bool) {
        let mut devices = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if silent {
            devices.insert(device);
        } else {
            devices.remove(&device);
        }
    }

    /// Takes readings in; what is to be written follows.
    pub fn observe<'a>(&self, readings: impl IntoIterator<Item = Observed<'a>>) -> Vec<Due> {
        let book = self.book.load();
        let mut tracks = self.tracks();
        let mut due = Vec::new();
        for reading in readings {
            for active in book.watching(reading.kind) {
                let key = (active.rule.id, reading.id);
                let known = tracks.get(&key).copied();
                let Some((signal, since)) = judge(active, &reading, known.is_some()) else { continue };
                let phase = known.map(|track| track.phase);
                if phase.is_none() && signal != Signal::Holds {
                    continue;
                }
                let (next, step) = advance(phase, signal, reading.at, since, active.timing());
                match next {
                    None => drop(tracks.remove(&key)),
                    Some(phase) => {
                        let value = active.value(reading.values).or(known.and_then(|t| t.value));
                        let track = Track {
                            phase,
                            alert: known.and_then(|t| t.alert),
                            kind: reading.kind,
                            device_id: reading.device_id,
                            value,
                            threshold: active.threshold(reading.thresholds),
                        };
                        tracks.insert(key, track);
                    }
                }
                due.extend(action(step).map(|action| Due { key, action }));
                if known.is_none() && step == Step::Nothing && self.may_have_begun_before(active, reading.at) {
                    due.push(Due { key, action: Action::Recall });
                }
            }
        }
        drop(tracks);
        due.retain(|d| !self.is_suppressed(d));
        due
    }

    /// Whether a condition that is seen for the first time may hold since before the engine started. States tell since when they hold.
    fn may_have_begun_before(&self, active: &ActiveRule, now: Timestamp) -> bool {
        !active.is_lasting() && now.since(self.started) < active.timing().hold
    }

    /// Lets time pass: what ripened or is over, and alerts whose rule is no longer in force.
    pub fn tick(&self, now: Timestamp) -> Vec<Due> {
        let book = self.book.load();
        let mut tracks = self.tracks();
        let mut due = Vec::new();
        tracks.retain(|key, track| {
            let Some(active) = book.get(key.0) else {
                due.extend(track.alert.map(|_| Due { key: *key, action: Action::Clear }));
                return track.alert.is_some();
            };
            let step = pass_time(track.phase, now, active.timing(), active.is_lasting());
            due.extend(action(step).map(|action| Due { key: *key, action }));
            true
        });
        drop(tracks);
        due.retain(|d| !self.is_suppressed(d));
        due
    }

    /// Lets go of a device that is no longer watched, and of its interfaces: their alerts end.
    pub fn forget_device(&self, device: Id) -> Vec<Due> {
        self.forget(|_, track| track.device_id == Some(device))
    }

    /// Lets go of one subject: its alerts end.
    pub fn forget_subject(&self, subject: Id) -> Vec<Due> {
        self.forget(|key, _| key.1 == subject)
    }

    fn forget(&self, concerned: impl Fn(&Key, &Track) -> bool) -> Vec<Due> {
        let mut due = Vec::new();
        self.tracks().retain(|key, track| {
            if !concerned(key, track) {
                return true;
            }
            due.extend(track.alert.map(|_| Due { key: *key, action: Action::Clear }));
            track.alert.is_some()
        });
        due
    }

    /// How many alerts it knows to be open.
    pub fn open_count(&self) -> usize {
        self.tracks().values().filter(|track| track.alert.is_some()).count()
    }

    pub(super) fn tracks(&self) -> MutexGuard<'_, HashMap<Key, Track>> {
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn track(&self, key: Key) -> Option<Track> {
        self.tracks().get(&key).copied()
    }

    pub(super) fn set_phase(&self, key: Key, phase: Phase, alert: Option<Id>) {
        if let Some(track) = self.tracks().get_mut(&key) {
            (track.phase, track.alert) = (phase, alert);
        }
    }

    /// A person ended an alert: while its condition holds it stays quiet.
    pub(super) fn ended_by_hand(&self, alert: &Alert) {
        let (Some(rule), Some(subject)) = (alert.rule_id, alert.subject.id) else { return };
        let lasting = self.book.load().get(rule).is_some_and(|active| !matches!(active.rule.condition, Condition::Event { .. }));
        if lasting {
            self.set_phase((rule, subject), Phase::Muted, None);
        } else {
            self.tracks().remove(&(rule, subject));
        }
    }

    fn is_suppressed(&self, due: &Due) -> bool {
        if !matches!(due.action, Action::Raise(_)) {
            return false;
        }
        let Some(track) = self.track(due.key).filter(|t| t.kind == RuleSubject::Interface) else { return false };
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        track.device_id.is_some_and(|device| silent.contains(&device))
    }
}

/// What a reading says of a rule, and since when; `None` where the rule does not look at it.
fn judge(active: &ActiveRule, reading: &Observed<'_>, tracked: bool) -> Option<(Signal, Timestamp)> {
    if !reading.monitored || !active.applies(reading.site_id, reading.tags) {
        // a rule that no longer watches this subject lets go of it
        return tracked.then_some((Signal::Clears, reading.at));
    }
    if active.is_lasting() {
        let (states, since) = reading.state?;
        let signal = active.judge_states(states);
        let begins = signal == Signal::Holds && !tracked;
        return (!begins || reading.state_matters).then_some((signal, since));
    }
    Some((active.judge_value(active.value(reading.values), reading.thresholds), reading.at))
}

fn action(step: Step) -> Option<Action> {
    match step {
        Step::Nothing => None,
        Step::Raise { since } => Some(Action::Raise(since)),
        Step::Again => Some(Action::Again),
        Step::Clear => Some(Action::Clear),
    }
}

fn kind_of(word: &str) -> RuleSubject {
    match word {
        "interface" => RuleSubject::Interface,
        "check" => RuleSubject::Check,
        "collector" => RuleSubject::Collector,
        _ => RuleSubject::Device,
    }
}
