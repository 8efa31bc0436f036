//! What was broken on command. Everything not named here is as the campus was built.

use std::collections::HashMap;

use crate::campus::Campus;
use crate::clock::Millis;

/// One stretch of time in which a cable passed traffic in one way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Start.
    pub since: Millis,
    /// What passed.
    pub load: Load,
}

/// What passes over a cable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// The rhythm of the day.
    Natural,
    /// Nothing: the cable is down.
    Nothing,
    /// A constant share of the speed, in both directions.
    Ratio(f64),
}

/// A cable, or a port with no cable of ours: (device, port).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// Between two devices of the lab.
    Cable(u32),
    /// From a port to something that is not a device of the lab.
    Edge(u32, u16),
}

/// The altered state of a wire.
#[derive(Debug, Clone, Default)]
pub struct WireFault {
    /// Cut on command, wherever its ends are.
    pub cut: bool,
    /// Load on command.
    pub ratio: Option<f64>,
    /// When the wire last went up or down, and whether it is up since.
    pub changed: Option<(Millis, bool)>,
    /// What passed since it was first touched, by time.
    pub segments: Vec<Segment>,
}

/// Errors on command at one port: from, until, per second.
#[derive(Debug, Clone, Copy)]
pub struct ErrorBurst {
    /// Start.
    pub since: Millis,
    /// End; none while it lasts.
    pub until: Option<Millis>,
    /// ifInErrors a second.
    pub per_second: f64,
}

/// The altered state of a device.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceFault {
    /// Without power: the agent is silent and its cables are down.
    pub off: bool,
    /// The agent alone is silent.
    pub mute: bool,
    /// Share of requests lost, `0.0..=1.0`.
    pub loss: f64,
    /// Added to every answer.
    pub delay_ms: u32,
    /// Last boot on command.
    pub booted: Option<Millis>,
    /// Boots on command.
    pub reboots: u32,
}

/// The bound on remembered changes of a wire; older ones melt into the natural load.
const SEGMENTS: usize = 256;

/// Everything altered.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    devices: HashMap<u32, DeviceFault>,
    wires: HashMap<Wire, WireFault>,
    errors: HashMap<(u32, u16), Vec<ErrorBurst>>,
}

impl Faults {
    /// The state of a device.
    pub fn device(&self, id: u32) -> DeviceFault {
        self.devices.get(&id).copied().unwrap_or_default()
    }

    /// The state of a wire, if it was ever touched.
    pub fn wire(&self, wire: Wire) -> Option<&WireFault> {
        self.wires.get(&wire)
    }

    /// Errors commanded at a port between `from` and `to`.
    pub fn errors(&self, device: u32, port: u16, from: Millis, to: Millis) -> u64 {
        let Some(bursts) = self.errors.get(&(device, port)) else { return 0 };
        let total: f64 = bursts.iter().map(|b| b.per_second * seconds_shared(b, from, to)).sum();
        total as u64
    }

    /// Devices altered at present.
    pub fn devices(&self) -> impl Iterator<Item = (u32, DeviceFault)> {
        self.devices.iter().map(|(&id, &fault)| (id, fault)).filter(|(_, f)| f.off || f.mute || f.loss > 0.0 || f.delay_ms > 0)
    }

    /// Wires altered on command at present.
    pub fn wires(&self) -> impl Iterator<Item = (Wire, &WireFault)> {
        self.wires.iter().map(|(&wire, fault)| (wire, fault)).filter(|(_, f)| f.cut || f.ratio.is_some())
    }

    /// Ports with errors on command at present.
    pub fn error_ports(&self) -> impl Iterator<Item = (u32, u16, f64)> {
        self.errors.iter().filter_map(|(&(id, port), bursts)| bursts.last().filter(|b| b.until.is_none()).map(|b| (id, port, b.per_second)))
    }

    /// Takes the power from a device.
    pub fn power_off(&mut self, campus: &Campus, id: u32, at: Millis) {
        self.devices.entry(id).or_default().off = true;
        self.settle_cables_of(campus, id, at);
    }

    /// Silences or unsilences an agent.
    pub fn mute(&mut self, id: u32, mute: bool) {
        self.devices.entry(id).or_default().mute = mute;
    }

    /// Undoes every fault of a device and of its ports. A device that had no power boots.
    pub fn heal(&mut self, campus: &Campus, id: u32, at: Millis) {
        let fault = self.devices.entry(id).or_default();
        let (was_off, booted, reboots) = (fault.off, fault.booted, fault.reboots);
        *fault = DeviceFault { booted, reboots, ..DeviceFault::default() };
        if was_off {
            self.reboot(id, at);
        }
        let touched: Vec<Wire> = self.wires.keys().copied().filter(|&w| touches(campus, w, id)).collect();
        for wire in touched {
            self.heal_wire(campus, wire, at);
        }
        let noisy: Vec<u16> = self.errors.keys().filter(|(device, _)| *device == id).map(|&(_, port)| port).collect();
        for port in noisy {
            self.set_errors(id, port, 0.0, at);
        }
        self.settle_cables_of(campus, id, at);
    }

    /// Undoes what was done to a wire.
    pub fn heal_wire(&mut self, campus: &Campus, wire: Wire, at: Millis) {
        let fault = self.wires.entry(wire).or_default();
        (fault.cut, fault.ratio) = (false, None);
        self.settle(campus, wire, at);
    }

    /// Starts a device anew: uptime and counters from zero.
    pub fn reboot(&mut self, id: u32, at: Millis) {
        let fault = self.devices.entry(id).or_default();
        fault.booted = Some(at);
        fault.reboots = fault.reboots.saturating_add(1);
    }

