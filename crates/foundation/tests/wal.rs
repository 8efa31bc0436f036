//! The write-ahead log: exact replay, group commit, limits, damage, and the loss of what was not synced.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "wal/disk.rs"]
mod disk;

use std::sync::Arc;
use std::time::Duration;

use disk::Disk;
use proptest::prelude::*;
use vigie_foundation::wal::{Damage, Folder, Position, Storage, Wal, WalFault, WalSettings};

const SETTINGS: WalSettings = WalSettings { sync_every: Duration::from_millis(1), segment_bytes: 1000, limit_bytes: 1 << 20 };

fn open(disk: &Disk) -> Wal {
    Wal::open(Arc::new(disk.clone()), SETTINGS).unwrap()
}

fn append(wal: &Wal, numbers: std::ops::Range<u64>) -> Position {
    let records: Vec<_> = numbers.map(record).collect();
    wal.append(records.iter().map(Vec::as_slice)).unwrap()
}

/// A record that tells its number, of a length that varies.
fn record(number: u64) -> Vec<u8> {
    format!("{number} {}", "x".repeat((number * 7 % 50) as usize)).into_bytes()
}

fn number(record: &[u8]) -> u64 {
    std::str::from_utf8(record).unwrap().split(' ').next().unwrap().parse().unwrap()
}

/// All records from a position on, in chunks of about so many bytes; and what was damaged.
fn read(wal: &Wal, from: Position, about: usize) -> (Vec<(Position, u64)>, Vec<Damage>) {
    let (mut reader, mut found, mut damage) = (wal.reader(from), Vec::new(), Vec::new());
    loop {
        let chunk = reader.read(about).unwrap();
        damage.extend(chunk.damage.iter().copied());
        if chunk.is_empty() && chunk.damage.is_empty() {
            return (found, damage);
        }
        found.extend(chunk.records().map(|(at, bytes)| (at, number(bytes))));
    }
}

fn numbers(wal: &Wal) -> Vec<u64> {
    let (found, damage) = read(wal, Position::START, 512);
    assert_eq!(damage, []);
    found.into_iter().map(|(_, number)| number).collect()
}

#[tokio::test]
async fn records_are_read_in_order_from_any_position() {
    let disk = Disk::default();
    let wal = open(&disk);
    for batch in 0..30 {
        append(&wal, batch * 10..batch * 10 + 10);
    }
    wal.synced(wal.status().written).await.unwrap();
    assert!(disk.segments().unwrap().len() > 5, "segments roll");
    let (all, _) = read(&wal, Position::START, 512);
    assert_eq!(all.iter().map(|(_, n)| *n).collect::<Vec<_>>(), (0..300).collect::<Vec<_>>());
    assert!(all.windows(2).all(|w| w[0].0 < w[1].0), "positions ascend");
    for (i, (at, _)) in all.iter().enumerate() {
        let (rest, _) = read(&wal, *at, 1 + i);
        assert_eq!(rest, all[i..], "replay from {at}");
    }
}

#[tokio::test]
async fn one_sync_serves_many_appenders() {
    let disk = Disk::default();
    let settings = WalSettings { sync_every: Duration::from_millis(50), segment_bytes: 1 << 20, ..SETTINGS };
    let wal = Arc::new(Wal::open(Arc::new(disk.clone()), settings).unwrap());
    let before = disk.syncs();
    let appenders = (0..200).map(|number| {
        let wal = wal.clone();
        tokio::spawn(async move {
            let end = append(&wal, number..number + 1);
            wal.synced(end).await.unwrap();
        })
    });
    for appender in appenders.collect::<Vec<_>>() {
        appender.await.unwrap();
    }
    let syncs = disk.syncs() - before;
    assert!((1..=5).contains(&syncs), "{syncs} syncs for 200 appenders");
    let mut kept = numbers(&wal);
    kept.sort_unstable();
    assert_eq!(kept, (0..200).collect::<Vec<_>>());
}

