//! Polling: status, counters, reboots, silence, what lies behind it.

use std::time::Duration;

use vigie_application::telemetry::{SeriesRequest, SeriesSubject, series};
use vigie_domain::devices::{AccessProtocol, AccessState, CredentialKind, Device, DeviceState, DeviceStatus, Interface};
use vigie_domain::store::Read;
use vigie_domain::telemetry::{DEVICE, SeriesQuery, Statistic};
use vigie_domain::{Id, Scope};

use crate::scene::{Scene, device};

/// A cable of the lab between two of its devices.
struct Cable {
    near: String,
    far: String,
}

fn cables(scene: &Scene) -> Vec<Cable> {
    let ends = |link: vigie_lab::Link| Cable { near: link.a.device, far: link.b.device };
    scene.lab.links().into_iter().map(ends).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_identified_polled_and_measured() {
    let mut scene = Scene::build(1, 4).await;
    let watched = scene.watch(&scene.lab.devices()[..1]).await;
    let id = watched[0].id;
    scene.status(id, DeviceStatus::Up).await;
    let live = scene
        .until("rates of an interface", async || {
            let filter = vigie_domain::query::Filter::eq(<Interface as vigie_domain::store::Entity>::SCHEMA, "device_id", id).unwrap();
            let ports: Vec<Interface> = scene.env.core.store.all(&Scope::system(), vec![filter]).await.unwrap();
            ports.into_iter().find_map(|port| Some((port.id, scene.env.live.interface(port.id)?.in_bps.filter(|bps| *bps > 0.0)?)))
        })
        .await;
    let request = SeriesRequest { metrics: vec!["in_bps".to_owned()], step: Some(1), ..SeriesRequest::default() };
    let found = scene
        .until("a stored sample", async || {
            let found = series(&scene.env, &scene.cx(), SeriesSubject::Interface(live.0), request.clone()).await.unwrap();
            found.series[0].points.iter().any(|(_, value)| value.is_some_and(|v| v > 0.0)).then_some(found)
        })
        .await;
    assert_eq!((found.step_seconds, found.series[0].unit.as_str()), (2, "bit/s"), "an hour has no more than 2,000 points");
    let state = scene
        .until("a stored state", async || {
            scene.env.core.store.get::<DeviceState>(&Scope::system(), id).await.unwrap().filter(|s| s.cpu_ratio.is_some())
        })
        .await;
    assert!(state.uptime_seconds.unwrap() > 0.0 && state.interfaces_total > 0 && state.memory_total_bytes.is_some());
    assert_eq!((state.failures, state.loss_ratio), (0, Some(0.0)));
    let stored: Device = scene.get(id).await;
    assert!(stored.identified_at.is_some() && stored.version == 1, "what polling writes never raises the version");
    let snmp = stored.access.iter().find(|a| a.protocol == AccessProtocol::Snmp).unwrap();
    assert_eq!((snmp.state, snmp.credential_id), (AccessState::Ok, Some(scene.credential)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poll_asked_for_is_done_now_and_only_for_what_is_monitored() {
    let mut scene = Scene::build(2, 4).await;
    let info = scene.lab.devices()[0].clone();
    let slow = Device { poll_interval_seconds: 3_600, ..device(&scene.env, &info, scene.lab.port(), &[scene.credential]) };
    scene.add(std::slice::from_ref(&slow)).await;
    scene.status(slow.id, DeviceStatus::Up).await;
    assert!(scene.poller.poll_now(slow.id).await.unwrap());
    scene.lab.mute(&info.name).unwrap();
    scene.echoes.set_dead(info.address.into(), true);
    assert!(!scene.poller.poll_now(slow.id).await.unwrap());
    assert_eq!(scene.poller.poll_now(Id::new()).await.unwrap_err().code(), "conflict");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reboot_is_told_once_and_is_no_spike() {
    let mut scene = Scene::build(3, 4).await;
    let info = scene.lab.devices()[0].clone();
    let watched = scene.watch(std::slice::from_ref(&info)).await;
    let id = watched[0].id;
    scene.status(id, DeviceStatus::Up).await;
    scene.until("a second poll", async || scene.poller.poll_now(id).await.unwrap().then_some(())).await;
    scene.lab.reboot(&info.name).unwrap();
    let event = scene.event("a reboot", |e| e.kind == "device.rebooted" && e.device_id == Some(id)).await;
    assert!(event.data.as_ref().unwrap()["rebooted_at"].is_string());
    let filter = vigie_domain::query::Filter::eq(<Interface as vigie_domain::store::Entity>::SCHEMA, "device_id", id).unwrap();
    let ports: Vec<Interface> = scene.env.core.store.all(&Scope::system(), vec![filter]).await.unwrap();
    for port in &ports {
        let Some(rates) = scene.env.live.interface(port.id) else { continue };
        let most = port.speed_bps.unwrap_or(u64::MAX) as f64;
        assert!(rates.in_bps.is_none_or(|bps| (0.0..=most).contains(&bps)), "{}: {:?}", port.name, rates.in_bps);
    }
    for _ in 0..3 {
        scene.poller.poll_now(id).await.unwrap();
    }
    let filter =
        vigie_domain::query::Filter::eq(<vigie_domain::system::Event as vigie_domain::store::Entity>::SCHEMA, "type", "device.rebooted")
            .unwrap();
    let told: Vec<vigie_domain::system::Event> = scene.env.core.store.all(&Scope::system(), vec![filter]).await.unwrap();
    assert_eq!(told.len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_looked_into_and_ends() {
    let mut scene = Scene::build(4, 4).await;
    let info = scene.lab.devices()[0].clone();
    let watched = scene.watch(std::slice::from_ref(&info)).await;
    let id = watched[0].id;
    scene.status(id, DeviceStatus::Up).await;
    scene.lab.mute(&info.name).unwrap();
    let event = scene.status(id, DeviceStatus::Degraded).await;
    assert_eq!(event.data.as_ref().unwrap()["reason"], "SNMP does not answer, ICMP does");
    assert_eq!(event.previous.as_ref().unwrap()["status"], "up");
    let stored: Device = scene.get(id).await;
    let snmp = stored.access.iter().find(|a| a.protocol == AccessProtocol::Snmp).unwrap();
    assert!(snmp.state != AccessState::Ok && !snmp.causes.is_empty() && snmp.solution.is_some(), "{snmp:?}");
    scene.echoes.set_dead(info.address.into(), true);
    scene.status(id, DeviceStatus::Down).await;
    scene.echoes.set_dead(info.address.into(), false);
    scene.lab.heal(&info.name, None).unwrap();
    scene.status(id, DeviceStatus::Up).await;
    let stored: Device = scene.get(id).await;
    assert!(stored.access.iter().all(|a| a.state == AccessState::Ok), "{:?}", stored.access);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_without_credentials_is_pinged() {
    let mut scene = Scene::build(5, 4).await;
    let info = scene.lab.devices()[0].clone();
    let pinged = device(&scene.env, &info, scene.lab.port(), &[]);
    scene.add(std::slice::from_ref(&pinged)).await;
    scene.status(pinged.id, DeviceStatus::Up).await;
    scene.echoes.set_dead(info.address.into(), true);
    let event = scene.status(pinged.id, DeviceStatus::Down).await;
    assert_eq!(event.data.as_ref().unwrap()["reason"], "ICMP does not answer");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_with_credentials_for_ssh_alone_is_pinged_and_never_read() {
    let mut scene = Scene::build(8, 4).await;
    let info = scene.lab.devices()[0].clone();
    let key = scene.credential_of(CredentialKind::Ssh).await;
    let pinged = device(&scene.env, &info, scene.lab.port(), &[key]);
    scene.add(std::slice::from_ref(&pinged)).await;
    scene.status(pinged.id, DeviceStatus::Up).await;
    assert!(scene.poller.poll_now(pinged.id).await.unwrap());
    let stored: Device = scene.get(pinged.id).await;
    assert!(stored.access.iter().all(|access| access.protocol == AccessProtocol::Icmp), "{:?}", stored.access);
    assert_eq!(stored.identified_at, None);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_behind_a_dead_device_is_unreachable() {
    let scene = Scene::build(6, 40).await;
    // an access switch with one uplink, the switch it hangs on, and what that hangs on
    let links = cables(&scene);
    let degree = |name: &str| links.iter().filter(|l| l.near == name || l.far == name).count();
    let other = |l: &Cable, name: &str| if l.near == name { l.far.clone() } else { l.near.clone() };
    let (leaf, middle) = links
        .iter()
        .flat_map(|l| [(l.near.clone(), l.far.clone()), (l.far.clone(), l.near.clone())])
        .find(|(leaf, middle)| degree(leaf) == 1 && degree(middle) > 1)
        .expect("the campus has a device with one cable");
    let beyond: Vec<String> =
        links.iter().filter(|l| l.near == middle || l.far == middle).map(|l| other(l, &middle)).filter(|n| *n != leaf).collect();
    let wanted: Vec<_> =
        scene.lab.devices().into_iter().filter(|d| d.name == leaf || d.name == middle || beyond.contains(&d.name)).collect();
    let watched = scene.watch(&wanted).await;
    let find = |name: &str| watched.iter().find(|d| d.name == name).unwrap().clone();
    let (leaf, middle) = (find(&leaf), find(&middle));
    scene
        .until("links between them", async || {
            let links: Vec<vigie_domain::topology::Link> = scene.env.core.store.all(&Scope::system(), Vec::new()).await.unwrap();
            (links.len() >= watched.len() - 1).then_some(())
        })
        .await;
    for device in [&leaf, &middle] {
        scene.lab.mute(&device.name).unwrap();
        scene.echoes.set_dead(device.address, true);
    }
    let (leaf_id, middle_id) = (leaf.id, middle.id);
    scene
        .until("the leaf is unreachable, the middle down", async || {
            let leaf: Device = scene.get(leaf_id).await;
            let middle: Device = scene.get(middle_id).await;
            (leaf.status == DeviceStatus::Unreachable && middle.status == DeviceStatus::Down).then_some(())
        })
        .await;
    let stored: Device = scene.get(leaf_id).await;
    assert_eq!(stored.status_reason.as_deref(), Some("it lies behind another device, which does not answer"));
    let beyond = stored.status_beyond.unwrap();
    assert_eq!((beyond.device_id, beyond.text), (Some(middle_id), format!("it lies behind {}, which does not answer", middle.name)));
    // the middle comes back: the leaf is at fault itself
    scene.lab.heal(&middle.name, None).unwrap();
    scene.echoes.set_dead(middle.address, false);
    scene.until("the leaf is down", async || (scene.get::<Device>(leaf_id).await.status == DeviceStatus::Down).then_some(())).await;
    scene.stop().await;
}

/// Every device of many is polled in its own rhythm, none later than 1.2 periods after the poll before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_devices_keep_their_rhythm() {
    const PERIOD: u32 = 10;
    let scene = Scene::build(7, 240).await;
    let infos = scene.lab.devices();
    let now = scene.env.core.now();
    let devices: Vec<Device> = infos
        .iter()
        .map(|info| Device {
            poll_interval_seconds: PERIOD,
            // read whole already: what is measured is polling
            identified_at: Some(now),
            ..device(&scene.env, info, scene.lab.port(), &[scene.credential])
        })
        .collect();
    scene.add(&devices).await;
    let request = SeriesQuery {
        set: &DEVICE,
        subjects: devices.iter().map(|d| d.id).collect(),
        metrics: vec![0],
        from: now,
        to: now.plus(Duration::from_hours(1)),
        step: Duration::ZERO,
        statistic: Statistic::Mean,
    };
    let polled = scene
        .until("each was polled four times", async || {
            let found = scene.env.samples.range(&request).await.unwrap();
            (found.len() == devices.len() && found.iter().all(|data| data.points.len() >= 4)).then_some(found)
        })
        .await;
    let longest = Duration::from_secs(PERIOD.into()).mul_f64(1.2);
    for data in &polled {
        for pair in data.points.windows(2) {
            let gap = pair[1].0.since(pair[0].0);
            assert!(gap <= longest, "{}: {gap:?}", data.subject);
        }
    }
    assert_eq!(scene.pipeline.counts().dropped(), 0);
    scene.stop().await;
}