    /// Loses or delays answers.
    pub fn degrade(&mut self, id: u32, loss: f64, delay_ms: u32) {
        let fault = self.devices.entry(id).or_default();
        (fault.loss, fault.delay_ms) = (loss, delay_ms);
    }

    /// Cuts a wire.
    pub fn cut(&mut self, campus: &Campus, wire: Wire, at: Millis) {
        self.wires.entry(wire).or_default().cut = true;
        self.settle(campus, wire, at);
    }

    /// Loads a wire.
    pub fn load(&mut self, campus: &Campus, wire: Wire, ratio: f64, at: Millis) {
        self.wires.entry(wire).or_default().ratio = Some(ratio);
        self.settle(campus, wire, at);
    }

    /// Sets the rate of errors at a port; 0 ends them.
    pub fn set_errors(&mut self, id: u32, port: u16, per_second: f64, at: Millis) {
        let bursts = self.errors.entry((id, port)).or_default();
        if let Some(last) = bursts.last_mut().filter(|b| b.until.is_none()) {
            last.until = Some(at);
        }
        if per_second > 0.0 {
            bursts.push(ErrorBurst { since: at, until: None, per_second });
        }
        if bursts.len() > SEGMENTS {
            bursts.remove(0);
        }
    }

    fn settle_cables_of(&mut self, campus: &Campus, id: u32, at: Millis) {
        let Some(device) = campus.devices.get(id as usize) else { return };
        for &(_, cable) in &device.ports {
            self.settle(campus, Wire::Cable(cable), at);
        }
    }

    /// Writes down what passes over a wire from now on, if that changed.
    fn settle(&mut self, campus: &Campus, wire: Wire, at: Millis) {
        let powered = match wire {
            Wire::Cable(cable) => {
                let ends = &campus.cables[cable as usize];
                !self.device(ends.a).off && !self.device(ends.b).off
            }
            Wire::Edge(device, _) => !self.device(device).off,
        };
        let Some(fault) = self.wires.get_mut(&wire).or(None) else {
            if !powered {
                self.wires.insert(wire, WireFault::default());
                self.settle(campus, wire, at);
            }
            return;
        };
        let up = powered && !fault.cut;
        let load = match (up, fault.ratio) {
            (false, _) => Load::Nothing,
            (true, Some(ratio)) => Load::Ratio(ratio),
            (true, None) => Load::Natural,
        };
        let before = fault.segments.last().map_or(Load::Natural, |s| s.load);
        if before != load {
            fault.segments.push(Segment { since: at, load });
        }
        if fault.segments.len() > SEGMENTS {
            fault.segments.remove(0);
        }
        if (before == Load::Nothing) == up {
            fault.changed = Some((at, up));
        }
    }
}

impl WireFault {
    /// True while the wire carries anything.
    pub fn is_up(&self) -> bool {
        self.segments.last().is_none_or(|s| s.load != Load::Nothing)
    }
}

fn seconds_shared(burst: &ErrorBurst, from: Millis, to: Millis) -> f64 {
    let start = burst.since.max(from);
    let end = burst.until.unwrap_or(to).min(to);
    end.saturating_sub(start).max(0) as f64 / 1000.0
}

fn touches(campus: &Campus, wire: Wire, id: u32) -> bool {
    match wire {
        Wire::Cable(cable) => {
            let ends = &campus.cables[cable as usize];
            ends.a == id || ends.b == id
        }
        Wire::Edge(device, _) => device == id,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_dead_device_takes_its_cables_down_and_boots_when_healed() {
        let campus = Campus::build(20, Ipv4Addr::LOCALHOST, 1);
        let mut faults = Faults::default();
        let (_, cable) = campus.devices[1].ports[0];
        faults.power_off(&campus, 1, 1_000);
        assert!(!faults.wire(Wire::Cable(cable)).expect("touched").is_up());
        faults.heal(&campus, 1, 5_000);
        let wire = faults.wire(Wire::Cable(cable)).expect("touched");
        assert!(wire.is_up());
        assert_eq!(wire.changed, Some((5_000, true)));
        assert_eq!(faults.device(1).booted, Some(5_000));
        assert_eq!(faults.devices().count() + faults.wires().count(), 0);
    }

    #[test]
    fn a_cut_cable_stays_cut_when_the_device_at_its_end_returns() {
        let campus = Campus::build(20, Ipv4Addr::LOCALHOST, 1);
        let mut faults = Faults::default();
        let (_, cable) = campus.devices[1].ports[0];
        let peer = campus.cables[cable as usize];
        let other = if peer.a == 1 { peer.b } else { peer.a };
        faults.power_off(&campus, 1, 1_000);
        faults.power_off(&campus, other, 2_000);
        faults.heal(&campus, 1, 3_000);
        assert!(!faults.wire(Wire::Cable(cable)).expect("touched").is_up());
        faults.heal(&campus, other, 4_000);
        assert!(faults.wire(Wire::Cable(cable)).expect("touched").is_up());
    }

    #[test]
    fn errors_count_while_they_last() {
        let mut faults = Faults::default();
        faults.set_errors(3, 4, 50.0, 1_000);
        faults.set_errors(3, 4, 0.0, 11_000);
        assert_eq!(faults.errors(3, 4, 0, 60_000), 500);
        assert_eq!(faults.errors(3, 4, 6_000, 60_000), 250);
        assert_eq!(faults.error_ports().count(), 0);
    }
}
