//! Connections of either engine: lent by a pool, in a transaction, and as statements borrow them.

use std::time::Duration;

use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool};

use super::{Engine, Row};

/// Longest wait for an answer of a server, beyond its own limit of a statement: one that is stopped or cut off says nothing at all.
const SILENCE: Duration = Duration::from_secs(20);

/// The same for statements that may take long.
const PATIENCE: Duration = Duration::from_hours(24);

/// A connection, in a transaction or not.
pub(crate) enum Connection<'c> {
    /// To SQLite.
    Sqlite(&'c mut SqliteConnection),
    /// To PostgreSQL, with the longest wait for an answer.
    Postgres(&'c mut PgConnection, Duration),
}

impl Connection<'_> {
    /// What is at its other end.
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(..) => Engine::Postgres,
        }
    }

    /// All rows of a statement.
    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, values: SqlxValues) -> sqlx::Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(own) => sqlx::query_with(sql, values).fetch_all(&mut **own).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Postgres(own, wait) => {
                let rows = answered(*wait, sqlx::query_with(sql, without_nul(values)).fetch_all(&mut **own)).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Runs a statement; how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, values: SqlxValues) -> sqlx::Result<u64> {
        Ok(match self {
            Self::Sqlite(own) => sqlx::query_with(sql, values).execute(&mut **own).await?.rows_affected(),
            Self::Postgres(own, wait) => {
                answered(*wait, sqlx::query_with(sql, without_nul(values)).execute(&mut **own)).await?.rows_affected()
            }
        })
    }

    /// Runs a statement of PostgreSQL alone: SQLite undoes by itself what a failed statement did, and goes on.
    pub(super) async fn on_postgres(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let Self::Postgres(own, wait) = self else { return Ok(()) };
        answered(*wait, sqlx::raw_sql(sql).execute(&mut **own)).await.map(drop)
    }
}

/// Text of PostgreSQL has no NUL, and devices may say one: in columns it becomes SUB, documents escape it.
fn without_nul(mut values: SqlxValues) -> SqlxValues {
    for value in &mut values.0.0 {
        if let sea_query::Value::String(Some(text)) = value
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{1a}");
        }
    }
    values
}

/// What a server answers, or that it is silent.
async fn answered<T>(wait: Duration, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    tokio::time::timeout(wait, answer).await.unwrap_or_else(|_| {
        let silent = format!("no answer in {} s", wait.as_secs());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, silent)))
    })
}

/// A connection lent by a pool.
pub(crate) enum Lent {
    /// To SQLite.
    Sqlite(PoolConnection<Sqlite>),
    /// To PostgreSQL.
    Postgres(PoolConnection<Postgres>),
}

impl Lent {
    /// To run statements.
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(own) => Connection::Sqlite(own),
            Self::Postgres(own) => Connection::Postgres(own, SILENCE),
        }
    }
}

/// A transaction that may write. Dropping it rolls back.
pub(crate) enum Transaction {
    /// Of SQLite.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    /// Of PostgreSQL, with the longest wait for an answer.
    Postgres(sqlx::Transaction<'static, Postgres>, Duration),
}

impl Transaction {
    /// Begins one that takes the right to write at once: a reading one that is raised later fails when another wrote in between.
    pub(crate) async fn on_sqlite(writer: &SqlitePool) -> sqlx::Result<Self> {
        writer.begin_with("BEGIN IMMEDIATE").await.map(Self::Sqlite)
    }

    /// Begins one that sees one state of the database, and fails when others change what it builds on.
    pub(crate) async fn on_postgres(writer: &PgPool) -> sqlx::Result<Self> {
        let begun = answered(SILENCE, writer.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE")).await?;
        Ok(Self::Postgres(begun, SILENCE))
    }

    /// Begins one that reads one state of a file; others write meanwhile.
    pub(crate) async fn reading_sqlite(reader: &SqlitePool) -> sqlx::Result<Self> {
        reader.begin_with("BEGIN").await.map(Self::Sqlite)
    }

    /// Begins one that reads one state of a schema; others write meanwhile.
    pub(crate) async fn reading_postgres(reader: &PgPool) -> sqlx::Result<Self> {
        let begun = answered(SILENCE, reader.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await?;
        Ok(Self::Postgres(begun, SILENCE))
    }

    /// Lets what follows take as long as it needs: changes of the schema do, and copies of everything.
    pub(crate) async fn take_time(&mut self) -> sqlx::Result<()> {
        if let Self::Postgres(_, wait) = self {
            *wait = PATIENCE;
        }
        let sql = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
        self.connection().on_postgres(sql).await
    }

    /// To run statements.
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(own) => Connection::Sqlite(own),
            Self::Postgres(own, wait) => Connection::Postgres(own, *wait),
        }
    }

    /// Marks the place to which [`Self::settle`] goes back: what fails on PostgreSQL would else fail all that follows.
    pub(crate) async fn mark(&mut self) -> sqlx::Result<()> {
        self.connection().on_postgres("SAVEPOINT step").await
    }

    /// Keeps or undoes what was done since the mark, as it went well or not.
    pub(crate) async fn settle(&mut self, well: bool) -> sqlx::Result<()> {
        let sql = if well { "RELEASE SAVEPOINT step" } else { "ROLLBACK TO SAVEPOINT step" };
        self.connection().on_postgres(sql).await
    }

    /// Makes it permanent. PostgreSQL answers the commit of a failed transaction by rolling it back without an error: it is asked before.
    pub(crate) async fn commit(mut self) -> sqlx::Result<()> {
        self.connection().on_postgres("SELECT 1").await?;
        match self {
            Self::Sqlite(own) => own.commit().await,
            Self::Postgres(own, wait) => answered(wait, own.commit()).await,
        }
    }
}
