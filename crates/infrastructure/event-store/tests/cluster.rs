//! The engine over a cluster passes the suite of its port, on a real OpenSearch and a real Elasticsearch.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::telemetry::EventStore;
use vigie_event_store::{ClusterSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::cluster::ClusterServer;
use vigie_testkit::events::EventFixture;

async fn open_at(server: Option<&'static ClusterServer>) -> Option<EventFixture> {
    let url = &server?.url;
    let directory = tempfile::tempdir().unwrap();
    let cluster = ClusterSettings {
        prefix: ClusterServer::prefix(),
        send_every: Duration::from_millis(20),
        ..ClusterSettings::of(vec![url.parse().unwrap()])
    };
    let settings = EventStoreSettings {
        folder: directory.path().to_owned(),
        node: 42,
        log: WalSettings { sync_every: Duration::from_millis(1), ..WalSettings::default() },
        log_storage: None,
        engine: EngineSettings::Cluster(cluster.clone()),
    };
    let reopen = move || {
        let settings = settings.clone();
        Box::pin(async move {
            let stage = Tracker::new(&["stores"]).stage("stores");
            let store: Arc<dyn EventStore> = vigie_event_store::open(settings, &stage).await.unwrap();
            store
        }) as _
    };
    let keep = Leftovers { prefix: cluster.prefix, url, _directory: directory };
    Some(EventFixture::new(Box::new(reopen), keep).await)
}

/// What a test leaves in the cluster.
struct Leftovers {
    prefix: String,
    url: &'static str,
    _directory: tempfile::TempDir,
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        for path in [format!("{}-*", self.prefix), format!("_index_template/{}-*", self.prefix)] {
            let delete = std::process::Command::new("curl").args(["-sXDELETE", "-o/dev/null"]).arg(format!("{}/{path}", self.url)).status();
            assert!(delete.unwrap().success(), "the server is gone");
        }
    }
}

mod opensearch {
    use super::*;

    async fn open() -> Option<EventFixture> {
        open_at(tokio::task::spawn_blocking(ClusterServer::opensearch).await.unwrap()).await
    }

    vigie_testkit::event_conformance!(open);
}

mod elasticsearch {
    use super::*;

    async fn open() -> Option<EventFixture> {
        open_at(tokio::task::spawn_blocking(ClusterServer::elasticsearch).await.unwrap()).await
    }

    vigie_testkit::event_conformance!(open);
}
