//! Discoveries of a lab.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;
use vigie_application::topology::{MapQuery, NodeKind, Topology};
use vigie_domain::devices::{AccessProtocol, AccessState, Address, Credential, Device, Ignored, Interface, Neighbour, Role, Site};
use vigie_domain::store::Write;
use vigie_domain::system::{Event, event_types};
use vigie_domain::topology::{Link, Outcome, RunResult, RunStatus};
use vigie_domain::{Id, Timestamp};
use vigie_lab::{Lab, LabHandle};

use super::small::{LONG, settings, start, start_in};

async fn lab(third: u8, devices: usize, prefix: u8) -> LabHandle {
    let prefix = format!("127.0.{third}.0/{prefix}").parse().unwrap();
    Lab::builder().prefix(prefix).port(0).devices(devices).start().await.unwrap()
}

fn community() -> serde_json::Value {
    json!([{ "kind": "snmp_v2c", "community": vigie_lab::COMMUNITY }])
}

/// Cables by the names of their ends, whichever comes first.
type Cables = BTreeSet<BTreeSet<(String, String)>>;

fn told(map: &Topology) -> Cables {
    let names: HashMap<Id, String> = map.nodes.iter().map(|n| (n.id, n.name.clone().unwrap_or_default())).collect();
    let end = |e: &vigie_application::topology::End| (names[&e.node].clone(), e.interface_name.clone().unwrap_or_default());
    map.links.iter().map(|l| BTreeSet::from([end(&l.source), end(&l.target)])).collect()
}

