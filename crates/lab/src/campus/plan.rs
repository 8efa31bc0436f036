//! Who stands where: sites, buildings and the devices in them.

use super::catalogue as c;
use super::model::{Model, Role};
use crate::hash::Draw;

/// Towns that get a site, in order: the tag in names and the name in sysLocation.
const TOWNS: [(&str, &str); 24] = [
    ("lyo", "Lyon"),
    ("par", "Paris"),
    ("mrs", "Marseille"),
    ("lil", "Lille"),
    ("tls", "Toulouse"),
    ("nte", "Nantes"),
    ("bod", "Bordeaux"),
    ("sxb", "Strasbourg"),
    ("rns", "Rennes"),
    ("gnb", "Grenoble"),
    ("mpl", "Montpellier"),
    ("nce", "Nice"),
    ("dij", "Dijon"),
    ("ang", "Angers"),
    ("rms", "Reims"),
    ("leh", "Le Havre"),
    ("etz", "Metz"),
    ("bes", "Brest"),
    ("lim", "Limoges"),
    ("cfe", "Clermont-Ferrand"),
    ("tuf", "Tours"),
    ("orl", "Orleans"),
    ("pau", "Pau"),
    ("aja", "Ajaccio"),
];

const DEVICES_PER_SITE: usize = 66;
const LARGEST_SITE: usize = 420;
const DEVICES_PER_BUILDING: usize = 22;

/// A place with its own core.
#[derive(Debug, Clone)]
pub struct Site {
    /// First word of the names of its devices.
    pub tag: String,
    /// Town.
    pub town: String,
}

/// A device before it has an address or a cable.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    /// Role.
    pub role: Role,
    /// Place in the list of sites.
    pub site: u16,
    /// Building within the site, from 1; 0 for the machine room.
    pub building: u16,
    /// Number within site, building and role, from 1.
    pub number: u16,
    /// Product.
    pub model: &'static Model,
}

/// The products a site is made of.
struct Style {
    router: &'static Model,
    core: &'static Model,
    distribution: &'static Model,
    access: &'static [&'static Model],
    access_point: &'static Model,
}

static STYLES: [Style; 4] = [
    Style {
        router: &c::ISR4431,
        core: &c::NEXUS_9336,
        distribution: &c::CATALYST_9500,
        access: &[&c::CATALYST_9300, &c::CATALYST_2960X, &c::CATALYST_9200L],
        access_point: &c::ARUBA_AP515,
    },
    Style { router: &c::MX240, core: &c::QFX5100, distribution: &c::QFX5100, access: &[&c::EX4300], access_point: &c::MIKROTIK_CAP },
    Style {
        router: &c::MIKROTIK_CCR,
        core: &c::ARUBA_8325,
        distribution: &c::ARUBA_8360,
        access: &[&c::PROCURVE_5406],
        access_point: &c::ARUBA_AP515,
    },
    Style {
        router: &c::ISR4431,
        core: &c::ARISTA_7150S,
        distribution: &c::ARISTA_7150S,
        access: &[&c::CATALYST_9300, &c::EX4300],
        access_point: &c::MIKROTIK_CAP,
    },
];

/// The sites that `devices` are spread over.
pub fn sites(devices: usize) -> Vec<Site> {
    let count = (devices / DEVICES_PER_SITE).clamp(1, TOWNS.len()).max(devices.div_ceil(LARGEST_SITE));
    (0..count).map(site).collect()
}

fn site(position: usize) -> Site {
    let (tag, town) = TOWNS[position % TOWNS.len()];
    let round = position / TOWNS.len();
    if round == 0 {
        return Site { tag: tag.to_owned(), town: town.to_owned() };
    }
    Site { tag: format!("{tag}{}", round + 1), town: format!("{town} {}", round + 1) }
}

/// Every device, site by site, from the core outwards.
pub fn devices(total: usize, sites: usize, draw: Draw) -> Vec<Planned> {
    let mut planned = Vec::with_capacity(total);
    for site in 0..sites {
        let size = total / sites + usize::from(site < total % sites);
        plan_site(site as u16, size, draw.of(site as u64), &mut planned);
    }
    planned
}

/// How many of each a site of a given size has, besides its buildings.
#[derive(Debug, PartialEq, Eq)]
struct MachineRoom {
    routers: usize,
    cores: usize,
    servers: usize,
}

fn machine_room(size: usize) -> MachineRoom {
    match size {
        0 | 1 => MachineRoom { routers: 0, cores: size, servers: 0 },
        2..=4 => MachineRoom { routers: 1, cores: 1, servers: 0 },
        5..=11 => MachineRoom { routers: 1, cores: 1, servers: 1 },
        12..=39 => MachineRoom { routers: 1, cores: 2, servers: size / 12 },
        _ => MachineRoom { routers: 2, cores: 2, servers: size / 14 },
    }
}

fn plan_site(site: u16, size: usize, draw: Draw, planned: &mut Vec<Planned>) {
    let style = &STYLES[usize::from(site) % STYLES.len()];
    let room = machine_room(size);
    let left = size - room.routers - room.cores - room.servers;
    let buildings = (left as f64 / DEVICES_PER_BUILDING as f64).round().max(1.0) as usize;
    let links = 2 * buildings + room.servers + room.routers + 4;
    let core = if links > usize::from(style.core.port_count()) { &c::NEXUS_9504 } else { style.core };
    let mut put = |role, building, count: usize, model: &dyn Fn(usize) -> &'static Model| {
        planned.extend((0..count).map(|n| Planned { role, site, building, number: n as u16 + 1, model: model(n) }));
    };
    put(Role::Router, 0, room.routers, &|_| style.router);
    put(Role::Core, 0, room.cores, &|_| core);
    for building in 0..buildings {
        let inside = left / buildings + usize::from(building < left % buildings);
        let distributions = if inside < 3 { 0 } else { 1 + usize::from(inside >= 8) };
        let access = (inside - distributions).div_ceil(2);
        let tag = building as u16 + 1;
        put(Role::Distribution, tag, distributions, &|_| style.distribution);
        put(Role::Access, tag, access, &|n| {
            let pick = draw.of(u64::from(tag)).of(n as u64).below(style.access.len() as u64);
            style.access[pick as usize]
        });
        put(Role::AccessPoint, tag, inside - distributions - access, &|_| style.access_point);
    }
    put(Role::Server, 0, room.servers, &|_| &c::LINUX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_exactly_what_was_asked() {
        for total in [1, 2, 3, 5, 8, 20, 66, 200, 254, 1_000, 10_000, 60_000] {
            let count = sites(total).len();
            assert_eq!(devices(total, count, Draw::new(1)).len(), total);
        }
    }

    #[test]
    fn names_of_sites_are_unique() {
        let mut tags: Vec<String> = sites(60_000).into_iter().map(|s| s.tag).collect();
        let count = tags.len();
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), count);
    }
}
