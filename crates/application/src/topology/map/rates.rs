//! What runs over a link, by the last rates of its ports.

use vigie_domain::Id;

use crate::telemetry::Live;

/// Rates of a link.
#[derive(Default)]
pub(super) struct Rates {
    /// Bits per second from source to target.
    pub(super) forth: Option<f64>,
    /// Bits per second from target to source.
    pub(super) back: Option<f64>,
    /// Share of the speed in use, the busier direction.
    pub(super) utilisation: Option<f64>,
    /// Errors per second at both ends.
    pub(super) errors: Option<f64>,
}

/// The rates between two ports: what one sends the other receives, so either tells; the one that was read last is believed.
pub(super) fn rates(live: &Live, source: Option<Id>, target: Option<Id>, speed_bps: Option<u64>) -> Rates {
    let source = source.and_then(|id| live.interface(id));
    let target = target.and_then(|id| live.interface(id));
    let (forth, back) = match (&source, &target) {
        (Some(s), Some(t)) if t.at > s.at => (t.in_bps.or(s.out_bps), t.out_bps.or(s.in_bps)),
        (Some(s), t) => (s.out_bps.or(t.and_then(|t| t.in_bps)), s.in_bps.or(t.and_then(|t| t.out_bps))),
        (None, Some(t)) => (t.in_bps, t.out_bps),
        (None, None) => (None, None),
    };
    let busier = [forth, back].into_iter().flatten().reduce(f64::max);
    let told = [&source, &target].into_iter().flatten().filter_map(|r| r.utilisation).reduce(f64::max);
    let utilisation = busier.zip(speed_bps.filter(|s| *s > 0)).map(|(bps, speed)| (bps / speed as f64).clamp(0.0, 1.0)).or(told);
    let errors = [&source, &target].into_iter().flatten().flat_map(|r| [r.in_errors, r.out_errors]).flatten().reduce(|a, b| a + b);
    Rates { forth, back, utilisation, errors }
}
