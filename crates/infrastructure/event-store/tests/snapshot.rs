//! A folder of events that is kept while it is written to: what was taken in before is in the copy once, and nothing has a gap.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use vigie_domain::telemetry::{EventKind, EventStore, Promise, Retention};
use vigie_event_store::{AtRest, EmbeddedSettings, EngineSettings, EventStoreSettings, at_rest, snapshot};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::events::corpus::Dice;
use vigie_testkit::events::{mixed, numbers};
use vigie_testkit::make::NOW;
use vigie_testkit::size;

const DAY: Duration = Duration::from_hours(24);
/// Batches that a test writes before it looks.
const BATCHES: u64 = 30;

async fn open(folder: &Path) -> Arc<dyn EventStore> {
    // small, so that segments of the log are begun and released all the time
    let log = WalSettings { sync_every: Duration::from_millis(1), segment_bytes: 20_000, ..WalSettings::default() };
    let settings = EventStoreSettings {
        folder: folder.to_owned(),
        node: 1,
        log,
        log_storage: None,
        engine: EngineSettings::Embedded(EmbeddedSettings { commit_every: Duration::from_millis(5), ..EmbeddedSettings::default() }),
    };
    vigie_event_store::open(settings, &Tracker::new(&["stores"]).stage("stores")).await.unwrap()
}

async fn write(store: &dyn EventStore, batches: u64, next: &mut i64) {
    let mut dice = Dice(*next as u64 + 1);
    for _ in 0..batches {
        store.append(&mixed(&mut dice, 2, next), Promise::Process).await.unwrap();
    }
}

/// The numbers of all events of a folder, as a server that opens it finds them; then it takes in some more.
async fn found(folder: &Path) -> Vec<i64> {
    let store = open(folder).await;
    store.settle().await.unwrap();
    let mut found = numbers(&*store, "Gi1/0/7").await;
    // what comes next is not taken for what was there
    let mut next = 1_000_000;
    write(&*store, 3, &mut next).await;
    store.settle().await.unwrap();
    let later = numbers(&*store, "Gi1/0/7").await;
    assert_eq!(later.len() as i64, found.len() as i64 + next - 1_000_000);
    store.close().await.unwrap();
    found.sort_unstable();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_taken_in_before_is_there_once_while_more_comes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let (accepted, stop) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let writing = tokio::spawn({
        let (store, accepted, stop) = (store.clone(), accepted.clone(), stop.clone());
        async move {
            let mut next = 0;
            while !stop.load(Ordering::Relaxed) {
                write(&*store, 1, &mut next).await;
                accepted.store(next, Ordering::Release);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    let copies = tempfile::tempdir_in(folder.path()).unwrap();
    let mut before = Vec::new();
    for round in 0..size::pick(8, 200) {
        // somewhat further along each time, amid commits and merges
        let begin = accepted.load(Ordering::Acquire);
        while accepted.load(Ordering::Acquire) < begin + 1 + (round as i64 * 97) % 500 {
            tokio::task::yield_now().await;
        }
        before.push(accepted.load(Ordering::Acquire));
        let (from, to) = (folder.path().to_owned(), copies.path().join(round.to_string()));
        tokio::task::spawn_blocking(move || snapshot(&from, &to)).await.unwrap().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    store.settle().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    for (round, before) in before.into_iter().enumerate() {
        let copy = copies.path().join(round.to_string());
        let counted = at_rest(&copy).unwrap();
        let found = found(&copy).await;
        assert_eq!(found, (0..found.len() as i64).collect::<Vec<_>>(), "round {round}: without a gap");
        assert!(found.len() as i64 >= before, "round {round}: {before} were taken in, {} are there", found.len());
        assert_eq!(counted.events, found.len() as u64, "round {round}: they are counted where they lie");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_stays_when_its_source_goes_on_and_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut next = 0;
    write(&*store, BATCHES, &mut next).await;
    let copy = folder.path().join("copy");
    snapshot(folder.path(), &copy).unwrap();
    let kept = next;
    write(&*store, BATCHES, &mut next).await;
    store.settle().await.unwrap();
    let rules = EventKind::ALL.map(|kind| Retention { kind, keep: Duration::ZERO });
    assert!(store.retain(NOW.plus(10 * DAY), &rules).await.unwrap() > 0);
    store.close().await.unwrap();
    assert_eq!(at_rest(&copy).unwrap().events, kept as u64);
    assert_eq!(found(&copy).await, (0..kept).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_at_rest_tells_what_is_in_it_and_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(at_rest(folder.path()).unwrap(), AtRest::default(), "nothing is nothing");
    let store = open(folder.path()).await;
    let mut next = 0;
    write(&*store, BATCHES, &mut next).await;
    store.close().await.unwrap();
    drop(store);
    let found = at_rest(folder.path()).unwrap();
    assert_eq!((found.events, found.partitions), (next as u64, 4));

    let without_log = folder.path().join("without-log");
    snapshot(folder.path(), &without_log).unwrap();
    fs::remove_dir_all(without_log.join("log")).unwrap();
    let told = at_rest(&without_log).unwrap_err().to_string();
    assert!(told.contains(" of the log, which ends in segment 0"), "{told}");

    let broken = folder.path().join("broken");
    snapshot(folder.path(), &broken).unwrap();
    let day = fs::read_dir(broken.join("partitions")).unwrap().next().unwrap().unwrap().path();
    let column = fs::read_dir(&day).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "term"));
    fs::remove_file(column.unwrap()).unwrap();
    let told = at_rest(&broken).unwrap_err().to_string();
    assert!(told.contains(&*day.file_name().unwrap().to_string_lossy()) && told.contains("cannot be opened"), "{told}");
}
