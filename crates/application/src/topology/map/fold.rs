//! Folding a map: one node a site or building, one link between two of them.

use std::collections::BTreeMap;

use vigie_domain::Id;

use super::Collapse;
use super::build::empty;
use super::view::{End, LinkView, Node, NodeKind, Topology};
use crate::topology::hash::StableId;

/// Folds by site, or by building within sites; what stands in none stays as it is.
pub(super) fn by_site(map: Topology, by: Collapse) -> Topology {
    let mut home: BTreeMap<Id, Id> = BTreeMap::new();
    let mut nodes: BTreeMap<Id, Node> = BTreeMap::new();
    let mut loose = Vec::new();
    for node in map.nodes {
        let place = match by {
            Collapse::Building => node.building.clone().or_else(|| node.site.clone()),
            _ => node.site.clone(),
        };
        let Some(place) = place.filter(|_| node.kind == NodeKind::Device) else {
            loose.push(node);
            continue;
        };
        home.insert(node.id, place.id);
        let folded = nodes.entry(place.id).or_insert_with(|| Node {
            name: Some(place.name.clone()),
            site: node.site.clone(),
            devices: Some(0),
            ..empty(place.id, NodeKind::Site)
        });
        folded.devices = folded.devices.map(|count| count + 1);
        folded.alerts_active += node.alerts_active;
        folded.status = worse(folded.status, node.status);
    }
    // a neighbour that only one folded node knows goes with it
    let mut homes_of: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for link in &map.links {
        for (near, far) in [(&link.source, &link.target), (&link.target, &link.source)] {
            if !home.contains_key(&near.node) {
                homes_of.entry(near.node).or_default().push(home.get(&far.node).copied().unwrap_or(far.node));
            }
        }
    }
    for node in loose {
        let homes = homes_of.get(&node.id).map(Vec::as_slice).unwrap_or_default();
        let only =
            homes.first().filter(|first| node.kind != NodeKind::Device && homes.iter().all(|h| h == *first) && nodes.contains_key(first));
        match only {
            Some(place) => {
                home.insert(node.id, *place);
            }
            None => {
                nodes.insert(node.id, node);
            }
        }
    }
    let links = links(map.links, &home);
    Topology { nodes: nodes.into_values().collect(), links, ..map }
}

fn links(links: Vec<LinkView>, home: &BTreeMap<Id, Id>) -> Vec<LinkView> {
    let mut folded: BTreeMap<(Id, Id), LinkView> = BTreeMap::new();
    for link in links {
        let at = |end: &End| home.get(&end.node).map_or((end.node, end.kind), |place| (*place, NodeKind::Site));
        let (source, target) = (at(&link.source), at(&link.target));
        if source.0 == target.0 {
            continue;
        }
        let turned = source.0 > target.0;
        let (first, second) = if turned { (target, source) } else { (source, target) };
        let (forth, back) = if turned {
            (link.target_to_source_bps, link.source_to_target_bps)
        } else {
            (link.source_to_target_bps, link.target_to_source_bps)
        };
        let Some(whole) = folded.get_mut(&(first.0, second.0)) else {
            let end = |(node, kind)| End { kind, node, interface: None, interface_name: None };
            let id = StableId::of("folded link").id(first.0).id(second.0).finish();
            let (source_to_target_bps, target_to_source_bps) = (forth, back);
            let link = LinkView {
                id,
                source: end(first),
                target: end(second),
                source_to_target_bps,
                target_to_source_bps,
                evidence: Vec::new(),
                links: Some(1),
                ..link
            };
            folded.insert((first.0, second.0), link);
            continue;
        };
        join(whole, &link, forth, back);
    }
    folded.into_values().collect()
}

fn join(whole: &mut LinkView, part: &LinkView, forth: Option<f64>, back: Option<f64>) {
    let sum = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b).or(a).or(b);
    whole.links = whole.links.map(|count| count + 1);
    whole.speed_bps = whole.speed_bps.zip(part.speed_bps).map(|(a, b)| a.saturating_add(b)).or(whole.speed_bps).or(part.speed_bps);
    whole.source_to_target_bps = sum(whole.source_to_target_bps, forth);
    whole.target_to_source_bps = sum(whole.target_to_source_bps, back);
    whole.errors_per_second = sum(whole.errors_per_second, part.errors_per_second);
    whole.utilisation_ratio = [whole.utilisation_ratio, part.utilisation_ratio].into_iter().flatten().reduce(f64::max);
    whole.confidence = whole.confidence.max(part.confidence);
    whole.present |= part.present;
    whole.first_seen = whole.first_seen.min(part.first_seen);
    whole.last_seen = whole.last_seen.max(part.last_seen);
    // between two sites it is down when every cable is
    whole.status = match (whole.status, part.status) {
        ("up", _) | (_, "up") => "up",
        ("unknown", other) | (other, _) => other,
    };
    for protocol in &part.protocols {
        if !whole.protocols.contains(protocol) {
            whole.protocols.push(protocol);
        }
    }
}

fn worse(a: Option<&'static str>, b: Option<&'static str>) -> Option<&'static str> {
    let rank = |word: &str| match word {
        "down" => 5,
        "unreachable" => 4,
        "degraded" => 3,
        "up" => 2,
        "pending" => 1,
        _ => 0,
    };
    [a, b].into_iter().flatten().max_by_key(|word| rank(word))
}
