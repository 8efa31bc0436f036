//! Channels that show a state: dashboards and the map. Each is computed once per tick and audience, however many watch.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
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

/// A state at a tick.
pub struct Sampled {
    /// Its place: the run of the sampler and the number of the tick.
    pub seq: String,
    /// The state, or why there is none.
    pub data: Result<Json, Json>,
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
        let mut last: Option<Arc<Sampled>> = None;
        let first = states.borrow_and_update().clone();
        let resumed = subscription.asked.resume.as_deref() == Some(first.seq.as_str());
        let subscribed = ServerFrame { resumed: Some(resumed), ..ServerFrame::new("subscribed", realtime.now()) };
        if !subscription.put(subscribed) {
            return;
        }
        let mut next = first;
        loop {
            let news = !next.seq.is_empty() && (last.is_some() || !resumed);
            if news && !tell(realtime, &subscription, last.as_deref(), &next, delta, (whole, patch)) {
                return;
            }
            if !next.seq.is_empty() {
                last = Some(next);
            }
            tokio::select! {
                () = subscription.stop.cancelled() => return,
                changed = states.changed() => if changed.is_err() { return },
            }
            next = states.borrow_and_update().clone();
        }
    }
}

fn tell(
    realtime: &Realtime,
    subscription: &Subscription,
    last: Option<&Sampled>,
    next: &Sampled,
    delta: bool,
    words: (&'static str, &'static str),
) -> bool {
    let data = match &next.data {
        Ok(data) => data,
        Err(problem) => {
            let frame = ServerFrame { error: Some(problem.clone()), ..ServerFrame::new("error", realtime.now()) };
            return subscription.put(frame);
        }
    };
    let base = last.and_then(|last| last.data.as_ref().ok().map(|state| (&last.seq, state)));
    match base {
        Some((base_seq, state)) if delta => {
            let patch = json_patch::diff(state, data);
            let frame = ServerFrame { base_seq: Some(base_seq.clone()), ..ServerFrame::new(words.1, realtime.now()) };
            subscription.put(frame.seq(&next.seq).data(json!(patch)))
        }
        _ => subscription.put(ServerFrame::new(words.0, realtime.now()).seq(&next.seq).data(data.clone())),
    }
}

/// The shared sampler of this kind and audience; begun when nobody runs it.
fn sampler(realtime: &Realtime, kind: Kind, cx: &CallContext) -> watch::Receiver<Arc<Sampled>> {
    let key = (kind.name().to_owned(), audience(cx));
    let mut states = realtime.states.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    states.retain(|_, receiver| receiver.has_changed().is_ok());
    if let Some(receiver) = states.get(&key) {
        return receiver.clone();
    }
    let nothing = Sampled { seq: String::new(), data: Ok(Json::Null) };
    let (sender, receiver) = watch::channel(Arc::new(nothing));
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
        let data = kind.compute(&realtime, &cx).await;
        let data = data.map_err(|e| serde_json::to_value(vigie_rest::problem::problem(&e)).unwrap_or_default());
        sender.send_replace(Arc::new(Sampled { seq: format!("{run}-{number}"), data }));
    }
}
