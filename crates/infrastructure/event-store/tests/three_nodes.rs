//! A cluster of three nodes whose manager is killed while events are taken in: nothing accepted is lost, nothing is there twice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::telemetry::event::{BYTES, MESSAGE};
use vigie_domain::telemetry::{EventBatch, EventKind, EventStore, Promise};
use vigie_event_store::{ClusterSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::cluster::ClusterServer;
use vigie_testkit::events::numbers;
use vigie_testkit::make::NOW;

/// Events of a batch.
const BATCH: i64 = 100;
/// Batches before the manager is killed, while the cluster is without one, and after.
const BATCHES: i64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_manager_loses_nothing_and_doubles_nothing() {
    let Some(server) = tokio::task::spawn_blocking(|| ClusterServer::start("opensearch-three")).await.unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = open(&server, folder.path()).await;
    let mut next = 0;
    take_in(&*store, &mut next).await;
    store.settle().await.unwrap();
    assert_eq!(numbers(&*store, "Gi1/0/7").await.len() as i64, next);

    take_in(&*store, &mut next).await;
    let manager = manager(&server);
    server.kill(&manager);
    take_in(&*store, &mut next).await;
    take_in(&*store, &mut next).await;
    tokio::time::timeout(Duration::from_mins(3), settled(&*store)).await.expect("the two nodes that are left take everything in");
    assert_eq!(numbers(&*store, "Gi1/0/7").await, (0..next).collect::<Vec<_>>());

    let status = store.status().await.unwrap();
    assert_eq!((status.lost, status.refused, status.events), (0, 0, next as u64), "{status:?}");
    store.close().await.unwrap();
}

async fn open(server: &ClusterServer, folder: &std::path::Path) -> Arc<dyn EventStore> {
    let nodes = server.url.split(',').map(|url| url.parse().unwrap()).collect();
    let cluster = ClusterSettings {
        prefix: ClusterServer::prefix(),
        replicas: 1,
        send_every: Duration::from_millis(20),
        ..ClusterSettings::of(nodes)
    };
    let settings = EventStoreSettings {
        folder: folder.to_owned(),
        node: 7,
        log: WalSettings { sync_every: Duration::from_millis(5), ..WalSettings::default() },
        log_storage: None,
        engine: EngineSettings::Cluster(cluster),
    };
    vigie_event_store::open(settings, &Tracker::new(&["stores"]).stage("stores")).await.unwrap()
}

/// Takes numbered events in, which are accepted whatever the cluster does.
async fn take_in(store: &dyn EventStore, next: &mut i64) {
    for _ in 0..BATCHES {
        let mut batch = EventBatch::new();
        for _ in 0..BATCH {
            batch.begin(EventKind::Log, NOW).integer(BYTES, *next).text(MESSAGE, "Interface Gi1/0/7 is down");
            *next += 1;
        }
        store.append(&batch, Promise::Power).await.unwrap();
    }
}

/// Waits until all is searchable; a cluster without a manager says no meanwhile.
async fn settled(store: &dyn EventStore) {
    while let Err(error) = store.settle().await {
        println!("not yet: {error}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The name of the node that manages.
fn manager(server: &ClusterServer) -> String {
    let url = format!("{}/_cat/nodes?h=name,master", server.url.split(',').next().unwrap());
    let told = String::from_utf8(Command::new("curl").args(["-sf", &url]).output().unwrap().stdout).unwrap();
    let line = told.lines().find(|line| line.ends_with('*')).expect(&told);
    line.split_whitespace().next().unwrap().to_owned()
}
