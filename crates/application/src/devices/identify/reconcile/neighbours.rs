//! Its neighbours.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value as Json, json};
use vigie_domain::devices::{Device, Neighbour, NeighbourProtocol};
use vigie_domain::store::{Entity, Write};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::{Id, Result, Timestamp};

use super::super::Heard;
use super::of_device;
use crate::Unit;

/// A neighbour is the same as long as it is heard by the same protocol, on the same port, with the same chassis and port id. What else it
/// tells of itself may change.
type Key = (NeighbourProtocol, String, Option<String>, Option<String>);

pub(super) async fn reconcile(
    unit: &mut Unit<'_>,
    device: &Device,
    heard: &[Heard],
    ports: &HashMap<u32, (Id, String)>,
    first: bool,
    now: Timestamp,
) -> Result<usize> {
    let known: Vec<Neighbour> = of_device(unit.work(), device.id).await?;
    let mut before: HashMap<Key, Neighbour> = known.into_iter().map(|n| (key(&n), n)).collect();
    let mut came = Vec::new();
    let mut after = Vec::with_capacity(heard.len());
    let mut seen = HashSet::new();
    for one in heard {
        let key = (one.protocol, one.local_port.clone(), one.chassis_id.clone(), one.port_id.clone());
        if !seen.insert(key.clone()) {
            continue;
        }
        let interface = one.if_index.and_then(|index| ports.get(&index)).map(|(id, _)| *id);
        let known = before.remove(&key);
        let neighbour = merged(known.as_ref(), one, device.id, interface, now);
        if known.is_none() {
            came.push(neighbour.clone());
        }
        after.push(neighbour);
    }
    let gone: Vec<Neighbour> = before.into_values().collect();
    for one in &gone {
        unit.work().delete(Neighbour::SCHEMA, one.id).await?;
    }
    unit.work().upsert(&after).await?;
    if !first {
        for event in events(device, &came, &gone, now) {
            unit.event(event).await?;
        }
    }
    Ok(came.len() + gone.len())
}

fn key(n: &Neighbour) -> Key {
    (n.protocol, n.local_port.clone(), n.chassis_id.clone(), n.port_id.clone())
}

fn merged(before: Option<&Neighbour>, heard: &Heard, device_id: Id, interface_id: Option<Id>, now: Timestamp) -> Neighbour {
    Neighbour {
        id: before.map_or_else(Id::new, |b| b.id),
        device_id,
        interface_id,
        local_port: heard.local_port.clone(),
        protocol: heard.protocol,
        chassis_id: heard.chassis_id.clone(),
        chassis_id_kind: heard.chassis_id_kind.map(str::to_owned),
        port_id: heard.port_id.clone(),
        port_id_kind: heard.port_id_kind.map(str::to_owned),
        port_description: heard.port_description.clone(),
        system_name: heard.system_name.clone(),
        system_description: heard.system_description.clone(),
        management_addresses: heard.management_addresses.clone(),
        capabilities: heard.capabilities.iter().map(|c| (*c).to_owned()).collect(),
        remote_device_id: before.and_then(|b| b.remote_device_id),
        remote_interface_id: before.and_then(|b| b.remote_interface_id),
        first_seen: before.map_or(now, |b| b.first_seen),
        last_seen: now,
    }
}

/// One a port, whatever the protocols: what is heard there now, and what was before.
fn events(device: &Device, came: &[Neighbour], gone: &[Neighbour], now: Timestamp) -> Vec<Event> {
    let mut ports: BTreeMap<&str, (Option<&Neighbour>, Option<&Neighbour>)> = BTreeMap::new();
    for one in came {
        ports.entry(&one.local_port).or_default().0.get_or_insert(one);
    }
    for one in gone {
        ports.entry(&one.local_port).or_default().1.get_or_insert(one);
    }
    let event = |(port, (new, old)): (&str, (Option<&Neighbour>, Option<&Neighbour>))| {
        let interface = new.or(old).and_then(|n| n.interface_id);
        let subject = match interface {
            Some(id) => Subject::new("interface", id, port),
            None => Subject::new("device", device.id, &device.name),
        };
        let mut event = Event::new(event_types::NEIGHBOUR_CHANGED, now, subject, Some(device.id));
        (event.data, event.previous) = (new.map(|n| told(port, n)), old.map(|n| told(port, n)));
        event
    };
    ports.into_iter().map(event).collect()
}

fn told(port: &str, n: &Neighbour) -> Json {
    json!({
        "local_port": port, "protocol": n.protocol.word(), "system_name": n.system_name, "chassis_id": n.chassis_id, "port_id": n.port_id,
    })
}
