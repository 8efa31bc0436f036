//! Making the map that a caller asked for out of the one in memory.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use vigie_domain::topology::{Link, LinkEnd};
use vigie_domain::{Error, Id, Result, Timestamp};

use super::places::Places;
use super::rates::rates;
use super::sight::Sight;
use super::view::{End, EvidenceView, LinkView, Node, NodeKind, Topology};
use super::{Collapse, MapQuery, fold};
use crate::telemetry::Live;
use crate::topology::graph::Graph;
use crate::topology::node::DeviceNode;

/// Maps with more nodes are folded by site.
pub(crate) const LARGEST: usize = 5_000;

/// What a map is made of.
pub(crate) struct Maker<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) places: &'a Places,
    pub(crate) sight: &'a Sight,
    pub(crate) live: &'a Live,
    pub(crate) now: Timestamp,
}

/// A link as the caller sees it: at least one of its ends is a device that it sees.
struct Seen<'a> {
    link: &'a Link,
    ends: [Id; 2],
}

impl Maker<'_> {
    /// The map.
    pub(crate) fn topology(&self, query: &MapQuery) -> Result<Topology> {
        let seen = self.seen();
        let wanted = self.wanted(query, &seen)?;
        let links: Vec<&Seen<'_>> = seen.iter().filter(|s| wanted.as_ref().is_none_or(|w| w.holds(s))).collect();
        let nodes = self.nodes(wanted.as_ref(), &links);
        let links: Vec<LinkView> = links.into_iter().map(|s| self.link_view(s)).collect();
        let too_large = nodes.len() > LARGEST && query.collapse.is_none() && query.around.is_none();
        let whole = Topology { nodes, links, computed_at: self.graph.computed_at, folded: false };
        Ok(match query.collapse {
            _ if too_large => Topology { folded: true, ..fold::by_site(whole, Collapse::Site) },
            Some(by @ (Collapse::Site | Collapse::Building)) => fold::by_site(whole, by),
            Some(Collapse::None) | None => whole,
        })
    }

    /// One link, if the caller sees it.
    pub(crate) fn link(&self, link: &Link) -> Option<LinkView> {
        self.see(link).map(|seen| self.link_view(&seen))
    }

    fn seen(&self) -> Vec<Seen<'_>> {
        self.graph.shown(self.now).into_iter().filter_map(|link| self.see(link)).collect()
    }

    fn see<'l>(&self, link: &'l Link) -> Option<Seen<'l>> {
        let own = |end: &LinkEnd| end.device_id.and_then(|id| self.graph.devices.get(&id)).is_some_and(|d| self.sight.sees(d, self.places));
        let (source, target) = (own(&link.source), own(&link.target));
        if !source && !target || !self.told_by_own(link) {
            return None;
        }
        let node = |end: &LinkEnd, is_own: bool, near: &LinkEnd| {
            if is_own || self.sight.is_everything() {
                return end.node;
            }
            self.sight.hidden(near.interface_id.unwrap_or(near.node), near.interface_name.as_deref().unwrap_or_default())
        };
        Some(Seen { link, ends: [node(&link.source, source, &link.target), node(&link.target, target, &link.source)] })
    }

    /// What only a device outside the scope tells of is not shown.
    fn told_by_own(&self, link: &Link) -> bool {
        self.sight.is_everything() || link.evidence.iter().any(|e| self.sees_device(e.seen_by))
    }

    fn sees_device(&self, id: Id) -> bool {
        self.graph.devices.get(&id).is_some_and(|d| self.sight.sees(d, self.places))
    }

    /// The nodes that were asked for; `None` is all.
    fn wanted(&self, query: &MapQuery, seen: &[Seen<'_>]) -> Result<Option<Wanted>> {
        let mut wanted = None;
        if let Some(site) = query.site {
            let roots = HashSet::from([site]);
            let inside = self.graph.devices.values().filter(|d| d.site_id.is_some_and(|s| self.places.within(s, &roots)));
            let inside: HashSet<Id> = inside.filter(|d| self.sight.sees(d, self.places)).map(|d| d.id).collect();
            if inside.is_empty() && !self.sight.sees_site(site, self.places) {
                return Err(Error::bad_query("invalid_query", "site", format!("there is no site {site}")));
            }
            wanted = Some(Wanted { inside, with_neighbours: true });
        }
        if let Some(around) = query.around {
            let nearby = nearby(around, query.depth.unwrap_or(1), seen, wanted.as_ref());
            let known = nearby.len() > 1 || self.sees_device(around) || seen.iter().any(|s| s.ends.contains(&around));
            if !known {
                return Err(Error::not_found("node", around));
            }
            wanted = Some(Wanted { inside: nearby, with_neighbours: false });
        }
        Ok(wanted)
    }

    fn nodes(&self, wanted: Option<&Wanted>, links: &[&Seen<'_>]) -> Vec<Node> {
        let mut nodes: BTreeMap<Id, Node> = BTreeMap::new();
        let visible = self.graph.devices.values().filter(|d| wanted.is_none_or(|w| w.inside.contains(&d.id)));
        for device in visible.filter(|d| self.sight.sees(d, self.places)) {
            nodes.insert(device.id, self.device(device));
        }
        for seen in links {
            for (id, end) in seen.ends.iter().zip([&seen.link.source, &seen.link.target]) {
                nodes.entry(*id).or_insert_with(|| self.far_node(*id, end));
            }
        }
        nodes.into_values().collect()
    }

    fn far_node(&self, id: Id, end: &LinkEnd) -> Node {
        match self.graph.devices.get(&id) {
            Some(device) => self.device(device),
            None if self.sight.is_everything() => self.place(Node { name: end.name.clone(), ..empty(id, NodeKind::Neighbour) }),
            None => self.place(empty(id, NodeKind::Hidden)),
        }
    }

    fn device(&self, device: &Arc<DeviceNode>) -> Node {
        let (site, building) = device.site_id.map_or((None, None), |s| self.places.site_and_building(s));
        self.place(Node {
            device_id: Some(device.id),
            name: Some(device.name.clone()),
            role: device.role.map(vigie_domain::devices::Role::word),
            status: Some(device.status.word()),
            site,
            building,
            address: Some(device.address.to_string()),
            vendor: device.vendor.clone(),
            model: device.model.clone(),
            alerts_active: self.graph.alerts.get(&device.id).copied().unwrap_or(0),
            ..empty(device.id, NodeKind::Device)
        })
    }

    fn place(&self, node: Node) -> Node {
        match self.places.point(node.id) {
            Some(point) => Node { x: Some(point.x), y: Some(point.y), pinned: point.pinned, ..node },
            None => node,
        }
    }

    fn link_view(&self, seen: &Seen<'_>) -> LinkView {
        let link = seen.link;
        let hidden = [seen.ends[0] != link.source.node, seen.ends[1] != link.target.node];
        let ends = [&link.source, &link.target];
        let own: Vec<&LinkEnd> = ends.into_iter().zip(hidden).filter(|(_, hidden)| !hidden).map(|(end, _)| end).collect();
        let veiled = hidden.contains(&true);
        let mut evidence: Vec<EvidenceView> =
            link.evidence.iter().filter(|e| !veiled || self.sees_device(e.seen_by)).map(evidence).collect();
        if veiled {
            for told in &mut evidence {
                told.remote_port = None;
            }
        }
        let mut protocols: Vec<&'static str> = evidence.iter().map(|e| e.protocol.word()).collect();
        protocols.dedup();
        let speed_bps = self.graph.speed(own.iter().copied());
        let near = |place: usize| if hidden[place] { None } else { ends[place].interface_id };
        let rates = rates(self.live, near(0), near(1), speed_bps);
        let mut view = LinkView {
            id: link.id,
            source: self.end(seen.ends[0], ends[0], hidden[0]),
            target: self.end(seen.ends[1], ends[1], hidden[1]),
            status: if veiled { self.graph.status_of(own) } else { self.graph.status(link) }.word(),
            speed_bps,
            utilisation_ratio: rates.utilisation,
            source_to_target_bps: rates.forth,
            target_to_source_bps: rates.back,
            errors_per_second: rates.errors,
            // who cannot see the other end knows no more of it than that end one tells
            confidence: if veiled { 0.6 } else { link.confidence },
            first_seen: if veiled { evidence.iter().map(|e| e.first_seen).min().unwrap_or(link.first_seen) } else { link.first_seen },
            last_seen: if veiled { evidence.iter().map(|e| e.last_seen).max().unwrap_or(link.last_seen) } else { link.last_seen },
            protocols,
            evidence,
            present: link.present,
            links: None,
        };
        if hidden[0] {
            // the caller's own end comes first, whatever the ids
            std::mem::swap(&mut view.source, &mut view.target);
            std::mem::swap(&mut view.source_to_target_bps, &mut view.target_to_source_bps);
        }
        view
    }
}

impl Maker<'_> {
    fn end(&self, node: Id, end: &LinkEnd, hidden: bool) -> End {
        if hidden {
            return End { kind: NodeKind::Hidden, node, interface: None, interface_name: None };
        }
        let kind = if self.graph.devices.contains_key(&node) { NodeKind::Device } else { NodeKind::Neighbour };
        End { kind, node, interface: end.interface_id, interface_name: end.interface_name.clone() }
    }
}

