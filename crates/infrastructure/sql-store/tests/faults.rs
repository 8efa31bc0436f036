//! A database that fails in the middle: nothing confirmed is lost, nothing is applied twice, and the store goes on by itself.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::devices::Tag;
use vigie_domain::store::{Entity as _, Read as _, Reader as _, Store as _, Write as _};
use vigie_domain::telemetry::{CHECK, SampleBatch, SampleStore as _};
use vigie_domain::{Error, ErrorKind, Id, Scope, Timestamp};
use vigie_sql_store::{SqlSampleStore, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::disk::SmallDisk;
use vigie_testkit::events::corpus::Dice;
use vigie_testkit::postgres::{Database, Server};
use vigie_testkit::{make, store::put};

async fn open(server: &'static Server) -> (Database, SqlStore) {
    let database = server.database();
    let store = SqlStore::connect(&database.url, Arc::new(ManualClock::default())).await.unwrap();
    (database, store)
}

/// A server whose failures hit nobody else.
fn own_server() -> Option<&'static Server> {
    Server::start().map(|server| &*Box::leak(Box::new(server)))
}

fn is_passing(error: &Error) {
    assert_eq!((error.kind(), error.code()), (ErrorKind::StorageFailed, "storage_failed"), "{error:?}");
    assert!(error.retry_after_seconds().is_some() && error.solution_text().is_some(), "{error:?}");
}

fn signal(signal: &str, pids: &[i32]) {
    let pids = pids.iter().map(ToString::to_string);
    assert!(Command::new("kill").arg(format!("-{signal}")).args(pids).status().unwrap().success());
}

