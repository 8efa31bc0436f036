//! A database at a server of PostgreSQL: connecting, its lock, pools and migrations.
//!
//! Units of work take turns on one connection, as they do on SQLite, and that connection holds an advisory lock: who cannot have the lock
//! cannot write. So a database has one owner, even when connections are cut and made anew.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, Row as _};
use tokio::sync::watch;

use super::OpenError;
use super::gate::Gate;
use crate::engine::{Lent, Transaction};

/// The oldest server whose SQL is spoken here.
const OLDEST: u32 = 150_000;

/// The key of the lock: `vigie` in ASCII, above the number of the share.
pub(super) const LOCK: i64 = 0x76_69_67_69_65_00;

/// How long the lock of a server is waited for that has just stopped.
const LOCK_WAIT: &str = "2s";

/// How often a server looks whether the lock is still its own.
const LOOK: Duration = Duration::from_secs(2);

/// Longest wait for a server to answer.
const CONNECTING: Duration = Duration::from_secs(5);

/// Longest wait for a connection that is free, which is the turn to write.
const TURN: Duration = Duration::from_secs(10);

/// What readers are. A plan kept for all values takes an even spread of them for granted: of the filters and orders that lists offer one in nine
/// would, for a rare value, walk the wrong index to its end.
const READING: [(&str, &str); 2] = [("default_transaction_read_only", "on"), ("plan_cache_mode", "force_custom_plan")];

/// What a store has of the server: of 20 connections at most, 5 are always there.
pub(crate) struct Share {
    /// The schema its tables are in.
    pub(crate) schema: &'static str,
    /// Tells its lock from that of the other store.
    pub(crate) number: i64,
    /// Connections that read: always there, and at most.
    pub(crate) readers: (u32, u32),
}

/// A database at a server.
#[derive(Debug)]
pub(crate) struct Postgres {
    writer: PgPool,
    reader: PgPool,
    gate: Arc<Gate>,
    pub(super) place: String,
    taken_over: watch::Receiver<bool>,
}

impl Postgres {
    /// Connects, takes the lock, makes the schema where it is missing and brings it up to date.
    pub(super) async fn open(url: &str, migrator: &mut Migrator, share: &Share) -> Result<Self, OpenError> {
        let options = options(url, share.schema)?;
        let place = place(&options);
        let mut first = connect(&options, &place).await?;
        suits(&mut first, &place).await?;
        let key = LOCK + share.number;
        if take_lock(&mut first, key, LOCK_WAIT).await.is_err() {
            return Err(OpenError::Owned { holder: holder(&mut first, key).await, place });
        }
        migrate(&mut first, migrator, share, &place).await?;
        // ends the lock too, which the connection that writes takes for itself
        first.close().await.map_err(|e| unreachable(&place, &e))?;

        // never renewed: between two connections somebody else could take the lock
        let (lost, taken_over) = watch::channel(false);
        let lost = Arc::new(lost);
        let writer = pool(1, 1).max_lifetime(None).after_connect(move |connection, _| {
            let lost = lost.clone();
            Box::pin(async move {
                let taken = take_lock(connection, key, LOCK_WAIT).await;
                if taken.as_ref().is_err_and(is_taken) {
                    lost.send_replace(true);
                }
                taken
            })
        });
        let writer = writer.connect_with(options.clone()).await;
        let writer = writer.map_err(|_| OpenError::Owned { place: place.clone(), holder: "it came first".to_owned() })?;
        let (least, most) = share.readers;
        let reader = pool(least, most).connect_lazy_with(options.clone().options(READING));
        let gate = Gate::new(options, place.clone(), share.schema);
        Ok(Self { writer, reader, gate, place, taken_over })
    }

    /// A connection that reads.
    pub(super) async fn reader(&self) -> sqlx::Result<Lent> {
        self.gate.pass(self.reader.acquire()).await.map(Lent::Postgres)
    }

