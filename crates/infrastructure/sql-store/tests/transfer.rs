//! Carrying everything from SQLite to PostgreSQL and back: what arrives is what was there, to the last column.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};
use vigie_domain::devices::{Device, Site};
use vigie_domain::store::{Store as _, Write as _};
use vigie_domain::telemetry::{CHECK, KeepFrom, SampleBatch, SampleStore as _};
use vigie_domain::{ErrorKind, Timestamp};
use vigie_sql_store::transfer::{Home, Place, copy, keep, look};
use vigie_sql_store::{OpenError, SqlSampleStore, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::postgres::Server;
use vigie_testkit::{make, size, store::put};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::default())
}

async fn open(place: &Place) -> Home {
    Home::open(place, clock()).await.unwrap()
}

/// A folder with something in every corner: places in places, members, open and numbered events, loose and packed samples.
async fn fill(folder: &Path) {
    let store = SqlStore::open(&folder.join("vigie.db"), clock()).await.unwrap();
    let top = make::site("lyon", None);
    let below: Vec<Site> = (0..3).map(|i| make::site(&format!("floor {i}"), Some(&top))).collect();
    // those below come first in the file when their ids do
    put(&store, std::slice::from_ref(&top)).await;
    put(&store, &below).await;
    let devices: Vec<Device> =
        (0..2_500).map(|i| Device { site_id: Some(below[i as usize % 3].id), ..make::device(&format!("sw-{i}"), i) }).collect();
    put(&store, &devices).await;
    put(&store, &[make::group("core", &[&devices[0], &devices[1]])]).await;
    let ports: Vec<_> = devices.iter().take(100).map(|d| make::interface(d, "Gi1/0/1", 1)).collect();
    put(&store, &ports).await;
    put(&store, &[make::address(&devices[0], 7)]).await;
    put(&store, &[make::neighbour(&devices[0], "Gi1/0/1")]).await;
    put(&store, &[make::state(&devices[0])]).await;
    put(&store, &[make::alert(Some(&devices[0]), "a"), make::alert(None, "b")]).await;
    put(&store, &[make::job("device.poll", make::NOW)]).await;
    let mut unit = store.begin().await.unwrap();
    for device in &devices[..20] {
        unit.insert(&make::audit(device)).await.unwrap();
        unit.insert(&make::event(Some(device))).await.unwrap();
    }
    unit.commit().await.unwrap();
    store.stamp_outbox(12).await.unwrap();
    store.close().await;
    let samples = SqlSampleStore::open(&folder.join("samples.db")).await.unwrap();
    for hour in 0..5 {
        let mut batch = SampleBatch::new(&CHECK);
        for device in &devices[..200] {
            batch.push(device.id, make::NOW.plus(Duration::from_hours(hour)), &[1.0, hour as f64]);
        }
        samples.append(batch).await.unwrap();
    }
    samples.maintain(make::NOW.plus(Duration::from_hours(4)), &KeepFrom::all(make::NOW.minus(Duration::from_hours(9)))).await.unwrap();
    samples.close().await;
}

/// Adds interfaces and samples: some, or with `VIGIE_PROOF_SIZE=full` 1,000,000 and 10,000,000 rows of them.
async fn fill_more(folder: &Path) {
    let (devices, minutes) = size::pick((20, 200), (20_000, 500));
    let store = SqlStore::open(&folder.join("vigie.db"), clock()).await.unwrap();
    let devices: Vec<Device> = (0..devices).map(|i| make::device(&format!("more-{i}"), 100_000 + i)).collect();
    for some in devices.chunks(20) {
        put(&store, some).await;
        let ports: Vec<_> = some.iter().flat_map(|d| (1..=50).map(|i| make::interface(d, &format!("Gi1/0/{i}"), i))).collect();
        put(&store, &ports).await;
    }
    store.close().await;
    let samples = SqlSampleStore::open(&folder.join("samples.db")).await.unwrap();
    for minute in 0..minutes {
        let at = make::NOW.plus(Duration::from_mins(minute));
        let mut batch = SampleBatch::new(&CHECK);
        for (device, i) in devices.iter().zip(0_u64..) {
            batch.push(device.id, at, &[1.0, ((minute * 31 + i * 17) % 997) as f64]);
        }
        samples.append(batch).await.unwrap();
        if minute % 10 == 9 {
            samples.maintain(at, &KeepFrom::all(Timestamp(0))).await.unwrap();
        }
    }
    samples.close().await;
}

