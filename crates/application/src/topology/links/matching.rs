//! Which stored link a cable is, and what changed of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use vigie_domain::topology::{Link, LinkEnd};
use vigie_domain::{Id, Timestamp};

use super::Cable;

/// What happens to a link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// It is there for the first time, or again.
    Appeared(Link),
    /// It is still there, and something of it is new.
    Updated(Link),
    /// Nobody tells of it any more.
    Vanished(Link),
}

impl Change {
    /// The link as it is now.
    pub(crate) fn link(&self) -> &Link {
        match self {
            Self::Appeared(link) | Self::Updated(link) | Self::Vanished(link) => link,
        }
    }
}

type Key = (Id, Option<Id>, Option<String>);

/// Compares cables with the links that are known.
pub(crate) fn changes(known: &HashMap<Id, Arc<Link>>, cables: Vec<Cable>, now: Timestamp) -> Vec<Change> {
    let by_ends: HashMap<(Key, Key), Id> = known.values().map(|l| ((key(&l.source), key(&l.target)), l.id)).collect();
    let mut used: HashSet<Id> = HashSet::with_capacity(cables.len());
    let mut changes = Vec::new();
    let mut left = Vec::new();
    for cable in cables {
        match by_ends.get(&(key(&cable.source), key(&cable.target))).filter(|id| used.insert(**id)) {
            Some(id) => changes.extend(renewed(&known[id], cable, now)),
            None => left.push(cable),
        }
    }
    if !left.is_empty() {
        let free: Vec<&Link> = known.values().filter(|l| !used.contains(&l.id)).map(|l| &**l).collect();
        let by_port = by_port(&free);
        for cable in left {
            match successor(&cable, &by_port, &used) {
                Some(link) => {
                    used.insert(link.id);
                    changes.extend(renewed(link, cable, now));
                }
                None => changes.push(Change::Appeared(fresh(cable, now))),
            }
        }
    }
    let gone = known.values().filter(|l| l.present && !used.contains(&l.id));
    changes.extend(gone.map(|l| Change::Vanished(Link { present: false, ..Link::clone(l) })));
    changes
}

/// Two ends are the same when node and port are. A port without interface counts by its name.
fn key(end: &LinkEnd) -> Key {
    (end.node, end.interface_id, end.interface_name.clone().filter(|_| end.interface_id.is_none()))
}

fn by_port<'l>(links: &[&'l Link]) -> HashMap<Id, Vec<&'l Link>> {
    let mut ports: HashMap<Id, Vec<&Link>> = HashMap::new();
    for link in links {
        for port in [link.source.interface_id, link.target.interface_id].into_iter().flatten() {
            ports.entry(port).or_default().push(link);
        }
    }
    ports
}

/// The link that this cable was before more of it was known: the same port at one end, and at the other the same node with a port that was
/// not known, or the neighbour that has become a device (or was one).
fn successor<'l>(cable: &Cable, by_port: &HashMap<Id, Vec<&'l Link>>, used: &HashSet<Id>) -> Option<&'l Link> {
    let fits = |link: &&&Link, near: Id, far: &LinkEnd| {
        let there = if link.source.interface_id == Some(near) { &link.target } else { &link.source };
        let same_node = there.node == far.node && (there.interface_id.is_none() || far.interface_id.is_none());
        let became_device = there.device_id.is_none() && cable.former.contains(&there.node);
        let was_device = far.device_id.is_none() && there.device_id.is_some() && there.name.is_some() && there.name == far.name;
        !used.contains(&link.id) && (same_node || became_device || was_device)
    };
    let from = |near: &LinkEnd, far: &LinkEnd| {
        let port = near.interface_id?;
        by_port.get(&port)?.iter().find(|link| fits(link, port, far)).copied()
    };
    from(&cable.source, &cable.target).or_else(|| from(&cable.target, &cable.source))
}

fn fresh(cable: Cable, now: Timestamp) -> Link {
    let first_seen = cable.evidence.iter().map(|e| e.first_seen).min().unwrap_or(now);
    build(Id::new(), first_seen, cable, now)
}

fn renewed(known: &Link, cable: Cable, now: Timestamp) -> Option<Change> {
    let link = build(known.id, known.first_seen, cable, now);
    if *known == link {
        return None;
    }
    Some(if known.present { Change::Updated(link) } else { Change::Appeared(link) })
}

fn build(id: Id, first_seen: Timestamp, cable: Cable, now: Timestamp) -> Link {
    Link {
        id,
        last_seen: cable.evidence.iter().map(|e| e.last_seen).max().unwrap_or(now),
        source: cable.source,
        target: cable.target,
        confidence: cable.confidence,
        evidence: cable.evidence,
        present: true,
        first_seen,
    }
}
