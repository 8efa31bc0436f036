//! One link a cable, however many sources tell of it. A pure function of what is claimed: the same claims give the same cables.

use std::collections::{BTreeMap, HashMap};

use vigie_domain::Id;
use vigie_domain::devices::NeighbourProtocol;
use vigie_domain::topology::{Evidence, LinkEnd};

use super::Claim;

/// Both ends tell of it.
const BOTH: f64 = 1.0;
/// One end tells of it, and the other's port is known.
const ONE: f64 = 0.8;
/// One end tells of it, and the other's port is not found.
const HALF: f64 = 0.6;

/// A cable as it is told of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cable {
    pub(crate) source: LinkEnd,
    pub(crate) target: LinkEnd,
    pub(crate) confidence: f64,
    pub(crate) evidence: Vec<Evidence>,
    /// Nodes under which the ends were known before they were devices.
    pub(crate) former: Vec<Id>,
}

/// Folds claims to cables. `realm_of` tells the realm of a device, and nothing for one that is gone.
pub(crate) fn fold<'c>(claims: impl IntoIterator<Item = &'c Claim>, realm_of: impl Fn(Id) -> Option<Id>) -> Vec<Cable> {
    let mut pairs: BTreeMap<(Id, Id), Pair> = BTreeMap::new();
    for half in unite(claims, &realm_of) {
        let key = (half.owner.min(half.far_node), half.owner.max(half.far_node));
        if key.0 != key.1 {
            pairs.entry(key).or_default().halves.push(half);
        }
    }
    pairs.into_iter().flat_map(|(nodes, pair)| pair.cables(nodes)).collect()
}

/// One claim, as an end of a cable.
struct Half<'c> {
    claim: &'c Claim,
    owner: Id,
    near: Port,
    far_node: Id,
    far_device: Option<Id>,
    far: Option<Port>,
    former: Id,
}

/// A port of a node: an interface, or what it was called where none is known.
#[derive(Clone, Debug)]
struct Port {
    interface: Option<Id>,
    name: String,
}

impl Port {
    fn key(&self) -> Result<Id, String> {
        self.interface.ok_or_else(|| self.name.clone())
    }
}

/// Gives the two protocols on one port the same neighbour, where one of each is heard there and only one of them was resolved.
fn unite<'c>(claims: impl IntoIterator<Item = &'c Claim>, realm_of: &impl Fn(Id) -> Option<Id>) -> Vec<Half<'c>> {
    let mut ports: BTreeMap<(Id, &str), Vec<&'c Claim>> = BTreeMap::new();
    for claim in claims {
        ports.entry((claim.told.device_id, &claim.told.local_port)).or_default().push(claim);
    }
    let mut halves = Vec::new();
    for ((owner, _), mut claims) in ports {
        let Some(realm) = realm_of(owner) else { continue };
        claims.sort_by(|a, b| (a.told.protocol, &a.told.port_id, a.told.id).cmp(&(b.told.protocol, &b.told.port_id, b.told.id)));
        let only = |protocol| {
            let mut of = claims.iter().copied().filter(move |c| c.told.protocol == protocol);
            of.next().filter(|_| of.next().is_none())
        };
        let twin = match (only(NeighbourProtocol::Lldp), only(NeighbourProtocol::Cdp)) {
            (Some(lldp), Some(cdp)) if lldp.remote.is_none() || cdp.remote.is_none() => {
                // LLDP says more of who it is
                Some(if lldp.remote.is_none() && cdp.remote.is_some() { cdp } else { lldp })
            }
            _ => None,
        };
        halves.extend(
            claims
                .iter()
                .map(|claim| half(claim, twin.filter(|t| claim.remote.is_none() || t.remote.is_some()).unwrap_or(claim), owner, realm)),
        );
    }
    halves
}

fn half<'c>(claim: &'c Claim, who: &Claim, owner: Id, realm: Id) -> Half<'c> {
    let former = who.node(realm);
    let port = claim.remote_port.as_ref().or(who.remote_port.as_ref());
    let far = port.map(|port| Port { interface: Some(port.id), name: port.name.clone() });
    Half {
        claim,
        owner,
        near: Port { interface: claim.told.interface_id, name: claim.told.local_port.clone() },
        far_node: who.remote.unwrap_or(former),
        far_device: who.remote,
        far,
        former,
    }
}

#[derive(Default)]
struct Pair<'c> {
    halves: Vec<Half<'c>>,
}

/// A cable while it is put together: a port at each of the two nodes, and the claims for it.
struct Draft {
    ports: [Option<Port>; 2],
    halves: Vec<usize>,
}

