//! The one place that knows which database engine is below: it builds statements in its dialect, runs them, and reads their rows.

use sea_query::SqliteQueryBuilder;
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, Sqlite};
use uuid::Uuid;
use vigie_domain::query::{FieldKind, Value};
use vigie_domain::{Error, Id, Result};

use crate::error;

/// A connection, in a transaction or not.
pub(crate) type Connection = SqliteConnection;

/// A connection lent by a pool.
pub(crate) type Lent = sqlx::pool::PoolConnection<Sqlite>;

/// A transaction that may write.
pub(crate) type Transaction = sqlx::Transaction<'static, Sqlite>;

/// Begins a transaction that takes the right to write at once: a reading one that is raised later fails when another wrote in between.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// All rows of a query.
pub(crate) async fn rows(connection: &mut Connection, statement: &impl SqlxBinder) -> sqlx::Result<Vec<Row>> {
    let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
    let rows = sqlx::query_with(AssertSqlSafe(sql), values).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Row).collect())
}

/// The first row of a query.
pub(crate) async fn first(connection: &mut Connection, statement: &impl SqlxBinder) -> sqlx::Result<Option<Row>> {
    let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
    Ok(sqlx::query_with(AssertSqlSafe(sql), values).fetch_optional(connection).await?.map(Row))
}

/// Runs a statement; how many rows it touched.
pub(crate) async fn execute(connection: &mut Connection, statement: &impl SqlxBinder) -> sqlx::Result<u64> {
    let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
    Ok(sqlx::query_with(AssertSqlSafe(sql), values).execute(connection).await?.rows_affected())
}

/// All rows of a statement written out, in SQL that the engines share (`$1`, `RETURNING`, `UPDATE … FROM`).
pub(crate) async fn raw_rows(connection: &mut Connection, sql: &'static str, values: Vec<sea_query::Value>) -> sqlx::Result<Vec<Row>> {
    let values = SqlxValues(sea_query::Values(values));
    let rows = sqlx::query_with(sql, values).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Row).collect())
}

/// Runs a statement written out.
pub(crate) async fn raw_execute(connection: &mut Connection, sql: &'static str, values: Vec<sea_query::Value>) -> sqlx::Result<u64> {
    let values = SqlxValues(sea_query::Values(values));
    Ok(sqlx::query_with(sql, values).execute(connection).await?.rows_affected())
}

/// Changes the schema; the text is made of names that stand in the program.
pub(crate) async fn define(connection: &mut Connection, sql: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.map(drop).map_err(error::storage)
}

/// The names of all indexes.
pub(crate) async fn indexes(connection: &mut Connection) -> Result<Vec<String>> {
    let names = raw_rows(connection, "SELECT name FROM sqlite_master WHERE type = 'index'", Vec::new()).await;
    names.map_err(error::storage)?.iter().map(|row| row.text(0)).collect()
}

/// A row; columns are read by their place.
pub(crate) struct Row(SqliteRow);

impl Row {
    /// Text that is not null.
    pub(crate) fn text(&self, column: usize) -> Result<String> {
        self.0.try_get(column).map_err(error::row)
    }

    /// An identifier that is not null.
    pub(crate) fn id(&self, column: usize) -> Result<Id> {
        self.0.try_get::<Uuid, _>(column).map(Id).map_err(error::row)
    }

    /// A whole number, `None` when null.
    pub(crate) fn int(&self, column: usize) -> Result<Option<i64>> {
        self.0.try_get(column).map_err(error::row)
    }

    /// Bytes that are not null.
    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.0.try_get(column).map_err(error::row)
    }

    /// A column of this kind.
    pub(crate) fn value(&self, column: usize, kind: FieldKind) -> Result<Value> {
        let row = &self.0;
        match kind {
            FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => row.try_get::<Option<String>, _>(column).map(Value::from),
            FieldKind::Int | FieldKind::Time => row.try_get::<Option<i64>, _>(column).map(Value::from),
            FieldKind::Real => row.try_get::<Option<f64>, _>(column).map(Value::from),
            FieldKind::Bool => row.try_get::<Option<bool>, _>(column).map(Value::from),
            FieldKind::Id => row.try_get::<Option<Uuid>, _>(column).map(|v| v.map(Id).into()),
            FieldKind::Ip => row.try_get::<Option<Vec<u8>>, _>(column).map(|v| v.map_or(Value::Null, Value::Bytes)),
        }
        .map_err(error::row)
    }
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

/// Name and version of the engine.
pub(crate) async fn version(connection: &mut Connection) -> Result<(&'static str, String)> {
    let row = raw_rows(connection, "SELECT sqlite_version()", Vec::new()).await.map_err(error::storage)?;
    let version = row.first().ok_or_else(|| Error::storage(sqlx::Error::RowNotFound))?.text(0)?;
    Ok(("sqlite", version))
}
