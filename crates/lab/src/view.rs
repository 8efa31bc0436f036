//! One device at one instant: what every MIB table is computed from.

use crate::campus::model::{Family, Kind};
use crate::campus::{Campus, Device, Interface, Peer};
use crate::clock::{Millis, Rhythm};
use crate::faults::{Faults, Load, Wire, WireFault};
use crate::hash::Draw;
use crate::traffic::{Flow, daylight};

/// Towards the device or away from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// ifHCInOctets and its like.
    In,
    /// ifHCOutOctets and its like.
    Out,
}

/// One device at one instant.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The campus.
    pub campus: &'a Campus,
    /// What is broken.
    pub faults: &'a Faults,
    /// How days pass.
    pub rhythm: Rhythm,
    /// The instant.
    pub now: Millis,
    /// The date of the instant, for hrSystemDate.
    pub unix_ms: i64,
    /// The device.
    pub id: u32,
    /// The device.
    pub device: &'a Device,
    /// Engine and statistics of the agent.
    pub engine: Engine,
}

/// What SNMP-FRAMEWORK-MIB and SNMP-USER-BASED-SM-MIB tell.
#[derive(Clone, Copy)]
pub struct Engine {
    /// Largest message sent.
    pub max_size: u32,
    /// usmStats, in the order of the MIB.
    pub usm_stats: [u32; 6],
}

const DAY_MS: f64 = 86_400_000.0;

impl<'a> View<'a> {
    /// Lab time of the last boot.
    pub fn boot(&self) -> Millis {
        self.faults.device(self.id).booted.unwrap_or_else(|| natural_boot(self.device))
    }

    /// sysUpTime, in hundredths of a second; wraps after 497 days.
    pub fn uptime(&self) -> u32 {
        self.ticks_since_boot(self.now)
    }

    /// sysUpTime at another instant; 0 before the boot.
    pub fn ticks_since_boot(&self, at: Millis) -> u32 {
        (at.saturating_sub(self.boot()).max(0) / 10) as u32
    }

    /// snmpEngineBoots.
    pub fn engine_boots(&self) -> u32 {
        engine_boots(self.device, self.faults, self.id)
    }

    /// snmpEngineID: the enterprise of the maker, format MAC address(3), that of the chassis (RFC 3411, section 5).
    pub fn engine_id(&self) -> [u8; 11] {
        let enterprise = self.device.model.object_id.get(6).copied().unwrap_or(0);
        let [a, b, c, d] = (enterprise | 0x8000_0000).to_be_bytes();
        let [m0, m1, m2, m3, m4, m5] = self.device.mac(self.id, 0);
        [a, b, c, d, 3, m0, m1, m2, m3, m4, m5]
    }

    /// snmpEngineTime, in seconds.
    pub fn engine_time(&self) -> u32 {
        (self.now.saturating_sub(self.boot()).max(0) / 1000) as u32
    }

    /// The wire in a port.
    pub fn wire(&self, port: u16) -> Wire {
        self.device.cable(port).map_or(Wire::Edge(self.id, port), Wire::Cable)
    }

    /// The far end of the cable in a port, while the cable is up.
    pub fn neighbour(&self, port: u16, cable: u32) -> Option<(Peer, &'a Device)> {
        if !self.faults.wire(Wire::Cable(cable)).is_none_or(WireFault::is_up) {
            return None;
        }
        let peer = self.campus.peer(cable, self.id, port);
        Some((peer, &self.campus.devices[peer.device as usize]))
    }

    /// ifAdminStatus is up(1).
    pub fn admin_up(&self, interface: &Interface) -> bool {
        let port = interface.port;
        port == 0
            || self.device.cable(port).is_some()
            || self.device.has_client(port)
            || !self.device.draw.of(22).of(u64::from(port)).chance(0.1)
    }

    /// ifOperStatus is up(1).
    pub fn oper_up(&self, interface: &Interface) -> bool {
        let port = interface.port;
        if port == 0 {
            return true;
        }
        let wire = self.wire(port);
        let plugged = matches!(wire, Wire::Cable(_)) || self.device.has_client(port);
        plugged && self.faults.wire(wire).is_none_or(WireFault::is_up)
    }

    /// ifLastChange: sysUpTime when the interface last went up or down.
    pub fn last_change(&self, interface: &Interface) -> u32 {
        let natural = 2_000 + self.device.draw.of(23).of(u64::from(interface.port)).below(4_000) as u32;
        let changed = self.faults.wire(self.wire(interface.port)).and_then(|w| w.changed);
        match changed {
            Some((at, _)) if interface.port > 0 && at > self.boot() => self.ticks_since_boot(at),
            _ => natural.min(self.uptime()),
        }
    }

