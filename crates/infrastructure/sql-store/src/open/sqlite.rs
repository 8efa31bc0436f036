//! A database file of SQLite: its lock, pools and migrations.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqlitePool};

use super::OpenError;
use crate::engine::{self, Transaction};
use crate::lock::{Lock, Refused};

/// Longest wait for a connection that is free, which is the turn to write.
const TURN: Duration = Duration::from_secs(30);

/// What differs between the databases.
pub(crate) struct Tuning {
    pub(crate) synchronous: SqliteSynchronous,
    pub(crate) page_size: u32,
    /// Pages the writer keeps, KiB: behind it stands the system's own cache, which costs the process nothing.
    pub(crate) cache_kib: u32,
    pub(crate) readers: u32,
}

/// An open database file: one connection that writes, several that read, and the lock on it.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(super) writer: SqlitePool,
    pub(super) reader: SqlitePool,
    pub(super) path: PathBuf,
    _lock: Lock,
}

impl Sqlite {
    /// Takes the lock, opens the file, makes it where it is missing, and brings its schema up to date.
    pub(super) async fn open(path: &Path, migrator: &Migrator, tuning: &Tuning) -> Result<Self, OpenError> {
        let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let refuse = |source| OpenError::DirectoryNotWritable { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(refuse)?;
        let lock = Lock::take(path).map_err(|refused| match refused {
            Refused::Held(holder) => OpenError::Locked { place: place(path), holder },
            Refused::Io(source) => refuse(source),
        })?;
        create_private(path).map_err(|e| OpenError::NotUsable { place: place(path), reason: e.to_string() })?;

        let options = options(path, tuning);
        let writing = options
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("cache_size", format!("-{}", tuning.cache_kib))
            .pragma("wal_autocheckpoint", "4000");
        let writer = pool(1).connect_with(writing).await.map_err(|e| open_error(path, &e))?;
        migrator.run(&writer).await.map_err(|e| migrate_error(path, migrator, e))?;
        let reader = pool(tuning.readers).connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self { writer, reader, path: path.to_owned(), _lock: lock })
    }

    /// Bytes of the file.
    pub(super) fn size_bytes(&self) -> u64 {
        size(&self.path)
    }

    /// Bytes of its log, which is written anew from the start once all of it is in the file.
    pub(super) fn log_bytes(&self) -> u64 {
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        size(Path::new(&log))
    }

    /// Lets go of the file in order: what is written is folded into it.
    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Bytes of a file; none where there is no such file.
fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |about| about.len())
}

/// A connection that only reads, for a look beside whoever has the lock.
pub(crate) async fn lend(path: &Path) -> Result<PoolConnection<sqlx::Sqlite>, OpenError> {
    reading(path)?.acquire().await.map_err(|e| open_error(path, &e))
}

/// A transaction that sees one state of a file, without the lock.
pub(crate) async fn snapshot(path: &Path) -> Result<Transaction, OpenError> {
    Transaction::reading_sqlite(&reading(path)?).await.map_err(|e| open_error(path, &e))
}

fn reading(path: &Path) -> Result<SqlitePool, OpenError> {
    if !path.exists() {
        return Err(OpenError::NotUsable { place: place(path), reason: "there is no such file".to_owned() });
    }
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    Ok(pool(1).connect_lazy_with(options))
}

fn options(path: &Path, tuning: &Tuning) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(tuning.page_size)
        .synchronous(tuning.synchronous)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("case_sensitive_like", "on") // LIKE compares binary, as PostgreSQL does
        .pragma("temp_store", "memory")
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(500)
        .disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(TURN)
        // units take turns: that one waits is no news
        .acquire_slow_threshold(TURN)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(may_stay(connection)))
}

/// The file holds hashes of passwords: nobody else reads it. Its log inherits the mode.
fn create_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn open_error(path: &Path, error: &sqlx::Error) -> OpenError {
    if is_corrupt(error) {
        return OpenError::Corrupt { place: place(path) };
    }
    OpenError::NotUsable { place: place(path), reason: error.to_string() }
}

fn migrate_error(path: &Path, migrator: &Migrator, error: MigrateError) -> OpenError {
    match error {
        MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) if is_corrupt(&inner) => {
            OpenError::Corrupt { place: place(path) }
        }
        other => OpenError::migration(place(path), migrator, other),
    }
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

/// `SQLITE_CORRUPT` (11) and `SQLITE_NOTADB` (26), whatever their extension in the upper bytes.
fn is_corrupt(error: &sqlx::Error) -> bool {
    engine::sqlite_code(error).is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

/// Whether a connection may be used again. Where the disk is full SQLite ends a transaction by itself; the connection goes on counting it, and
/// would begin no other.
async fn may_stay(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if connection.is_in_transaction() {
        // after the rollback that is on its way
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}
