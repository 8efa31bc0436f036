//! The table: operations with their lifetimes, deadlines and tags. A tag is the name of a table of the store, or of a part of Vigie.

use std::time::Duration;

use vigie_domain::cache::CacheEntry;

/// Answers that change by themselves all the time.
pub const REALTIME: Duration = Duration::from_mins(1);

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
    tags: &[],
};

/// `dashboards/system`: its live parts are computed anew at each tick while somebody watches. It tells of this host.
pub const SYSTEM_DASHBOARD: Policy = Policy { operation: "dashboards.system", leaves_memory: false, tags: &["dashboards"], ..ROW };
/// `dashboards/network`.
pub const NETWORK_DASHBOARD: Policy =
    Policy { operation: "dashboards.network", tags: &["dashboards", "devices", "interfaces", "sites", "alerts"], ..ROW };
/// The hour behind the largest figures of `dashboards/network`.
pub const TOP_SERIES: Policy =
    Policy { operation: "dashboards.series", ttl: Duration::from_secs(30), stale: Duration::from_secs(30), tags: &["dashboards"], ..ROW };
/// The numbers of the map on `dashboards/network`: they are counted on the whole of it, and follow the ports, which no event tells in full.
pub const MAP_SUMMARY: Policy =
    Policy { operation: "dashboards.map", ttl: Duration::from_secs(15), tags: &["dashboards", "topology"], ..ROW };

/// Every row.
pub const TABLE: &[Policy] = &[SYSTEM_DASHBOARD, NETWORK_DASHBOARD, TOP_SERIES, MAP_SUMMARY];

impl Policy {
    /// The entry for one key.
    pub fn entry(&self, key: impl Into<String>) -> CacheEntry {
        CacheEntry {
            ttl: Some(self.ttl),
            stale: self.stale,
            negative: self.negative,
            deadline: self.deadline,
            leaves_memory: self.leaves_memory,
            ..CacheEntry::new(self.operation, key).tags(self.tags.iter().copied())
        }
    }
}
