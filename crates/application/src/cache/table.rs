//! The table: operations with their lifetimes, deadlines and tags. A tag is the name of a table of the store, or of a part of Vigie.
//!
//! A lifetime is one of five classes. What ADR 15 says of them holds for each row: an answer falls with its tags before anybody hears of a
//! change, so that a long lifetime saves work and hides nothing.

use std::time::Duration;

use vigie_domain::cache::CacheEntry;

/// Answers that change by themselves all the time: dashboards.
pub const REALTIME: Duration = Duration::from_mins(1);
/// Answers to what a caller looks for: searches.
pub const USER_CONTEXT: Duration = Duration::from_mins(5);
/// Answers that change with the cables: the map.
pub const SEMI_STATIC: Duration = Duration::from_mins(10);
/// Answers that change with what polls find: how devices and ports are.
pub const DEVICE_POLLING: Duration = Duration::from_mins(15);
/// Answers that change with what Vigie is told to do.
pub const STATIC: Duration = Duration::from_hours(24);

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The operation.
    pub operation: &'static str,
    /// For how long an answer holds.
    pub ttl: Duration,
    /// For how long after that it is still served while it is made anew.
    pub stale: Duration,
    /// For how long it is kept that there is no such thing; zero: not at all.
    pub negative: Duration,
    /// For how long it may be computed.
    pub deadline: Duration,
    /// Whether other nodes and the disk may hold it; what tells of this process alone stays in its memory.
    pub leaves_memory: bool,
    /// Whether it is sealed where it leaves the memory.
    pub is_secret: bool,
    /// What it is made from.
    pub tags: &'static [&'static str],
}

/// A row unless it says otherwise.
const ROW: Policy = Policy {
    operation: "",
    ttl: REALTIME,
    stale: Duration::ZERO,
    negative: Duration::ZERO,
    deadline: Duration::from_secs(5),
    leaves_memory: true,
    is_secret: false,
    tags: &[],
};

/// What decides on which devices and ports a caller sees.
const INVENTORY: &[&str] = &["devices", "interfaces", "sites", "device_groups"];

/// `dashboards/system`: its live parts are computed anew at each tick while somebody watches. It tells of this host.
pub const SYSTEM_DASHBOARD: Policy = Policy { operation: "dashboards.system", leaves_memory: false, tags: &["dashboards"], ..ROW };
/// `dashboards/network`.
pub const NETWORK_DASHBOARD: Policy =
    Policy { operation: "dashboards.network", tags: &["dashboards", "devices", "interfaces", "sites", "device_groups", "alerts"], ..ROW };
/// The hour behind the largest figures of `dashboards/network`.
pub const TOP_SERIES: Policy =
    Policy { operation: "dashboards.series", ttl: Duration::from_secs(30), stale: Duration::from_secs(30), tags: &["dashboards"], ..ROW };

/// Devices and ports by their status, which dashboards would count at each tick.
pub const DEVICE_STATUS: Policy = Policy { operation: "devices.status", ttl: DEVICE_POLLING, tags: INVENTORY, ..ROW };
/// Devices by site and status, likewise.
pub const SITE_STATUS: Policy = Policy { operation: "devices.sites", ttl: DEVICE_POLLING, tags: INVENTORY, ..ROW };

/// What of the map changes its numbers and its files.
const MAP: &[&str] = &["topology", "devices", "sites", "device_groups", "layouts"];

/// The numbers of the map, which are counted on the whole of it. Each node has a map of its own, and its numbers under its name.
pub const MAP_SUMMARY: Policy = Policy { operation: "topology.summary", ttl: SEMI_STATIC, tags: MAP, ..ROW };
/// The map as a file that tells no rates. Each node has its own.
pub const MAP_EXPORT: Policy = Policy { operation: "topology.export", ttl: SEMI_STATIC, tags: MAP, ..ROW };

/// A page of a search whose time range is over: what lands in it late makes it fall.
pub const SEARCH_PAGE: Policy =
    Policy { operation: "logs.page", ttl: USER_CONTEXT, deadline: Duration::from_secs(20), tags: &["logs"], ..ROW };
/// How many lines of past hours a search finds. It stays true as long as its tag holds, so it is served until warming makes the next one.
pub const SEARCH_TOTAL: Policy = Policy {
    operation: "logs.total",
    ttl: USER_CONTEXT,
    stale: Duration::from_hours(1),
    deadline: Duration::from_secs(20),
    tags: &["logs"],
    ..ROW
};
/// What was searched often on a node. Nothing makes it fall: it is written anew each time that searches are warmed.
pub const POPULAR_SEARCHES: Policy = Policy { operation: "logs.popular", ttl: STATIC, is_secret: true, ..ROW };

/// Every row.
pub const TABLE: &[Policy] = &[
    SYSTEM_DASHBOARD,
    NETWORK_DASHBOARD,
    TOP_SERIES,
    DEVICE_STATUS,
    SITE_STATUS,
    MAP_SUMMARY,
    MAP_EXPORT,
    SEARCH_PAGE,
    SEARCH_TOTAL,
    POPULAR_SEARCHES,
];

impl Policy {
    /// The entry for one key.
    pub fn entry(&self, key: impl Into<String>) -> CacheEntry {
        CacheEntry {
            ttl: Some(self.ttl),
            stale: self.stale,
            negative: self.negative,
            deadline: self.deadline,
            leaves_memory: self.leaves_memory,
            is_secret: self.is_secret,
            ..CacheEntry::new(self.operation, key).tags(self.tags.iter().copied())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_class_has_its_lifetime_and_its_rows() {
        let seconds = [REALTIME, USER_CONTEXT, SEMI_STATIC, DEVICE_POLLING, STATIC].map(|class| class.as_secs());
        assert_eq!(seconds, [60, 300, 600, 900, 86_400]);
        let used: BTreeSet<u64> = TABLE.iter().map(|policy| policy.ttl.as_secs()).collect();
        assert!(seconds.iter().all(|class| used.contains(class)), "{used:?}");
    }

    #[test]
    fn operations_are_told_apart() {
        let names: BTreeSet<&str> = TABLE.iter().map(|policy| policy.operation).collect();
        assert_eq!(names.len(), TABLE.len());
    }
}