fn truth(lab: &LabHandle) -> Cables {
    let end = |e: vigie_lab::LinkEnd| (e.device, e.name);
    lab.links().into_iter().map(|l| BTreeSet::from([end(l.a), end(l.b)])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_finds_the_campus_and_its_cables() {
    let lab = lab(150, 60, 25).await;
    let (vigie, _files) = start().await;
    let input = json!({ "targets": ["127.0.150.0/25"], "port": lab.port(), "credentials": community() });
    let (discovery, run, results) = vigie.discover(input).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    assert_eq!((run.progress.done, run.progress.total), (126, 126));
    assert_eq!((run.found.devices, run.found.new), (60, 60), "{run:?}");

    // the kernel answers ICMP for every loopback address: without an agent it is a candidate, and says why
    assert_eq!(run.found.candidates, 66);
    let candidate = results.iter().find(|r| r.outcome == Outcome::Candidate).unwrap();
    let state = |protocol| candidate.access.iter().find(|a| a.protocol == protocol).map(|a| a.state);
    assert_eq!(state(AccessProtocol::Icmp), Some(AccessState::Ok));
    assert!(matches!(state(AccessProtocol::Snmp), Some(AccessState::Refused | AccessState::NoAnswer)), "{candidate:?}");
    assert!(candidate.access.iter().any(|a| !a.causes.is_empty() && a.solution.is_some()));

    let sure = |map: &Topology| map.links.iter().all(|l| l.confidence > 0.99 && l.status == "up" && l.speed_bps.is_some());
    let map = vigie.map_until("both ends tell of all cables", |map| told(map) == truth(&lab) && sure(map)).await;
    assert_eq!(map.links.len(), lab.links().len());
    assert!(map.nodes.iter().all(|n| n.kind == NodeKind::Device));

    check_devices(&lab, &vigie.all().await, &vigie.all().await);
    let interfaces: Vec<Interface> = vigie.all().await;
    let peers = interfaces.iter().filter(|i| i.peer.as_ref().is_some_and(|p| p.interface_id.is_some())).count();
    assert_eq!(peers, lab.links().len() * 2);
    let neighbours: Vec<Neighbour> = vigie.all().await;
    assert!(neighbours.iter().all(|n| n.remote_interface_id.is_some()), "every neighbour is resolved");

    // again: nothing has changed, so nothing changes
    let before = unchanging(&vigie).await;
    let (run, results) = vigie.discover_again(&discovery).await;
    assert_eq!((run.found.devices, run.found.new, run.found.changed), (60, 0, 0), "{:?}", changed(&results));
    assert_eq!(unchanging(&vigie).await, before);
    vigie.stop().await;
}

fn changed(results: &[RunResult]) -> Vec<&RunResult> {
    results.iter().filter(|r| r.outcome == Outcome::Changed).collect()
}

/// Versions, identities and events apart from what runs and jobs tell of themselves.
async fn unchanging(vigie: &super::small::Vigie) -> (BTreeMap<Id, String>, Vec<String>, usize, usize) {
    let devices: Vec<Device> = vigie.all().await;
    let devices = devices.into_iter().map(|d| (d.id, format!("{} {:?} {:?} {:?}", d.version, d.identity, d.site_id, d.access))).collect();
    let of_network = |e: &Event| !e.kind.starts_with("discovery.") && !e.kind.starts_with("job.");
    let events = vigie.all::<Event>().await.into_iter().filter(of_network).map(|e| format!("{} {:?}", e.kind, e.subject.name)).collect();
    (devices, events, vigie.all::<Interface>().await.len(), vigie.all::<Link>().await.len())
}

fn check_devices(lab: &LabHandle, devices: &[Device], sites: &[Site]) {
    let by_address: HashMap<String, &Device> = devices.iter().map(|d| (d.address.to_string(), d)).collect();
    for wanted in lab.devices() {
        let device = by_address[&wanted.address.to_string()];
        let identity = &device.identity;
        assert_eq!(device.name, wanted.name);
        assert!(identity.vendor.is_some() && identity.os.is_some() && identity.os_version.is_some(), "{identity:?}");
        let role = match wanted.role {
            vigie_lab::Role::Router => Role::Router,
            vigie_lab::Role::Core => Role::Core,
            vigie_lab::Role::Distribution => Role::Distribution,
            vigie_lab::Role::Access => Role::Access,
            vigie_lab::Role::AccessPoint => Role::AccessPoint,
            _ => Role::Server,
        };
        assert_eq!(identity.role, Some(role), "{} {identity:?}", wanted.name);
        if !matches!(role, Role::Server | Role::AccessPoint) {
            assert!(identity.model.is_some() && identity.serial.is_some(), "{} {identity:?}", wanted.model);
        }
        // sysLocation names site and building
        let site = device.site_id.and_then(|id| sites.iter().find(|s| s.id == id)).expect("a site");
        assert_eq!(site.parent_id.is_some(), wanted.building > 0, "{} stands in {}", wanted.name, site.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crawl_goes_from_neighbour_to_neighbour() {
    let lab = lab(151, 30, 26).await;
    let (vigie, _files) = start().await;
    let seed = lab.devices()[0].address.to_string();
    let excluded = lab.devices().last().unwrap().address;
    let input = json!({
        "mode": "crawl", "targets": [seed], "exclude": [excluded.to_string()], "port": lab.port(), "credentials": [
            { "kind": "snmp_v3", "username": vigie_lab::USER, "auth_protocol": "sha256", "auth_secret": vigie_lab::AUTH_PASSWORD,
              "privacy_protocol": "aes128", "privacy_secret": vigie_lab::PRIVACY_PASSWORD },
        ],
    });
    let (_, run, results) = vigie.discover(input).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    let found: BTreeSet<String> = results.iter().map(|r| r.address.to_string()).collect();
    assert!(!found.contains(&excluded.to_string()));
    assert_eq!(run.found.new, 29, "{run:?}");
    assert_eq!(results.iter().filter(|r| r.outcome == Outcome::Duplicate).count(), 0, "each device is looked at once");
    // the one left out is heard of, and is no device
    let unknown = |map: &Topology| map.nodes.iter().filter(|n| n.kind == NodeKind::Neighbour).count();
    vigie.map_until("the excluded one is a neighbour", |map| map.links.len() == lab.links().len() && unknown(map) == 1).await;
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_cable_is_seen_and_its_return_too() {
    let lab = lab(152, 12, 27).await;
    let (vigie, _files) = start().await;
    let input = json!({ "targets": ["127.0.152.0/27"], "port": lab.port(), "credentials": community() });
    vigie.discover(input).await;
    let cables = lab.links().len();
    vigie.map_until("all cables are found", |map| told(map) == truth(&lab)).await;

    let cut = lab.links().remove(0);
    lab.fail(&cut.a.device, Some(&cut.a.port.to_string())).unwrap();
    let devices: Vec<Device> = vigie.all().await;
    let ends: Vec<&Device> = devices.iter().filter(|d| [&cut.a.device, &cut.b.device].contains(&&d.name)).collect();
    for device in &ends {
        vigie.identifier.identify(&vigie.cx(), device.id).await.unwrap();
    }
    let map = vigie.map_until("the link is down", |map| map.links.iter().filter(|l| l.status == "down").count() == 1).await;
    assert_eq!(map.links.len(), cables, "it stays on the map");
    assert_eq!(vigie.events_until(event_types::LINK_VANISHED, 1).await.len(), 1);
    assert!(vigie.events(event_types::INTERFACE_STATUS_CHANGED).await.len() >= 2, "both ports went down");
    assert!(!vigie.events(event_types::NEIGHBOUR_CHANGED).await.is_empty());

    lab.heal("all", None).unwrap();
    for device in &ends {
        vigie.identifier.identify(&vigie.cx(), device.id).await.unwrap();
    }
    vigie.map_until("the link is back", |map| map.links.len() == cables && map.links.iter().all(|l| l.status == "up")).await;
    let appeared = vigie.events(event_types::LINK_APPEARED).await;
    assert_eq!(appeared.len(), cables + 1);
    let links: Vec<Link> = vigie.all().await;
    assert_eq!(links.len(), cables, "it is the same link");
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_goes_on_without_duplicates() {
    let lab = lab(153, 40, 25).await;
    let files = tempfile::tempdir().unwrap();
    let input = json!({ "targets": ["127.0.153.0/25"], "port": lab.port(), "credentials": community() });
    let directory = files.path().to_owned();
    let discovery = tokio::task::spawn_blocking(move || killed_while_discovering(&directory, input)).await.unwrap();

    let vigie = start_in(files.path(), settings(), Vec::new()).await;
    let mut feed = vigie.discoveries.feed().subscribe();
    let run = loop {
        let update = tokio::time::timeout(LONG, feed.recv()).await.unwrap().unwrap();
        if update.run.status.is_final() {
            break update.run.clone();
        }
    };
    assert_eq!((run.discovery_id, run.status), (discovery.id, RunStatus::Succeeded), "{run:?}");
    assert_eq!(vigie.all::<Device>().await.len(), 40);
    let results = vigie.results(run.id).await;
    let addresses: BTreeSet<String> = results.iter().map(|r| r.address.to_string()).collect();
    assert_eq!((addresses.len(), results.len()), (126, 126), "each address once");
    let devices = results.iter().filter(|r| r.device_id.is_some()).count();
    assert_eq!((devices, run.found.devices), (40, 40), "{run:?}");
    assert_eq!(vigie.events(event_types::DISCOVERY_STARTED).await.len(), 1);
    assert_eq!(vigie.events(event_types::DISCOVERY_FINISHED).await.len(), 1);
    vigie.stop().await;
}

/// A process that ends in the middle of a run: its tasks are gone wherever they were, and put nothing down.
fn killed_while_discovering(directory: &std::path::Path, input: serde_json::Value) -> vigie_domain::topology::Discovery {
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let discovery = process.block_on(async {
        let slow = vigie_application::Settings { discovery_rate: 25, ..settings() };
        let vigie = start_in(directory, slow, Vec::new()).await;
        let mut feed = vigie.discoveries.feed().subscribe();
        let discovery = vigie.create(input).await.unwrap();
        loop {
            let update = tokio::time::timeout(LONG, feed.recv()).await.unwrap().unwrap();
            assert!(!update.run.status.is_final());
            if update.run.found.new >= 10 {
                return discovery;
            }
        }
    });
    process.shutdown_timeout(LONG);
    discovery
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_keeps_what_it_found() {
    let lab = lab(154, 40, 25).await;
    let files = tempfile::tempdir().unwrap();
    let slow = vigie_application::Settings { discovery_rate: 20, ..settings() };
    let vigie = start_in(files.path(), slow, Vec::new()).await;
    let mut feed = vigie.discoveries.feed().subscribe();
    let input = json!({ "targets": ["127.0.154.0/25"], "port": lab.port(), "credentials": community() });
    let discovery = vigie.create(input).await.unwrap();
    let again = vigie.discoveries.run(&vigie.cx(), discovery.id).await.unwrap_err();
    assert_eq!(again.code(), "conflict");
    let mut cancelled = false;
    let run = loop {
        let update = tokio::time::timeout(LONG, feed.recv()).await.unwrap().unwrap();
        if update.run.found.new >= 3 && !cancelled {
            vigie.discoveries.cancel(&vigie.cx(), discovery.id).await.unwrap();
            cancelled = true;
        }
        if update.run.status.is_final() {
            break update.run.clone();
        }
    };
    assert_eq!(run.status, RunStatus::Cancelled);
    assert!(run.progress.done < run.progress.total);
    let devices = vigie.all::<Device>().await.len();
    assert!(devices >= 3 && devices as u64 == run.found.new, "{devices} {run:?}");
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ignored_duplicate_and_unidentified_addresses() {
    let lab = lab(155, 4, 28).await;
    let (vigie, _files) = start().await;
    let ignored = lab.devices()[1].address;
    let mut work = vigie.core.store.begin().await.unwrap();
    let now = Timestamp(0);
    let entry = Ignored {
        id: Id::new(),
        version: 1,
        address: ignored.into(),
        realm_id: vigie_domain::devices::Realm::DEFAULT,
        reason: None,
        created_at: now,
        updated_at: now,
    };
    work.insert(&entry).await.unwrap();
    work.commit().await.unwrap();
    let input = json!({
        "targets": ["127.0.155.0/28"], "port": lab.port(), "credentials": community(), "add_unidentified": true, "create_sites": false,
    });
    let (_, run, results) = vigie.discover(input).await;
    let outcome = |address: &str| results.iter().find(|r| r.address.to_string() == address).map(|r| r.outcome);
    assert_eq!(outcome(&ignored.to_string()), Some(Outcome::Ignored));
    assert_eq!((run.found.new, run.found.candidates), (13, 0), "{run:?}");
    let devices: Vec<Device> = vigie.all().await;
    assert_eq!(devices.iter().filter(|d| d.credentials.is_empty()).count(), 10, "those without an agent are only pinged");
    assert!(devices.iter().all(|d| d.site_id.is_none()) && vigie.all::<Site>().await.is_empty());
    assert_eq!(vigie.all::<Credential>().await.len(), 1);

    // the same credential written again is the one that is stored
    let input = json!({ "targets": ["127.0.155.1"], "port": lab.port(), "credentials": community() });
    let (_, run, _) = vigie.discover(input).await;
    assert_eq!((run.found.devices, run.found.new, run.found.changed), (1, 0, 0));
    assert_eq!(vigie.all::<Credential>().await.len(), 1);
    // no address is known twice
    let addresses: Vec<Address> = vigie.all().await;
    let unique: BTreeSet<_> = addresses.iter().map(|a| (a.device_id, a.address)).collect();
    assert_eq!(unique.len(), addresses.len());
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_input_is_told_at_once() {
    let (vigie, _files) = start().await;
    let input = json!({
        "targets": ["192.0.2.7", "10.0.0.0/40"], "credentials": [{ "kind": "snmp_v2c" }], "schedule": "often", "port": 0, "realm": "nowhere",
    });
    let error = vigie.create(input).await.unwrap_err();
    let fields: BTreeSet<(&str, &str)> = error.fields().iter().map(|f| (f.field.as_str(), &*f.code)).collect();
    for wanted in
        [("targets[1]", "invalid_cidr"), ("schedule", "invalid_schedule"), ("port", "out_of_range"), ("realm_id", "unknown_reference")]
    {
        assert!(fields.contains(&wanted), "{wanted:?} in {fields:?}");
    }
    let error = vigie.create(json!({ "targets": ["192.0.2.7"], "credentials": [{ "kind": "snmp_v2c" }] })).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "credentials[0].community");
    let error = vigie.create(json!({ "targets": ["192.0.2.7"], "credentials": [Id::new()] })).await.unwrap_err();
    assert_eq!((error.fields()[0].field.as_str(), &*error.fields()[0].code), ("credentials[0]", "unknown_reference"));
    let error = vigie.create(json!({ "targets": ["192.0.2.7"] })).await.unwrap_err();
    assert_eq!(error.fields()[0].code, "required");
    assert!(vigie.all::<vigie_domain::topology::Discovery>().await.is_empty());
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_queues_its_runs() {
    let (vigie, _files) = start().await;
    let input = json!({ "targets": ["127.0.156.1"], "credentials": community(), "schedule": "0 3 * * *" });
    let (discovery, _, _) = vigie.discover(input).await;
    let next = discovery.next_run_at.unwrap();
    assert!(next > vigie.core.now());
    assert_eq!(vigie.scheduler.turn().await.unwrap(), 0, "not yet due");
    let mut work = vigie.core.store.begin().await.unwrap();
    let due = vigie_domain::topology::Discovery { next_run_at: Some(vigie.core.now()), ..vigie.all().await.remove(0) };
    work.update(&due).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(vigie.scheduler.turn().await.unwrap(), 1);
    assert_eq!(vigie.scheduler.turn().await.unwrap(), 0, "once");
    let now: Vec<vigie_domain::topology::Discovery> = vigie.all().await;
    assert_eq!(now[0].next_run_at, Some(next));
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_device_at_several_addresses_is_one_device() {
    // two addresses of one agent: the lab answers on one each, so this one is net-snmp
    let Some(agent) = super::lldpd::agent_on_two_addresses() else { return };
    let (vigie, _files) = start().await;
    let [first, second] = &agent.addresses;
    let input = json!({ "targets": [first.ip().to_string(), second.ip().to_string()], "port": first.port(), "credentials": community() });
    let (_, run, results) = vigie.discover(input).await;
    assert_eq!((run.found.devices, run.found.new), (1, 1), "{results:?}");
    assert_eq!(results.iter().filter(|r| r.outcome == Outcome::Duplicate).count(), 1);
    assert_eq!(vigie.all::<Device>().await.len(), 1);
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_goes_around_a_device_and_into_other_formats() {
    let lab = lab(157, 12, 27).await;
    let (vigie, _files) = start().await;
    let input = json!({ "targets": ["127.0.157.0/27"], "port": lab.port(), "credentials": community() });
    vigie.discover(input).await;
    let whole = vigie.map_until("all cables are found", |map| told(map) == truth(&lab)).await;
    let center = whole.nodes.iter().find(|n| n.role == Some("core")).unwrap();
    let query = MapQuery { around: Some(center.id), depth: Some(1), ..MapQuery::default() };
    let near = vigie.topology.get(&vigie.cx(), &query).await.unwrap();
    let at = |l: &&vigie_application::topology::LinkView| l.source.node == center.id || l.target.node == center.id;
    let neighbours: BTreeSet<Id> = whole.links.iter().filter(at).flat_map(|l| [l.source.node, l.target.node]).collect();
    assert_eq!(near.nodes.iter().map(|n| n.id).collect::<BTreeSet<_>>(), neighbours);
    assert!(near.nodes.iter().all(|n| n.site.is_some()));
    let unknown = MapQuery { around: Some(Id::new()), ..MapQuery::default() };
    assert_eq!(vigie.topology.get(&vigie.cx(), &unknown).await.unwrap_err().code(), "not_found");
    let graphml = vigie_application::topology::export(&whole, vigie_application::topology::ExportFormat::Graphml).unwrap();
    assert_eq!(graphml.matches("<edge ").count(), whole.links.len());
    vigie.stop().await;
}
