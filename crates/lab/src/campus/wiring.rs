//! Which port goes where. A campus is a tree with two of everything that matters.

use super::Device;
use super::model::Role;

/// A cable: the truth that discovery is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cable {
    /// First device (place in the list of devices).
    pub a: u32,
    /// Port number at the first device, from 1.
    pub a_port: u16,
    /// Second device.
    pub b: u32,
    /// Port number at the second device.
    pub b_port: u16,
    /// Megabit per second: what the slower port can.
    pub mbps: u32,
}

/// Lays every cable; `devices` are in the order of the plan.
pub fn lay(devices: &mut [Device]) -> Vec<Cable> {
    let mut crew =
        Crew { used: devices.iter().map(|d| vec![false; usize::from(d.model.port_count())]).collect(), devices, cables: Vec::new() };
    crew.lay_all();
    crew.cables
}

struct Crew<'a> {
    devices: &'a mut [Device],
    used: Vec<Vec<bool>>,
    cables: Vec<Cable>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Up,
    Down,
}

impl Crew<'_> {
    fn lay_all(&mut self) {
        let sites = self.split(|d| u32::from(d.site));
        for members in &sites {
            self.lay_site(members);
        }
        self.lay_ring(&sites);
    }

    fn lay_site(&mut self, members: &[u32]) {
        let routers = self.with(members, Role::Router);
        let cores = self.with(members, Role::Core);
        let servers = self.with(members, Role::Server);
        if let [first, second] = cores[..] {
            self.join(first, End::Down, second, End::Down);
            self.join(first, End::Down, second, End::Down);
        }
        self.join_each(&routers, &cores);
        let mut buildings: Vec<Vec<u32>> = Vec::new();
        for &id in members.iter().filter(|&&id| self.device(id).building > 0) {
            let building = usize::from(self.device(id).building);
            buildings.resize(buildings.len().max(building), Vec::new());
            buildings[building - 1].push(id);
        }
        for inside in &buildings {
            self.lay_building(inside, &cores);
        }
        self.join_each(&servers, &cores);
    }

    fn lay_building(&mut self, inside: &[u32], cores: &[u32]) {
        let distributions = self.with(inside, Role::Distribution);
        let access = self.with(inside, Role::Access);
        self.join_each(&distributions, cores);
        if let [first, second] = distributions[..] {
            self.join(first, End::Down, second, End::Down);
        }
        self.join_each(&access, if distributions.is_empty() { cores } else { &distributions });
        for (n, &point) in self.with(inside, Role::AccessPoint).iter().enumerate() {
            if let Some(&switch) = access.get(n % access.len().max(1)) {
                self.join(point, End::Up, switch, End::Down);
            }
        }
    }

    /// Every `lower` gets a cable to every `upper`.
    fn join_each(&mut self, lower: &[u32], upper: &[u32]) {
        for &low in lower {
            for &up in upper {
                self.join(low, End::Up, up, End::Down);
            }
        }
    }

    /// First routers in a ring; second routers to the first one of the site after next.
    fn lay_ring(&mut self, sites: &[Vec<u32>]) {
        let routers: Vec<Vec<u32>> = sites.iter().map(|members| self.with(members, Role::Router)).filter(|r| !r.is_empty()).collect();
        let count = routers.len();
        for n in 0..count {
            let next = (n + 1) % count;
            if count > 2 || n < next {
                self.join(routers[n][0], End::Up, routers[next][0], End::Up);
            }
            let beyond = (n + 2) % count;
            if let (true, Some(&second)) = (count > 4, routers[n].get(1)) {
                self.join(second, End::Up, routers[beyond][0], End::Up);
            }
        }
    }

    fn join(&mut self, a: u32, a_end: End, b: u32, b_end: End) {
        let (Some(a_port), Some(b_port)) = (self.free_port(a, a_end), self.free_port(b, b_end)) else { return };
        self.used[a as usize][usize::from(a_port) - 1] = true;
        self.used[b as usize][usize::from(b_port) - 1] = true;
        let mbps = self.port_speed(a, a_port).min(self.port_speed(b, b_port));
        let cable = self.cables.len() as u32;
        self.devices[a as usize].ports.push((a_port, cable));
        self.devices[b as usize].ports.push((b_port, cable));
        self.cables.push(Cable { a, a_port, b, b_port, mbps });
    }

    fn free_port(&self, id: u32, end: End) -> Option<u16> {
        let model = self.device(id).model;
        let used = &self.used[id as usize];
        let first = if end == End::Up { usize::from(model.uplink_from) - 1 } else { 0 };
        let free = |range: std::ops::Range<usize>| range.into_iter().find(|&n| !used[n]).map(|n| n as u16 + 1);
        free(first..used.len()).or_else(|| free(0..first))
    }

    fn port_speed(&self, id: u32, port: u16) -> u32 {
        self.device(id).model.port(port).map_or(0, |p| p.block.mbps)
    }

    fn device(&self, id: u32) -> &Device {
        &self.devices[id as usize]
    }

    fn with(&self, members: &[u32], role: Role) -> Vec<u32> {
        members.iter().copied().filter(|&id| self.device(id).role == role).collect()
    }

    fn split(&self, key: impl Fn(&Device) -> u32) -> Vec<Vec<u32>> {
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for (id, device) in self.devices.iter().enumerate() {
            let group = key(device) as usize;
            groups.resize(groups.len().max(group + 1), Vec::new());
            groups[group].push(id as u32);
        }
        groups
    }
}