/// Of each table of two files: rows, and those of either that the other does not have.
async fn compared(one: &Path, other: &Path) -> BTreeMap<String, [i64; 3]> {
    let mut connection = SqliteConnectOptions::new().filename(one).read_only(true).connect().await.unwrap();
    sqlx::query("ATTACH $1 AS other").bind(other.to_str().unwrap()).execute(&mut connection).await.unwrap();
    let names = ["main", "other"].map(|of| {
        format!("SELECT name FROM {of}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'vigie_migrations' ORDER BY 1")
    });
    let [names, others] = names.map(AssertSqlSafe);
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut connection).await.unwrap();
    assert_eq!(names, sqlx::query_scalar::<_, String>(others).fetch_all(&mut connection).await.unwrap());
    let mut tables = BTreeMap::new();
    for table in names {
        let missing =
            |of: &str, from: &str| format!("SELECT COUNT(*) FROM (SELECT * FROM {of}.{table} EXCEPT SELECT * FROM {from}.{table})");
        let counts = [format!("SELECT COUNT(*) FROM main.{table}"), missing("main", "other"), missing("other", "main")];
        let mut figures = [0; 3];
        for (figure, sql) in figures.iter_mut().zip(counts) {
            *figure = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        }
        tables.insert(table, figures);
    }
    tables
}

/// Every row of every table of a file, as text.
async fn everything(file: &Path) -> BTreeMap<String, Vec<String>> {
    let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'vigie_migrations'";
    let mut tables = BTreeMap::new();
    for table in sqlx::query_scalar::<_, String>(names).fetch_all(&mut connection).await.unwrap() {
        let columns = format!("SELECT group_concat('quote(\"' || name || '\")', ' || '','' || ') FROM pragma_table_info('{table}')");
        let columns: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut connection).await.unwrap();
        let rows =
            sqlx::query(AssertSqlSafe(format!("SELECT {columns} FROM {table} ORDER BY 1"))).fetch_all(&mut connection).await.unwrap();
        tables.insert(table, rows.iter().map(|row| row.get(0)).collect());
    }
    tables
}

#[tokio::test]
async fn there_and_back_everything_is_equal() {
    let Some(server) = Server::shared() else { return };
    let (from, back, database) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), server.database());
    fill(from.path()).await;
    fill_more(from.path()).await;
    let places = [Place::Folder(from.path().to_owned()), Place::Server(database.url.clone()), Place::Folder(back.path().to_owned())];
    for pair in places.windows(2) {
        let (source, target) = (open(&pair[0]).await, open(&pair[1]).await);
        let last = Mutex::new((0, 0));
        let copied = copy(&source, &target, &|step| *last.lock().unwrap() = (step.done, step.of)).await.unwrap();
        let rows: u64 = copied.iter().map(|(_, rows)| rows).sum();
        assert_eq!(*last.lock().unwrap(), (rows, rows), "progress ends with all of it");
        assert!(copied.iter().any(|(table, rows)| *table == "devices" && *rows > 2_500) && copied.contains(&("device_group_members", 2)));
        source.close().await;
        target.close().await;
    }
    for file in ["vigie.db", "samples.db"] {
        let tables = compared(&from.path().join(file), &back.path().join(file)).await;
        for (table, [rows, lost, added]) in &tables {
            assert_eq!((*lost, *added), (0, 0), "{table}, of {rows} rows");
        }
        assert!(tables.values().any(|[rows, ..]| *rows > 0));
    }
    let looks = look(&places[1]).await.unwrap();
    assert_eq!((looks[0].engine, looks[0].schema), ("postgresql", Some(looks[0].known)));
    assert!(looks[0].rows.iter().any(|(table, rows)| *table == "devices" && *rows > 2_500));
}