/// Ten times: what was promised is there, in order, without a gap; of the rest, a beginning.
#[tokio::test]
async fn a_loss_of_power_takes_nothing_that_was_synced() {
    let disk = Disk::default();
    let (mut next, mut lost) = (0, 0);
    for round in 0..10_u64 {
        let settings = WalSettings { sync_every: Duration::from_millis(20), ..SETTINGS };
        let wal = Wal::open(Arc::new(disk.clone()), settings).unwrap();
        assert_eq!(numbers(&wal), (0..next).collect::<Vec<_>>(), "round {round}");
        let mut promised = next;
        for batch in 0..=round * 3 {
            let count = batch * 7 % 13 + 1;
            let end = append(&wal, next..next + count);
            next += count;
            if batch % 3 == 1 {
                wal.synced(end).await.unwrap();
                promised = next;
            }
        }
        let keep_part = round * 5;
        disk.lose_power(keep_part);
        drop(wal);
        disk.come_back();
        let after = numbers(&open(&disk));
        let kept = after.len() as u64;
        assert_eq!(after, (0..kept).collect::<Vec<_>>());
        assert!(kept >= promised, "{promised} were promised, {kept} are kept");
        lost += next - kept;
        next = kept;
    }
    assert!(lost > 0, "the disk of the test loses what was not synced");
}

