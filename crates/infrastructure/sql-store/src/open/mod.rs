//! Opening a database, in a file or at a server: lock, pools, migrations; and what can be wrong with it, told apart.

mod gate;
mod postgres;
mod sqlite;
mod standby;

use std::io;
use std::path::{Path, PathBuf};

use sqlx::migrate::{MigrateError, Migrator};
use vigie_domain::{Error, Result};

use crate::engine::{self, Engine, Lent, Transaction};
use crate::error;
use postgres::Postgres;
pub(crate) use postgres::{Share, lend as lend_server, snapshot as snapshot_server};
use sqlite::Sqlite;
pub(crate) use sqlite::{Tuning, lend as lend_file, snapshot as snapshot_file};
pub use standby::{NodeNumber, take_node_number, wait_for_turn};

/// Name of the table of applied migrations: our own, as other crates write `_sqlx_migrations`.
pub(crate) const MIGRATIONS: &str = "vigie_migrations";

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
    /// It is there and cannot be opened or written.
    #[error("the database {place} cannot be opened: {reason}")]
    NotUsable {
        /// The file or address.
        place: String,
        /// What the engine says.
        reason: String,
    },
    /// Another server works on this file.
    #[error("the database {place} is in use by another vigie{}", holder.map_or(String::new(), |pid| format!(" (process {pid})")))]
    Locked {
        /// The file.
        place: String,
        /// Its process, where it is known.
        holder: Option<u32>,
    },
    /// Another server works on this database of a server.
    #[error("the database {place} is in use by another vigie ({holder}): stop that one, or give this one a database of its own")]
    Owned {
        /// The address.
        place: String,
        /// What the database knows of it.
        holder: String,
    },
    /// Another server has the number of this node.
    #[error(
        "node {number} is there already: {holder} works with the database {place} under this number; give each server an event_store.node_number of its own"
    )]
    NodeTaken {
        /// The number.
        number: u32,
        /// What the database knows of it.
        holder: String,
        /// The address.
        place: String,
    },
    /// The address of the database cannot be read.
    #[error("store.url is no address of a database, such as postgres://user:password@host/name: {reason}")]
    NoAddress {
        /// Why.
        reason: String,
    },
    /// The server does not answer, or not as it should.
    #[error("the database {place} cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        place: String,
        /// What the system or the server says.
        reason: String,
    },
    /// The server refuses the user.
    #[error("the database {place} refuses the user {user}: {reason}; check the user and password of store.url")]
    Refused {
        /// The address.
        place: String,
        /// The user.
        user: String,
        /// What the server says.
        reason: String,
    },
    /// The server has no such database.
    #[error("there is no database {name} at {place}: make it with createdb --encoding=UTF8 {name}")]
    Missing {
        /// The address.
        place: String,
        /// Its name.
        name: String,
    },
    /// The server or the database is not of the kind that is needed.
    #[error("the database {place} does not fit: {reason}")]
    Unsuited {
        /// The address.
        place: String,
        /// What is needed, and what is there.
        reason: String,
    },
    /// A newer Vigie has written it.
    #[error(
        "the database {place} was written by a newer vigie (schema {found}, this one knows {known}): install that version, or restore a backup"
    )]
    Newer {
        /// The file or address.
        place: String,
        /// The version of its schema.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// It is no database, or a damaged one.
    #[error("the database {place} is damaged or no database: restore a backup, or move it away to begin anew")]
    Corrupt {
        /// The file.
        place: String,
    },
    /// A step of the migration failed; the database is as before it.
    #[error("the database {place} cannot be brought to the current schema: {source}")]
    Migration {
        /// The file or address.
        place: String,
        /// What the engine says.
        source: MigrateError,
    },
}

