//! Its addresses.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use vigie_domain::devices::{Address, Device};
use vigie_domain::store::{Entity, UnitOfWork, Write};
use vigie_domain::{Id, Result, Timestamp};

use super::super::Held;
use super::of_device;

pub(super) async fn reconcile(
    work: &mut dyn UnitOfWork,
    device: &Device,
    held: &[Held],
    ports: &HashMap<u32, (Id, String)>,
    now: Timestamp,
) -> Result<usize> {
    let known: Vec<Address> = of_device(work, device.id).await?;
    let mut before: HashMap<IpAddr, Address> = known.into_iter().map(|a| (a.address, a)).collect();
    let mut changed = 0;
    let mut after = Vec::with_capacity(held.len());
    let mut seen = HashSet::new();
    for one in held.iter().filter(|one| seen.insert(one.address)) {
        let port = one.if_index.and_then(|index| ports.get(&index));
        let before = before.remove(&one.address);
        let address = Address {
            id: before.as_ref().map_or_else(Id::new, |b| b.id),
            device_id: device.id,
            interface_id: port.map(|(id, _)| *id),
            interface_name: port.map(|(_, name)| name.clone()),
            address: one.address,
            prefix_length: one.prefix_length,
            realm_id: device.realm_id,
            first_seen: before.as_ref().map_or(now, |b| b.first_seen),
            last_seen: now,
        };
        changed += usize::from(before.is_none_or(|b| told(&b) != told(&address)));
        after.push(address);
    }
    for gone in before.into_values() {
        changed += 1;
        work.delete(Address::SCHEMA, gone.id).await?;
    }
    work.upsert(&after).await?;
    Ok(changed)
}

fn told(address: &Address) -> (Option<Id>, Option<String>, Option<u8>, Id) {
    (address.interface_id, address.interface_name.clone(), address.prefix_length, address.realm_id)
}
