//! Keeps the links of the store and the map in memory equal to what devices tell of their neighbours.
//!
//! Reading a device touches it; the keeper then reads its neighbours again, folds what all devices claim to links, and writes what differs.
//! All of it follows from what is stored, so it can be done again at any time: at each start it is.

mod load;
mod peers;
mod ports;
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vigie_domain::devices::Peer;
use vigie_domain::system::{Event, event_types};
use vigie_domain::{Id, Result};

use super::Touched;
use super::graph::Graph;
use super::links::{Claim, Resolver, changes, fold};
use crate::Core;
use crate::events::EventBus;

/// Events come in bursts; the map is made anew once for each.
const GATHER: Duration = Duration::from_millis(200);
/// Everything is read again in this time, for what no event tells.
const FULL: Duration = Duration::from_mins(10);
/// Wait after a failure of the store.
const RETRY: Duration = Duration::from_secs(2);

/// Where the map is published.
pub(super) struct Published {
    pub(super) graph: ArcSwap<Graph>,
    pub(super) version: watch::Sender<u64>,
}

impl Default for Published {
    fn default() -> Self {
        Self { graph: ArcSwap::default(), version: watch::Sender::new(0) }
    }
}

impl Published {
    fn publish(&self, graph: Graph, bus: &EventBus) {
        self.graph.store(Arc::new(graph));
        // before anybody hears that there is another
        bus.fall(["topology"]);
        self.version.send_modify(|version| *version += 1);
    }
}

/// What is to be looked at again.
#[derive(Default)]
struct Stale {
    /// Devices read anew: their neighbours, addresses and ports too.
    read: HashSet<Id>,
    /// Devices of which only the row may have changed.
    rows: HashSet<Id>,
    ports: HashSet<Id>,
    alerts: bool,
    all: bool,
}

impl Stale {
    fn is_empty(&self) -> bool {
        self.read.is_empty() && self.rows.is_empty() && self.ports.is_empty() && !self.alerts && !self.all
    }
}

/// The keeper.
pub(super) struct Keeper {
    core: Core,
    touched: Arc<Touched>,
    published: Arc<Published>,
    claims: HashMap<Id, Vec<Claim>>,
    peers: HashMap<Id, Peer>,
    graph: Graph,
    stale: Stale,
}

impl Keeper {
    pub(super) fn new(core: &Core, touched: &Arc<Touched>, published: &Arc<Published>) -> Self {
        Self {
            core: core.clone(),
            touched: touched.clone(),
            published: published.clone(),
            claims: HashMap::new(),
            peers: HashMap::new(),
            graph: Graph::default(),
            stale: Stale { all: true, ..Stale::default() },
        }
    }

    /// Keeps map and links until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut events = self.core.bus.subscribe();
        let mut full = tokio::time::interval(FULL);
        full.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        full.tick().await;
        loop {
            if !self.stale.is_empty() {
                let wait = if self.turn().await { GATHER } else { RETRY };
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = stop.cancelled() => return,
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.touched.woken() => {}
                _ = full.tick() => self.stale.all = true,
                event = events.recv() => self.hear(event),
            }
            while let Ok(event) = events.try_recv() {
                self.note(&event);
            }
            self.stale.read.extend(self.touched.take());
        }
    }

    /// One turn: what is stale is read, folded, written and published. Tried again as a whole when it fails.
    pub(super) async fn turn(&mut self) -> bool {
        self.stale.read.extend(self.touched.take());
        let stale = std::mem::take(&mut self.stale);
        match self.refresh(&stale).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(error = %error, cause = error.chain(), "cannot refresh the topology, trying again");
                // what was read of it so far may be half of it
                self.stale.all = true;
                false
            }
        }
    }

    async fn refresh(&mut self, stale: &Stale) -> Result<()> {
        if stale.all {
            self.load_map().await?;
            if *self.published.version.borrow() == 0 {
                // who waits for the first map does not wait until all neighbours are compared again
                self.publish();
            }
            self.load_claims().await?;
        } else {
            self.load_devices(&stale.read, true).await?;
            self.load_devices(&stale.rows, false).await?;
        }
        let claims_changed = stale.all || !stale.read.is_empty() || !stale.rows.is_empty();
        if claims_changed {
            self.resolve(stale).await?;
            self.fold().await?;
        }
        self.load_ports(stale).await?;
        if stale.alerts {
            self.load_alerts().await?;
        }
        self.publish();
        Ok(())
    }

    fn publish(&mut self) {
        self.graph.computed_at = self.core.now();
        self.published.publish(self.graph.clone(), &self.core.bus);
    }

    /// Finds out which device and port each claim means, where that may be another than before.
    async fn resolve(&mut self, stale: &Stale) -> Result<()> {
        let resolver = Resolver::new(self.graph.devices.values().map(|d| &**d));
        let mut open: HashMap<Id, Vec<(Id, usize)>> = HashMap::new();
        for (owner, claims) in &mut self.claims {
            let Some(realm) = self.graph.devices.get(owner).map(|d| d.realm_id) else { continue };
            for (place, claim) in claims.iter_mut().enumerate() {
                let remote = resolver.resolve(claim, realm).filter(|id| id != owner);
                let again = remote != claim.remote || !claim.tried || remote.is_some_and(|id| stale.read.contains(&id));
                if !again {
                    continue;
                }
                (claim.remote, claim.remote_port, claim.tried) = (remote, None, true);
                if let Some(remote) = remote {
                    open.entry(remote).or_default().push((*owner, place));
                }
            }
        }
        self.resolve_ports(open).await
    }

    async fn fold(&mut self) -> Result<()> {
        let devices = &self.graph.devices;
        let cables = fold(self.claims.values().flatten(), |id| devices.get(&id).map(|d| d.realm_id));
        let changes = changes(&self.graph.links, cables, self.core.now());
        self.write(changes).await
    }

    fn hear(&mut self, event: Result<Arc<Event>, RecvError>) {
        match event {
            Ok(event) => self.note(&event),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "events were missed, reading the topology anew");
                self.stale.all = true;
            }
            // the bus lives as long as the process
            Err(RecvError::Closed) => {}
        }
    }

    fn note(&mut self, event: &Event) {
        match event.kind.as_str() {
            event_types::INTERFACE_STATUS_CHANGED => self.stale.ports.extend(event.subject.id),
            event_types::DEVICE_ADDED
            | event_types::DEVICE_CHANGED
            | event_types::DEVICE_REMOVED
            | event_types::DEVICE_STATUS_CHANGED
            | event_types::DEVICE_IDENTITY_CHANGED => self.stale.rows.extend(event.device_id),
            event_types::ALERT_RAISED | event_types::ALERT_RESOLVED | event_types::ALERT_ACKNOWLEDGED => self.stale.alerts = true,
            _ => {}
        }
    }
}
