use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use vigie_domain::devices::{AdminStatus, DeviceStatus, NeighbourProtocol, OperStatus, Role};
use vigie_domain::topology::{Evidence, Link, LinkEnd};
use vigie_domain::{Id, ObjectScope, Scope, Timestamp};

use super::places::Places;
use super::{Collapse, Maker, MapQuery, NodeKind, Sight, Topology};
use crate::telemetry::{InterfaceRates, Live};
use crate::topology::graph::{Graph, PortState};
use crate::topology::node::DeviceNode;

const REALMS: [Id; 2] = [Id::fixed(1), Id::fixed(2)];

fn device(number: u128, realm: Id) -> Arc<DeviceNode> {
    Arc::new(DeviceNode {
        id: Id::fixed(number),
        name: format!("sw-{number}"),
        address: std::net::IpAddr::from((number as u32).to_be_bytes()),
        realm_id: realm,
        site_id: None,
        role: Some(Role::Access),
        status: DeviceStatus::Up,
        vendor: None,
        model: None,
        chassis_id: None,
        sys_name: None,
        addresses: Vec::new(),
    })
}

fn end(device: u128, port: u128) -> LinkEnd {
    let id = Id::fixed(device);
    LinkEnd { node: id, device_id: Some(id), name: None, interface_id: Some(Id::fixed(port)), interface_name: Some(format!("p{port}")) }
}

fn link(number: u128, source: LinkEnd, target: LinkEnd, seen_by: &[u128]) -> Arc<Link> {
    let evidence = seen_by.iter().map(|by| Evidence {
        protocol: NeighbourProtocol::Lldp,
        seen_by: Id::fixed(*by),
        local_port: None,
        remote_port: None,
        first_seen: Timestamp(1),
        last_seen: Timestamp(2),
    });
    Arc::new(Link {
        id: Id::fixed(number),
        source,
        target,
        confidence: 1.0,
        evidence: evidence.collect(),
        present: true,
        first_seen: Timestamp(1),
        last_seen: Timestamp(2),
    })
}

/// A chain of devices, each in one of two realms, port `n * 10` towards the one before and `n * 10 + 1` towards the next.
fn chain(length: u128, realm: impl Fn(u128) -> Id) -> Graph {
    let mut graph = Graph::default();
    for n in 1..=length {
        graph.devices.insert(Id::fixed(n), device(n, realm(n)));
        for port in [n * 10, n * 10 + 1] {
            let state = PortState { speed_bps: Some(1_000), admin: AdminStatus::Up, oper: OperStatus::Up };
            graph.ports.insert(Id::fixed(port), state);
        }
        if n > 1 {
            let id = 1_000_000 + n;
            graph.links.insert(Id::fixed(id), link(id, end(n - 1, (n - 1) * 10 + 1), end(n, n * 10), &[n - 1, n]));
        }
    }
    graph
}

async fn sight(scope: Scope) -> Sight {
    // a scope without groups reads nothing
    Sight::of(&scope, &NoReader).await.unwrap()
}

struct NoReader;

#[async_trait::async_trait]
impl vigie_domain::store::Reader for NoReader {
    async fn document(&self, _: &'static vigie_domain::query::Schema, _: &Scope, _: Id) -> vigie_domain::Result<Option<String>> {
        Ok(None)
    }
    async fn documents(&self, _: &'static vigie_domain::query::Schema, _: &Scope, _: &[Id]) -> vigie_domain::Result<Vec<String>> {
        Ok(Vec::new())
    }
    async fn page(
        &self,
        _: &'static vigie_domain::query::Schema,
        _: &Scope,
        _: &vigie_domain::query::ListQuery,
    ) -> vigie_domain::Result<vigie_domain::query::Page<String>> {
        Ok(vigie_domain::query::Page { results: Vec::new(), next: None, previous: None, total: None, total_is_exact: false })
    }
    async fn count(
        &self,
        _: &'static vigie_domain::query::Schema,
        _: &Scope,
        _: &[vigie_domain::query::Filter],
    ) -> vigie_domain::Result<u64> {
        Ok(0)
    }
    async fn count_by(
        &self,
        _: &'static vigie_domain::query::Schema,
        _: &Scope,
        _: &'static str,
        _: &[vigie_domain::query::Filter],
    ) -> vigie_domain::Result<Vec<(String, u64)>> {
        Ok(Vec::new())
    }
}

fn map(graph: &Graph, sight: &Sight, live: &Live, query: &MapQuery) -> Topology {
    Maker { graph, places: &Places::default(), sight, live, now: Timestamp(3) }.topology(query).unwrap()
}

