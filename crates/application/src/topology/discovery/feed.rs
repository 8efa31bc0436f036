//! What runs are at, as it happens.

use std::sync::Arc;

use tokio::sync::broadcast;
use vigie_domain::Id;
use vigie_domain::topology::{Run, RunResult};

/// A run as it is now, and what it found since the last time it was told of.
#[derive(Clone, Debug)]
pub struct DiscoveryUpdate {
    /// The discovery.
    pub discovery_id: Id,
    /// Its run.
    pub run: Run,
    /// New results.
    pub results: Vec<RunResult>,
}

/// Tells of every run about once a second.
#[derive(Clone)]
pub struct DiscoveryFeed(broadcast::Sender<Arc<DiscoveryUpdate>>);

impl Default for DiscoveryFeed {
    fn default() -> Self {
        // a listener further behind is told that it lagged, and reads the store
        Self(broadcast::channel(256).0)
    }
}

impl DiscoveryFeed {
    /// Hears of every run from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<DiscoveryUpdate>> {
        self.0.subscribe()
    }

    pub(super) fn publish(&self, update: DiscoveryUpdate) {
        // nobody listening is no fault
        drop(self.0.send(Arc::new(update)));
    }
}
