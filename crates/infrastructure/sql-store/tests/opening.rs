//! What can be wrong with a database is told apart, in one line each.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use vigie_domain::devices::Tag;
use vigie_domain::store::{Read as _, Store as _};
use vigie_domain::{Error, ErrorKind, Scope};
use vigie_sql_store::{OpenError, SqlSampleStore, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::{make, store::put};

async fn open(path: &Path) -> Result<SqlStore, OpenError> {
    SqlStore::open(path, Arc::new(ManualClock::default())).await
}

fn line(error: &OpenError) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    text
}

/// The number of the last migration, as its file says.
fn newest() -> i64 {
    let files = fs::read_dir("migrations/sqlite/state").unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    files.map(|name| name.split('_').next().unwrap().parse().unwrap()).max().unwrap()
}

#[tokio::test]
async fn a_missing_database_is_made_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/vigie.db");
    let store = open(&path).await.unwrap();
    store.ping().await.unwrap();
    let info = store.describe().await.unwrap();
    assert_eq!((info.engine.as_str(), info.schema_version), ("sqlite", newest()));
    assert!(info.version.starts_with("3.") && info.size_bytes > 0);
    for name in ["vigie.db", "vigie.db-wal", "vigie.db.lock"] {
        let mode = fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_closed_database_is_opened_again_with_what_it_held() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vigie.db");
    let tag = make::tag("kept");
    let store = open(&path).await.unwrap();
    put(&store, std::slice::from_ref(&tag)).await;
    store.close().await;
    drop(store);
    let store = open(&path).await.unwrap();
    assert!(store.get::<Tag>(&Scope::system(), tag.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_second_server_is_told_who_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vigie.db");
    let first = open(&path).await.unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { holder: Some(pid), .. } if pid == std::process::id()));
    assert!(line(&error).contains(&format!("process {}", std::process::id())));
    first.ping().await.unwrap();
    drop(first);
    open(&path).await.unwrap();
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [Path::new("/proc/vigie/vigie.db"), &file.join("vigie.db")] {
        let error = open(path).await.unwrap_err();
        assert!(matches!(error, OpenError::DirectoryNotWritable { .. }), "{error:?}");
        assert!(line(&error).contains(path.parent().unwrap().to_str().unwrap()));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vigie.db");
    open(&path).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let sql = "INSERT INTO vigie_migrations (version, description, success, checksum, execution_time) VALUES (9000, 'later', 1, x'00', 0)";
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 9000, known, .. } if known == newest()), "{error:?}");
    assert!(line(&error).contains("newer vigie"));
}

#[tokio::test]
async fn a_damaged_database_is_told_from_a_missing_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vigie.db");
    fs::write(&path, "this was never a database\n".repeat(100)).unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(line(&error).contains("damaged"));
    let error = SqlSampleStore::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert_eq!(Error::from(error).kind(), ErrorKind::StorageFailed);
}

#[tokio::test]
async fn a_file_that_is_a_directory_cannot_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vigie.db");
    fs::create_dir(&path).unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::NotUsable { .. }), "{error:?}");
    line(&error);
}
