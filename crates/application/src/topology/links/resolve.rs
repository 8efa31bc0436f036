//! Which device a neighbour is: by chassis id, by address and name, by address, by name, each only where it names one device.

use std::collections::HashMap;
use std::net::IpAddr;

use vigie_domain::Id;

use super::Claim;
use crate::topology::node::DeviceNode;

/// Devices by what neighbours tell of them. Two of the same key resolve to none.
#[derive(Default)]
pub(crate) struct Resolver {
    chassis: HashMap<(Id, String), Found>,
    addresses: HashMap<(Id, IpAddr), Found>,
    names: HashMap<(Id, String), Found>,
    chassis_of: HashMap<Id, String>,
    name_of: HashMap<Id, String>,
}

#[derive(Clone, Copy)]
enum Found {
    One(Id),
    Many,
}

impl Found {
    fn only(self) -> Option<Id> {
        match self {
            Self::One(id) => Some(id),
            Self::Many => None,
        }
    }
}

impl Resolver {
    pub(crate) fn new<'a>(devices: impl IntoIterator<Item = &'a DeviceNode>) -> Self {
        let mut resolver = Self::default();
        for device in devices {
            let realm = device.realm_id;
            if let Some(chassis) = &device.chassis_id {
                let chassis = chassis.to_lowercase();
                add(&mut resolver.chassis, (realm, chassis.clone()), device.id);
                resolver.chassis_of.insert(device.id, chassis);
            }
            for address in &device.addresses {
                add(&mut resolver.addresses, (realm, *address), device.id);
            }
            if let Some(name) = &device.sys_name {
                let full = name.to_lowercase();
                let short = host(&full).to_owned();
                if short != full {
                    add(&mut resolver.names, (realm, short.clone()), device.id);
                }
                add(&mut resolver.names, (realm, full), device.id);
                resolver.name_of.insert(device.id, short);
            }
        }
        resolver
    }

    /// The device that a claim means, in the realm of the device that makes it.
    pub(crate) fn resolve(&self, claim: &Claim, realm: Id) -> Option<Id> {
        let told = &claim.told;
        let chassis = told.chassis_id.as_deref().map(str::to_lowercase);
        let by_chassis = chassis.as_ref().and_then(|c| self.chassis.get(&(realm, c.clone()))?.only());
        if by_chassis.is_some() {
            return by_chassis;
        }
        let is_mac = told.chassis_id_kind.as_deref() == Some("mac_address");
        let fits = |id: &Id| !is_mac || self.chassis_of.get(id).is_none_or(|known| !known.contains(':'));
        let by_address = told.management_addresses.iter().find_map(|a| self.addresses.get(&(realm, *a))?.only());
        let name = told.system_name.as_deref().map(str::to_lowercase);
        // a stack sends the address of another member than it shows over SNMP: name and address together outweigh the chassis id
        let named_so = |id: &Id| name.as_deref().is_some_and(|n| self.name_of.get(id).is_some_and(|known| known == host(n)));
        if let Some(id) = by_address.filter(|id| named_so(id) || fits(id)) {
            return Some(id);
        }
        let by_name = |name: &str| self.names.get(&(realm, name.to_owned()))?.only().filter(fits);
        name.as_deref().and_then(|name| by_name(name).or_else(|| by_name(host(name))))
    }
}

fn add<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Found>, key: K, id: Id) {
    map.entry(key)
        .and_modify(|found| {
            if !matches!(found, Found::One(known) if *known == id) {
                *found = Found::Many;
            }
        })
        .or_insert(Found::One(id));
}

/// The name without its domain.
fn host(name: &str) -> &str {
    match name.split_once('.') {
        // an address is no name with a domain
        Some((host, _)) if !host.is_empty() && name.parse::<IpAddr>().is_err() => host,
        _ => name,
    }
}
