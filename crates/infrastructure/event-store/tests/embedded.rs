//! The embedded engine passes the suite of its port.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::telemetry::EventStore;
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::events::EventFixture;

async fn open() -> Option<EventFixture> {
    let directory = tempfile::tempdir().unwrap();
    let settings = EventStoreSettings {
        folder: directory.path().to_owned(),
        node: 42,
        log: WalSettings { sync_every: Duration::from_millis(1), ..WalSettings::default() },
        log_storage: None,
        engine: EngineSettings::Embedded(EmbeddedSettings { commit_every: Duration::from_millis(20), ..EmbeddedSettings::default() }),
    };
    let reopen = move || {
        let settings = settings.clone();
        Box::pin(async move {
            let stage = Tracker::new(&["stores"]).stage("stores");
            let store: Arc<dyn EventStore> = vigie_event_store::open(settings, &stage).await.unwrap();
            store
        }) as _
    };
    Some(EventFixture::new(Box::new(reopen), directory).await)
}

vigie_testkit::event_conformance!(open);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_answered_as_by_a_model() {
    let Some(fixture) = open().await else { return };
    vigie_testkit::events::model::a_crowd_is_answered_as_by_a_model(fixture).await;
}
