//! Its interfaces: a port keeps its id as long as the device keeps its name, whatever becomes of ifIndex.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use vigie_domain::devices::{Device, Interface};
use vigie_domain::store::{Entity, Write};
use vigie_domain::{Id, Result, Timestamp};

use super::super::Port;
use super::{Facts, of_device, status_event};
use crate::Unit;

/// What became of the ports.
#[derive(Default)]
pub(super) struct Ports {
    pub(super) interfaces: Vec<Interface>,
    pub(super) changed: usize,
    pub(super) removed: Vec<Id>,
}

pub(super) async fn reconcile(unit: &mut Unit<'_>, device: &Device, facts: &Facts, first: bool, now: Timestamp) -> Result<Ports> {
    let known: Vec<Interface> = of_device(unit.work(), device.id).await?;
    let Some(told) = &facts.ports else {
        return Ok(Ports { interfaces: known, ..Ports::default() });
    };
    let pairs = pair(&known, told);
    let kept: HashSet<Id> = pairs.iter().filter_map(|p| p.map(|place| known[place].id)).collect();
    let removed: Vec<Id> = known.iter().map(|i| i.id).filter(|id| !kept.contains(id)).collect();
    let mut ports = Ports { changed: removed.len(), removed, ..Ports::default() };
    for id in &ports.removed {
        unit.work().delete(Interface::SCHEMA, *id).await?;
    }
    let mut written = Vec::new();
    for (port, pair) in told.iter().zip(pairs) {
        let before = pair.map(|place| &known[place]);
        let after = merged(before, port, device.id, changed_at(facts.uptime, port, now), now);
        match before {
            None => ports.changed += 1,
            Some(before) if before.oper_status != after.oper_status && !first => unit.event(status_event(before, &after, now)).await?,
            Some(_) => {}
        }
        if let Some(before) = before {
            ports.changed += usize::from(lasting(before) != lasting(&after));
        }
        if before.is_none_or(|before| lasting(before) != lasting(&after) || passing(before) != passing(&after)) {
            written.push(after.clone());
        }
        ports.interfaces.push(after);
    }
    if !(written.is_empty() && ports.removed.is_empty()) {
        // not each of these has an event
        unit.changes(Interface::SCHEMA.table);
    }
    unit.work().upsert(&written).await?;
    Ok(ports)
}

/// For each port told, the place of the known one it is: same name and ifIndex, then same name, then same ifIndex under a new name.
fn pair(known: &[Interface], told: &[Port]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; told.len()];
    let mut free: HashSet<usize> = (0..known.len()).collect();
    let take =
        |pairs: &mut Vec<Option<usize>>, free: &mut HashSet<usize>, fits: &mut dyn FnMut(&Port, &HashSet<usize>) -> Option<usize>| {
            for (place, port) in told.iter().enumerate() {
                if pairs[place].is_some() {
                    continue;
                }
                if let Some(found) = fits(port, free) {
                    free.remove(&found);
                    pairs[place] = Some(found);
                }
            }
        };
    let by_both: HashMap<(&str, u32), usize> = known.iter().enumerate().map(|(k, i)| ((i.name.as_str(), i.if_index), k)).collect();
    take(&mut pairs, &mut free, &mut |port, free| by_both.get(&(port.name.as_str(), port.if_index)).copied().filter(|k| free.contains(k)));
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (k, interface) in known.iter().enumerate() {
        by_name.entry(&interface.name).or_default().push(k);
    }
    take(&mut pairs, &mut free, &mut |port, free| by_name.get(port.name.as_str())?.iter().copied().find(|k| free.contains(k)));
    let by_index: HashMap<u32, usize> = known.iter().enumerate().map(|(k, i)| (i.if_index, k)).collect();
    take(&mut pairs, &mut free, &mut |port, free| by_index.get(&port.if_index).copied().filter(|k| free.contains(k)));
    pairs
}

/// When the operational status began, as ifLastChange tells; zero means before the agent started.
fn changed_at(uptime: Option<u32>, port: &Port, now: Timestamp) -> Option<Timestamp> {
    let (uptime, change) = (uptime?, port.last_change.filter(|c| *c > 0)?);
    let hundredths = uptime.checked_sub(change)?;
    Some(now.minus(Duration::from_millis(u64::from(hundredths) * 10)))
}

