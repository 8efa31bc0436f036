//! What a reading of the interfaces means: rates, and which of them changed their status.

use std::time::Duration;

use vigie_domain::devices::{AdminStatus, OperStatus};
use vigie_domain::{Id, Timestamp};

use super::counters::{
    Counters, IN_BROADCAST, IN_DISCARDS, IN_ERRORS, IN_MULTICAST, IN_OCTETS, IN_PACKETS, Interval, OUT_BROADCAST, OUT_DISCARDS, OUT_ERRORS,
    OUT_MULTICAST, OUT_OCTETS, OUT_PACKETS, rates,
};
use super::port::Port;
use super::reading::PortsRead;
use super::watched::Memory;
use crate::telemetry::InterfaceRates;

/// An interface that changed its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortChange {
    /// The interface.
    pub id: Id,
    /// ifAdminStatus now.
    pub admin: AdminStatus,
    /// ifOperStatus now.
    pub oper: OperStatus,
}

/// What one poll showed of the interfaces.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// Rates of those that answered.
    pub rates: Vec<(Id, InterfaceRates)>,
    /// Those whose status changed.
    pub changes: Vec<PortChange>,
    /// Known interfaces that the device no longer has.
    pub missing: usize,
}

/// Works a reading into what is remembered. `restarted` says that the agent began anew since the last one; `longest` is the longest
/// interval over which a mean still says something.
pub fn digest(memory: &mut Memory, read: &PortsRead, uptime: u32, restarted: bool, at: Timestamp, longest: Duration) -> Digest {
    let elapsed = memory.ports_read.map(|before| read.at.saturating_duration_since(before)).filter(|elapsed| *elapsed <= longest);
    memory.ports_read = Some(read.at);
    let mut digest = Digest { rates: Vec::with_capacity(memory.ports.len()), ..Digest::default() };
    for (port, reading) in memory.ports.iter_mut().zip(&read.readings) {
        let Some(reading) = reading else {
            digest.missing += 1;
            port.counters = Counters::default();
            continue;
        };
        let before = std::mem::replace(&mut port.counters, reading.counters);
        let found = elapsed.map(|elapsed| Interval { elapsed, restarted, uptime });
        let found = found.map(|interval| rates(&before, &reading.counters, interval, port.line_bps())).unwrap_or_default();
        digest.rates.push((port.id, interface_rates(port, at, &found)));
        let (admin, oper) = (reading.admin.unwrap_or(port.admin), reading.oper.unwrap_or(port.oper));
        if (admin, oper) != (port.admin, port.oper) {
            digest.changes.push(PortChange { id: port.id, admin, oper });
        }
    }
    digest
}

fn interface_rates(port: &Port, at: Timestamp, found: &[Option<f64>; super::counters::COUNT]) -> InterfaceRates {
    let bps = |place: usize| found[place].map(|octets| octets * 8.0);
    let share = |place: usize| bps(place).and_then(|bps| port.utilisation(bps));
    let octets = |place: usize| port.counters.get(place);
    InterfaceRates {
        at,
        in_bps: bps(IN_OCTETS),
        out_bps: bps(OUT_OCTETS),
        in_pps: found[IN_PACKETS],
        out_pps: found[OUT_PACKETS],
        in_multicast_pps: found[IN_MULTICAST],
        out_multicast_pps: found[OUT_MULTICAST],
        in_broadcast_pps: found[IN_BROADCAST],
        out_broadcast_pps: found[OUT_BROADCAST],
        in_errors: found[IN_ERRORS],
        out_errors: found[OUT_ERRORS],
        in_discards: found[IN_DISCARDS],
        out_discards: found[OUT_DISCARDS],
        utilisation: match (share(IN_OCTETS), share(OUT_OCTETS)) {
            (Some(received), Some(sent)) => Some(received.max(sent)),
            (one, other) => one.or(other),
        },
        in_octets: octets(IN_OCTETS),
        out_octets: octets(OUT_OCTETS),
    }
}

/// Rates as a row of samples, in the order of their set.
pub fn sample(rates: &InterfaceRates, oper: OperStatus) -> [f64; INTERFACE_METRICS] {
    [
        rates.in_bps,
        rates.out_bps,
        rates.in_pps,
        rates.out_pps,
        rates.in_errors,
        rates.out_errors,
        rates.in_discards,
        rates.out_discards,
        rates.utilisation,
        Some(if oper == OperStatus::Up { 1.0 } else { 0.0 }),
        rates.in_multicast_pps,
        rates.out_multicast_pps,
        rates.in_broadcast_pps,
        rates.out_broadcast_pps,
    ]
    .map(|value| value.unwrap_or(f64::NAN))
}

/// Metrics of an interface.
pub const INTERFACE_METRICS: usize = 14;

#[cfg(test)]
mod tests {
    use vigie_domain::telemetry::INTERFACE;

    use super::*;

    #[test]
    fn a_row_is_in_the_order_of_its_set() {
        assert_eq!(INTERFACE.metrics.len(), INTERFACE_METRICS);
        let rates = InterfaceRates {
            out_bps: Some(2.0),
            utilisation: Some(0.5),
            in_errors: Some(7.0),
            out_broadcast_pps: Some(9.0),
            ..InterfaceRates::default()
        };
        let row = sample(&rates, OperStatus::Up);
        for (name, value) in
            [("out_bps", 2.0), ("utilisation_ratio", 0.5), ("in_errors_per_second", 7.0), ("up", 1.0), ("out_broadcast_pps", 9.0)]
        {
            assert!((row[INTERFACE.index(name).unwrap()] - value).abs() < 1e-9, "{name}");
        }
        assert!(row[0].is_nan());
    }
}