#[tokio::test]
async fn a_torn_end_is_cut_off_and_told() {
    let disk = Disk::default();
    let wal = open(&disk);
    let end = append(&wal, 0..5);
    wal.synced(end).await.unwrap();
    drop(wal);
    disk.change(1, |bytes| bytes.extend_from_slice(&[40, 0, 0, 0, 1, 2, 3, 4, 5]));
    let wal = open(&disk);
    assert_eq!(wal.recovery().torn_bytes, 9);
    assert_eq!(numbers(&wal), [0, 1, 2, 3, 4]);
    append(&wal, 5..6);
    drop(wal);
    assert_eq!(numbers(&open(&disk)), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn damage_in_the_middle_is_told_and_the_rest_is_read() {
    for (segment, what) in [(1, "a closed segment"), (2, "the newest segment")] {
        let disk = Disk::default();
        drop(open(&disk));
        let first = append(&open(&disk), 0..3);
        assert_eq!(first.segment, 2);
        if segment == 1 {
            append(&open(&disk), 3..6);
        }
        // a record of the middle, in its payload
        disk.change(2, |bytes| {
            let at = bytes.windows(2).position(|pair| pair == b"1 ").unwrap();
            bytes[at] = b'9';
        });
        let wal = open(&disk);
        assert_eq!(wal.recovery().torn_bytes, 0, "{what}");
        let (found, damage) = read(&wal, Position::START, 512);
        assert_eq!(found.iter().map(|(_, n)| *n).filter(|n| *n < 3).collect::<Vec<_>>(), [0, 2], "{what}");
        assert_eq!(damage.len(), 1, "{what}");
        assert_eq!(damage[0].bytes as usize, 8 + record(1).len(), "{what}");
    }
}

#[tokio::test]
async fn a_full_log_refuses_counts_and_goes_on_when_released() {
    let disk = Disk::default();
    let wal = Wal::open(Arc::new(disk.clone()), WalSettings { limit_bytes: 3000, ..SETTINGS }).unwrap();
    let refused = loop {
        let text = vec![b'x'; 100];
        if let Err(fault) = wal.append([text.as_slice(), text.as_slice()].into_iter()) {
            break fault;
        }
    };
    assert!(matches!(refused, WalFault::Full { limit: 3000, .. }), "{refused}");
    let status = wal.status();
    assert_eq!(status.refused, 2);
    assert!(status.held_bytes <= 3000 && !status.failed);
    wal.release(status.written).unwrap();
    assert_eq!(disk.segments().unwrap().len(), 1, "only the one that is written to stays");
    append(&wal, 0..1);
    assert!(matches!(wal.append([b"".as_slice()].into_iter()), Err(WalFault::Length(0))));
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_half() {
    let disk = Disk::default();
    let wal = open(&disk);
    append(&wal, 0..2);
    disk.fail_writes(true);
    assert!(matches!(wal.append([record(99).as_slice()].into_iter()), Err(WalFault::Io(_))));
    disk.fail_writes(false);
    let end = append(&wal, 2..4);
    wal.synced(end).await.unwrap();
    assert_eq!(numbers(&wal), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_failed_sync_promises_nothing_ever_again() {
    let disk = Disk::default();
    let wal = open(&disk);
    disk.fail_syncs(true);
    let end = append(&wal, 0..1);
    assert!(matches!(wal.synced(end).await, Err(WalFault::Failed(_))));
    disk.fail_syncs(false);
    assert!(matches!(wal.append([record(1).as_slice()].into_iter()), Err(WalFault::Failed(_))));
    assert!(wal.status().failed);
}

#[tokio::test]
async fn a_folder_keeps_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Wal::open(Arc::new(Folder::at(folder.path().join("log")).unwrap()), SETTINGS).unwrap();
    append(&open(), 0..100);
    let wal = open();
    for number in 100..200 {
        append(&wal, number..number + 1);
    }
    wal.synced(wal.status().written).await.unwrap();
    assert_eq!(numbers(&wal), (0..200).collect::<Vec<_>>());
    wal.release(wal.status().written).unwrap();
    drop(wal);
    let left = numbers(&open());
    assert!(left.len() < 100 && left.last() == Some(&199), "{left:?}");
}

proptest! {
    /// Whatever is done to the bytes of a log, what is read from it was written, in order, and nothing twice.
    #[test]
    fn nothing_is_read_that_was_not_written(batches in 1_u64..20, at in 0_usize..2000, with in any::<u8>(), cut in any::<bool>()) {
        let disk = Disk::default();
        let wal = open(&disk);
        for batch in 0..batches {
            append(&wal, batch * 3..batch * 3 + 3);
        }
        drop(wal);
        let segment = disk.segments().unwrap().last().unwrap().0;
        disk.change(segment, |bytes| {
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= with }
        });
        let (found, _) = read(&open(&disk), Position::START, 300);
        let numbers: Vec<_> = found.into_iter().map(|(_, number)| number).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(numbers.iter().all(|number| *number < batches * 3));
        if cut || with == 0 { return Ok(()); }
        prop_assert!(numbers.len() as u64 + 1 >= batches * 3, "one changed byte costs one record at most");
    }
}

/// Where the process that is killed writes.
const VICTIM: &str = "VIGIE_TEST_VICTIM";

/// The test starts its own binary as the process that is killed.
#[test]
fn a_killed_process_leaves_all_it_appended() {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let settings = WalSettings { segment_bytes: 100_000, limit_bytes: 1 << 30, ..SETTINGS };
    let open = |path: &std::path::Path| Wal::open(Arc::new(Folder::at(path).unwrap()), settings).unwrap();
    if let Some(folder) = std::env::var_os(VICTIM) {
        let wal = open(folder.as_ref());
        let next = numbers(&wal).last().map_or(0, |last| last + 1);
        for number in next.. {
            append(&wal, number..number + 1);
            println!("appended {number}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut appended = 0;
    for round in 0..10 {
        appended = write_and_kill(folder.path(), 100 + round * 379).max(appended);
        let kept = run().block_on(async { numbers(&open(folder.path())) });
        assert_eq!(kept, (0..kept.len() as u64).collect::<Vec<_>>());
        assert!(kept.len() as u64 > appended, "{appended} was appended, {} are kept", kept.len());
    }
}

/// Lets a process append, kills it after so many, and returns the last number that it told.
fn write_and_kill(folder: &std::path::Path, count: usize) -> u64 {
    use std::io::{BufRead as _, BufReader};
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_killed_process_leaves_all_it_appended"])
        .env(VICTIM, folder)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (mut last, mut seen) = (0, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let Some(number) = line.split("appended ").nth(1) else { continue };
        last = number.parse().unwrap();
        seen += 1;
        if seen == count {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it ended by itself: {status}");
    last
}
