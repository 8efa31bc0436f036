//! Crashes of the embedded engine: what was confirmed is there once, whatever ended in the middle.
//!
//! The first test starts its own binary as the process that is killed: that one runs the same test and finds the directory to write into in
//! its environment.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the tests of the log need more of it")]
#[path = "../../../foundation/tests/wal/disk.rs"]
mod disk;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use disk::Disk;
use vigie_domain::telemetry::{EventStore, Promise};
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings, LogStorage};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::events::corpus::Dice;
use vigie_testkit::events::{mixed, numbers};
use vigie_testkit::size;

/// Crashes of a test.
fn rounds() -> u64 {
    size::pick(10, 200)
}

const VICTIM: &str = "VIGIE_TEST_VICTIM";

async fn open(folder: &Path, disk: Option<&Disk>) -> Arc<dyn EventStore> {
    let log = WalSettings { sync_every: Duration::from_millis(5), segment_bytes: 100_000, ..WalSettings::default() };
    let settings = EventStoreSettings {
        folder: folder.to_owned(),
        node: 1,
        log,
        log_storage: disk.map(|disk| LogStorage(Arc::new(disk.clone()))),
        engine: EngineSettings::Embedded(EmbeddedSettings { commit_every: Duration::from_millis(30), ..EmbeddedSettings::default() }),
    };
    vigie_event_store::open(settings, &Tracker::new(&["stores"]).stage("stores")).await.unwrap()
}

/// The numbers of all events once all of them are searchable.
async fn held(store: &dyn EventStore) -> Vec<i64> {
    store.settle().await.unwrap();
    numbers(store, "Gi1/0/7").await
}

#[test]
fn a_killed_process_leaves_all_it_confirmed_once() {
    let run = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let Some(folder) = std::env::var_os(VICTIM) {
        return run().block_on(write_until_killed(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut confirmed = 0;
    for round in 0..rounds() {
        confirmed = write_and_kill(folder.path(), 5 + (round * 7919) % 90).max(confirmed);
        let held = run().block_on(async {
            let store = open(folder.path(), None).await;
            let held = held(&*store).await;
            store.close().await.unwrap();
            held
        });
        assert_eq!(held, (0..held.len() as i64).collect::<Vec<_>>(), "without a gap");
        assert!(held.len() as i64 >= confirmed, "{confirmed} were confirmed, {} are held", held.len());
        assert!(held.len() as i64 <= confirmed + 40, "at most one batch was not confirmed");
    }
    assert!(confirmed > 100 * rounds() as i64);
}

/// Lets a process write, kills it after so many batches, and returns how many events it confirmed.
fn write_and_kill(folder: &Path, batches: u64) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_killed_process_leaves_all_it_confirmed_once"])
        .env(VICTIM, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut last, mut seen) = (0, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some(number) = line.split("confirmed ").nth(1) else { continue };
        last = number.parse().unwrap();
        seen += 1;
        if seen == batches {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it ended by itself: {status}");
    last
}

async fn write_until_killed(folder: &Path) {
    let store = open(folder, None).await;
    let mut next = held(&*store).await.len() as i64;
    let mut dice = Dice(next as u64);
    loop {
        store.append(&mixed(&mut dice, 4, &mut next), Promise::Process).await.unwrap();
        println!("confirmed {next}");
        tokio::time::sleep(Duration::from_millis(dice.below(4))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_of_power_takes_nothing_that_was_promised() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let (mut dice, mut next, mut lost) = (Dice(11), 0, 0);
    for round in 0..rounds() {
        let store = open(folder.path(), Some(&disk)).await;
        let mut promised = next;
        for batch in 0..3 + dice.below(20) {
            let promise = if batch % 3 == 0 { Promise::Power } else { Promise::Process };
            store.append(&mixed(&mut dice, 4, &mut next), promise).await.unwrap();
            if promise == Promise::Power {
                promised = next;
            }
            if dice.below(8) == 0 {
                store.settle().await.unwrap();
                promised = next;
            }
        }
        store.append(&mixed(&mut dice, 4, &mut next), Promise::Process).await.unwrap();
        disk.lose_power(dice.below(3) * 50);
        store.close().await.unwrap();
        drop(store);
        disk.come_back();
        let store = open(folder.path(), Some(&disk)).await;
        let held = held(&*store).await;
        store.close().await.unwrap();
        assert_eq!(held, (0..held.len() as i64).collect::<Vec<_>>(), "round {round}: without a gap");
        assert!(held.len() as i64 >= promised, "round {round}: {promised} were promised, {} are held", held.len());
        lost += next - held.len() as i64;
        next = held.len() as i64;
    }
    assert!(lost > 0, "the disk of the test loses what was not synced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_is_told_and_the_rest_is_stored() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let store = open(folder.path(), Some(&disk)).await;
    let (mut dice, mut next) = (Dice(5), 0);
    // written, and not stored: the engine is not asked to before the log breaks
    store.append(&mixed(&mut dice, 4, &mut next), Promise::Power).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    std::fs::remove_dir_all(folder.path().join("partitions")).unwrap();
    disk.change(1, |bytes| bytes[40] ^= 1);
    let store = open(folder.path(), Some(&disk)).await;
    assert_eq!(held(&*store).await.len() as i64, next - 1);
    assert_eq!(store.status().await.unwrap().lost, 1);
}
