//! What a lab tells of itself: its devices, its cabling, what is broken.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::{Resident, World};
use crate::campus::{Cable, Role};
use crate::faults::{Faults, Wire, WireFault};

/// A device as `vigie lab list` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Name.
    pub name: String,
    /// Short name: `sw-3` is the third switch.
    pub alias: String,
    /// Address.
    pub address: Ipv4Addr,
    /// Role.
    pub role: Role,
    /// Tag of the site; empty for a recording.
    pub site: String,
    /// Building within the site, from 1; 0 for the machine room.
    pub building: u16,
    /// Product; the file for a recording.
    pub model: String,
    /// False while it is silent on command.
    pub answers: bool,
    /// Cables.
    pub links: Vec<Link>,
}

/// One end of a cable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkEnd {
    /// Device.
    pub device: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Port number, from 1.
    pub port: u16,
    /// ifIndex.
    pub if_index: u32,
    /// ifName.
    pub name: String,
}

/// A cable: the truth that discovery is measured against.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// One end; in the list of a device, its own.
    pub a: LinkEnd,
    /// The other end.
    pub b: LinkEnd,
    /// Megabit per second.
    pub mbps: u32,
    /// False while it is cut, or one end has no power.
    pub up: bool,
}

impl Link {
    fn turned(self) -> Self {
        Self { a: self.b, b: self.a, ..self }
    }
}

/// Something broken on command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Device.
    pub device: String,
    /// ifName, where it is about a port.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<String>,
    /// What is wrong, in words.
    pub what: String,
}

/// The state of a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Addresses that answer.
    pub devices: usize,
    /// First of them.
    pub first: Ipv4Addr,
    /// Last of them.
    pub last: Ipv4Addr,
    /// Cables.
    pub links: usize,
    /// Sites.
    pub sites: usize,
    /// Seed.
    pub seed: u64,
    /// Where the counters start, in milliseconds since 1970.
    pub epoch_unix_ms: i64,
    /// Datagrams received.
    pub received: u64,
    /// Datagrams answered.
    pub answered: u64,
    /// Datagrams lost on command.
    pub lost: u64,
    /// Answers that could not be sent.
    pub dropped: u64,
    /// Lines of recordings that were malformed.
    pub malformed_lines: usize,
    /// What is broken.
    pub faults: Vec<Fault>,
}

impl World {
    /// All devices.
    pub fn devices(&self) -> Vec<DeviceInfo> {
        let faults = self.faults.load();
        let mut numbers = std::collections::HashMap::new();
        let slots = 0..self.len() as u32;
        slots
            .map(|slot| {
                let number = numbers.entry(self.role(slot).alias()).and_modify(|n| *n += 1).or_insert(1);
                self.device_info(&faults, slot, *number)
            })
            .collect()
    }

    fn device_info(&self, faults: &Faults, slot: u32, number: usize) -> DeviceInfo {
        let role = self.role(slot);
        let fault = faults.device(slot);
        let (site, building, model, links) = match self.resident(slot) {
            Some(Resident::Device(id, device)) => {
                let links = device.ports.iter().map(|&(_, cable)| self.link_from(faults, cable, id)).collect();
                (self.campus.sites[usize::from(device.site)].tag.clone(), device.building, device.model.name.to_owned(), links)
            }
            _ => (String::new(), 0, format!("{}.snmprec", self.name(slot)), Vec::new()),
        };
        DeviceInfo {
            name: self.name(slot).to_owned(),
            alias: format!("{}-{number}", role.alias()),
            address: self.address(slot),
            role,
            site,
            building,
            model,
            answers: !fault.off && !fault.mute,
            links,
        }
    }

    /// All cables.
    pub fn links(&self) -> Vec<Link> {
        let faults = self.faults.load();
        (0..self.campus.cables.len() as u32).map(|cable| self.link(&faults, cable)).collect()
    }

