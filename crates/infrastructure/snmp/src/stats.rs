//! What the engine did: plain counters, read without stopping it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The counters themselves.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    responses: AtomicU64,
    values: AtomicU64,
    timeouts: AtomicU64,
    retries: AtomicU64,
    too_big: AtomicU64,
    malformed: AtomicU64,
    reports: AtomicU64,
    in_flight: AtomicU64,
    round_trip_us: AtomicU64,
}

/// The engine's counters at one moment; all but `in_flight` only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnmpStats {
    /// Datagrams sent as requests, the repeated ones included.
    pub requests: u64,
    /// Requests that were answered, errors of the protocol included.
    pub responses: u64,
    /// Variable bindings received.
    pub values: u64,
    /// Transmissions that nobody answered in time.
    pub timeouts: u64,
    /// Transmissions after the first of a request.
    pub retries: u64,
    /// Answers `tooBig` (RFC 3416 section 4.2.1).
    pub too_big: u64,
    /// Datagrams or answers that do not follow the protocol.
    pub malformed: u64,
    /// SNMPv3 reports: wrong user, key, level (RFC 3414 section 3).
    pub reports: u64,
    /// Datagrams nobody waited for: late, repeated, or from a foreign address.
    pub discarded: u64,
    /// Requests that wait for an answer now.
    pub in_flight: u64,
    /// Sum of the round-trip times of all responses, in microseconds.
    pub round_trip_us: u64,
    /// Devices whose session is remembered now.
    pub sessions: u64,
}

impl SnmpStats {
    /// Mean round-trip time since start.
    pub fn mean_round_trip(&self) -> Option<Duration> {
        self.round_trip_us.checked_div(self.responses).map(Duration::from_micros)
    }
}

impl Counters {
    /// Counts a transmission until the guard is dropped, however the wait for its answer ends.
    pub fn sent(&self, attempt: u32) -> InFlight<'_> {
        add(&self.requests, 1);
        add(&self.retries, u64::from(attempt > 0));
        add(&self.in_flight, 1);
        InFlight(self)
    }

    pub fn answered(&self, took: Duration, values: usize) {
        add(&self.responses, 1);
        add(&self.values, values as u64);
        add(&self.round_trip_us, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn timed_out(&self) {
        add(&self.timeouts, 1);
    }

    pub fn too_big(&self) {
        add(&self.too_big, 1);
    }

    pub fn malformed(&self) {
        add(&self.malformed, 1);
    }

    pub fn reported(&self) {
        add(&self.reports, 1);
    }

    pub fn read(&self) -> SnmpStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SnmpStats {
            requests: get(&self.requests),
            responses: get(&self.responses),
            values: get(&self.values),
            timeouts: get(&self.timeouts),
            retries: get(&self.retries),
            too_big: get(&self.too_big),
            malformed: get(&self.malformed),
            reports: get(&self.reports),
            discarded: 0,
            in_flight: get(&self.in_flight),
            round_trip_us: get(&self.round_trip_us),
            sessions: 0,
        }
    }
}

fn add(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// One request in flight.
pub(crate) struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
