use std::collections::HashMap;
use std::sync::Arc;

use vigie_domain::devices::{Neighbour, NeighbourProtocol};
use vigie_domain::topology::Link;
use vigie_domain::{Id, Timestamp};

use super::{Cable, Change, Claim, RemotePort, changes, fold};

const REALM: Id = Id::fixed(1);
const A: Id = Id::fixed(10);
const B: Id = Id::fixed(20);

fn port(device: Id, number: u128) -> RemotePort {
    RemotePort { id: Id::fixed((device.0.as_u128() & 0xff) * 100 + number), name: format!("p{number}") }
}

/// `owner`'s port hears `remote`, whose port is known or not.
fn claim(protocol: NeighbourProtocol, owner: Id, near: u128, remote: Option<Id>, far: Option<u128>) -> Claim {
    let near = port(owner, near);
    let told = Neighbour {
        id: Id::new(),
        device_id: owner,
        interface_id: Some(near.id),
        local_port: near.name,
        protocol,
        chassis_id: Some("x".to_owned()),
        chassis_id_kind: None,
        port_id: far.map(|n| format!("p{n}")),
        port_id_kind: Some("interface_name".to_owned()),
        port_description: None,
        system_name: Some("far".to_owned()),
        system_description: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        remote_device_id: None,
        remote_interface_id: None,
        first_seen: Timestamp(1),
        last_seen: Timestamp(2),
    };
    let remote_port = remote.zip(far).map(|(device, number)| port(device, number));
    Claim { remote, remote_port, tried: true, ..Claim::new(told) }
}

fn lldp(owner: Id, near: u128, remote: Id, far: Option<u128>) -> Claim {
    claim(NeighbourProtocol::Lldp, owner, near, Some(remote), far)
}

fn folded(claims: &[Claim]) -> Vec<Cable> {
    fold(claims, |_| Some(REALM))
}

fn ends(cable: &Cable) -> (Option<&str>, Option<&str>) {
    (cable.source.interface_name.as_deref(), cable.target.interface_name.as_deref())
}

#[test]
fn both_ends_and_both_protocols_make_one_cable() {
    let claims =
        [lldp(A, 1, B, Some(2)), lldp(B, 2, A, Some(1)), claim(NeighbourProtocol::Cdp, A, 1, Some(B), Some(2)), lldp(B, 2, A, None)];
    let cables = folded(&claims);
    assert_eq!(cables.len(), 1);
    assert_eq!((cables[0].confidence, cables[0].evidence.len()), (1.0, 4));
    assert_eq!(ends(&cables[0]), (Some("p1"), Some("p2")));
}

#[test]
fn parallel_cables_stay_apart() {
    let claims = [lldp(A, 1, B, Some(1)), lldp(A, 2, B, Some(2)), lldp(B, 1, A, Some(1)), lldp(B, 2, A, None)];
    let cables = folded(&claims);
    assert_eq!(cables.iter().map(ends).collect::<Vec<_>>(), [(Some("p1"), Some("p1")), (Some("p2"), Some("p2"))]);
    assert!(cables.iter().all(|c| c.confidence > 0.99), "{cables:?}");
}

#[test]
fn one_end_is_less_sure_and_one_without_port_least() {
    let percent = |claim: Claim| (folded(&[claim])[0].confidence * 100.0).round() as u32;
    assert_eq!(percent(lldp(A, 1, B, Some(2))), 80);
    assert_eq!(percent(lldp(A, 1, B, None)), 60);
}

#[test]
fn two_that_tell_of_each_other_without_ports_are_joined_when_they_are_alone() {
    assert_eq!(folded(&[lldp(A, 1, B, None), lldp(B, 2, A, None)]).len(), 1);
    assert_eq!(folded(&[lldp(A, 1, B, None), lldp(A, 3, B, None), lldp(B, 2, A, None)]).len(), 3);
}

#[test]
fn an_unknown_neighbour_is_one_node_whatever_the_protocol() {
    let mut cdp = claim(NeighbourProtocol::Cdp, A, 1, None, None);
    cdp.told.chassis_id = Some("far.example.net".to_owned());
    let cables = folded(&[claim(NeighbourProtocol::Lldp, A, 1, None, Some(9)), cdp.clone()]);
    assert_eq!(cables.len(), 1, "{cables:?}");
    let cable = &cables[0];
    let far = if cable.source.node == A { &cable.target } else { &cable.source };
    assert_eq!((far.device_id, far.name.as_deref(), far.interface_name.as_deref()), (None, Some("far"), Some("p9")));
    // and where the other protocol knows the device, it is that
    let cables = folded(&[lldp(A, 1, B, Some(2)), cdp]);
    assert_eq!((cables.len(), cables[0].target.device_id), (1, Some(B)));
}

fn known(changes: &[Change]) -> HashMap<Id, Arc<Link>> {
    changes.iter().map(|c| (c.link().id, Arc::new(c.link().clone()))).collect()
}

#[test]
fn folding_the_same_again_changes_nothing() {
    let claims = [lldp(A, 1, B, Some(2)), lldp(B, 2, A, Some(1)), claim(NeighbourProtocol::Lldp, A, 7, None, Some(1))];
    let first = changes(&HashMap::new(), folded(&claims), Timestamp(5));
    assert!(first.len() == 2 && first.iter().all(|c| matches!(c, Change::Appeared(_))));
    let links = known(&first);
    assert_eq!(changes(&links, folded(&claims), Timestamp(6)), []);
    let gone = changes(&links, folded(&claims[..2]), Timestamp(7));
    assert!(matches!(&gone[..], [Change::Vanished(link)] if !link.present));
    let mut links = links;
    links.extend(known(&gone));
    let again = changes(&links, folded(&claims), Timestamp(8));
    assert!(matches!(&again[..], [Change::Appeared(link)] if link.id == gone[0].link().id), "the same link comes back");
}

#[test]
fn a_link_keeps_its_id_as_more_of_it_becomes_known() {
    let first = changes(&HashMap::new(), folded(&[lldp(A, 1, B, None)]), Timestamp(5));
    let more = changes(&known(&first), folded(&[lldp(A, 1, B, Some(2))]), Timestamp(6));
    assert!(matches!(&more[..], [Change::Updated(link)] if link.id == first[0].link().id), "{more:?}");

    let first = changes(&HashMap::new(), folded(&[claim(NeighbourProtocol::Lldp, A, 1, None, Some(2))]), Timestamp(5));
    let more = changes(&known(&first), folded(&[lldp(A, 1, B, Some(2))]), Timestamp(6));
    assert!(matches!(&more[..], [Change::Updated(link)] if link.id == first[0].link().id), "a neighbour became a device: {more:?}");
}

#[test]
fn a_moved_cable_is_another_link() {
    let first = changes(&HashMap::new(), folded(&[lldp(A, 1, B, Some(2))]), Timestamp(5));
    let moved = changes(&known(&first), folded(&[lldp(A, 1, B, Some(3))]), Timestamp(6));
    assert!(matches!(&moved[..], [Change::Appeared(_), Change::Vanished(_)]), "{moved:?}");
}
