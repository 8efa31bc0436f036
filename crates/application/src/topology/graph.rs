//! The map in memory: devices, links, and the state of the ports at their ends. Made by the keeper, read by everybody, never changed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::devices::{AdminStatus, DeviceStatus, Interface, OperStatus};
use vigie_domain::topology::{Link, LinkEnd};
use vigie_domain::{Id, Timestamp};

use super::node::DeviceNode;

/// A link that went down with its port stays on the map for so long.
const REMEMBERED: Duration = Duration::from_hours(7 * 24);

/// A port at the end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortState {
    pub(crate) speed_bps: Option<u64>,
    pub(crate) admin: AdminStatus,
    pub(crate) oper: OperStatus,
}

impl From<&Interface> for PortState {
    fn from(i: &Interface) -> Self {
        Self { speed_bps: i.speed_bps, admin: i.admin_status, oper: i.oper_status }
    }
}

impl PortState {
    fn is_down(self) -> bool {
        self.admin == AdminStatus::Down || matches!(self.oper, OperStatus::Down | OperStatus::LowerLayerDown | OperStatus::NotPresent)
    }
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LinkStatus {
    Up,
    Unknown,
    Down,
}

impl LinkStatus {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// The map.
#[derive(Clone, Default)]
pub(crate) struct Graph {
    pub(crate) devices: HashMap<Id, Arc<DeviceNode>>,
    pub(crate) links: HashMap<Id, Arc<Link>>,
    pub(crate) ports: HashMap<Id, PortState>,
    /// Open alerts of each device.
    pub(crate) alerts: HashMap<Id, u32>,
    pub(crate) computed_at: Timestamp,
}

impl Graph {
    /// The links that the map shows: those that are told of, and those that fell silent because a port of theirs is down.
    pub(crate) fn shown(&self, now: Timestamp) -> Vec<&Arc<Link>> {
        let taken: HashSet<Id> = self.links.values().filter(|l| l.present).flat_map(|l| ports(l)).collect();
        let cut = |link: &Link| {
            let recent = now.since(link.last_seen) < REMEMBERED;
            recent && ports(link).any(|p| self.ports.get(&p).is_some_and(|s| s.is_down())) && !ports(link).any(|p| taken.contains(&p))
        };
        let mut shown: Vec<&Arc<Link>> = self.links.values().filter(|l| l.present || cut(l)).collect();
        shown.sort_unstable_by_key(|l| l.id);
        shown
    }

    /// How a link is, by the states of its ports; those of a device that does not answer say nothing.
    pub(crate) fn status(&self, link: &Link) -> LinkStatus {
        self.status_of([&link.source, &link.target])
    }

    /// As [`Self::status`], by one or both ends.
    pub(crate) fn status_of<'e>(&self, ends: impl IntoIterator<Item = &'e LinkEnd>) -> LinkStatus {
        let mut status = LinkStatus::Unknown;
        for state in ends.into_iter().filter_map(|end| self.port(end)) {
            if state.is_down() {
                return LinkStatus::Down;
            }
            if state.oper == OperStatus::Up {
                status = LinkStatus::Up;
            }
        }
        status
    }

    /// The slower of its two ports.
    pub(crate) fn speed<'e>(&self, ends: impl IntoIterator<Item = &'e LinkEnd>) -> Option<u64> {
        ends.into_iter().filter_map(|e| self.ports.get(&e.interface_id?)?.speed_bps).min()
    }

    fn port(&self, end: &LinkEnd) -> Option<PortState> {
        let device = end.device_id.and_then(|id| self.devices.get(&id));
        let answers = device.is_none_or(|d| !matches!(d.status, DeviceStatus::Down | DeviceStatus::Unreachable));
        self.ports.get(&end.interface_id?).copied().filter(|_| answers)
    }
}

/// The interfaces at the ends of a link.
pub(crate) fn ports(link: &Link) -> impl Iterator<Item = Id> {
    [link.source.interface_id, link.target.interface_id].into_iter().flatten()
}