#[tokio::test]
async fn a_link_is_down_when_one_of_its_ports_is() {
    let mut graph = chain(2, |_| REALMS[0]);
    let all = sight(Scope::system()).await;
    assert_eq!(map(&graph, &all, &Live::default(), &MapQuery::default()).links[0].status, "up");
    graph.ports.get_mut(&Id::fixed(20)).unwrap().oper = OperStatus::Down;
    assert_eq!(map(&graph, &all, &Live::default(), &MapQuery::default()).links[0].status, "down");
    // and stays on the map when nobody hears its neighbour any more
    let silent = Link { present: false, ..Link::clone(&graph.links[&Id::fixed(1_000_002)]) };
    graph.links.insert(silent.id, Arc::new(silent.clone()));
    assert_eq!(map(&graph, &all, &Live::default(), &MapQuery::default()).links[0].status, "down");
    graph.ports.get_mut(&Id::fixed(20)).unwrap().oper = OperStatus::Up;
    assert!(map(&graph, &all, &Live::default(), &MapQuery::default()).links.is_empty(), "the port is up, and nobody is there");
}

#[tokio::test]
async fn rates_come_from_either_end() {
    let graph = chain(2, |_| REALMS[0]);
    let all = sight(Scope::system()).await;
    let live = Live::default();
    let rates = InterfaceRates { at: Timestamp(2), in_bps: Some(250.0), out_bps: Some(100.0), ..InterfaceRates::default() };
    live.update([(Id::fixed(20), rates)]);
    let link = map(&graph, &all, &live, &MapQuery::default()).links.remove(0);
    assert_eq!((link.source_to_target_bps, link.target_to_source_bps), (Some(250.0), Some(100.0)));
    assert_eq!((link.utilisation_ratio, link.speed_bps), (Some(0.25), Some(1_000)));
}

#[tokio::test]
async fn what_lies_outside_the_scope_is_hidden_and_tells_nothing() {
    let realm = |n: u128| REALMS[usize::from(n > 2)];
    let whole = chain(4, realm);
    let mine = sight(Scope::of(Some(ObjectScope { realms: vec![REALMS[0]], ..ObjectScope::default() }))).await;
    let seen = map(&whole, &mine, &Live::default(), &MapQuery::default());
    assert_eq!((seen.nodes.len(), seen.links.len()), (3, 2), "{seen:?}");
    let hidden = seen.nodes.iter().find(|n| n.kind == NodeKind::Hidden).unwrap();
    assert_eq!((hidden.name.as_deref(), hidden.address.as_deref(), hidden.device_id), (None, None, None));
    assert_ne!(hidden.id, Id::fixed(3));
    let text = serde_json::to_string(&seen).unwrap();
    for secret in ["sw-3", "p30", &Id::fixed(3).to_string(), &Id::fixed(30).to_string()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }

    // the same bytes when the other's devices are not there at all
    let mut alone = chain(2, realm);
    let neighbour =
        LinkEnd { node: Id::fixed(77), device_id: None, name: Some("sw-3".to_owned()), interface_id: None, interface_name: None };
    alone.links.insert(Id::fixed(1_000_003), link(1_000_003, end(2, 21), neighbour, &[2]));
    let alone = map(&alone, &mine, &Live::default(), &MapQuery::default());
    assert_eq!(serde_json::to_string(&alone).unwrap(), text);
}

#[tokio::test]
async fn around_goes_as_far_as_the_depth() {
    let graph = chain(9, |_| REALMS[0]);
    let all = sight(Scope::system()).await;
    let query = MapQuery { around: Some(Id::fixed(5)), depth: Some(2), ..MapQuery::default() };
    let near = map(&graph, &all, &Live::default(), &query);
    let names: HashSet<Option<&str>> = near.nodes.iter().map(|n| n.name.as_deref()).collect();
    assert_eq!(names, HashSet::from(["sw-3", "sw-4", "sw-5", "sw-6", "sw-7"].map(Some)));
    assert_eq!(near.links.len(), 4);
}

#[tokio::test]
async fn ten_thousand_devices_are_mapped_at_once() {
    let graph = chain(10_000, |_| REALMS[0]);
    let all = sight(Scope::system()).await;
    let started = Instant::now();
    let query = MapQuery { collapse: Some(Collapse::None), ..MapQuery::default() };
    let whole = map(&graph, &all, &Live::default(), &query);
    assert_eq!((whole.nodes.len(), whole.links.len(), whole.folded), (10_000, 9_999, false));
    // an unoptimised build on a busy machine; optimised it is a tenth of it
    assert!(started.elapsed().as_millis() < 1_500, "{:?}", started.elapsed());
    assert!(map(&graph, &all, &Live::default(), &MapQuery::default()).folded);
}
