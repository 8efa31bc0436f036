//! Backups with events of a real store that is written to, brought back and opened again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use vigie_domain::telemetry::event::{BYTES, MESSAGE};
use vigie_domain::telemetry::{EventBatch, EventKind, EventStore, Promise};
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_sql_store::transfer::{Home, Place};
use vigie_testkit::events::numbers;
use vigie_testkit::make::NOW;

use super::super::tests::stand_in;
use super::super::{Tell, create, drill, restore, verify};
use super::*;
use crate::wiring::SystemClock;

const DAY: Duration = Duration::from_hours(24);

fn tell() -> Tell {
    Arc::new(|_, _, _| true)
}

/// A stand with empty databases.
async fn stand(home: &Path) -> Stand {
    Home::open(&Place::Folder(home.to_owned()), Arc::new(SystemClock)).await.unwrap().close().await;
    stand_in(home)
}

async fn open(folder: &Path) -> Arc<dyn EventStore> {
    let settings = EventStoreSettings {
        folder: folder.to_owned(),
        node: 1,
        log: WalSettings { segment_bytes: 20_000, ..WalSettings::default() },
        log_storage: None,
        engine: EngineSettings::Embedded(EmbeddedSettings { commit_every: Duration::from_millis(20), ..EmbeddedSettings::default() }),
    };
    vigie_event_store::open(settings, &Tracker::new(&["stores"]).stage("stores")).await.unwrap()
}

/// Takes in so many events of two days, numbered on.
async fn write(store: &dyn EventStore, count: i64, next: &AtomicI64) {
    let (mut batch, first) = (EventBatch::new(), next.load(Ordering::Relaxed));
    for number in first..first + count {
        batch.begin(EventKind::Log, NOW.minus(DAY * (number % 2) as u32)).integer(BYTES, number).text(MESSAGE, "Gi1/0/7 is down");
    }
    store.append(&batch, Promise::Process).await.unwrap();
    next.store(first + count, Ordering::Release);
}

async fn numbers_in(folder: &Path) -> Vec<i64> {
    let store = open(folder).await;
    store.settle().await.unwrap();
    let found = numbers(&*store, "Gi1/0/7").await;
    store.close().await.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_brings_every_event_back_once() {
    let (home, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stand = stand(home.path()).await;
    let store = open(&stand.events_folder).await;
    let (next, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    write(&*store, 1_000, &next).await;
    let writing = tokio::spawn({
        let (store, next, stop) = (store.clone(), next.clone(), stop.clone());
        async move {
            while !stop.load(Ordering::Relaxed) {
                write(&*store, 20, &next).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let accepted = next.load(Ordering::Acquire);
    let file = home.path().join("kept.vigie");
    let (manifest, _) = create(&stand, &file, None, &tell()).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    store.close().await.unwrap();
    let mut left = fs::read_dir(&stand.events_folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.all(|name| name == "log" || name == "partitions"), "no link is left");

    let events = manifest.events.unwrap();
    assert_eq!(events.kept, EventsKept::Included);
    assert_eq!(verify(&file, home.path(), None, &tell()).await.unwrap(), manifest);
    drill(&file, home.path(), None, &tell()).await.unwrap();
    let there = stand_in(elsewhere.path());
    let restored = restore(&there, &file, None, &tell()).await.unwrap();
    assert_eq!(restored.events, EventsNote::Written(events.count));
    let found = numbers_in(&there.events_folder).await;
    assert_eq!(found, (0..events.count as i64).collect::<Vec<_>>(), "each once, without a gap");
    assert!(events.count as i64 >= accepted, "{accepted} were taken in, {} are there", events.count);

    let db = elsewhere.path().join("db");
    fs::create_dir(&db).unwrap();
    let again = Stand { place: Place::Folder(db), ..stand_in(elsewhere.path()) };
    let refused = restore(&again, &file, None, &tell()).await.map(drop).unwrap_err();
    assert!(refused.message.contains("events/log is not empty"), "{refused}");
    restore(&again.without_events(), &file, None, &tell()).await.expect("the databases are as before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_its_manifest_is_damaged() {
    let home = tempfile::tempdir().unwrap();
    let stand = stand(home.path()).await;
    let (store, next) = (open(&stand.events_folder).await, AtomicI64::new(0));
    write(&*store, 100, &next).await;
    store.close().await.unwrap();
    let (file, forged, unpacked) = (home.path().join("kept.vigie"), home.path().join("forged.vigie"), home.path().join("unpacked"));
    let (manifest, _) = create(&stand, &file, None, &tell()).await.unwrap();
    assert_eq!(manifest.events.unwrap().count, 100);
    fs::create_dir(&unpacked).unwrap();
    vigie_backup::unpack(&file, None, &unpacked, &|_| true).unwrap();
    let sources = ["vigie.db", "samples.db"].map(|name| vigie_backup::Source { name, path: unpacked.join(name) });
    // without the part that its manifest tells of
    vigie_backup::pack(&forged, manifest, &sources, None, &|_| true).unwrap();
    for outcome in [
        verify(&forged, home.path(), None, &tell()).await.map(drop),
        restore(&stand_in(&home.path().join("there")), &forged, None, &tell()).await.map(drop),
    ] {
        let error = outcome.unwrap_err();
        assert!(error.code == StartError::DATA && error.message.contains("it has 0 events instead of 100"), "{error}");
    }
    assert!(!home.path().join("there").exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_from_before_events_were_kept_come_back() {
    let home = tempfile::tempdir().unwrap();
    let stand = stand(home.path()).await;
    let (file, old, unpacked) = (home.path().join("kept.vigie"), home.path().join("old.vigie"), home.path().join("unpacked"));
    let (manifest, _) = create(&stand.without_events(), &file, None, &tell()).await.unwrap();
    assert_eq!(manifest.events.unwrap().kept, EventsKept::LeftOut);
    fs::create_dir(&unpacked).unwrap();
    vigie_backup::unpack(&file, None, &unpacked, &|_| true).unwrap();
    let sources = ["vigie.db", "samples.db"].map(|name| vigie_backup::Source { name, path: unpacked.join(name) });
    vigie_backup::pack(&old, Manifest { events: None, ..manifest }, &sources, None, &|_| true).unwrap();
    verify(&old, home.path(), None, &tell()).await.unwrap();
    let there = home.path().join("there");
    fs::create_dir(&there).unwrap();
    assert_eq!(restore(&stand_in(&there), &old, None, &tell()).await.unwrap().events, EventsNote::Absent);
    assert!(there.join("vigie.db").exists() && !there.join("events").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_that_nobody_holds_go_at_the_start() {
    let home = tempfile::tempdir().unwrap();
    let (left, held) = (home.path().join(".backup-left"), Links::within(home.path()).unwrap());
    fs::create_dir_all(left.join("events/log")).unwrap();
    tidy(home.path());
    assert!(!left.exists() && held.folder.path().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_cluster_are_its_own_to_keep() {
    let home = tempfile::tempdir().unwrap();
    let stand = Stand { events: EventsKept::Cluster, ..stand(home.path()).await };
    // what waits for the cluster is not in it either
    let (store, next) = (open(&stand.events_folder).await, AtomicI64::new(0));
    write(&*store, 10, &next).await;
    store.close().await.unwrap();
    let (manifest, _) = create(&stand, &home.path().join("kept.vigie"), None, &tell()).await.unwrap();
    assert_eq!(manifest.events.unwrap(), Events { kept: EventsKept::Cluster, count: 0 });
    assert!(!manifest.has(PART));
}
