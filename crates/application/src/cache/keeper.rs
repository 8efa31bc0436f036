//! Makes values fall when what they were made from changes.
//!
//! Commits and events do so by themselves: [`EventBus::fall`](crate::events::EventBus::fall) is called before anybody is told of a change, so
//! that nobody who heard of it is answered with what was before.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::cache::Cache;

use super::TABLE;
use crate::Core;

/// How often levels are looked at, for `/metrics`.
const LOOK: Duration = Duration::from_secs(15);

/// Ties a cache to what is committed and published, and looks at its levels.
pub struct CacheKeeper(Arc<dyn Cache>);

/// The tags that fall with an event.
pub(crate) fn tags_of(kind: &str) -> &'static [&'static str] {
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
    /// Makes values of this cache fall with what this core commits and publishes, from now on.
    pub fn new(core: &Core, cache: Arc<dyn Cache>) -> Self {
        core.bus.keep_true(cache.clone());
        // what changed while this node was away was not heard, and what fell right before its end may not have reached the disk
        core.bus.fall(TABLE.iter().flat_map(|policy| policy.tags).copied().collect::<BTreeSet<_>>());
        Self(cache)
    }

    /// Looks at the levels until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK);
        while stop.run_until_cancelled(look.tick()).await.is_some() {
            drop(self.0.levels().await);
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
        // tables that resources write, what the store of events tells, and what falls by hand alone
        let known: BTreeSet<&str> = events.chain(["sites", "device_groups", "layouts", "logs", "dashboards"]).collect();
        for policy in TABLE {
            for tag in policy.tags {
                assert!(known.contains(tag), "{}: {tag}", policy.operation);
            }
        }
    }
}