fn merged(before: Option<&Interface>, port: &Port, device_id: Id, since: Option<Timestamp>, now: Timestamp) -> Interface {
    let status_since = match before {
        Some(before) if before.oper_status == port.oper_status => before.status_since.or(since),
        // ifLastChange may lie: never before the last reading that saw another status
        Some(before) => since.filter(|s| before.status_since.is_none_or(|b| *s > b)).or(Some(now)),
        None => since,
    };
    Interface {
        id: before.map_or_else(Id::new, |b| b.id),
        version: before.map_or(1, |b| b.version),
        device_id,
        if_index: port.if_index,
        name: port.name.clone(),
        alias: port.alias.clone(),
        description: port.description.clone(),
        kind: port.kind.clone(),
        mac: port.mac.clone(),
        mtu: port.mtu,
        speed_bps: port.speed_bps,
        admin_status: port.admin_status,
        oper_status: port.oper_status,
        status_since,
        note: before.and_then(|b| b.note.clone()),
        monitored: before.is_none_or(|b| b.monitored),
        thresholds: before.and_then(|b| b.thresholds.clone()),
        peer: before.and_then(|b| b.peer.clone()),
        lldp_port_id: port.lldp_port_id.clone().or_else(|| before.and_then(|b| b.lldp_port_id.clone())),
        created_at: before.map_or(now, |b| b.created_at),
        updated_at: before.map_or(now, |b| b.updated_at),
    }
}

/// What makes a port another one when it changes.
fn lasting(i: &Interface) -> impl PartialEq {
    ((i.if_index, i.name.clone(), i.alias.clone(), i.description.clone()), (i.kind.clone(), i.mac.clone(), i.mtu, i.lldp_port_id.clone()))
}

/// What comes and goes with what hangs on it.
fn passing(i: &Interface) -> impl PartialEq {
    (i.speed_bps, i.admin_status, i.oper_status, i.status_since)
}

#[cfg(test)]
mod tests {
    use vigie_domain::devices::{AdminStatus, OperStatus};

    use super::*;

    fn port(if_index: u32, name: &str) -> Port {
        Port {
            if_index,
            name: name.to_owned(),
            alias: None,
            description: None,
            kind: None,
            mac: None,
            mtu: None,
            speed_bps: None,
            admin_status: AdminStatus::Up,
            oper_status: OperStatus::Up,
            last_change: None,
            lldp_port_id: None,
        }
    }

    fn known(if_index: u32, name: &str) -> Interface {
        merged(None, &port(if_index, name), Id::fixed(7), None, Timestamp(0))
    }

    #[test]
    fn renumbered_ports_keep_their_id_by_name() {
        let before = [known(1, "Gi0/1"), known(2, "Gi0/2")];
        assert_eq!(pair(&before, &[port(2, "Gi0/1"), port(1, "Gi0/2")]), [Some(0), Some(1)]);
    }

    #[test]
    fn a_renamed_port_keeps_its_id_by_index() {
        let before = [known(1, "eth0"), known(2, "eth1")];
        assert_eq!(pair(&before, &[port(1, "lan0"), port(3, "eth2")]), [Some(0), None]);
    }

    #[test]
    fn ports_of_one_name_stay_apart() {
        let before = [known(1, "unrouted"), known(2, "unrouted"), known(3, "unrouted")];
        let told = [port(2, "unrouted"), port(4, "unrouted"), port(1, "unrouted")];
        assert_eq!(pair(&before, &told), [Some(1), Some(2), Some(0)]);
    }

    #[test]
    fn the_status_began_when_the_device_says() {
        let now = Timestamp(1_000_000);
        let mut one = port(1, "a");
        one.last_change = Some(4_000);
        assert_eq!(changed_at(Some(5_000), &one, now), Some(Timestamp(990_000)));
        assert_eq!(changed_at(Some(3_000), &one, now), None, "it restarted in between");
    }
}
