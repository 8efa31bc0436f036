//! Opening a database of a PostgreSQL server: what can be wrong is told apart in one line each, and it has one owner.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::devices::{Device, Tag};
use vigie_domain::query::{Filter, Operator};
use vigie_domain::store::{Entity as _, Read as _, Reader as _, Store as _};
use vigie_domain::system::AuditEntry;
use vigie_domain::{Id, Scope, Timestamp};
use vigie_sql_store::{OpenError, SqlSampleStore, SqlStore, take_node_number};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::postgres::Server;
use vigie_testkit::{make, store::put};

async fn connect(url: &str) -> Result<SqlStore, OpenError> {
    SqlStore::connect(url, Arc::new(ManualClock::default())).await
}

async fn refused(url: &str) -> (OpenError, String) {
    let error = connect(url).await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains('\n') && !text.ends_with('.') && !text.contains("secret"), "{text}");
    (error, text)
}

#[tokio::test]
async fn addresses_passwords_and_databases_are_told_apart() {
    let Some(server) = Server::shared() else { return };
    let right = server.url_of("nothing_here");
    assert!(matches!(refused(&right).await.0, OpenError::Missing { name, .. } if name == "nothing_here"));
    let (error, text) = refused(&right.replace(":secret@", ":wrong@")).await;
    assert!(matches!(error, OpenError::Refused { .. }), "{error:?}");
    assert!(text.contains("user vigie"), "{text}");
    let (error, _) = refused("postgres://vigie@127.0.0.1:1/vigie").await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    let (error, _) = refused("postgres://vigie@127.0.0.1:port/vigie").await;
    assert!(matches!(error, OpenError::NoAddress { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let Some(server) = Server::shared() else { return };
    server.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    let (error, text) = refused(&server.url_of("latin")).await;
    assert!(matches!(error, OpenError::Unsuited { .. }) && text.contains("LATIN1"), "{text}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    connect(&database.url).await.unwrap().close().await;
    database.sql("INSERT INTO vigie.vigie_migrations VALUES (9000, 'later', now(), true, '\\x00', 0)");
    let (error, _) = refused(&database.url).await;
    assert!(matches!(error, OpenError::Newer { found: 9000, .. }), "{error:?}");
}

#[tokio::test]
async fn a_second_server_is_told_who_is_there_and_the_next_one_goes_on() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let first = connect(&database.url).await.unwrap();
    let (error, text) = refused(&database.url).await;
    assert!(matches!(error, OpenError::Owned { .. }), "{error:?}");
    assert!(text.contains(&format!("vigie (process {})", std::process::id())), "{text}");
    let tag = make::tag("kept");
    put(&first, std::slice::from_ref(&tag)).await;
    first.close().await;
    let next = connect(&database.url).await.unwrap();
    assert!(next.get::<Tag>(&Scope::system(), tag.id).await.unwrap().is_some());
}

#[tokio::test]
async fn who_lost_the_database_to_another_cannot_write() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let store = connect(&database.url).await.unwrap();
    // somebody stands in line for the lock, which goes with the connection
    let locks = "FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let key = database.sql(&format!("SELECT (classid::bigint << 32) + objid::bigint {locks}"));
    let cut = format!("SELECT pg_terminate_backend(pid, 5000) {locks}");
    let other = database.transaction(&format!("{cut}; SELECT pg_advisory_lock({key})"));
    assert!(store.begin().await.is_err(), "two servers write one database");
    other.commit();
    put(&store, &[make::tag("again")]).await;
}

#[tokio::test]
async fn a_number_is_that_of_one_node() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let seven = take_node_number(&database.url, 7).await.unwrap();
    let error = take_node_number(&database.url, 7).await.unwrap_err();
    assert!(matches!(error, OpenError::NodeTaken { number: 7, .. }) && error.to_string().contains("vigie (process"), "{error}");
    assert!(take_node_number(&database.url, 8).await.is_ok());
    drop(seven);
    vigie_testkit::cache::until("the number is free", async || take_node_number(&database.url, 7).await.is_ok()).await;
}

#[tokio::test]
async fn state_and_samples_stand_in_one_database_and_are_described() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let store = connect(&database.url).await.unwrap();
    let _samples = SqlSampleStore::connect(&database.url).await.unwrap();
    let info = store.describe().await.unwrap();
    assert_eq!((info.engine.as_str(), store.engine()), ("postgresql", "postgresql"));
    assert!(info.version.starts_with(|c: char| c.is_ascii_digit()) && info.size_bytes > 0 && info.connections.unwrap() >= 2, "{info:?}");
    assert!(database.backends().len() <= 20);
}

#[tokio::test]
async fn months_are_made_ahead_and_dropped_when_all_in_them_is_old() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let clock = Arc::new(ManualClock::default());
    let store = SqlStore::connect(&database.url, clock.clone()).await.unwrap();
    let months = || database.sql("SELECT relname FROM pg_class WHERE relname ~ '^audit_2' AND relkind = 'r' ORDER BY 1");
    assert_eq!(months(), "audit_2026_11\naudit_2026_12\naudit_2027_01");
    let device: Device = make::device("core", 1);
    // an id begins with the time it was made at
    let at = |moment: Timestamp| AuditEntry {
        id: Id(uuid::Uuid::from_u128(((moment.0 as u128) << 80) | (Id::new().0.as_u128() & ((1 << 80) - 1)))),
        at: moment,
        ..make::audit(&device)
    };
    let november: Vec<_> = (0..50).map(|hour| at(make::NOW.plus(Duration::from_hours(hour)))).collect();
    put(&store, &november).await;
    assert_eq!(database.sql("SELECT count(*) FROM vigie.audit_2026_11"), "50");
    let forget = async |before: Timestamp| {
        let old = Filter::on(AuditEntry::SCHEMA, "at", Operator::Lt, [before.0.into()]).unwrap();
        let mut unit = store.begin().await.unwrap();
        let gone = unit.delete_where(AuditEntry::SCHEMA, &[old], 10).await.unwrap();
        unit.commit().await.unwrap();
        gone
    };
    let later = clock.advance(Duration::from_hours(24 * 60));
    assert_eq!(forget(november[20].at).await, 10, "of a month with something to keep, rows go, a bounded number");
    assert_eq!(forget(later).await, 40, "of a month that is old as a whole, all go at once");
    assert_eq!(months(), "audit_2027_01\naudit_2027_02\naudit_2027_03");
    assert_eq!(store.count(AuditEntry::SCHEMA, &Scope::system(), &[]).await.unwrap(), 0);
}
