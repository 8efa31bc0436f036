//! How many rows match.

use sea_query::{Expr, ExprTrait as _, Func, Query, SelectStatement};
use vigie_domain::query::{Filter, ListQuery, Schema, Value};
use vigie_domain::{Error, Result, Scope};

use super::condition;
use crate::engine::{self, Connection};
use crate::error;

/// Rows are counted exactly up to here (API, section 3).
const EXACT: u64 = 10_000;

/// The size of the list: exact to 10,000, beyond that a floor.
pub(crate) async fn estimate(
    connection: &mut Connection<'_>,
    schema: &'static Schema,
    scope: &Scope,
    query: &ListQuery,
) -> Result<(Option<u64>, bool)> {
    let mut some = matching(schema, scope, &query.filters, query.search.as_deref());
    some.limit(EXACT + 1);
    let counted = run(connection, some).await?;
    Ok(if counted > EXACT { (Some(EXACT), false) } else { (Some(counted), true) })
}

/// Whether more rows than this match.
pub(crate) async fn exceeds(
    connection: &mut Connection<'_>,
    schema: &'static Schema,
    scope: &Scope,
    query: &ListQuery,
    limit: u64,
) -> Result<bool> {
    let mut some = matching(schema, scope, &query.filters, query.search.as_deref());
    some.limit(limit + 1);
    Ok(run(connection, some).await? > limit)
}

/// Counts to the end.
pub(crate) async fn exact(connection: &mut Connection<'_>, schema: &'static Schema, scope: &Scope, filters: &[Filter]) -> Result<u64> {
    run(connection, matching(schema, scope, filters, None)).await
}

/// Counts by the words of a column; rows where it is unknown are left out.
pub(crate) async fn by_column(
    connection: &mut Connection<'_>,
    schema: &'static Schema,
    scope: &Scope,
    column: &'static str,
    filters: &[Filter],
) -> Result<Vec<(String, u64)>> {
    let field = schema.field(column);
    let field = field.ok_or_else(|| Error::bad_query("invalid_filter", column, format!("{} has no column {column}", schema.table)))?;
    let mut select = Query::select();
    select
        .column((schema.table, field.name))
        .expr(Func::count(Expr::col((schema.table, "id"))))
        .from(schema.table)
        .cond_where(condition::all(schema, scope, filters, None))
        .and_where(Expr::col((schema.table, field.name)).is_not_null())
        .group_by_col((schema.table, field.name));
    let rows = engine::rows(connection, &select).await.map_err(error::storage)?;
    rows.iter().map(|row| Ok((word(row.value(0, field.kind)?), row.int(1)?.unwrap_or(0) as u64))).collect()
}

fn matching(schema: &'static Schema, scope: &Scope, filters: &[Filter], search: Option<&str>) -> SelectStatement {
    let mut select = Query::select();
    select.expr(Expr::cust("1")).from(schema.table).cond_where(condition::all(schema, scope, filters, search));
    select
}

async fn run(connection: &mut Connection<'_>, matching: SelectStatement) -> Result<u64> {
    let mut select = Query::select();
    select.expr(Expr::cust("COUNT(*)")).from_subquery(matching, "matching");
    Ok(engine::number(connection, &select).await?.unwrap_or(0) as u64)
}

fn word(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Real(v) => v.to_string(),
        Value::Text(v) => v,
        Value::Id(v) => v.to_string(),
        Value::Bytes(v) => <[u8; 16]>::try_from(v).map(|b| std::net::Ipv6Addr::from(b).to_canonical().to_string()).unwrap_or_default(),
    }
}
