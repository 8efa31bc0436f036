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
    /// Multicast packets per second received, part of `in_pps`; unknown of agents without ifXTable.
    pub in_multicast_pps: Option<f64>,
    /// Multicast packets per second sent.
    pub out_multicast_pps: Option<f64>,
    /// Broadcast packets per second received, part of `in_pps`.
    pub in_broadcast_pps: Option<f64>,
    /// Broadcast packets per second sent.
    pub out_broadcast_pps: Option<f64>,
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

/// Rates as they are kept, a third of the size: seven digits are more than a poll can tell. NaN and the largest number are unknown.
#[derive(Clone, Copy)]
struct Packed {
    at: Timestamp,
    octets: [u64; 2],
    rates: [f32; 13],
}

impl From<InterfaceRates> for Packed {
    fn from(r: InterfaceRates) -> Self {
        let rates = [
            r.in_bps,
            r.out_bps,
            r.in_pps,
            r.out_pps,
            r.in_multicast_pps,
            r.out_multicast_pps,
            r.in_broadcast_pps,
            r.out_broadcast_pps,
            r.in_errors,
            r.out_errors,
            r.in_discards,
            r.out_discards,
            r.utilisation,
        ];
        let octets = [r.in_octets, r.out_octets].map(|o| o.unwrap_or(u64::MAX));
        Self { at: r.at, octets, rates: rates.map(|rate| rate.map_or(f32::NAN, |v| v as f32)) }
    }
}

impl From<Packed> for InterfaceRates {
    fn from(p: Packed) -> Self {
        let [
            in_bps,
            out_bps,
            in_pps,
            out_pps,
            in_multicast_pps,
            out_multicast_pps,
            in_broadcast_pps,
            out_broadcast_pps,
            in_errors,
            out_errors,
            in_discards,
            out_discards,
            utilisation,
        ] = p.rates.map(|v| Some(f64::from(v)).filter(|v| !v.is_nan()));
        let [in_octets, out_octets] = p.octets.map(|o| Some(o).filter(|o| *o != u64::MAX));
        Self {
            at: p.at,
            in_bps,
            out_bps,
            in_pps,
            out_pps,
            in_multicast_pps,
            out_multicast_pps,
            in_broadcast_pps,
            out_broadcast_pps,
            in_errors,
            out_errors,
            in_discards,
            out_discards,
            utilisation,
            in_octets,
            out_octets,
        }
    }
}

#[derive(Default)]
struct Table {
    places: HashMap<Id, u32>,
    rows: Vec<(Id, Packed)>,
}

impl Table {
    fn put(&mut self, id: Id, packed: Packed) {
        if let Some(place) = self.places.get(&id) {
            self.rows[*place as usize].1 = packed;
            return;
        }
        self.places.insert(id, self.rows.len() as u32);
        self.rows.push((id, packed));
    }

    fn remove(&mut self, id: Id) {
        let Some(place) = self.places.remove(&id) else { return };
        self.rows.swap_remove(place as usize);
        if let Some((moved, _)) = self.rows.get(place as usize) {
            self.places.insert(*moved, place);
        }
    }
}

/// The last rates of every interface, and the last round trip to every device.
#[derive(Default)]
pub struct Live {
    table: RwLock<Table>,
    latencies: RwLock<HashMap<Id, f32>>,
}

impl Live {
    /// The last rates of an interface.
    pub fn interface(&self, id: Id) -> Option<InterfaceRates> {
        let table = self.read();
        let place = *table.places.get(&id)?;
        table.rows.get(place as usize).map(|(_, packed)| (*packed).into())
    }

    /// Takes the rates of one poll in.
    pub fn update(&self, rates: impl IntoIterator<Item = (Id, InterfaceRates)>) {
        let mut table = self.write();
        for (id, rates) in rates {
            table.put(id, rates.into());
        }
    }

