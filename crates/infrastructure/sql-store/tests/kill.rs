//! `kill -9` in the middle of writing: what was confirmed is there, and state, audit, events, jobs and samples agree.
//!
//! The test starts its own binary as the process that is killed: that one runs the same test and finds the directory to write into in its
//! environment.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use vigie_domain::devices::Device;
use vigie_domain::store::{Entity as _, Read as _, Reader as _, Store as _, Write as _};
use vigie_domain::system::{AuditEntry, Event, Job};
use vigie_domain::telemetry::{CHECK, KeepFrom, SampleBatch, SampleStore as _, SeriesQuery, Statistic};
use vigie_domain::{Id, Scope, Timestamp};
use vigie_sql_store::{SqlSampleStore, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::{make, size};

/// Crashes of a test.
fn rounds() -> u64 {
    size::pick(10, 200)
}

/// Where the process that is killed writes.
const VICTIM: &str = "VIGIE_TEST_VICTIM";
const CONFIRMED: &str = "confirmed ";
const SUBJECT: Id = Id::fixed(42);

#[test]
fn a_killed_process_leaves_all_it_confirmed_and_nothing_half() {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(directory) = std::env::var_os(VICTIM) {
        return run().block_on(write_until_killed(Path::new(&directory)));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut confirmed = 0;
    for round in 0..rounds() {
        confirmed = write_and_kill(directory.path(), confirmed, 1 + (round * 7919) % 23);
        let held = run().block_on(agree(directory.path()));
        assert!(held == confirmed || held == confirmed + 1, "{confirmed} were confirmed, {held} are held");
        confirmed = held;
    }
    assert!(confirmed > rounds() as i64);
}

/// Lets a process write until it has confirmed some more, kills it, and returns the last number it confirmed.
fn write_and_kill(directory: &Path, before: i64, more: u64) -> i64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_killed_process_leaves_all_it_confirmed_and_nothing_half"])
        .env(VICTIM, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (mut last, mut seen) = (before, 0);
    for line in lines {
        let Some(number) = line.split(CONFIRMED).nth(1) else { continue };
        last = number.parse().unwrap();
        seen += 1;
        if seen == more {
            // it goes on writing until the signal arrives; what it confirms until then is read to the end
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it ended by itself: {status}");
    last
}

/// The number up to which everything was written, after checking that it is the same everywhere.
async fn agree(directory: &Path) -> i64 {
    let (store, samples) = open(directory).await;
    let everything = Scope::system();
    let device: Option<Device> = store.find(&everything, "name", "device".into()).await.unwrap();
    let held = device.map_or(0, |d| d.version - 1);
    for schema in [AuditEntry::SCHEMA, Event::SCHEMA, Job::SCHEMA] {
        assert_eq!(store.count(schema, &everything, &[]).await.unwrap() as i64, held, "{}", schema.table);
    }
    let numbers = |data: Option<serde_json::Value>| data.and_then(|d| d.as_i64()).unwrap();
    let mut all = [
        store.all::<AuditEntry>(&everything, Vec::new()).await.unwrap().into_iter().map(|a| numbers(a.after)).collect::<Vec<_>>(),
        store.all::<Event>(&everything, Vec::new()).await.unwrap().into_iter().map(|e| numbers(e.data)).collect(),
        store.all::<Job>(&everything, Vec::new()).await.unwrap().into_iter().map(|j| numbers(Some(j.input))).collect(),
    ];
    for numbers in &mut all {
        numbers.sort_unstable();
        assert_eq!(*numbers, (1..=held).collect::<Vec<_>>());
    }
    while !store.stamp_outbox(100).await.unwrap().is_empty() {}
    let (events, _) = store.events_after(0, 100_000).await.unwrap();
    assert!(events.iter().zip(1..).all(|(e, seq)| e.seq == Some(seq) && e.data == Some(seq.into())), "published in order, without gaps");
    let query = SeriesQuery {
        set: &CHECK,
        subjects: vec![SUBJECT],
        metrics: vec![1],
        from: Timestamp(0),
        to: Timestamp(i64::from(i32::MAX)),
        step: std::time::Duration::ZERO,
        statistic: Statistic::Mean,
    };
    let series = samples.range(&query).await.unwrap();
    let values: Vec<_> = series[0].points.iter().map(|p| p.1.unwrap() as i64).collect();
    assert_eq!(values[..held as usize], (1..=held).collect::<Vec<_>>(), "each sample is appended before its unit");
    assert!(values.len() as i64 <= held + 1);
    rollups_agree(&samples, &query, &values).await;
    held
}

/// However often a window was packed and rolled up again before the process died, each sample counts once.
async fn rollups_agree(samples: &SqlSampleStore, query: &SeriesQuery, values: &[i64]) {
    for (step, statistic) in [(300, Statistic::Count), (300, Statistic::Mean), (3600, Statistic::Max), (3600, Statistic::Count)] {
        let query = SeriesQuery { step: std::time::Duration::from_secs(step), statistic, ..query.clone() };
        let series = samples.range(&query).await.unwrap();
        let of_bucket = |at: Timestamp| values.iter().copied().filter(move |number| number / step as i64 == at.0 / 1000 / step as i64);
        for (at, value) in &series[0].points {
            let count = of_bucket(*at).count();
            let expected = (count > 0).then(|| match statistic {
                Statistic::Count => count as f64,
                Statistic::Max => of_bucket(*at).max().unwrap() as f64,
                _ => of_bucket(*at).sum::<i64>() as f64 / count as f64,
            });
            assert_eq!(*value, expected, "{statistic:?} of {step} s at {at}");
        }
    }
}

/// Writes units of work, each after its sample, and confirms them on its standard output, until it is killed.
async fn write_until_killed(directory: &Path) {
    let (store, samples) = open(directory).await;
    let found: Option<Device> = store.find(&Scope::system(), "name", "device".into()).await.unwrap();
    let mut device = found.unwrap_or_else(|| make::device("device", 1));
    loop {
        let number = device.version;
        let mut batch = SampleBatch::new(&CHECK);
        batch.push(SUBJECT, Timestamp(number * 1000), &[1.0, number as f64]);
        samples.append(batch).await.unwrap();
        device.version += 1;
        let mut unit = store.begin().await.unwrap();
        unit.upsert(std::slice::from_ref(&device)).await.unwrap();
        unit.insert(&AuditEntry { after: Some(number.into()), ..make::audit(&device) }).await.unwrap();
        unit.insert(&make::event(Some(&device)).data(number.into())).await.unwrap();
        unit.insert(&Job { input: number.into(), ..make::job("device.poll", make::NOW) }).await.unwrap();
        unit.commit().await.unwrap();
        println!("{CONFIRMED}{number}");
        if number % 5 == 0 {
            store.stamp_outbox(3).await.unwrap();
            samples.maintain(Timestamp(number * 1_000_000), &KeepFrom::all(Timestamp(0))).await.unwrap();
        }
    }
}

async fn open(directory: &Path) -> (SqlStore, SqlSampleStore) {
    let store = SqlStore::open(&directory.join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    (store, SqlSampleStore::open(&directory.join("samples.db")).await.unwrap())
}
