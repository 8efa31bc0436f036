//! Channels that show a state: dashboards and the map. Each is computed once per tick and audience, however many watch.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::watch;
use vigie_application::CallContext;
use vigie_application::dashboards::DashboardKind;
use vigie_application::topology::MapQuery;
use vigie_domain::{Error, Id, Permission, Result};

use crate::channel::{Channel, Subscription};
use crate::frame::ServerFrame;
use crate::shared::{Inner, Realtime, audience};

/// How often a state is computed anew.
const TICK: Duration = Duration::from_secs(5);

/// A state at a tick, written out once for everybody who watches it.
pub struct Sampled {
    /// Its place: the run of the sampler and the number of the tick; empty before the first.
    seq: String,
    /// The state, or why there is none.
    data: Result<Arc<RawValue>, Json>,
    /// What changed since the tick before.
    patch: Option<Patch>,
}

/// RFC 6902 operations from one tick to the next.
struct Patch {
    base_seq: String,
    operations: Arc<RawValue>,
}

/// What a state channel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    System,
    Network,
    Topology,
}

/// A state channel.
struct State(Kind);

/// The state channel of this name.
pub fn find(name: &str) -> Option<Box<dyn Channel>> {
    let kind = match name {
        "dashboards.system" => Kind::System,
        "dashboards.network" => Kind::Network,
        "topology" => Kind::Topology,
        _ => return None,
    };
    Some(Box::new(State(kind)))
}

impl Kind {
    fn permission(self) -> Permission {
        match self {
            Self::System | Self::Network => Permission::new("dashboards", "read"),
            Self::Topology => Permission::new("topology", "read"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::System => "dashboards.system",
            Self::Network => "dashboards.network",
            Self::Topology => "topology",
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::System | Self::Network => ("dashboard_update", "dashboard_patch"),
            Self::Topology => ("topology", "topology_patch"),
        }
    }

    async fn compute(self, realtime: &Realtime, cx: &CallContext) -> Result<Json> {
        match self {
            Self::System => dashboard(realtime, cx, DashboardKind::System).await,
            Self::Network => dashboard(realtime, cx, DashboardKind::Network).await,
            Self::Topology => {
                let map = realtime.app.topology.get(cx, &MapQuery::default()).await?;
                serde_json::to_value(map).map_err(Error::storage)
            }
        }
    }
}

async fn dashboard(realtime: &Realtime, cx: &CallContext, kind: DashboardKind) -> Result<Json> {
    let snapshot = realtime.app.dashboards.get(cx, kind).await?;
    serde_json::from_slice(&snapshot.json).map_err(Error::storage)
}

#[async_trait]
impl Channel for State {
    async fn admit(&self, _realtime: &Realtime, cx: &CallContext) -> Result<()> {
        let scope = cx.require(self.0.permission())?;
        if self.0 == Kind::System && !scope.is_everything() {
            cx.require_unscoped(self.0.permission())?;
        }
        Ok(())
    }

    async fn run(&self, realtime: &Realtime, subscription: Subscription) {
        let mut states = sampler(realtime, self.0, &subscription.cx);
        let (whole, patch) = self.0.words();
        let delta = subscription.asked.delta || self.0 == Kind::Topology;
        let mut last: Option<String> = None;
        let first = states.borrow_and_update().clone();
        let resumed = subscription.asked.resume.as_deref() == Some(first.seq.as_str());
        let subscribed = ServerFrame { resumed: Some(resumed), ..ServerFrame::new("subscribed", realtime.now()) };
        if !subscription.put(subscribed) {
            return;
        }
        let mut next = first;
        loop {
            let news = !next.seq.is_empty() && (last.is_some() || !resumed);
            if news && !tell(realtime, &subscription, last.as_deref().filter(|_| delta), &next, (whole, patch)) {
                return;
            }
            if !next.seq.is_empty() {
                last = Some(next.seq.clone());
            }
            tokio::select! {
                () = subscription.stop.cancelled() => return,
                changed = states.changed() => if changed.is_err() { return },
            }
            next = states.borrow_and_update().clone();
        }
    }
}

/// Tells a state: as a patch to who has the one before and asked for patches, else whole.
fn tell(realtime: &Realtime, subscription: &Subscription, has: Option<&str>, next: &Sampled, words: (&'static str, &'static str)) -> bool {
    let data = match &next.data {
        Ok(data) => data,
        Err(problem) => {
            let frame = ServerFrame { error: Some(problem.clone()), ..ServerFrame::new("error", realtime.now()) };
            return subscription.put(frame);
        }
    };
    let frame = match next.patch.as_ref().filter(|patch| has == Some(&patch.base_seq)) {
        Some(patch) => ServerFrame { base_seq: Some(patch.base_seq.clone()), ..ServerFrame::new(words.1, realtime.now()) }
            .data(patch.operations.clone()),
        None => ServerFrame::new(words.0, realtime.now()).data(data.clone()),
    };
    subscription.put(frame.seq(&next.seq))
}

/// The shared sampler of this kind and audience; begun when nobody runs it.
fn sampler(realtime: &Realtime, kind: Kind, cx: &CallContext) -> watch::Receiver<Arc<Sampled>> {
    let key = (kind.name().to_owned(), audience(cx));
    let mut states = realtime.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    states.retain(|_, receiver| receiver.has_changed().is_ok());
    if let Some(receiver) = states.get(&key) {
        return receiver.clone();
    }
    let (sender, receiver) = watch::channel(Arc::new(Sampled { seq: String::new(), data: Err(Json::Null), patch: None }));
    states.insert(key.clone(), receiver.clone());
    drop(states);
    let weak = realtime.downgrade();
    tokio::spawn(sample(weak, kind, cx.clone(), sender, key));
    receiver
}

/// Computes the state at each tick while anybody but the list of samplers watches.
async fn sample(realtime: Weak<Inner>, kind: Kind, cx: CallContext, sender: watch::Sender<Arc<Sampled>>, key: (String, u64)) {
    let run = Id::new();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before: Option<(String, Json)> = None;
    for number in 1_u64.. {
        ticks.tick().await;
        let Some(realtime) = Realtime::upgrade(&realtime) else { return };
        if sender.receiver_count() <= 1 {
            // only the list itself still holds one: under its lock nobody can join meanwhile
            let mut states = realtime.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if sender.receiver_count() <= 1 {
                states.remove(&key);
                return;
            }
        }
        let cx = CallContext { now: realtime.now(), ..cx.clone() };
        let seq = format!("{run}-{number}");
        let state = kind.compute(&realtime, &cx).await;
        sender.send_replace(Arc::new(sampled(seq.clone(), &state, before.as_ref())));
        before = state.ok().map(|state| (seq, state));
    }
}

fn sampled(seq: String, state: &Result<Json>, before: Option<&(String, Json)>) -> Sampled {
    let state = match state {
        Ok(state) => state,
        Err(error) => {
            let problem = serde_json::to_value(vigie_rest::problem::problem(error)).unwrap_or_default();
            return Sampled { seq, data: Err(problem), patch: None };
        }
    };
    let patch = before
        .and_then(|(base_seq, old)| Some(Patch { base_seq: base_seq.clone(), operations: written(&json_patch::diff(old, state)).ok()? }));
    Sampled { seq, data: written(state), patch }
}

fn written(value: &impl Serialize) -> Result<Arc<RawValue>, Json> {
    to_raw_value(value).map(Arc::from).map_err(|error| Json::String(error.to_string()))
}
