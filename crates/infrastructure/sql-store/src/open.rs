//! Opening a database file: lock, pools, migrations; and what can be wrong with it, told apart.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqlitePool};
use vigie_domain::Error;

use crate::lock::{Lock, Refused};

/// Name of the table of applied migrations: our own, as other crates write `_sqlx_migrations`.
const MIGRATIONS: &str = "vigie_migrations";

/// Why a database could not be opened. Its text is one line for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or written.
    #[error("the directory {} cannot be written: {source}", path.display())]
    DirectoryNotWritable {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is there and cannot be opened or written.
    #[error("the database {} cannot be opened: {reason}", path.display())]
    FileNotUsable {
        /// The file.
        path: PathBuf,
        /// What the engine says.
        reason: String,
    },
    /// Another server works on it.
    #[error("the database {} is in use by another vigie{}", path.display(), holder.map_or(String::new(), |pid| format!(" (process {pid})")))]
    Locked {
        /// The file.
        path: PathBuf,
        /// Its process, where it is known.
        holder: Option<u32>,
    },
    /// A newer Vigie has written it.
    #[error("the database {} was written by a newer vigie (schema {found}, this one knows {known}): install that version, or restore a backup", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// It is no database, or a damaged one.
    #[error("the database {} is damaged or no database: restore a backup, or move it away to begin anew", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
    },
    /// A step of the migration failed; the database is as before it.
    #[error("the database {} cannot be brought to the current schema: {source}", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// What the engine says.
        source: MigrateError,
    },
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        Error::storage(error)
    }
}

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
pub(crate) struct Database {
    pub(crate) writer: SqlitePool,
    pub(crate) reader: SqlitePool,
    pub(crate) path: PathBuf,
    pub(crate) schema_version: i64,
    _lock: Lock,
}

impl Database {
    /// Takes the lock, opens the file, makes it where it is missing, and brings its schema up to date.
    pub(crate) async fn open(path: &Path, mut migrator: Migrator, tuning: &Tuning) -> Result<Self, OpenError> {
        let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let refuse = |source| OpenError::DirectoryNotWritable { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(refuse)?;
        let lock = Lock::take(path).map_err(|refused| match refused {
            Refused::Held(holder) => OpenError::Locked { path: path.to_owned(), holder },
            Refused::Io(source) => refuse(source),
        })?;
        create_private(path).map_err(|e| OpenError::FileNotUsable { path: path.to_owned(), reason: e.to_string() })?;

        let options = options(path, tuning);
        let writing = options
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("cache_size", format!("-{}", tuning.cache_kib))
            .pragma("wal_autocheckpoint", "4000");
        let writer = pool(1).connect_with(writing).await.map_err(|e| open_error(path, &e))?;
        migrator.dangerous_set_table_name(MIGRATIONS);
        migrator.run(&writer).await.map_err(|e| migrate_error(path, &migrator, e))?;
        let reader = pool(tuning.readers).connect_lazy_with(options.pragma("query_only", "on"));
        let schema_version = migrator.iter().map(|m| m.version).max().unwrap_or(0);
        Ok(Self { writer, reader, path: path.to_owned(), schema_version, _lock: lock })
    }

    /// Bytes of the file and of its log.
    pub(crate) fn size_bytes(&self) -> u64 {
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        [self.path.as_path(), Path::new(&log)].iter().filter_map(|p| fs::metadata(p).ok()).map(|m| m.len()).sum()
    }

    /// Lets go of the file in order: what is written is folded into it.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
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
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// The file holds hashes of passwords: nobody else reads it. Its log inherits the mode.
fn create_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn open_error(path: &Path, error: &sqlx::Error) -> OpenError {
    if is_corrupt(error) {
        return OpenError::Corrupt { path: path.to_owned() };
    }
    OpenError::FileNotUsable { path: path.to_owned(), reason: error.to_string() }
}

fn migrate_error(path: &Path, migrator: &Migrator, error: MigrateError) -> OpenError {
    let path = path.to_owned();
    let known = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    match error {
        MigrateError::VersionMissing(found) if found > known => OpenError::Newer { path, found, known },
        MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) if is_corrupt(&inner) => OpenError::Corrupt { path },
        source => OpenError::Migration { path, source },
    }
}

/// `SQLITE_CORRUPT` (11) and `SQLITE_NOTADB` (26), whatever their extension in the upper bytes.
fn is_corrupt(error: &sqlx::Error) -> bool {
    crate::error::engine_code(error).is_some_and(|code| matches!(code & 0xff, 11 | 26))
}
