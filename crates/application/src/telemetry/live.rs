//! The last rates of every interface, in memory: lists, maps and dashboards read them, polling writes them.

use std::collections::HashMap;
use std::sync::RwLock;

use vigie_domain::{Id, Timestamp};

/// Rates of an interface over its last poll interval. Unknown is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct InterfaceRates {
    /// When it was read.
    pub at: Timestamp,
    /// Bits per second received.
    pub in_bps: Option<f64>,
    /// Bits per second sent.
    pub out_bps: Option<f64>,
    /// Packets per second received.
    pub in_pps: Option<f64>,
    /// Packets per second sent.
    pub out_pps: Option<f64>,
    /// Errors per second received.
    pub in_errors: Option<f64>,
    /// Errors per second sent.
    pub out_errors: Option<f64>,
    /// Discards per second received.
    pub in_discards: Option<f64>,
    /// Discards per second sent.
    pub out_discards: Option<f64>,
    /// Share of the speed in use, the busier direction, 0 to 1.
    pub utilisation: Option<f64>,
    /// Raw ifHCInOctets or ifInOctets.
    pub in_octets: Option<u64>,
    /// Raw ifHCOutOctets or ifOutOctets.
    pub out_octets: Option<u64>,
}

/// The last rates of every interface.
#[derive(Default)]
pub struct Live {
    interfaces: RwLock<HashMap<Id, InterfaceRates>>,
}

impl Live {
    /// The last rates of an interface.
    pub fn interface(&self, id: Id) -> Option<InterfaceRates> {
        self.read().get(&id).copied()
    }

    /// Takes the rates of one poll in.
    pub fn update(&self, rates: impl IntoIterator<Item = (Id, InterfaceRates)>) {
        self.write().extend(rates);
    }

    /// Forgets interfaces.
    pub fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) {
        let mut interfaces = self.write();
        for id in ids {
            interfaces.remove(id);
        }
    }

    /// The `count` interfaces with the largest value of `key`, largest first; unknown and zero values are left out.
    pub fn top(&self, count: usize, key: impl Fn(&InterfaceRates) -> Option<f64>) -> Vec<(Id, InterfaceRates, f64)> {
        let interfaces = self.read();
        let mut ranked: Vec<_> = interfaces.iter().filter_map(|(id, r)| key(r).filter(|v| *v > 0.0).map(|v| (*id, *r, v))).collect();
        drop(interfaces);
        let order = |a: &(Id, InterfaceRates, f64), b: &(Id, InterfaceRates, f64)| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0));
        if ranked.len() > count {
            ranked.select_nth_unstable_by(count, order);
            ranked.truncate(count);
        }
        ranked.sort_unstable_by(order);
        ranked
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<Id, InterfaceRates>> {
        self.interfaces.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<Id, InterfaceRates>> {
        self.interfaces.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
