//! History by months: on PostgreSQL its tables are made of partitions, made ahead of time and dropped when all that is in them is old.
//!
//! A partition holds a range of ids, which begin with their time (UUIDv7). SQLite has no partitions, and one table for all months.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait as _, Func, Order, Query};
use time::{Date, Month, OffsetDateTime};
use uuid::Uuid;
use vigie_domain::alerts::Alert;
use vigie_domain::query::{Filter, Schema};
use vigie_domain::store::Entity as _;
use vigie_domain::system::{AuditEntry, Event};
use vigie_domain::{Error, Result, Scope, Timestamp};

use super::condition;
use crate::engine::{self, Connection, Engine};
use crate::error;

/// The tables of history.
static TABLES: [&Schema; 3] = [Alert::SCHEMA, AuditEntry::SCHEMA, Event::SCHEMA];

/// Months made ahead.
const AHEAD: usize = 2;

/// How far back months are made for what comes from another database: ten years.
const REACH: std::time::Duration = std::time::Duration::from_hours(24 * 3_653);

/// Makes the partitions that are missing, from the month of `first` to the next ones after `now`.
pub(crate) async fn ensure(connection: &mut Connection<'_>, first: Timestamp, now: Timestamp) -> Result<()> {
    if connection.engine() == Engine::Sqlite {
        return Ok(());
    }
    let held = partitions(connection).await?;
    let (first, last) = (Span::of(first)?, Span::of(now)?.after(AHEAD)?);
    let spans = std::iter::successors(Some(first), |span| span.after(1).ok()).take_while(|span| span.from <= last.from);
    for span in spans {
        for schema in TABLES {
            let name = span.name(schema);
            // what a clock that was wrong has put aside stays there
            if held.contains(&name) || is_taken(connection, schema, &span).await? {
                continue;
            }
            let (from, to) = (span.from, span.to);
            let sql = format!("CREATE TABLE {name} PARTITION OF {} FOR VALUES FROM ('{from}') TO ('{to}')", schema.table);
            engine::define(connection, sql).await?;
        }
    }
    Ok(())
}

/// Makes the partitions that the rows of another database need.
pub(crate) async fn reach_back(from: &mut Connection<'_>, to: &mut Connection<'_>, table: &'static str) -> Result<()> {
    if to.engine() == Engine::Sqlite || !TABLES.iter().any(|t| t.table == table) {
        return Ok(());
    }
    let mut ends = Vec::new();
    for order in [Order::Asc, Order::Desc] {
        let mut select = Query::select();
        select.column("id").from(table).order_by("id", order).limit(1);
        let row = engine::first(from, &select).await.map_err(error::storage)?;
        ends.extend(row.map(|row| row.id(0)).transpose()?.map(|id| Timestamp((id.0.as_u128() >> 80) as i64)));
    }
    let [first, last] = ends[..] else { return Ok(()) };
    ensure(to, Ord::max(first, last.minus(REACH)), last).await
}

/// Drops the partitions of this table whose month is over and of which every row matches; how many rows went.
pub(crate) async fn forget(connection: &mut Connection<'_>, schema: &'static Schema, filters: &[Filter], now: Timestamp) -> Result<u64> {
    if connection.engine() == Engine::Sqlite || !TABLES.iter().any(|t| t.table == schema.table) {
        return Ok(0);
    }
    ensure(connection, now, now).await?;
    let current = Span::of(now)?.name(schema);
    let months = |name: &&String| name.starts_with(&format!("{}_2", schema.table)) && **name < current;
    let mut gone = 0;
    for name in partitions(connection).await?.iter().filter(months) {
        let mut kept = Query::select();
        kept.expr(Expr::cust("1")).from_as(name.clone(), schema.table).limit(1);
        let matches = condition::all(schema, &Scope::system(), filters, None);
        kept.and_where(Func::coalesce([matches.into(), Expr::cust("FALSE")]).not());
        if engine::first(connection, &kept).await.map_err(error::storage)?.is_some() {
            continue;
        }
        gone += engine::count(connection, name).await?;
        engine::define(connection, format!("DROP TABLE {name}")).await?;
    }
    Ok(gone)
}

/// The names of all partitions of this schema.
async fn partitions(connection: &mut Connection<'_>) -> Result<BTreeSet<String>> {
    let sql = "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = current_schema()::regnamespace";
    let rows = engine::raw_rows(connection, sql, Vec::new()).await.map_err(error::storage)?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Whether rows of this span stand among those that fit no month.
async fn is_taken(connection: &mut Connection<'_>, schema: &'static Schema, span: &Span) -> Result<bool> {
    let mut select = Query::select();
    select.expr(Expr::cust("1")).from(format!("{}_rest", schema.table)).limit(1);
    select.and_where(Expr::col("id").gte(span.from)).and_where(Expr::col("id").lt(span.to));
    Ok(engine::first(connection, &select).await.map_err(error::storage)?.is_some())
}

/// A month, with its range of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    year: i32,
    month: Month,
    from: Uuid,
    to: Uuid,
}

impl Span {
    /// The month of a moment.
    fn of(moment: Timestamp) -> Result<Self> {
        let date = OffsetDateTime::from_unix_timestamp(moment.seconds()).map_err(Error::storage)?;
        Self::new(date.year(), date.month())
    }

    fn new(year: i32, month: Month) -> Result<Self> {
        let (next, next_year) = (month.next(), if month == Month::December { year + 1 } else { year });
        Ok(Self { year, month, from: first_id(year, month)?, to: first_id(next_year, next)? })
    }

    /// So many months later.
    fn after(self, months: usize) -> Result<Self> {
        let past_december = (i32::from(u8::from(self.month)) - 1 + months as i32) / 12;
        Self::new(self.year + past_december, self.month.nth_next(months as u8))
    }

    fn name(self, schema: &Schema) -> String {
        format!("{}_{:04}_{:02}", schema.table, self.year, u8::from(self.month))
    }
}

/// The least id made in a month: a UUIDv7 begins with 48 bits of milliseconds (RFC 9562, section 5.7).
fn first_id(year: i32, month: Month) -> Result<Uuid> {
    let first = Date::from_calendar_date(year, month, 1).map_err(Error::storage)?.midnight().assume_utc();
    let milliseconds = Ord::max(first.unix_timestamp(), 0) as u128 * 1000;
    Ok(Uuid::from_u128(milliseconds << 80))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other() {
        let span = Span::of(Timestamp::parse("2026-11-30T23:59:59.999Z").unwrap()).unwrap();
        assert_eq!(span.name(Event::SCHEMA), "events_2026_11");
        assert_eq!(span.after(2).unwrap().name(Event::SCHEMA), "events_2027_01");
        assert_eq!(span.after(1).unwrap().after(1).unwrap(), span.after(2).unwrap());
        assert_eq!(span.to, span.after(1).unwrap().from);
        let id = vigie_domain::Id::new().0;
        let now = Span::of(Timestamp(i64::try_from(id.as_u128() >> 80).unwrap())).unwrap();
        assert!(now.from <= id && id < now.to);
    }
}