    /// Megabit per second: of the cable, or of the port.
    pub fn speed(&self, interface: &Interface) -> u32 {
        match self.device.cable(interface.port) {
            Some(cable) if interface.port > 0 => self.campus.cables[cable as usize].mbps,
            _ => interface.block.mbps,
        }
    }

    /// Octets since boot.
    pub fn octets(&self, interface: &Interface, direction: Direction) -> u64 {
        let (now, base) = self.passed(interface, direction);
        (now - base).max(0) as u64
    }

    /// Unicast packets since boot; both ends of a cable count the same.
    pub fn unicast(&self, interface: &Interface, direction: Direction) -> u64 {
        let size = 350 + self.flow(interface, direction).draw.of(1).below(600) as i64;
        self.packets(interface, direction, size)
    }

    /// Multicast packets since boot.
    pub fn multicast(&self, interface: &Interface, direction: Direction) -> u64 {
        self.packets(interface, direction, 60_000)
    }

    /// Broadcast packets since boot.
    pub fn broadcast(&self, interface: &Interface, direction: Direction) -> u64 {
        self.packets(interface, direction, 170_000)
    }

    fn packets(&self, interface: &Interface, direction: Direction, octets_each: i64) -> u64 {
        let (now, base) = self.passed(interface, direction);
        (now.div_euclid(octets_each) - base.div_euclid(octets_each)).max(0) as u64
    }

    /// ifInErrors: rare by nature, many on command.
    pub fn in_errors(&self, interface: &Interface) -> u64 {
        self.faults.errors(self.id, interface.port, self.boot(), self.now) + self.rare(interface, 31, 0.05, 5_400_000)
    }

    /// ifOutErrors.
    pub fn out_errors(&self, interface: &Interface) -> u64 {
        self.rare(interface, 32, 0.01, 14_400_000)
    }

    /// ifInDiscards.
    pub fn in_discards(&self, interface: &Interface) -> u64 {
        self.rare(interface, 33, 0.03, 7_200_000)
    }

    /// ifOutDiscards.
    pub fn out_discards(&self, interface: &Interface) -> u64 {
        self.rare(interface, 34, 0.12, 1_800_000)
    }

    /// Once in `period` milliseconds, at a `share` of the interfaces that are up.
    fn rare(&self, interface: &Interface, what: u64, share: f64, period: i64) -> u64 {
        let draw = self.device.draw.of(what).of(u64::from(interface.if_index()));
        if interface.port == 0 || !draw.chance(share) || !self.oper_up(interface) {
            return 0;
        }
        let phase = draw.of(1).below(period as u64) as i64;
        ((self.now + phase).div_euclid(period) - (self.boot() + phase).div_euclid(period)).max(0) as u64
    }

    /// Octets passed until now and until the boot.
    fn passed(&self, interface: &Interface, direction: Direction) -> (i64, i64) {
        let flow = self.flow(interface, direction);
        if interface.port == 0 {
            return (flow.octets(self.rhythm, self.now), flow.steady_octets(self.boot()));
        }
        let wire = self.wire(interface.port);
        if matches!(wire, Wire::Edge(..)) && !self.device.has_client(interface.port) {
            return (0, 0);
        }
        let segments = self.faults.wire(wire).map_or(&[][..], |w| &w.segments);
        let bits = f64::from(self.speed(interface)) * 1e6;
        let now = passed_until(&flow, self.rhythm, segments, bits, self.now);
        let base = match self.faults.device(self.id).booted {
            None => flow.steady_octets(self.boot()),
            Some(boot) => passed_until(&flow, self.rhythm, segments, bits, boot),
        };
        (now, base)
    }

    /// The natural load: of the cable, the same for both ends, or of the client in the port.
    fn flow(&self, interface: &Interface, direction: Direction) -> Flow {
        let bytes = f64::from(self.speed(interface)) * 125_000.0;
        let Some(cable) = self.device.cable(interface.port).filter(|_| interface.port > 0) else {
            let draw = self.device.draw.of(24).of(u64::from(interface.if_index())).of(direction as u64);
            let share = if interface.port == 0 { 0.0001 } else { draw.between(0.0005, 0.01) };
            return Flow { mean: bytes * share, draw };
        };
        let outward = (direction == Direction::Out) == self.campus.peer(cable, self.id, interface.port).from_a;
        let draw = self.campus.draw.of(3).of(u64::from(cable)).of(u64::from(outward));
        Flow { mean: bytes * draw.between(0.01, 0.33), draw }
    }

