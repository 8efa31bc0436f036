//! How hard the engine may press: set once by wiring.

use std::time::Duration;

/// Settings of an [`SnmpEngine`](crate::SnmpEngine); the defaults suit 10,000 devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnmpSettings {
    /// UDP sockets shared by all devices. More sockets shorten the queues SNMPv3 answers are
    /// looked up in; each costs one descriptor and one task.
    pub lanes: usize,
    /// Requests in flight on one socket; more wait their turn.
    pub in_flight_per_lane: usize,
    /// Receive buffer asked of the kernel for each socket, in bytes; `net.core.rmem_max` caps it.
    pub receive_buffer_bytes: usize,
    /// Requests one device may have outstanding, 1 to this many as it keeps answering.
    pub window_max: u32,
    /// Timeout of the first request to a device nothing is known of.
    pub timeout_initial: Duration,
    /// No timeout is shorter, however fast the device answered before.
    pub timeout_floor: Duration,
    /// No timeout is longer, however slow it is; a target may ask for less.
    pub timeout_ceiling: Duration,
    /// A walk or table that takes longer ends with what it has.
    pub sweep_ceiling: Duration,
    /// Variable bindings a GET asks at most.
    pub oids_per_get: usize,
    /// Variable bindings a GETBULK response may carry, shrunk on `tooBig` and loss.
    pub bindings_per_bulk: u32,
    /// Devices whose pace and session keys are remembered.
    pub sessions_max: usize,
    /// Accept answers from another address than the one asked. Old multi-homed routers need it;
    /// whoever can guess a request id can then answer for a device.
    pub accept_foreign_source: bool,
    /// Boots number in DES salts (RFC 3414 section 8.1.1.1): must never repeat for a key, so
    /// wiring passes something that grows with each start, as seconds since 1970.
    pub des_boots: u32,
}

impl Default for SnmpSettings {
    fn default() -> Self {
        Self {
            lanes: 8,
            in_flight_per_lane: 256,
            receive_buffer_bytes: 4 << 20,
            window_max: 4,
            timeout_initial: Duration::from_secs(1),
            timeout_floor: Duration::from_millis(200),
            timeout_ceiling: Duration::from_secs(10),
            sweep_ceiling: Duration::from_mins(2),
            oids_per_get: 32,
            bindings_per_bulk: 240,
            sessions_max: 65_536,
            accept_foreign_source: false,
            des_boots: 1,
        }
    }
}
