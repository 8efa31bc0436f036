//! What is cached: the one table of keys, lifetimes, deadlines, audiences and tags. Whoever caches asks here.

use std::fmt::Write;
use std::time::Duration;

use sha2::{Digest, Sha256};
use vigie_domain::cache::CacheEntry;
use vigie_domain::{ObjectScope, PermissionSet};

use crate::CallContext;

/// Answers that change by themselves all the time.
pub const REALTIME: Duration = Duration::from_mins(1);
/// Answers over what changes now and then.
pub const SEMI_STATIC: Duration = Duration::from_mins(10);
/// Answers for one audience.
pub const USER_CONTEXT: Duration = Duration::from_mins(5);
/// What was read from devices.
pub const DEVICE_POLLING: Duration = Duration::from_mins(15);
/// What a person sets.
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
pub const NETWORK_DASHBOARD: Policy = Policy { operation: "dashboards.network", tags: &["dashboards", "devices"], ..ROW };
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

/// Everybody who sees the same: the same permissions on the same part of the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    permissions: PermissionSet,
    scope: Option<ObjectScope>,
}

impl Audience {
    /// The audience a caller belongs to.
    pub fn of(cx: &CallContext) -> Self {
        Self { permissions: cx.principal.permissions.clone(), scope: cx.principal.scope.clone() }
    }

    /// A context with its rights and nobody's name: what is computed for many is computed for no one of them.
    pub fn context(&self, now: vigie_domain::Timestamp) -> CallContext {
        let mut cx = CallContext::system(now);
        cx.principal.permissions = self.permissions.clone();
        cx.principal.scope.clone_from(&self.scope);
        cx
    }

    /// Whether it sees everything.
    pub fn sees_everything(&self) -> bool {
        self.scope.is_none()
    }
}

/// SHA-256 over permissions and scope, in hex: the part of a key that tells audiences apart.
pub fn audience_key(cx: &CallContext) -> String {
    let mut hash = Sha256::new();
    for permission in &cx.principal.permissions.0 {
        hash.update(permission.as_bytes());
        hash.update([0]);
    }
    match &cx.principal.scope {
        None => hash.update([1]),
        Some(scope) => {
            for ids in [&scope.sites, &scope.device_groups, &scope.realms] {
                let mut ids: Vec<_> = ids.iter().map(|id| *id.0.as_bytes()).collect();
                ids.sort_unstable();
                hash.update((ids.len() as u64).to_be_bytes());
                for id in &ids {
                    hash.update(id);
                }
            }
        }
    }
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut key, byte| {
        // writing to a string does not fail
        let _ = write!(key, "{byte:02x}");
        key
    })
}

#[cfg(test)]
mod tests {
    use vigie_domain::{Id, Timestamp};

    use super::*;

    fn caller(permissions: &[&str], sites: Option<&[u128]>) -> CallContext {
        let mut cx = CallContext::system(Timestamp(0));
        cx.principal.permissions = permissions.iter().copied().collect();
        cx.principal.scope =
            sites.map(|sites| ObjectScope { sites: sites.iter().map(|n| Id::fixed(*n)).collect(), ..ObjectScope::default() });
        cx
    }

    #[test]
    fn who_sees_the_same_shares_and_nobody_else() {
        let key = |permissions: &[&str], sites: Option<&[u128]>| audience_key(&caller(permissions, sites));
        let base = key(&["devices:read"], Some(&[1, 2]));
        assert_eq!(base, key(&["devices:read"], Some(&[2, 1])));
        for other in [
            key(&["devices:read"], None),
            key(&["devices:read"], Some(&[1])),
            key(&["devices:read"], Some(&[])),
            key(&["alerts:read"], Some(&[1, 2])),
        ] {
            assert_ne!(base, other);
        }
        assert_ne!(key(&["devices:read"], None), key(&["devices:read"], Some(&[])));
    }
}