    fn link_from(&self, faults: &Faults, cable: u32, id: u32) -> Link {
        let link = self.link(faults, cable);
        if self.campus.cables[cable as usize].a == id { link } else { link.turned() }
    }

    fn link(&self, faults: &Faults, cable: u32) -> Link {
        let Cable { a, a_port, b, b_port, mbps } = self.campus.cables[cable as usize];
        let up = faults.wire(Wire::Cable(cable)).is_none_or(WireFault::is_up);
        Link { a: self.link_end(a, a_port), b: self.link_end(b, b_port), mbps, up }
    }

    pub(super) fn link_end(&self, id: u32, port: u16) -> LinkEnd {
        let interface = self.campus.devices[id as usize].model.port(port);
        LinkEnd {
            device: self.name(id).to_owned(),
            address: self.address(id),
            port,
            if_index: interface.map_or(0, |i| i.if_index()),
            name: interface.map(|i| i.name()).unwrap_or_default(),
        }
    }

    /// The state of the lab.
    pub fn status(&self) -> Status {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Status {
            devices: self.len(),
            first: self.address(0),
            last: self.address((self.len() as u32).saturating_sub(1)),
            links: self.campus.cables.len(),
            sites: if self.campus.devices.is_empty() { 0 } else { self.campus.sites.len() },
            seed: self.seed,
            epoch_unix_ms: self.clock.epoch_unix_ms(),
            received: count(&self.traffic.received),
            answered: count(&self.traffic.answered),
            lost: count(&self.traffic.lost),
            dropped: count(&self.traffic.dropped),
            malformed_lines: self.recordings.iter().map(crate::replay::Recorded::malformed).sum(),
            faults: self.broken(),
        }
    }

    fn broken(&self) -> Vec<Fault> {
        let faults = self.faults.load();
        let mut broken: Vec<Fault> = faults.devices().map(|(slot, f)| self.fault(slot, None, device_words(f))).collect();
        broken.extend(faults.wires().map(|(wire, f)| {
            let (slot, port) = self.near_end(wire);
            self.fault(slot, Some(port), wire_words(f) + &self.far_words(wire))
        }));
        broken.extend(faults.error_ports().map(|(slot, port, rate)| self.fault(slot, Some(port), format!("{rate} errors a second"))));
        broken.sort_by(|a, b| (&a.device, &a.port).cmp(&(&b.device, &b.port)));
        broken
    }

    /// Where a cable goes, in words.
    fn far_words(&self, wire: Wire) -> String {
        let Wire::Cable(cable) = wire else { return String::new() };
        let Cable { b, b_port, .. } = self.campus.cables[cable as usize];
        let far = self.link_end(b, b_port);
        format!(", cable to {} {}", far.device, far.name)
    }

    pub(super) fn near_end(&self, wire: Wire) -> (u32, u16) {
        match wire {
            Wire::Cable(cable) => (self.campus.cables[cable as usize].a, self.campus.cables[cable as usize].a_port),
            Wire::Edge(device, port) => (device, port),
        }
    }

    fn fault(&self, slot: u32, port: Option<u16>, what: String) -> Fault {
        let port = port.map(|port| self.link_end(slot, port).name);
        Fault { device: self.name(slot).to_owned(), port, what }
    }
}

fn device_words(fault: crate::faults::DeviceFault) -> String {
    let mut words = Vec::new();
    words.extend(fault.off.then(|| "no power".to_owned()));
    words.extend((fault.mute && !fault.off).then(|| "agent silent".to_owned()));
    words.extend((fault.loss > 0.0).then(|| format!("{} % of requests lost", fault.loss * 100.0)));
    words.extend((fault.delay_ms > 0).then(|| format!("answers {} ms late", fault.delay_ms)));
    words.join(", ")
}

fn wire_words(fault: &WireFault) -> String {
    let mut words = Vec::new();
    words.extend(fault.cut.then(|| "down".to_owned()));
    words.extend(fault.ratio.map(|ratio| format!("loaded to {} %", ratio * 100.0)));
    words.join(", ")
}