/// Waits until a session of Vigie waits for the lock of another.
async fn blocked(database: &Database) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.sql(sql) == "0" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_whose_connection_is_cut_leaves_nothing() {
    let Some(server) = Server::shared() else { return };
    let (database, store) = open(server).await;
    let mut unit = store.begin().await.unwrap();
    unit.insert(&make::tag("half")).await.unwrap();
    database.cut();
    is_passing(&unit.insert(&make::tag("more")).await.unwrap_err());
    is_passing(&unit.commit().await.unwrap_err());
    put(&store, &[make::tag("whole")]).await;
    let tags = store.all::<Tag>(&Scope::system(), Vec::new()).await.unwrap();
    assert_eq!(tags.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["whole"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbering_is_done_again_when_another_wrote_in_between() {
    let Some(server) = Server::shared() else { return };
    let (database, store) = open(server).await;
    let store = Arc::new(store);
    put(&*store, &[make::event(None), make::event(None)]).await;
    let other = database.transaction("UPDATE vigie.sequences SET value = value + 5 WHERE name = 'outbox'");
    let stamping = tokio::spawn({
        let store = store.clone();
        async move { store.stamp_outbox(10).await }
    });
    blocked(&database).await;
    other.commit();
    let seqs: Vec<_> = stamping.await.unwrap().unwrap().iter().map(|e| e.seq.unwrap()).collect();
    assert_eq!(seqs, [6, 7], "on top of what the other wrote");
    assert!(store.stamp_outbox(10).await.unwrap().is_empty(), "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_decided_on_what_another_changed_is_refused() {
    let Some(server) = Server::shared() else { return };
    let (database, store) = open(server).await;
    let tag = make::tag("counter");
    put(&store, std::slice::from_ref(&tag)).await;
    let mut unit = store.begin().await.unwrap();
    let mut read: Tag = unit.require(&Scope::system(), tag.id).await.unwrap();
    database.sql("UPDATE vigie.tags SET version = 7");
    read.version += 1;
    is_passing(&unit.update(&read).await.unwrap_err());
    drop(unit);
    assert_eq!(database.sql("SELECT version FROM vigie.tags"), "7");
    put(&store, &[make::tag("next")]).await;
}

/// A row that takes some room, whatever the engine compresses.
fn bulky(dice: &mut Dice) -> vigie_domain::system::Event {
    let text: String = (0..4000).map(|_| format!("{:016x}", dice.below(u64::MAX))).collect();
    make::event(None).data(text.into())
}

/// Writes until the disk is full, makes room, and writes on; `solution` is what the error says to do.
async fn fill_and_go_on(store: &SqlStore, disk: &SmallDisk, solution: &str) {
    let (mut dice, mut confirmed) = (Dice(3), 0);
    let ballast = disk.fill();
    let error = loop {
        let unit = async {
            let mut unit = store.begin().await?;
            unit.insert(&make::tag(&format!("tag {confirmed}"))).await?;
            unit.insert(&bulky(&mut dice)).await?;
            unit.commit().await
        };
        match unit.await {
            Ok(()) => confirmed += 1,
            Err(error) => break error,
        }
        assert!(confirmed < 1000, "the disk is never full");
    };
    is_passing(&error);
    assert!(error.cause_text().unwrap().contains("full") && error.solution_text().unwrap().contains(solution), "{error:?}");
    let held = store.all::<Tag>(&Scope::system(), Vec::new()).await.unwrap();
    assert_eq!(held.len(), confirmed, "reading goes on, and the unit that failed left nothing");
    drop(ballast);
    put(store, &[make::tag("after")]).await;
    put(store, &[bulky(&mut dice)]).await;
    assert_eq!(store.count(Tag::SCHEMA, &Scope::system(), &[]).await.unwrap() as usize, confirmed + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_refuses_writes_until_there_is_room() {
    let Some(disk) = SmallDisk::new(16 << 20) else { return };
    let store = SqlStore::open(&disk.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    fill_and_go_on(&store, &disk, "state directory").await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_is_full_refuses_writes_until_there_is_room() {
    let Some(server) = Server::shared() else { return };
    let Some(disk) = SmallDisk::new(64 << 20) else { return };
    let database = server.database_at(disk.path());
    let store = SqlStore::connect(&database.url, Arc::new(ManualClock::default())).await.unwrap();
    fill_and_go_on(&store, &disk, "make room").await;
    store.close().await;
}

/// A backend that dies takes the server into recovery from its log; all other connections are lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_loses_nothing_confirmed() {
    let Some(server) = own_server() else { return };
    let (database, store) = open(server).await;
    let samples = SqlSampleStore::connect(&database.url).await.unwrap();
    let (subject, mut confirmed, mut failed) = (Id::new(), Vec::new(), 0);
    for number in 0..200_i64 {
        let tag = make::tag(&format!("tag {number}"));
        let mut batch = SampleBatch::new(&CHECK);
        batch.push(subject, Timestamp(number * 1000), &[1.0, number as f64]);
        let written = async {
            samples.append(batch).await?;
            let mut unit = store.begin().await?;
            unit.insert(&tag).await?;
            unit.insert(&make::event(None).data(number.into())).await?;
            unit.commit().await
        };
        match written.await {
            Ok(()) => confirmed.push(tag.id),
            Err(error) => {
                is_passing(&error);
                failed += 1;
            }
        }
        if number % 50 == 25 {
            signal("KILL", &database.backends()[..1]);
        }
    }
    assert!(failed < 40, "it goes on by itself: {failed} of 200 failed");
    let held = store.all::<Tag>(&Scope::system(), Vec::new()).await.unwrap();
    let missing: Vec<_> = confirmed.iter().filter(|id| !held.iter().any(|t| t.id == **id)).collect();
    assert!(missing.is_empty(), "{} of {} confirmed are lost", missing.len(), confirmed.len());
    let events = store.count(vigie_domain::system::Event::SCHEMA, &Scope::system(), &[]).await.unwrap();
    assert_eq!(events as usize, held.len(), "a unit is whole or not at all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_is_an_error_in_time_and_comes_back() {
    let Some(server) = own_server() else { return };
    let (database, store) = open(server).await;
    put(&store, &[make::tag("before")]).await;
    // the one that takes new connections too
    let mut stopped = database.backends();
    stopped.push(database.sql("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)").parse().unwrap());
    signal("STOP", &stopped);
    let silent = tokio::time::timeout(Duration::from_secs(25), async { tokio::join!(store.ping(), store.begin()) });
    let (read, begun) = silent.await.unwrap();
    is_passing(&read.unwrap_err());
    is_passing(&begun.err().unwrap());
    // now that it is known to be away, nobody waits for it
    let refused = tokio::time::timeout(Duration::from_secs(1), store.begin()).await.expect("at once");
    is_passing(&refused.err().unwrap());
    signal("CONT", &stopped);
    let back = async {
        while store.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back).await.expect("it is found again by itself");
    put(&store, &[make::tag("after")]).await;
    assert_eq!(store.count(Tag::SCHEMA, &Scope::system(), &[]).await.unwrap(), 2);
}