/// The nodes asked for.
struct Wanted {
    inside: HashSet<Id>,
    /// Whether what hangs on them is shown too.
    with_neighbours: bool,
}

impl Wanted {
    fn holds(&self, seen: &Seen<'_>) -> bool {
        let inside = seen.ends.iter().filter(|id| self.inside.contains(id)).count();
        inside == 2 || self.with_neighbours && inside == 1
    }
}

/// Nodes at most `depth` links away.
fn nearby(around: Id, depth: u32, seen: &[Seen<'_>], within: Option<&Wanted>) -> HashSet<Id> {
    let mut neighbours: HashMap<Id, Vec<Id>> = HashMap::new();
    for s in seen.iter().filter(|s| within.is_none_or(|w| w.holds(s))) {
        neighbours.entry(s.ends[0]).or_default().push(s.ends[1]);
        neighbours.entry(s.ends[1]).or_default().push(s.ends[0]);
    }
    let mut found = HashSet::from([around]);
    let mut queue = VecDeque::from([(around, 0)]);
    while let Some((node, distance)) = queue.pop_front() {
        if distance == depth {
            continue;
        }
        for next in neighbours.get(&node).into_iter().flatten() {
            if found.insert(*next) {
                queue.push_back((*next, distance + 1));
            }
        }
    }
    found
}

fn evidence(e: &vigie_domain::topology::Evidence) -> EvidenceView {
    EvidenceView {
        protocol: e.protocol,
        seen_by: e.seen_by,
        local_port: e.local_port.clone(),
        remote_port: e.remote_port.clone(),
        first_seen: e.first_seen,
        last_seen: e.last_seen,
    }
}

pub(super) fn empty(id: Id, kind: NodeKind) -> Node {
    Node {
        id,
        device_id: None,
        name: None,
        kind,
        role: None,
        status: None,
        site: None,
        building: None,
        address: None,
        vendor: None,
        model: None,
        x: None,
        y: None,
        pinned: false,
        alerts_active: 0,
        devices: None,
    }
}