impl OpenError {
    fn migration(place: String, migrator: &Migrator, error: MigrateError) -> Self {
        let known = newest(migrator);
        match error {
            MigrateError::VersionMissing(found) if found > known => Self::Newer { place, found, known },
            source => Self::Migration { place, source },
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        Error::storage(error)
    }
}

/// An open database: one connection that writes, several that read, and the lock on it.
#[derive(Debug)]
pub(crate) struct Database {
    pools: Pools,
    pub(crate) schema_version: i64,
}

#[derive(Debug)]
enum Pools {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What a database takes and uses.
pub(crate) struct Usage {
    pub(crate) size_bytes: u64,
    /// Of a file: what in it can be written anew.
    pub(crate) reusable_bytes: Option<u64>,
    pub(crate) connections: Option<u32>,
}

impl Database {
    /// Takes the lock, opens the file, makes it where it is missing, and brings its schema up to date.
    pub(crate) async fn open(path: &Path, mut migrator: Migrator, tuning: &Tuning) -> Result<Self, OpenError> {
        migrator.dangerous_set_table_name(MIGRATIONS);
        let pools = Pools::Sqlite(Sqlite::open(path, &migrator, tuning).await?);
        Ok(Self { pools, schema_version: newest(&migrator) })
    }

    /// Connects to a server, takes the lock, and brings the schema up to date.
    pub(crate) async fn connect(url: &str, mut migrator: Migrator, share: &Share) -> Result<Self, OpenError> {
        migrator.dangerous_set_table_name(MIGRATIONS);
        let pools = Pools::Postgres(Postgres::open(url, &mut migrator, share).await?);
        Ok(Self { pools, schema_version: newest(&migrator) })
    }

    /// What is below.
    pub(crate) fn engine(&self) -> Engine {
        match &self.pools {
            Pools::Sqlite(_) => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Where it is, without any secret.
    pub(crate) fn place(&self) -> String {
        match &self.pools {
            Pools::Sqlite(own) => own.path.display().to_string(),
            Pools::Postgres(own) => own.place.clone(),
        }
    }

    /// Ends when another server was found to have taken the database over; a file is never.
    pub(crate) fn taken_over(&self) -> impl Future<Output = ()> + Send + use<> {
        let watch = match &self.pools {
            Pools::Sqlite(_) => None,
            Pools::Postgres(own) => Some(own.taken_over()),
        };
        async move {
            match watch {
                Some(watch) => watch.await,
                None => std::future::pending().await,
            }
        }
    }

    /// A connection that reads what was committed.
    pub(crate) async fn reader(&self) -> Result<Lent> {
        match &self.pools {
            Pools::Sqlite(own) => own.reader.acquire().await.map(Lent::Sqlite),
            Pools::Postgres(own) => own.reader().await,
        }
        .map_err(error::storage)
    }

    /// The connection that writes, outside of a transaction.
    pub(crate) async fn writer(&self) -> Result<Lent> {
        match &self.pools {
            Pools::Sqlite(own) => own.writer.acquire().await.map(Lent::Sqlite),
            Pools::Postgres(own) => own.writer().await,
        }
        .map_err(error::storage)
    }

    /// The connection that writes, in a transaction.
    pub(crate) async fn transaction(&self) -> Result<Transaction> {
        match &self.pools {
            Pools::Sqlite(own) => Transaction::on_sqlite(&own.writer).await,
            Pools::Postgres(own) => own.transaction().await,
        }
        .map_err(error::storage)
    }

    /// Bytes on the disk, and connections to a server.
    pub(crate) async fn usage(&self) -> Result<Usage> {
        match &self.pools {
            Pools::Sqlite(own) => {
                let sql = "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size";
                let free = engine::raw_rows(&mut self.reader().await?.connection(), sql, Vec::new()).await.map_err(error::storage)?;
                let free = free.first().map(|row| row.int(0)).transpose()?.flatten().unwrap_or(0) as u64;
                let log = own.log_bytes();
                Ok(Usage { size_bytes: own.size_bytes() + log, reusable_bytes: Some(free + log), connections: None })
            }
            Pools::Postgres(own) => {
                let sql = "SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0)::bigint FROM pg_class \
                    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
                let rows = engine::raw_rows(&mut self.reader().await?.connection(), sql, Vec::new()).await.map_err(error::storage)?;
                let size = rows.first().map(|row| row.int(0)).transpose()?.flatten().unwrap_or(0);
                Ok(Usage { size_bytes: size as u64, reusable_bytes: None, connections: Some(own.connections()) })
            }
        }
    }

    /// Lets go of the database in order: what is written is folded into a file, connections to a server are ended.
    pub(crate) async fn close(&self) {
        match &self.pools {
            Pools::Sqlite(own) => own.close().await,
            Pools::Postgres(own) => own.close().await,
        }
    }
}

/// The last migration that this program knows.
pub(crate) fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|m| m.version).max().unwrap_or(0)
}
