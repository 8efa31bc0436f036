//! Dashboards: what stands in them, and how often they are computed.

use std::sync::Arc;

use async_trait::async_trait;
use vigie_application::cache::CacheKeeper;
use vigie_application::dashboards::{DashboardKind, DashboardPorts, Dashboards, Facts, HostSampler};
use vigie_application::topology::{ExportFormat, MapExports};
use vigie_cache::TieredCache;
use vigie_domain::cache::Cache;
use vigie_domain::devices::DeviceStatus;
use vigie_domain::{ObjectScope, Result};
use vigie_host_access::LocalHost;

use crate::scene::Scene;

struct TwoServices;

#[async_trait]
impl Facts for TwoServices {
    async fn services(&self) -> Result<(u64, u64)> {
        Ok((2, 3))
    }
}

fn dashboards(scene: &Scene) -> (Dashboards, Arc<HostSampler>, Arc<dyn Cache>) {
    let clock = scene.env.core.clock.clone();
    let cache: Arc<dyn Cache> = Arc::new(TieredCache::in_memory(64 << 20, clock.clone()));
    drop(CacheKeeper::new(&scene.env.core, cache.clone()));
    let host = Arc::new(HostSampler::new(Arc::new(LocalHost::default()), clock));
    let ports = DashboardPorts {
        env: scene.env.clone(),
        cache: cache.clone(),
        host: host.clone(),
        map: Arc::new(scene.topology.clone()),
        facts: Arc::new(TwoServices),
        pipeline: scene.pipeline.clone(),
    };
    (Dashboards::new(ports), host, cache)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_dashboards_say_what_the_contract_names() {
    let scene = Scene::build(21, 6).await;
    let watched = scene.watch(&scene.lab.devices()).await;
    for device in &watched {
        let id = device.id;
        scene
            .until("it is up", async || (scene.get::<vigie_domain::devices::Device>(id).await.status == DeviceStatus::Up).then_some(()))
            .await;
    }
    let (dashboards, host, _) = dashboards(&scene);
    host.sample().await;
    host.sample().await;
    scene.until("traffic", async || (!scene.env.live.top(1, |r| r.utilisation).is_empty()).then_some(())).await;
    dashboards.renew().await;

    let snapshot = dashboards.get(&scene.cx(), DashboardKind::System).await.unwrap();
    let system: serde_json::Value = serde_json::from_slice(&snapshot.json).unwrap();
    for name in [
        "cpu_ratio",
        "load_1m",
        "memory_used_bytes",
        "memory_total_bytes",
        "swap_used_bytes",
        "disk_used_ratio",
        "disk_read_bytes_per_second",
        "disk_write_bytes_per_second",
        "network_in_bps",
        "network_out_bps",
        "tcp_established",
        "open_files",
        "processes",
        "uptime_seconds",
        "temperature_celsius",
        "services_healthy",
        "services_total",
        "collector_records_per_second",
        "cache_hit_ratio",
        "queue_depth",
    ] {
        let figure = &system[name];
        assert_eq!(figure, &system["metrics"][name], "{name} stands in both places");
        let one = if figure.is_array() { &figure[0] } else { figure };
        assert!(one["unit"].is_string() && one["source"].is_string() && one["series"].is_array(), "{name}: {figure}");
    }
    assert!(system["memory_total_bytes"]["value"].as_f64().unwrap() > 0.0);
    assert_eq!((system["services_healthy"]["value"].as_f64(), system["services_total"]["value"].as_f64()), (Some(2.0), Some(3.0)));

    let snapshot = dashboards.get(&scene.cx(), DashboardKind::Network).await.unwrap();
    let network: serde_json::Value = serde_json::from_slice(&snapshot.json).unwrap();
    assert_eq!(network["devices_by_status"]["up"], 6);
    assert_eq!(network["availability_ratio"], 1.0);
    assert!(network["latency_ms"]["p95"].as_f64().unwrap() > 0.0);
    assert!(network["interfaces_by_status"]["up"].as_u64().unwrap() > 0);
    let top = &network["top_interfaces"]["by_utilisation"][0];
    assert!(top["value"].as_f64().unwrap() > 0.0 && top["device_name"].is_string() && top["series"].is_array(), "{top}");
    assert!(network["recent_events"].as_array().unwrap().iter().all(|e| !e["type"].as_str().unwrap().starts_with("job.")));
    assert!(network["topology"]["nodes"].as_u64().unwrap() >= 6, "{}", network["topology"]);
    for source in network["sources"].as_array().unwrap() {
        assert_eq!(source["status"], "ok", "{source}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_computed_once_for_all_who_see_the_same_and_never_for_others() {
    let mut scene = Scene::build(22, 4).await;
    let watched = scene.watch(&scene.lab.devices()[..2]).await;
    scene.status(watched[0].id, DeviceStatus::Up).await;
    let (dashboards, _, cache) = dashboards(&scene);
    let cx = scene.cx();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (dashboards, cx) = (dashboards.clone(), cx.clone());
        asking.spawn(async move { dashboards.get(&cx, DashboardKind::Network).await.unwrap() });
    }
    let answers = asking.join_all().await;
    let first = answers[0].json.as_ptr();
    assert!(answers.iter().all(|answer| answer.json.as_ptr() == first), "the same bytes for all");
    // what changes while it is computed is told to those who asked and not kept: the first polls are such changes
    scene
        .until("it is kept, once for all of them", async || {
            dashboards.get(&cx, DashboardKind::Network).await.unwrap();
            let statistics = cache.statistics().into_iter().find(|row| row.operation == "dashboards.network").unwrap();
            (statistics.entries == 1).then_some(())
        })
        .await;

    let mut stranger = scene.cx();
    stranger.principal.scope = Some(ObjectScope::default());
    let snapshot = dashboards.get(&stranger, DashboardKind::Network).await.unwrap();
    let network: serde_json::Value = serde_json::from_slice(&snapshot.json).unwrap();
    assert_eq!(network["devices_by_status"]["up"], 0);
    assert!(network["recent_events"].as_array().unwrap().is_empty());
    assert!(network["top_interfaces"]["by_utilisation"].as_array().unwrap().is_empty());

    let mut nobody = scene.cx();
    nobody.principal.permissions = std::iter::empty::<String>().collect();
    assert_eq!(dashboards.get(&nobody, DashboardKind::Network).await.unwrap_err().code(), "permission_denied");
    scene.stop().await;
}

/// How often an operation was computed.
fn misses(cache: &Arc<dyn Cache>, operation: &str) -> u64 {
    cache.statistics().iter().find(|row| row.operation == operation).map_or(0, |row| row.misses)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_and_the_map_are_counted_again_when_they_changed_and_only_then() {
    let mut scene = Scene::build(23, 4).await;
    let watched = scene.watch(&scene.lab.devices()).await;
    for device in &watched {
        let is_up = async || (scene.get::<vigie_domain::devices::Device>(device.id).await.status == DeviceStatus::Up).then_some(());
        scene.until("it is up", is_up).await;
    }
    let (dashboards, _, cache) = dashboards(&scene);
    let cx = scene.cx();
    let network = async || -> serde_json::Value {
        dashboards.renew().await;
        serde_json::from_slice(&dashboards.get(&cx, DashboardKind::Network).await.unwrap().json).unwrap()
    };
    let counted = || ["devices.status", "devices.sites", "topology.summary"].map(|operation| misses(&cache, operation));
    network().await;
    scene
        .until("nothing is read whole any more", async || {
            let before = counted();
            for _ in 0..5 {
                network().await;
            }
            (counted() == before && before.iter().all(|misses| *misses > 0)).then_some(())
        })
        .await;
    assert_eq!(network().await["devices_by_status"]["up"], 4);

    let exports = MapExports::new(&scene.topology, cache.clone());
    let dot = exports.get(&cx, ExportFormat::Dot).await.unwrap();
    assert!(dot.contains(&watched[0].name) && !dot.contains("color"), "{dot}");
    let again = exports.get(&cx, ExportFormat::Dot).await.unwrap();
    assert!(Arc::ptr_eq(&dot, &again));
    let mut stranger = scene.cx();
    stranger.principal.scope = Some(ObjectScope::default());
    let hidden = exports.get(&stranger, ExportFormat::Dot).await.unwrap();
    assert!(watched.iter().all(|device| !hidden.contains(&device.name)), "{hidden}");

    let silent = watched[0].id;
    scene.lab.mute(&scene.lab.devices()[0].name).unwrap();
    let event = scene
        .event("it is not up", |event| {
            event.kind == "device.status_changed" && event.device_id == Some(silent) && event.data.as_ref().unwrap()["status"] != "up"
        })
        .await;
    // whoever heard it is told no earlier figures
    let snapshot = dashboards.get(&cx, DashboardKind::Network).await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&snapshot.json).unwrap();
    let status = event.data.as_ref().unwrap()["status"].as_str().unwrap();
    assert_eq!((&told["devices_by_status"]["up"], &told["devices_by_status"][status]), (&3.into(), &1.into()), "{status}");
    scene.until("the file has it", async || exports.get(&cx, ExportFormat::Dot).await.unwrap().contains("color").then_some(())).await;
    scene.stop().await;
}
