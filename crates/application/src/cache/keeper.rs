//! Makes values fall when what they were made from changes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vigie_domain::cache::Cache;
use vigie_domain::query::ListQuery;
use vigie_domain::store::Read;
use vigie_domain::system::Event;
use vigie_domain::{Result, Scope};

use crate::Core;

/// Changes within so long make values fall once: many devices may go down together.
const GATHER: Duration = Duration::from_millis(100);
/// How often levels are looked at, for `/metrics`.
const LOOK: Duration = Duration::from_secs(15);
/// Events at whose tags values fall at the start: the last that may not have been heard before the end of the process.
const LAST: usize = 200;

/// Hears changes and events, and makes values fall.
pub struct CacheKeeper {
    core: Core,
    cache: Arc<dyn Cache>,
    map: watch::Receiver<u64>,
}

/// The tags that fall with an event.
fn tags_of(kind: &str) -> &'static [&'static str] {
    match kind.split('.').next().unwrap_or_default() {
        "device" => &["devices", "topology"],
        "interface" => &["interfaces", "topology"],
        "link" | "neighbour" => &["topology"],
        "check" => &["checks", "devices"],
        "alert" => &["alerts"],
        "alert_rule" => &["alert_rules"],
        "discovery" => &["discoveries"],
        _ => &[],
    }
}

impl CacheKeeper {
    /// Hears this core, and the numbers of the map, from now on.
    pub fn new(core: &Core, cache: Arc<dyn Cache>, map: watch::Receiver<u64>) -> Self {
        Self { core: core.clone(), cache, map }
    }

    /// Makes values fall until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let (mut events, mut changes) = (self.core.bus.subscribe(), self.core.bus.changes());
        if let Err(error) = self.repeat_last().await {
            tracing::warn!(cause = error.chain(), "cannot read what happened last, the cache begins empty");
            self.cache.invalidate_all();
        }
        let mut look = tokio::time::interval(LOOK);
        let mut map_lives = true;
        loop {
            let mut fell = BTreeSet::new();
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => drop(self.cache.levels().await),
                heard = events.recv() => self.hear(heard, &mut fell, |event| tags_of(&event.kind)),
                heard = changes.recv() => self.hear(heard, &mut fell, |table| std::slice::from_ref(table)),
                moved = self.map.changed(), if map_lives => {
                    map_lives = moved.is_ok();
                    fell.insert("topology");
                }
            }
            if fell.is_empty() {
                continue;
            }
            tokio::time::sleep(GATHER).await;
            self.drain(&mut events, &mut fell, |event| tags_of(&event.kind));
            self.drain(&mut changes, &mut fell, |table| std::slice::from_ref(table));
            let fell: Vec<&str> = fell.into_iter().collect();
            self.cache.invalidate(&fell);
        }
    }

    /// What fell right before the end of the process may not have reached the disk.
    async fn repeat_last(&self) -> Result<()> {
        let query = ListQuery::all(LAST).order("occurred_at", true);
        let events = self.core.store.list::<Event>(&Scope::system(), &query).await?.results;
        let fell: BTreeSet<&str> = events.iter().flat_map(|event| tags_of(&event.kind)).copied().collect();
        if !fell.is_empty() {
            self.cache.invalidate(&fell.into_iter().collect::<Vec<_>>());
        }
        Ok(())
    }

    fn hear<T>(&self, heard: Result<T, RecvError>, fell: &mut BTreeSet<&'static str>, tags: impl Fn(&T) -> &[&'static str]) {
        match heard {
            Ok(heard) => fell.extend(tags(&heard)),
            Err(RecvError::Lagged(_)) => self.cache.invalidate_all(),
            Err(RecvError::Closed) => {}
        }
    }

    fn drain<T: Clone>(&self, from: &mut Receiver<T>, fell: &mut BTreeSet<&'static str>, tags: impl Fn(&T) -> &[&'static str]) {
        use tokio::sync::broadcast::error::TryRecvError;
        loop {
            match from.try_recv() {
                Ok(heard) => fell.extend(tags(&heard)),
                Err(TryRecvError::Lagged(_)) => self.cache.invalidate_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use vigie_domain::system::event_types;

    use super::*;

    #[test]
    fn events_of_the_network_make_what_is_shown_of_it_fall() {
        assert!(tags_of(event_types::DEVICE_STATUS_CHANGED).contains(&"devices"));
        assert!(tags_of(event_types::INTERFACE_STATUS_CHANGED).contains(&"topology"));
        assert!(tags_of(event_types::ALERT_RAISED).contains(&"alerts"));
        assert!(tags_of(event_types::AUDIT_RECORDED).is_empty());
    }

    #[test]
    fn every_tag_of_the_table_is_made_to_fall_by_somebody() {
        let events = event_types::ALL.iter().flat_map(|(kind, _)| tags_of(kind)).copied();
        // tables that resources write, and what falls by hand alone
        let known: BTreeSet<&str> = events.chain(["sites", "dashboards"]).collect();
        for policy in crate::cache::TABLE {
            for tag in policy.tags {
                assert!(known.contains(tag), "{}: {tag}", policy.operation);
            }
        }
    }
}
