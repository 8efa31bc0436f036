//! Events on their way out: the relay stamps what was committed, in order, and publishes it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use vigie_domain::Result;
use vigie_domain::cache::Cache;
use vigie_domain::system::Event;

use crate::Core;
use crate::cache::tags_of;

/// Where published events are heard, what wakes the relay and the job runner, and what makes cached values fall.
pub struct EventBus {
    published: broadcast::Sender<Arc<Event>>,
    last_seq: AtomicI64,
    relay: Notify,
    jobs: Notify,
    identity: AtomicU64,
    cache: RwLock<Option<Arc<dyn Cache>>>,
}

impl Default for EventBus {
    fn default() -> Self {
        // a listener more than 4,096 events behind is told that it lagged, and reads the store
        let (published, _) = broadcast::channel(4096);
        let (relay, jobs) = (Notify::new(), Notify::new());
        Self { published, last_seq: AtomicI64::new(0), relay, jobs, identity: AtomicU64::new(0), cache: RwLock::default() }
    }
}

impl EventBus {
    /// Hears everything published from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.published.subscribe()
    }

    /// The sequence number of the last published event.
    pub fn last_seq(&self) -> i64 {
        self.last_seq.load(Ordering::Acquire)
    }

    /// Says that events were committed.
    pub fn wake_relay(&self) {
        self.relay.notify_one();
    }

    /// Says that jobs were committed.
    pub fn wake_jobs(&self) {
        self.jobs.notify_waiters();
        self.jobs.notify_one();
    }

    /// Waits until jobs were committed.
    pub async fn jobs_woken(&self) {
        self.jobs.notified().await;
    }

    /// Raised whenever users, roles, keys or sessions change.
    pub fn identity_generation(&self) -> u64 {
        self.identity.load(Ordering::Acquire)
    }

    /// Says that users, roles, keys or sessions changed.
    pub fn touch_identity(&self) {
        self.identity.fetch_add(1, Ordering::AcqRel);
    }

    /// Names the cache whose values fall from now on.
    pub fn keep_true(&self, cache: Arc<dyn Cache>) {
        *self.cache.write().unwrap_or_else(PoisonError::into_inner) = Some(cache);
    }

    /// From now on no cached value with one of these tags holds. To be called after the commit, and before anybody is told of it.
    pub fn fall<'t>(&self, tags: impl IntoIterator<Item = &'t str>) {
        let tags: Vec<&str> = tags.into_iter().collect();
        if tags.is_empty() {
            return;
        }
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cache) = cache {
            cache.invalidate(&tags);
        }
    }

    fn publish(&self, event: Event) {
        if let Some(seq) = event.seq {
            self.last_seq.store(seq, Ordering::Release);
        }
        metrics::counter!("events_published_total").increment(1);
        // nobody listening is no fault: the store keeps them
        drop(self.published.send(Arc::new(event)));
    }
}

/// Publishes the outbox in the order of commits until told to stop.
pub async fn run_relay(core: Core, stop: CancellationToken) {
    loop {
        match relay_once(&core).await {
            Ok(0) => {
                tokio::select! {
                    () = core.bus.relay.notified() => {}
                    () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
                    () = stop.cancelled() => return,
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::error!(cause = error.chain(), "cannot relay events, trying again");
                tokio::select! {
                    () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }
}

/// Publishes one batch; how many there were.
pub async fn relay_once(core: &Core) -> Result<usize> {
    let events = core.store.stamp_outbox(256).await?;
    let count = events.len();
    // events of other nodes are among them
    core.bus.fall(events.iter().flat_map(|event| tags_of(&event.kind)).copied().collect::<BTreeSet<_>>());
    for event in events {
        core.bus.publish(event);
    }
    Ok(count)
}
