//! Alerts: raised, mailed, handled, resolved; and what a restart leaves of them.

use serde_json::json;
use vigie_application::alerts::AlertEngine;
use vigie_application::resources::Resources;
use vigie_domain::alerts::{Alert, AlertRule, AlertStatus, Delivery};
use vigie_domain::devices::{Check, CheckStatus, Device, DeviceStatus, Interface};
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::AuditEntry;
use vigie_domain::{Id, Scope};

use crate::scene::{Scene, device};

const INTERFACE_DOWN: Id = Id::fixed(102);

async fn open_alerts(scene: &Scene) -> Vec<Alert> {
    let open = Filter::eq(Alert::SCHEMA, "open", true).unwrap();
    scene.env.core.store.all(&Scope::system(), vec![open]).await.unwrap()
}

/// Two devices of the lab with a cable between them, watched until both know of it: the first, its port, its interface.
async fn linked(scene: &mut Scene) -> (Device, String, Interface) {
    let link = scene.lab.links().into_iter().next().unwrap();
    let pair: Vec<_> = scene.lab.devices().into_iter().filter(|d| d.name == link.a.device || d.name == link.b.device).collect();
    let watched = scene.watch(&pair).await;
    let near = watched.iter().find(|d| d.name == link.a.device).unwrap().clone();
    let interface = scene
        .until("the port knows its neighbour", async || {
            let filter = Filter::eq(Interface::SCHEMA, "device_id", near.id).unwrap();
            let ports: Vec<Interface> = scene.env.core.store.all(&Scope::system(), vec![filter]).await.unwrap();
            ports.into_iter().find(|port| port.name == link.a.name && port.peer.is_some())
        })
        .await;
    (near, link.a.name, interface)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_cable_is_told_alerted_mailed_and_resolved() {
    let mut scene = Scene::build(11, 8).await;
    scene.channel().await;
    let rules = Resources::<AlertRule>::new(&scene.env.core);
    rules.patch(&scene.cx(), INTERFACE_DOWN, None, json!({"clear_for_seconds": 0})).await.unwrap();
    let (device, port, interface) = linked(&mut scene).await;

    scene.lab.fail(&device.name, Some(&port)).unwrap();
    let event = scene.event("the port is down", |e| e.kind == "interface.status_changed" && e.subject.id == Some(interface.id)).await;
    assert_eq!(event.data.as_ref().unwrap()["oper_status"], "down");
    let raised =
        scene.event("an alert", |e| e.kind == "alert.raised" && e.data.as_ref().unwrap()["subject"]["id"] == json!(interface.id)).await;
    let mail = loop {
        let mail = scene.mail().await;
        if mail.subject.contains(&format!("{} port {port}", device.name)) {
            break mail;
        }
    };
    assert_eq!(mail.to, ["noc@example.net"]);
    assert_eq!(mail.subject, format!("[critical] {} port {port} is down", device.name));
    let alert: Alert = scene.get(raised.subject.id.unwrap()).await;
    for part in [&device.name, &port, &format!("https://vigie.example/alerts?id={}", alert.id), &"it leads to".to_owned()] {
        assert!(mail.text.contains(part.as_str()), "{part} is missing in\n{}", mail.text);
    }
    let beyond = alert.beyond.as_ref().unwrap();
    assert!(beyond.device_id.is_some() && beyond.text.starts_with("it leads to"), "{beyond:?}");
    assert!(!alert.detail.as_ref().is_some_and(|detail| detail.contains("leads to")), "{:?}", alert.detail);
    assert_eq!((alert.status, alert.occurrences, alert.interface_id), (AlertStatus::Active, 1, Some(interface.id)));

    let cx = scene.cx();
    let taken = scene.rules.acknowledge(&cx, alert.id, Some("on my way"), None).await.unwrap();
    assert_eq!((taken.status, taken.version, taken.comments.len()), (AlertStatus::Acknowledged, 2, 1));

    scene.lab.heal(&device.name, Some(&port)).unwrap();
    scene.event("the alert is over", |e| e.kind == "alert.resolved" && e.subject.id == Some(alert.id)).await;
    let over: Alert = scene.get(alert.id).await;
    assert_eq!((over.status, over.resolved_by.as_deref()), (AlertStatus::Resolved, Some("rule")));
    let mail = loop {
        let mail = scene.mail().await;
        if mail.subject.starts_with("[resolved]") && mail.subject.contains(&device.name) {
            break mail;
        }
    };
    assert!(mail.text.contains("Over:"), "{}", mail.text);
    let sent = scene
        .until("the deliveries are noted", async || {
            let alert: Alert = scene.get(alert.id).await;
            (alert.deliveries.len() == 2).then_some(alert)
        })
        .await;
    assert!(sent.deliveries.iter().all(|d| d.status == "sent" && d.channel == "noc"));
    let page = scene.rules.deliveries(&scene.cx(), &ListQuery::all(50)).await.unwrap();
    assert!(page.results.iter().filter(|d: &&Delivery| d.alert_id == Some(alert.id)).all(|d| d.attempts == 1));
    let audit: Vec<AuditEntry> = scene
        .env
        .core
        .store
        .all(&Scope::system(), vec![Filter::eq(AuditEntry::SCHEMA, "action", "alerts.acknowledge").unwrap()])
        .await
        .unwrap();
    assert_eq!(audit.len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_ended_by_hand_stays_quiet_while_its_cause_lasts() {
    let mut scene = Scene::build(12, 8).await;
    let (device, port, interface) = linked(&mut scene).await;
    scene.lab.fail(&device.name, Some(&port)).unwrap();
    let raised =
        scene.event("an alert", |e| e.kind == "alert.raised" && e.data.as_ref().unwrap()["subject"]["id"] == json!(interface.id)).await;
    let id = raised.subject.id.unwrap();
    scene.rules.resolve(&scene.cx(), id, Some("known")).await.unwrap();
    for _ in 0..3 {
        scene.poller.poll_now(device.id).await.unwrap();
    }
    let about_it = |alerts: Vec<Alert>| alerts.into_iter().filter(|a| a.subject.id == Some(interface.id)).count();
    assert_eq!(about_it(open_alerts(&scene).await), 0);
    // an engine that starts anew sees the same
    let again = AlertEngine::new(&scene.env.core, scene.env.samples.clone(), std::sync::Arc::default());
    again.load().await.unwrap();
    assert_eq!(again.open_count(), scene.rules.open_count());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reboot_raises_an_alert_once_however_often_it_is_heard_of() {
    let mut scene = Scene::build(13, 4).await;
    let info = scene.lab.devices()[0].clone();
    let watched = scene.watch(std::slice::from_ref(&info)).await;
    scene.status(watched[0].id, DeviceStatus::Up).await;
    scene.poller.poll_now(watched[0].id).await.unwrap();
    scene.lab.reboot(&info.name).unwrap();
    let raised = scene.event("an alert", |e| e.kind == "alert.raised").await;
    let alert: Alert = scene.get(raised.subject.id.unwrap()).await;
    assert_eq!(alert.title, format!("{} rebooted", info.name));
    // a second engine reads the events of the last minutes, as after a restart
    let again = std::sync::Arc::new(AlertEngine::new(&scene.env.core, scene.env.samples.clone(), std::sync::Arc::default()));
    again.load().await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn({
        let (again, stop) = (again.clone(), stop.clone());
        async move { again.run(stop).await }
    });
    // nothing is to come of it: there is nothing to wait for
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    stop.cancel();
    running.await.unwrap();
    let alerts: Vec<Alert> = scene.env.core.store.all(&Scope::system(), Vec::new()).await.unwrap();
    let reboots: Vec<_> = alerts.iter().filter(|a| a.title.ends_with("rebooted")).collect();
    assert_eq!((reboots.len(), reboots[0].occurrences), (1, 1));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_fails_after_two_tries_and_recovers() {
    let mut scene = Scene::build(14, 4).await;
    let listener = tokio::net::TcpListener::bind("127.40.14.200:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let input = json!({"name": "door", "kind": "tcp", "address": address.ip().to_string(), "port": address.port(), "interval_seconds": 5, "timeout_ms": 500});
    let checks = Resources::<Check>::new(&scene.env.core);
    let render: vigie_application::resources::Render<'_, Check> = &|check, _| {
        let body = check.id.to_string().into_bytes();
        Box::pin(async move { Ok(vigie_application::idempotency::Answer { status: 201, headers: Vec::new(), body }) })
    };
    let answer = checks.create(&scene.cx(), input, render).await.unwrap();
    let id: Id = String::from_utf8(answer.body).unwrap().parse().unwrap();
    let is = |status: &'static str| {
        move |e: &vigie_domain::system::Event| {
            e.kind == "check.state_changed" && e.subject.id == Some(id) && e.data.as_ref().unwrap()["status"] == status
        }
    };
    scene.event("the check is well", is("ok")).await;
    drop(listener);
    scene.event("the check fails", is("failing")).await;
    let failing: Check = scene.get(id).await;
    assert_eq!(failing.state.status, CheckStatus::Failing);
    assert!(failing.state.message.as_deref().unwrap().contains("refuses"));
    scene.event("an alert", |e| e.kind == "alert.raised" && e.data.as_ref().unwrap()["subject"]["id"] == json!(id)).await;
    let _listener = tokio::net::TcpListener::bind(address).await.unwrap();
    scene.event("the check is well again", is("ok")).await;
    scene.event("the alert is over", |e| e.kind == "alert.resolved").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_tells_what_a_rule_would_have_done() {
    let mut scene = Scene::build(15, 8).await;
    let (device, port, interface) = linked(&mut scene).await;
    scene.lab.load(&device.name, &port, 0.95).unwrap();
    let rule = json!({
        "name": "busy", "severity": "warning", "subject": "interface", "for_seconds": 4,
        "condition": {"kind": "threshold", "metric": "utilisation_ratio", "operator": "gte", "value": 0.9, "clear_value": 0.8},
        "from": "-1h",
    });
    let preview = scene
        .until("the preview fires", async || {
            let preview = scene.rules.preview(&scene.cx(), &*scene.env.samples, rule.clone()).await.unwrap();
            preview.firings.iter().any(|f| f.subject.id == interface.id).then_some(preview)
        })
        .await;
    let firing = preview.firings.iter().find(|f| f.subject.id == interface.id).unwrap();
    assert!(firing.cleared_at.is_none() && firing.peak.unwrap() > 0.9 && !preview.truncated);
    assert_eq!(preview.would_have_fired, preview.firings.len());
    let wrong = json!({"name": "x", "severity": "warning", "subject": "device", "condition": {"kind": "threshold", "metric": "nonsense", "operator": "gt", "value": 1}});
    let error = scene.rules.preview(&scene.cx(), &*scene.env.samples, wrong).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "condition.metric");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_neither_open_alerts_nor_how_long_a_value_stands() {
    let mut scene = Scene::build(16, 8).await;
    let (_, _, polled) = linked(&mut scene).await;
    let rules = Resources::<AlertRule>::new(&scene.env.core);
    rules.patch(&scene.cx(), Id::fixed(104), None, json!({"for_seconds": 600})).await.unwrap();
    // a port that nobody polls: its samples are those written here
    let idle = Device { monitored: false, ..device(&scene.env, &scene.lab.devices()[5], scene.lab.port(), &[]) };
    scene.add(std::slice::from_ref(&idle)).await;
    let interface = Interface { id: Id::new(), device_id: idle.id, peer: None, ..polled };
    let mut work = scene.env.core.store.begin().await.unwrap();
    work.insert(&interface).await.unwrap();
    work.commit().await.unwrap();
    let now = scene.env.core.now();
    let mut past = vigie_domain::telemetry::SampleBatch::new(&vigie_domain::telemetry::INTERFACE);
    let unknown = f64::NAN;
    for minute in (1..=15).rev() {
        let at = now.minus(std::time::Duration::from_secs(minute * 60));
        past.push(interface.id, at, &[unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown, 0.95, 1.0]);
    }
    scene.env.samples.append(past).await.unwrap();
    // an engine that starts now sees the value for the first time, and that it stands for a quarter of an hour
    let again = AlertEngine::new(&scene.env.core, scene.env.samples.clone(), std::sync::Arc::default());
    again.load().await.unwrap();
    let read = |at| {
        let mut values = [f64::NAN; 10];
        values[8] = 0.97;
        (at, values)
    };
    for _ in 0..2 {
        let (at, values) = read(scene.env.core.now());
        let due = again.observe([vigie_application::alerts::Observed {
            kind: vigie_domain::alerts::RuleSubject::Interface,
            id: interface.id,
            device_id: Some(idle.id),
            site_id: None,
            tags: &[],
            at,
            monitored: true,
            state: None,
            state_matters: true,
            values: &values,
            thresholds: None,
        }]);
        again.carry_out(due).await;
    }
    let raised: Vec<Alert> = open_alerts(&scene).await.into_iter().filter(|a| a.subject.id == Some(interface.id)).collect();
    assert_eq!(raised.len(), 1);
    assert_eq!((raised[0].metric.as_deref(), raised[0].threshold), (Some("utilisation_ratio"), Some(0.9)));
    assert!(raised[0].title.ends_with("utilisation 97 %"), "{}", raised[0].title);
    scene.stop().await;
}