impl Pair<'_> {
    fn cables(self, nodes: (Id, Id)) -> Vec<Cable> {
        let side = |half: &Half<'_>| usize::from(half.owner == nodes.1);
        let mut drafts: Vec<Draft> = Vec::new();
        let mut by_near: HashMap<(usize, Result<Id, String>), usize> = HashMap::new();
        let (whole, open): (Vec<usize>, Vec<usize>) = (0..self.halves.len()).partition(|i| self.halves[*i].far.is_some());
        for i in whole {
            let half = &self.halves[i];
            let mut ports = [None, None];
            ports[side(half)] = Some(half.near.clone());
            ports[1 - side(half)].clone_from(&half.far);
            let same = |d: &Draft| (0..2).all(|s| matches!((&d.ports[s], &ports[s]), (Some(a), Some(b)) if a.key() == b.key()));
            match drafts.iter().position(same) {
                Some(place) => drafts[place].halves.push(i),
                None => drafts.push(Draft { ports, halves: vec![i] }),
            }
        }
        for (place, draft) in drafts.iter().enumerate() {
            for (s, port) in draft.ports.iter().enumerate() {
                if let Some(port) = port {
                    by_near.entry((s, port.key())).or_insert(place);
                }
            }
        }
        // who does not know the other's port adds to the cable at its own port, or begins one
        for i in open {
            let half = &self.halves[i];
            let key = (side(half), half.near.key());
            if let Some(place) = by_near.get(&key) {
                drafts[*place].halves.push(i);
                continue;
            }
            let mut ports = [None, None];
            ports[key.0] = Some(half.near.clone());
            by_near.insert(key, drafts.len());
            drafts.push(Draft { ports, halves: vec![i] });
        }
        join_lonely(&mut drafts);
        drafts.into_iter().map(|draft| self.cable(nodes, &draft)).collect()
    }

    fn cable(&self, nodes: (Id, Id), draft: &Draft) -> Cable {
        let halves: Vec<&Half<'_>> = draft.halves.iter().map(|i| &self.halves[*i]).collect();
        let tells = |node: Id| halves.iter().any(|h| h.owner == node);
        let ports_known = draft.ports.iter().all(|p| p.as_ref().is_some_and(|p| p.interface.is_some()));
        let confidence = match (tells(nodes.0) && tells(nodes.1), ports_known) {
            (true, _) => BOTH,
            (false, true) => ONE,
            (false, false) => HALF,
        };
        let mut evidence: Vec<Evidence> = halves.iter().map(|h| evidence(h)).collect();
        evidence.sort_by(|a, b| (a.protocol, a.seen_by, &a.local_port).cmp(&(b.protocol, b.seen_by, &b.local_port)));
        let mut former: Vec<Id> = halves.iter().map(|h| h.former).collect();
        former.sort_unstable();
        former.dedup();
        let end = |node: Id, port: Option<&Port>| {
            let owned = tells(node);
            let far = halves.iter().find(|h| h.far_node == node);
            let device_id = if owned { Some(node) } else { far.and_then(|h| h.far_device) };
            LinkEnd {
                node,
                device_id,
                name: far.filter(|_| device_id.is_none()).and_then(|h| h.claim.name()),
                interface_id: port.and_then(|p| p.interface),
                interface_name: port.map(|p| p.name.clone()).or_else(|| far.and_then(|h| h.claim.told_port())),
            }
        };
        Cable { source: end(nodes.0, draft.ports[0].as_ref()), target: end(nodes.1, draft.ports[1].as_ref()), confidence, evidence, former }
    }
}

/// Where each of the two devices tells of one cable to the other and neither knows the other's port, it is the same cable.
fn join_lonely(drafts: &mut Vec<Draft>) {
    let open = |drafts: &[Draft], side: usize| -> Option<usize> {
        let mut open = (0..drafts.len()).filter(|i| drafts[*i].ports[side].is_some() && drafts[*i].ports[1 - side].is_none());
        open.next().filter(|_| open.next().is_none())
    };
    let (Some(first), Some(second)) = (open(drafts, 0), open(drafts, 1)) else { return };
    let taken = drafts.remove(second);
    let first = if second < first { first - 1 } else { first };
    drafts[first].ports[1].clone_from(&taken.ports[1]);
    drafts[first].halves.extend(taken.halves);
}

fn evidence(half: &Half<'_>) -> Evidence {
    let told = &half.claim.told;
    Evidence {
        protocol: told.protocol,
        seen_by: half.owner,
        local_port: Some(told.local_port.clone()),
        remote_port: half.claim.told_port().or_else(|| told.port_id.clone()),
        first_seen: told.first_seen,
        last_seen: told.last_seen,
    }
}