    /// The connection that writes.
    pub(super) async fn writer(&self) -> sqlx::Result<Lent> {
        self.gate.pass(self.writer.acquire()).await.map(Lent::Postgres)
    }

    /// The connection that writes, in a transaction.
    pub(super) async fn transaction(&self) -> sqlx::Result<Transaction> {
        self.gate.pass(Transaction::on_postgres(&self.writer)).await
    }

    /// Ends when another server has the lock, after the connection that had it was lost. It looks from time to time, as a server that has
    /// nothing to write would not see it.
    pub(super) fn taken_over(&self) -> impl Future<Output = ()> + Send + use<> {
        let (mut taken, writer) = (self.taken_over.clone(), self.writer.clone());
        async move {
            while tokio::time::timeout(LOOK, taken.wait_for(|taken| *taken)).await.is_err() {
                // a connection is tried before it is lent, and one that is lost asks for the lock anew
                drop(writer.acquire().await);
            }
        }
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> u32 {
        self.writer.size() + self.reader.size()
    }

    /// Ends the connections; a server that is silent is not waited for.
    pub(super) async fn close(&self) {
        let closing = async {
            self.reader.close().await;
            self.writer.close().await;
        };
        if tokio::time::timeout(CONNECTING, closing).await.is_err() {
            tracing::warn!(database = self.place, "the database server does not answer: its connections are dropped");
        }
    }
}

/// A connection that only reads, for a look beside whoever has the lock.
pub(crate) async fn lend(url: &str, schema: &'static str) -> Result<PoolConnection<sqlx::Postgres>, OpenError> {
    let (pool, place) = reading(url, schema).await?;
    pool.acquire().await.map_err(|e| unreachable(&place, &e))
}

/// A transaction that sees one state of a schema, without the lock.
pub(crate) async fn snapshot(url: &str, schema: &'static str) -> Result<Transaction, OpenError> {
    let (pool, place) = reading(url, schema).await?;
    Transaction::reading_postgres(&pool).await.map_err(|e| unreachable(&place, &e))
}

async fn reading(url: &str, schema: &'static str) -> Result<(PgPool, String), OpenError> {
    let options = options(url, schema)?.options(READING);
    let place = place(&options);
    connect(&options, &place).await?.close().await.map_err(|e| unreachable(&place, &e))?;
    Ok((pool(0, 1).connect_lazy_with(options), place))
}

fn pool(least: u32, most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .min_connections(least)
        .max_connections(most)
        .max_lifetime(Duration::from_mins(10))
        .acquire_timeout(TURN)
        // units take turns: that one waits is no news
        .acquire_slow_threshold(TURN)
        .idle_timeout(None)
        .test_before_acquire(true)
}

pub(super) fn options(url: &str, schema: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url).map_err(|e| OpenError::NoAddress { reason: e.to_string() })?;
    Ok(options
        .application_name(&format!("vigie (process {})", std::process::id()))
        .options([
            ("search_path", schema),
            ("statement_timeout", "15s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "60s"),
            ("client_min_messages", "warning"),
            // a host that is gone without a word gives its lock back within half a minute
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
            ("tcp_user_timeout", "25s"),
            // lists are short statements: compiling them takes longer than running them
            ("jit", "off"),
        ])
        .statement_cache_capacity(500)
        .disable_statement_logging())
}

/// Where it is, for people: no user and no password.
pub(super) fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{database} at {}", socket.display()),
        None => format!("postgres://{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

pub(super) async fn connect(options: &PgConnectOptions, place: &str) -> Result<PgConnection, OpenError> {
    let silent = || OpenError::Unreachable { place: place.to_owned(), reason: format!("no answer in {} s", CONNECTING.as_secs()) };
    let connected = tokio::time::timeout(CONNECTING, PgConnection::connect_with(options)).await.map_err(|_| silent())?;
    connected.map_err(|error| {
        let Some(own) = error.as_database_error() else { return unreachable(place, &error) };
        let (place, reason) = (place.to_owned(), own.message().to_owned());
        match own.code().as_deref() {
            Some("3D000") => OpenError::Missing { place, name: options.get_database().unwrap_or(options.get_username()).to_owned() },
            Some(code) if code.starts_with("28") => OpenError::Refused { place, user: options.get_username().to_owned(), reason },
            _ => OpenError::Unreachable { place, reason },
        }
    })
}

pub(super) fn unreachable(place: &str, error: &sqlx::Error) -> OpenError {
    OpenError::Unreachable { place: place.to_owned(), reason: error.to_string() }
}

pub(super) async fn suits(connection: &mut PgConnection, place: &str) -> Result<(), OpenError> {
    let version = connection.server_version_num().unwrap_or(0);
    let sql = "SELECT pg_encoding_to_char(encoding)::text, pg_is_in_recovery() FROM pg_database WHERE datname = current_database()";
    let row = sqlx::query(sql).fetch_one(connection).await.map_err(|e| unreachable(place, &e))?;
    match misfit(version, row.get(0), row.get(1)) {
        Some(reason) => Err(OpenError::Unsuited { place: place.to_owned(), reason }),
        None => Ok(()),
    }
}

/// What is wrong with a server of this version, and a database of this encoding. Its collation is any: columns of text have `C`.
fn misfit(version: u32, encoding: &str, standby: bool) -> Option<String> {
    if version < OLDEST {
        return Some(format!("postgresql {} is needed, it is {}.{}", OLDEST / 10_000, version / 10_000, version % 10_000));
    }
    if encoding != "UTF8" {
        return Some(format!("its encoding is {encoding}: make one with createdb --template=template0 --encoding=UTF8"));
    }
    standby.then(|| "it is a standby that takes no writes: point store.url at the primary server".to_owned())
}

/// Takes the lock of the database for as long as the connection lasts, and waits for it so long.
pub(super) async fn take_lock(connection: &mut PgConnection, key: i64, wait: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT set_config('lock_timeout', $1, false)").bind(wait).execute(&mut *connection).await?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(key).execute(&mut *connection).await?;
    sqlx::raw_sql("RESET lock_timeout").execute(connection).await.map(drop)
}

/// Whether somebody else has the lock.
pub(super) fn is_taken(error: &sqlx::Error) -> bool {
    // lock_not_available
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "55P03")
}

/// Who has the lock.
pub(super) async fn holder(connection: &mut PgConnection, key: i64) -> String {
    let sql = "SELECT concat_ws(' at ', a.application_name, host(a.client_addr)) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
        WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) + l.objid::bigint = $1 \
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let found = sqlx::query_scalar(sql).bind(key).fetch_optional(connection).await;
    found.ok().flatten().unwrap_or_else(|| "unknown".to_owned())
}

