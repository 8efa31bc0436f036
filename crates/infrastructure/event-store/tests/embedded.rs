//! The embedded engine passes the suite of its port.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::telemetry::event::MESSAGE;
use vigie_domain::telemetry::{EventBatch, EventKind, EventStore, Promise};
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::events::EventFixture;
use vigie_testkit::make::NOW;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_cannot_be_opened_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = EventStoreSettings {
        folder: folder.path().to_owned(),
        node: 1,
        log: WalSettings::default(),
        log_storage: None,
        engine: EngineSettings::Embedded(EmbeddedSettings::default()),
    };
    let tracker = Tracker::new(&["stores"]);
    let store = vigie_event_store::open(settings.clone(), &tracker.stage("stores")).await.unwrap();
    let mut batch = EventBatch::new();
    for days in [0, 1] {
        drop(batch.begin(EventKind::Log, NOW.minus(Duration::from_hours(24 * days))).text(MESSAGE, "down"));
    }
    store.append(&batch, Promise::Power).await.unwrap();
    store.settle().await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let partitions = folder.path().join("partitions");
    let names = || std::fs::read_dir(&partitions).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let broken = names().min().unwrap();
    std::fs::write(partitions.join(&broken).join("meta.json"), "{").unwrap();
    std::fs::create_dir(partitions.join("log-1999-12-31.gone")).unwrap();
    // the log has what was in it, and is not to bring it back
    std::fs::remove_dir_all(folder.path().join("log")).unwrap();
    let store = vigie_event_store::open(settings, &tracker.stage("stores")).await.unwrap();
    assert_eq!(store.status().await.unwrap().events, 1, "the other day is there");
    assert!(names().any(|name| name == format!("{broken}.1.aside")), "{:?}", names().collect::<Vec<_>>());
    assert!(!names().any(|name| name == broken || name.ends_with(".gone")), "{:?}", names().collect::<Vec<_>>());
    store.close().await.unwrap();
}