    /// Forgets interfaces.
    pub fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) {
        let mut table = self.write();
        for id in ids {
            table.remove(*id);
        }
    }

    /// The `count` interfaces with the largest value of `key`, largest first; unknown and zero values are left out.
    pub fn top(&self, count: usize, key: impl Fn(&InterfaceRates) -> Option<f64>) -> Vec<(Id, InterfaceRates, f64)> {
        let table = self.read();
        let value =
            |(place, (_, packed)): (usize, &(Id, Packed))| key(&(*packed).into()).filter(|value| *value > 0.0).map(|value| (value, place));
        let mut ranked: Vec<(f64, usize)> = table.rows.iter().enumerate().filter_map(value).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(table.rows[a.1].0.cmp(&table.rows[b.1].0));
        if ranked.len() > count {
            ranked.select_nth_unstable_by(count, order);
            ranked.truncate(count);
        }
        ranked.sort_unstable_by(order);
        let row = |(value, place): (f64, usize)| (table.rows[place].0, table.rows[place].1.into(), value);
        ranked.into_iter().map(row).collect()
    }

    /// Bits per second received and sent together by these interfaces, or by all, that were read after `since`; `None`
    /// while the rate of none of them is known.
    pub fn traffic(&self, interfaces: Option<&[Id]>, since: Timestamp) -> Option<(f64, f64)> {
        let table = self.read();
        let named = |ids: &[Id]| ids.iter().filter_map(|id| table.rows.get(*table.places.get(id)? as usize)).collect::<Vec<_>>();
        let rows: Box<dyn Iterator<Item = &(Id, Packed)>> = match interfaces {
            None => Box::new(table.rows.iter()),
            Some(ids) => Box::new(named(ids).into_iter()),
        };
        let fresh = rows.filter(|(_, packed)| packed.at > since && !(packed.rates[0].is_nan() && packed.rates[1].is_nan()));
        let known = |rate: f32| if rate.is_nan() { 0.0 } else { f64::from(rate) };
        fresh.map(|(_, p)| (known(p.rates[0]), known(p.rates[1]))).reduce(|sum, more| (sum.0 + more.0, sum.1 + more.1))
    }

    /// Notes the round trip to a device, milliseconds; `None` when it did not answer, or is no longer watched.
    pub fn note_latency(&self, device: Id, latency_ms: Option<f64>) {
        let mut latencies = self.latencies.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        match latency_ms {
            Some(ms) => drop(latencies.insert(device, ms as f32)),
            None => drop(latencies.remove(&device)),
        }
    }

    /// The round trips to these devices, or to all, milliseconds, in no order.
    pub fn latencies(&self, devices: Option<&[Id]>) -> Vec<f64> {
        let latencies = self.latencies.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match devices {
            None => latencies.values().map(|ms| f64::from(*ms)).collect(),
            Some(ids) => ids.iter().filter_map(|id| latencies.get(id)).map(|ms| f64::from(*ms)).collect(),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(in_bps: f64) -> InterfaceRates {
        InterfaceRates { at: Timestamp(7), in_bps: Some(in_bps), in_octets: Some(9), ..InterfaceRates::default() }
    }

    #[test]
    fn what_is_put_in_comes_out_and_goes() {
        let live = Live::default();
        live.update((1..=3).map(|n| (Id::fixed(n), rates(n as f64))));
        assert_eq!(live.interface(Id::fixed(2)), Some(rates(2.0)));
        live.forget([&Id::fixed(1)]);
        assert_eq!(live.interface(Id::fixed(1)), None);
        assert_eq!(live.interface(Id::fixed(3)), Some(rates(3.0)), "the row that moved is still found");
        assert_eq!(live.traffic(None, Timestamp(0)), Some((5.0, 0.0)));
        assert_eq!(live.traffic(None, Timestamp(7)), None, "what was read too long ago is no traffic of now");
    }

    #[test]
    fn round_trips_are_those_of_the_devices_asked_for() {
        let live = Live::default();
        live.note_latency(Id::fixed(1), Some(2.0));
        live.note_latency(Id::fixed(2), Some(4.0));
        assert_eq!(live.latencies(Some(&[Id::fixed(2), Id::fixed(3)])), [4.0]);
        live.note_latency(Id::fixed(2), None);
        assert_eq!(live.latencies(None), [2.0]);
    }

    #[test]
    fn the_largest_come_first() {
        let live = Live::default();
        live.update((0..9).map(|n| (Id::fixed(n), rates(n as f64))));
        let top: Vec<_> = live.top(3, |r| r.in_bps).into_iter().map(|(_, _, v)| v).collect();
        assert_eq!(top, [8.0, 7.0, 6.0]);
    }
}
