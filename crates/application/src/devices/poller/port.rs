//! An interface as the poller keeps it: small, because there are hundreds of thousands.

use vigie_domain::devices::{AdminStatus, Interface, OperStatus};
use vigie_domain::{Id, Timestamp};

use super::counters::Counters;

/// An interface between two polls.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// Its id.
    pub id: Id,
    /// ifIndex.
    pub if_index: u32,
    /// ifAdminStatus as stored.
    pub admin: AdminStatus,
    /// ifOperStatus as stored.
    pub oper: OperStatus,
    /// Whether its state and its values raise alerts.
    pub monitored: bool,
    /// Whether its going down matters by itself: see [`matters`].
    pub matters: bool,
    /// Whether its speed is that of a line: tunnels and VLAN interfaces say what they like.
    is_line: bool,
    /// Bits per second; 0 where unknown.
    pub speed_bps: u64,
    /// Since when the operational status holds.
    pub since: Timestamp,
    /// Counters of the last poll that read them; none are known before.
    pub counters: Counters,
}

/// ifTypes whose ifSpeed is what a line carries (IANAifType-MIB).
const LINES: [&str; 12] = [
    "ethernetCsmacd",
    "ieee8023adLag",
    "gigabitEthernet",
    "fastEther",
    "fastEtherFX",
    "fibreChannel",
    "sonet",
    "ds1",
    "ds3",
    "e1",
    "vdsl2",
    "ieee80211",
];

/// Whether an interface that goes down degrades its device and raises an alert: it is monitored, and something of the network hangs on
/// it (a neighbour told by LLDP or CDP), or a person set something on it. The ports of users go down each evening, and that is no fault.
fn matters(interface: &Interface) -> bool {
    interface.monitored && (interface.peer.is_some() || interface.version > 1)
}

impl Port {
    /// Takes an interface in. `before` is what was kept of it: a port that is down keeps mattering, though its neighbour has aged out.
    pub fn new(interface: &Interface, before: Option<&Self>) -> Self {
        let still_down = before.is_some_and(|p| p.matters && p.is_faulty());
        Self {
            id: interface.id,
            if_index: interface.if_index,
            admin: interface.admin_status,
            oper: interface.oper_status,
            monitored: interface.monitored,
            matters: matters(interface) || (still_down && interface.monitored),
            is_line: interface.kind.as_deref().is_some_and(|kind| LINES.contains(&kind)),
            speed_bps: interface.speed_bps.unwrap_or(0),
            since: interface.status_since.unwrap_or(interface.created_at),
            counters: before.filter(|p| p.if_index == interface.if_index).map(|p| p.counters).unwrap_or_default(),
        }
    }

    /// Whether it should be up and is not.
    pub fn is_faulty(&self) -> bool {
        self.admin == AdminStatus::Up && matches!(self.oper, OperStatus::Down | OperStatus::LowerLayerDown)
    }

    /// The speed that bounds its rates, where it is that of a line.
    pub fn line_bps(&self) -> Option<u64> {
        (self.is_line && self.speed_bps > 0).then_some(self.speed_bps)
    }

    /// Share of the speed that a rate takes, 0 to 1; unknown where the speed is, or plainly is not what it says.
    pub fn utilisation(&self, bps: f64) -> Option<f64> {
        let share = bps / self.speed_bps as f64;
        (self.speed_bps > 0 && share <= 1.5).then(|| share.min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_small() {
        assert!(size_of::<Port>() <= 136, "{} bytes", size_of::<Port>());
    }
}
