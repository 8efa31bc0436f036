//! The one place that knows which database engine is below: it builds statements in its dialect, runs them, and reads their rows.

mod connection;
mod fault;
mod retry;
mod row;

use sea_query::{Asterisk, Expr, Func, PostgresQueryBuilder, Query, SqliteQueryBuilder};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::AssertSqlSafe;
use vigie_domain::query::{FieldKind, Value};
use vigie_domain::{Error, Result};

pub(crate) use connection::{Connection, Lent, Transaction};
pub(crate) use fault::{Fault, fault, sqlite_code, taken_column};
pub(crate) use retry::retried;
pub(crate) use row::Row;

use crate::error;

/// Bytes of a text in an index of PostgreSQL, of which one has two at most.
const INDEXED: usize = 1_200;

/// Columns of text that no index has.
const WHOLE: [&str; 2] = ["document", "search"];

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// SQLite, in this process.
    Sqlite,
    /// PostgreSQL, a server.
    Postgres,
}

impl Engine {
    /// Its name, as the API tells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// All rows of a query.
pub(crate) async fn rows(connection: &mut Connection<'_>, statement: &impl SqlxBinder) -> sqlx::Result<Vec<Row>> {
    let (sql, values) = build(connection, statement);
    connection.rows(sql, values).await
}

/// The first row of a query.
pub(crate) async fn first(connection: &mut Connection<'_>, statement: &impl SqlxBinder) -> sqlx::Result<Option<Row>> {
    Ok(rows(connection, statement).await?.into_iter().next())
}

/// The number that a query answers, where it is not null.
pub(crate) async fn number(connection: &mut Connection<'_>, statement: &impl SqlxBinder) -> Result<Option<i64>> {
    let row = first(connection, statement).await.map_err(error::storage)?;
    Ok(row.map(|row| row.int(0)).transpose()?.flatten())
}

/// The rows of a table.
pub(crate) async fn count(connection: &mut Connection<'_>, table: &str) -> Result<u64> {
    let mut count = Query::select();
    count.expr(Func::count(Expr::col(Asterisk))).from(table.to_owned());
    Ok(number(connection, &count).await?.unwrap_or(0) as u64)
}

/// Runs a statement; how many rows it touched.
pub(crate) async fn execute(connection: &mut Connection<'_>, statement: &impl SqlxBinder) -> sqlx::Result<u64> {
    let (sql, values) = build(connection, statement);
    connection.execute(sql, values).await
}

fn build(connection: &Connection<'_>, statement: &impl SqlxBinder) -> (AssertSqlSafe<String>, SqlxValues) {
    let (sql, values) = match connection.engine() {
        Engine::Sqlite => statement.build_sqlx(SqliteQueryBuilder),
        Engine::Postgres => statement.build_sqlx(PostgresQueryBuilder),
    };
    (AssertSqlSafe(sql), values)
}

/// All rows of a statement written out, in SQL that the engines share (`$1`, `RETURNING`, `UPDATE … FROM`).
pub(crate) async fn raw_rows(connection: &mut Connection<'_>, sql: &'static str, values: Vec<sea_query::Value>) -> sqlx::Result<Vec<Row>> {
    connection.rows(sql, SqlxValues(sea_query::Values(values))).await
}

/// Runs a statement written out.
pub(crate) async fn raw_execute(connection: &mut Connection<'_>, sql: &'static str, values: Vec<sea_query::Value>) -> sqlx::Result<u64> {
    connection.execute(sql, SqlxValues(sea_query::Values(values))).await
}

/// Changes the schema; the text is made of names that stand in the program.
pub(crate) async fn define(connection: &mut Connection<'_>, sql: String) -> Result<()> {
    connection.execute(AssertSqlSafe(sql), SqlxValues(sea_query::Values(Vec::new()))).await.map(drop).map_err(error::storage)
}

/// Lets references be checked at the end of the transaction: rows that refer to one another may come in any order.
pub(crate) async fn defer_references(connection: &mut Connection<'_>) -> Result<()> {
    let sql = match connection.engine() {
        Engine::Sqlite => "PRAGMA defer_foreign_keys = ON",
        Engine::Postgres => "SET CONSTRAINTS ALL DEFERRED",
    };
    raw_execute(connection, sql, Vec::new()).await.map(drop).map_err(error::storage)
}

/// Lets the planner of PostgreSQL know what is in a table; SQLite plans without.
pub(crate) async fn gather_statistics(connection: &mut Connection<'_>, table: &str) -> Result<()> {
    match connection.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => define(connection, format!("ANALYZE {table}")).await,
    }
}

/// Lets a number that the engine gives go on behind those that are there; SQLite does by itself.
pub(crate) async fn go_on_counting(connection: &mut Connection<'_>, sequence: &str, table: &str, column: &str) -> Result<()> {
    if connection.engine() == Engine::Sqlite {
        return Ok(());
    }
    let sql = format!("SELECT setval('{sequence}', COALESCE(MAX({column}), 0) + 1, false) FROM {table}");
    define(connection, sql).await
}

/// The names of all indexes.
pub(crate) async fn indexes(connection: &mut Connection<'_>) -> Result<Vec<String>> {
    let sql = match connection.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index'",
        Engine::Postgres => "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema()",
    };
    raw_rows(connection, sql, Vec::new()).await.map_err(error::storage)?.iter().map(|row| row.text(0)).collect()
}

/// The version of the engine.
pub(crate) async fn version(connection: &mut Connection<'_>) -> Result<String> {
    let sql = match connection.engine() {
        Engine::Sqlite => "SELECT sqlite_version()",
        Engine::Postgres => "SELECT split_part(current_setting('server_version'), ' ', 1)",
    };
    let rows = raw_rows(connection, sql, Vec::new()).await.map_err(error::storage)?;
    rows.first().ok_or_else(|| Error::storage(sqlx::Error::RowNotFound))?.text(0)
}

/// What a column keeps of a value. PostgreSQL cuts text off that lists filter and order by: it refuses a row of which an index would keep
/// more than 2,704 bytes, and devices may tell any length. The document has it whole.
pub(crate) fn fit(connection: &Connection<'_>, column: &str, mut value: sea_query::Value) -> sea_query::Value {
    let whole = connection.engine() == Engine::Sqlite || WHOLE.contains(&column);
    if let sea_query::Value::String(Some(text)) = &mut value
        && !whole
    {
        text.truncate(text.floor_char_boundary(INDEXED));
    }
    value
}

/// A value as it is bound to a column of this kind.
pub(crate) fn bind(kind: FieldKind, value: &Value) -> sea_query::Value {
    use sea_query::Value as Sql;
    match value {
        Value::Null => match kind {
            FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => Sql::String(None),
            FieldKind::Int | FieldKind::Time => Sql::BigInt(None),
            FieldKind::Real => Sql::Double(None),
            FieldKind::Bool => Sql::Bool(None),
            FieldKind::Id => Sql::Uuid(None),
            FieldKind::Ip => Sql::Bytes(None),
        },
        Value::Bool(v) => Sql::Bool(Some(*v)),
        Value::Int(v) => Sql::BigInt(Some(*v)),
        Value::Real(v) => Sql::Double(Some(*v)),
        Value::Text(v) => Sql::String(Some(v.clone())),
        Value::Id(v) => Sql::Uuid(Some(v.0)),
        Value::Bytes(v) => Sql::Bytes(Some(v.clone())),
    }
}
