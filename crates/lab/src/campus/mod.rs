//! The simulated campus: what exists and how it is cabled. It never changes while the lab runs.

pub mod catalogue;
pub mod model;
mod plan;
mod wiring;

use std::net::Ipv4Addr;

pub use model::{Interface, Model, Role};
pub use plan::Site;
pub use wiring::Cable;

use crate::hash::Draw;

/// A device of the campus.
#[derive(Debug)]
pub struct Device {
    /// Name, such as `lyo-b2-acc-2`.
    pub name: String,
    /// Management address.
    pub address: Ipv4Addr,
    /// Product.
    pub model: &'static Model,
    /// Role.
    pub role: Role,
    /// Place in the list of sites.
    pub site: u16,
    /// Building within the site, from 1; 0 for the machine room.
    pub building: u16,
    /// What makes it differ from the next one.
    pub draw: Draw,
    /// Cabled ports: port number and cable, by port number.
    pub ports: Vec<(u16, u32)>,
}

impl Device {
    /// The MAC address of a port; port 0 is the chassis.
    pub fn mac(&self, id: u32, port: u16) -> [u8; 6] {
        let [a, b, c] = self.model.oui;
        let [_, _, high, low] = id.to_be_bytes();
        [a, b, c, high, low, port as u8]
    }

    /// True where something that is not a device of the lab is plugged in.
    pub fn has_client(&self, port: u16) -> bool {
        let likely = match self.role {
            Role::Access => 0.6,
            Role::AccessPoint | Role::Server => 0.0,
            _ => 0.05,
        };
        self.cable(port).is_none() && self.draw.of(21).of(u64::from(port)).chance(likely)
    }

    /// The cable in a port.
    pub fn cable(&self, port: u16) -> Option<u32> {
        self.ports.binary_search_by_key(&port, |&(number, _)| number).ok().map(|at| self.ports[at].1)
    }
}

/// The campus.
#[derive(Debug)]
pub struct Campus {
    /// Sites.
    pub sites: Vec<Site>,
    /// Devices, by address.
    pub devices: Vec<Device>,
    /// Cables.
    pub cables: Vec<Cable>,
    /// Where every draw starts.
    pub draw: Draw,
}

/// The far end of a cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Device.
    pub device: u32,
    /// Port number there.
    pub port: u16,
    /// True when seen from end `a` of the cable.
    pub from_a: bool,
}

impl Campus {
    /// Builds `count` devices with addresses from `first` on.
    pub fn build(count: usize, first: Ipv4Addr, seed: u64) -> Self {
        let draw = Draw::new(seed);
        let sites = plan::sites(count);
        let mut devices: Vec<Device> = plan::devices(count, sites.len(), draw.of(1))
            .into_iter()
            .enumerate()
            .map(|(id, planned)| Device {
                name: name(&sites[usize::from(planned.site)], &planned),
                address: Ipv4Addr::from(u32::from(first) + id as u32),
                model: planned.model,
                role: planned.role,
                site: planned.site,
                building: planned.building,
                draw: draw.of(2).of(id as u64),
                ports: Vec::new(),
            })
            .collect();
        let cables = wiring::lay(&mut devices);
        for device in &mut devices {
            device.ports.sort_unstable();
            device.ports.shrink_to_fit();
        }
        Self { sites, devices, cables, draw }
    }

    /// The other end of a cable, seen from a device and port.
    pub fn peer(&self, cable: u32, device: u32, port: u16) -> Peer {
        let c = &self.cables[cable as usize];
        if (c.a, c.a_port) == (device, port) {
            return Peer { device: c.b, port: c.b_port, from_a: true };
        }
        Peer { device: c.a, port: c.a_port, from_a: false }
    }

    /// sysLocation: town, building and where in it.
    pub fn location(&self, device: &Device) -> String {
        let town = &self.sites[usize::from(device.site)].town;
        let place = device.draw.of(9);
        if device.building == 0 {
            return format!("{town}, machine room, rack {}", 1 + place.below(12));
        }
        let floor = place.below(5);
        match device.role {
            Role::AccessPoint => format!("{town}, building B{}, floor {floor}, ceiling", device.building),
            _ => format!("{town}, building B{}, floor {floor}, wiring closet", device.building),
        }
    }
}

fn name(site: &Site, planned: &plan::Planned) -> String {
    let (tag, role, number) = (&site.tag, planned.role.tag(), planned.number);
    match planned.building {
        0 => format!("{tag}-{role}-{number}"),
        building => format!("{tag}-b{building}-{role}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn campus(count: usize) -> Campus {
        Campus::build(count, Ipv4Addr::new(127, 1, 0, 1), 1)
    }

    #[test]
    fn names_and_addresses_are_unique() {
        let campus = campus(3_000);
        let names: HashSet<&str> = campus.devices.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names.len(), 3_000);
        assert!(campus.devices.is_sorted_by(|a, b| a.address < b.address));
    }

    #[test]
    fn cables_fit_their_ports_and_nothing_is_left_out() {
        for count in [2, 3, 5, 8, 20, 66, 200, 1_000, 10_000] {
            let campus = campus(count);
            let mut ends = HashSet::new();
            for cable in &campus.cables {
                assert!(ends.insert((cable.a, cable.a_port)) && ends.insert((cable.b, cable.b_port)));
                assert!(cable.mbps > 0);
            }
            let lonely: Vec<&str> = campus.devices.iter().filter(|d| d.ports.is_empty()).map(|d| d.name.as_str()).collect();
            assert!(lonely.is_empty(), "{count}: {lonely:?}");
        }
    }

    #[test]
    fn the_third_switch_has_a_cable_in_port_seven() {
        let campus = campus(200);
        let third = campus.devices.iter().filter(|d| d.role.switches()).nth(2).expect("three switches");
        assert!(third.cable(7).is_some(), "{third:?}");
    }

    #[test]
    fn the_same_seed_builds_the_same() {
        assert_eq!(campus(200).cables, campus(200).cables);
    }
}