    /// Busy share of the processor, `0.0..1.0`; changes every five seconds.
    pub fn cpu(&self, core: u64) -> f64 {
        let busy = self.device.draw.of(41).between(0.03, 0.25);
        let noise = self.device.draw.of(42).of(core).of(self.now.div_euclid(5_000) as u64).between(-0.03, 0.05);
        (busy * (0.4 + 0.9 * daylight(self.rhythm, self.now)) + noise).clamp(0.01, 0.99)
    }

    /// Used share of memory, `0.0..1.0`.
    pub fn memory(&self) -> f64 {
        let used = self.device.draw.of(43).between(0.35, 0.65);
        (used + 0.06 * daylight(self.rhythm, self.now)).clamp(0.0, 0.95)
    }

    /// Used share of the nth file system, `0.0..1.0`: fills by less than a tenth a year.
    pub fn disk(&self, nth: u64) -> f64 {
        let used = self.device.draw.of(44).of(nth).between(0.15, 0.65);
        (used + self.now as f64 / DAY_MS * 0.0002).clamp(0.0, 0.97)
    }

    /// Degrees Celsius at the nth sensor.
    pub fn temperature(&self, nth: u64) -> f64 {
        let base = self.device.draw.of(45).of(nth).between(24.0, 42.0);
        base + 4.0 * daylight(self.rhythm, self.now) + self.device.draw.of(46).of(self.now.div_euclid(60_000) as u64).between(0.0, 0.6)
    }

    /// The interface with the management address.
    pub fn management_index(&self) -> u32 {
        self.device.model.management().map_or(1, |i| i.if_index())
    }

    /// MAC address of an interface; none for loopbacks.
    pub fn mac(&self, interface: &Interface) -> Option<[u8; 6]> {
        (interface.block.if_type != 24 && interface.block.kind != Kind::Loopback).then(|| self.device.mac(self.id, interface.port))
    }
}

/// Lab time of the boot before the epoch: 3 to 100 days.
pub fn natural_boot(device: &Device) -> Millis {
    -(device.draw.of(20).between(3.0 * DAY_MS, 100.0 * DAY_MS) as i64)
}

/// snmpEngineBoots.
pub fn engine_boots(device: &Device, faults: &Faults, id: u32) -> u32 {
    let natural = 1 + device.draw.of(25).below(12) as u32;
    natural.saturating_add(faults.device(id).reboots)
}

fn passed_until(flow: &Flow, rhythm: Rhythm, segments: &[crate::faults::Segment], bits: f64, at: Millis) -> i64 {
    let Some(first) = segments.first() else { return flow.octets(rhythm, at) };
    let mut passed = flow.octets(rhythm, at.min(first.since));
    for (n, segment) in segments.iter().enumerate() {
        let end = segments.get(n + 1).map_or(at, |next| next.since).min(at);
        if end <= segment.since {
            break;
        }
        passed += match segment.load {
            Load::Nothing => 0,
            Load::Natural => flow.octets(rhythm, end) - flow.octets(rhythm, segment.since),
            Load::Ratio(ratio) => (bits / 8.0 * ratio * (end - segment.since) as f64 / 1000.0) as i64,
        };
    }
    passed
}

/// A serial number in the maker's manner. Its last four characters differ between all parts of all devices.
pub fn serial(view: &View, row: usize) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTUVWX";
    // an odd factor only shuffles the twenty bits: 65,536 devices of 16 parts
    let bits = (view.id << 4 | (row as u32 & 15)).wrapping_mul(0x0006_A4E9) & 0x000F_FFFF;
    let tail: String = (0..4).map(|n| LETTERS[(bits >> (5 * n)) as usize & 31] as char).collect();
    let draw: Draw = view.device.draw.of(50).of(row as u64);
    let (year, week) = (19 + draw.of(1).below(8), 1 + draw.of(2).below(52));
    match view.device.model.family {
        Family::CiscoIos | Family::CiscoNxos => format!("FOC{year:02}{week:02}{tail}"),
        Family::Junos => format!("PE37{year:02}{week:02}{tail}"),
        Family::Eos => format!("JPE{year:02}{week:02}{tail}"),
        Family::ProCurve | Family::ArubaCx | Family::ArubaAp => format!("SG{year:02}K{week:02}{tail}"),
        Family::RouterOs => format!("{:X}{tail}", 0x8A00_0000_u64 + (draw.bits() >> 40)),
        Family::Linux => format!("CZJ{year:02}{week:02}{tail}"),
    }
}