#[tokio::test]
async fn numbers_go_on_behind_what_was_copied() {
    let Some(server) = Server::shared() else { return };
    let (from, database) = (tempfile::tempdir().unwrap(), server.database());
    fill(from.path()).await;
    let (source, target) = (open(&Place::Folder(from.path().to_owned())).await, open(&Place::Server(database.url.clone())).await);
    copy(&source, &target, &|_| ()).await.unwrap();
    source.close().await;
    target.close().await;
    let store = SqlStore::connect(&database.url, clock()).await.unwrap();
    put(&store, &[make::event(None)]).await;
    let seqs: Vec<_> = store.stamp_outbox(100).await.unwrap().iter().map(|e| e.seq.unwrap()).collect();
    assert_eq!(seqs, (13..=21).collect::<Vec<_>>());
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.insert(&make::alert(None, "b")).await.unwrap_err().kind(), ErrorKind::Conflict, "an open alert stays the only one");
    drop(unit);
    let samples = SqlSampleStore::connect(&database.url).await.unwrap();
    let mut batch = SampleBatch::new(&CHECK);
    batch.push(vigie_domain::Id::new(), make::NOW, &[1.0, 2.0]);
    samples.append(batch).await.unwrap();
}

#[tokio::test]
async fn what_is_not_empty_or_in_use_is_left_alone() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(from.path()).await;
    fill(to.path()).await;
    let (source, target) = (Place::Folder(from.path().to_owned()), Place::Folder(to.path().to_owned()));
    let before = everything(&to.path().join("vigie.db")).await;
    let (source_home, target_home) = (open(&source).await, open(&target).await);
    let error = copy(&source_home, &target_home, &|_| ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.detail().contains("is not empty"), "{error}");
    target_home.close().await;
    assert_eq!(everything(&to.path().join("vigie.db")).await, before);
    // its lock is held: a server, or another copy, is at work
    assert!(matches!(Home::open(&source, clock()).await.unwrap_err(), OpenError::Locked { .. }));
    assert!(look(&source).await.is_ok(), "looking needs no lock");
}

/// Keeps a place while it is open and written to: what was written after the copy began is not in it, and nobody had to wait.
async fn kept_while_at_work(place: &Place, store: &SqlStore) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let kept = open(&Place::Folder(folder.path().to_owned())).await;
    let begun = AtomicBool::new(false);
    let late = async {
        while !begun.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        put(store, &[make::device("late", 9_999)]).await;
    };
    let tell = |_| begun.store(true, Ordering::Relaxed);
    let (copied, ()) = tokio::join!(keep(place, &kept, &tell), late);
    assert!(copied.unwrap().contains(&("devices", 2_500)));
    kept.close().await;
    folder
}

#[tokio::test]
async fn what_is_at_work_is_kept_as_it_stood() {
    let from = tempfile::tempdir().unwrap();
    fill(from.path()).await;
    let was = everything(&from.path().join("vigie.db")).await;
    let place = Place::Folder(from.path().to_owned());
    let store = SqlStore::open(&from.path().join("vigie.db"), clock()).await.unwrap();
    let folder = kept_while_at_work(&place, &store).await;
    assert_eq!(everything(&folder.path().join("vigie.db")).await, was);
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    store.close().await;
    let (place, source) = (Place::Server(database.url.clone()), open(&Place::Folder(folder.path().to_owned())).await);
    let target = open(&place).await;
    copy(&source, &target, &|_| ()).await.unwrap();
    source.close().await;
    target.close().await;
    let store = SqlStore::connect(&database.url, clock()).await.unwrap();
    let folder = kept_while_at_work(&place, &store).await;
    assert_eq!(everything(&folder.path().join("vigie.db")).await, was);
}