async fn migrate(connection: &mut PgConnection, migrator: &mut Migrator, share: &Share, place: &str) -> Result<(), OpenError> {
    sqlx::raw_sql("SET statement_timeout = 0").execute(&mut *connection).await.map_err(|e| unreachable(place, &e))?;
    // ours is held already
    migrator.create_schema(share.schema);
    migrator.set_locking(false);
    migrator.run_direct(None, connection, false).await.map_err(|e| OpenError::migration(place.to_owned(), migrator, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_do_not_fit_are_told_why() {
        assert_eq!(misfit(150_018, "UTF8", false), None);
        assert_eq!(misfit(140_011, "UTF8", false).unwrap(), "postgresql 15 is needed, it is 14.11");
        assert!(misfit(170_002, "LATIN1", false).unwrap().contains("LATIN1"));
        assert!(misfit(170_002, "UTF8", true).unwrap().contains("standby"));
    }

    #[test]
    fn places_hide_user_and_password() {
        let of = |url| place(&PgConnectOptions::from_str(url).unwrap());
        assert_eq!(of("postgres://vigie:secret@db.example.net/noc"), "postgres://db.example.net:5432/noc");
        assert_eq!(of("postgres://vigie:secret@localhost/noc?host=/run/postgresql"), "noc at /run/postgresql");
    }
}
