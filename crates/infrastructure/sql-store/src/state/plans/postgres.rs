//! The same promise on PostgreSQL, of plans that were run: no sort, few buffers, few rows looked at in vain.
//!
//! Where the tables are small, the planner is told to leave out what it would rightly prefer there.

use std::sync::Arc;

use sea_query_sqlx::SqlxBinder as _;
use serde_json::Value as Json;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Postgres};
use vigie_domain::Scope;
use vigie_domain::query::{FieldKind, ListQuery, Schema};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::postgres::{Database, Server};
use vigie_testkit::size::is_full;

use super::super::page::{self, Way};
use super::super::tables::{Size, TABLES, Table};
use super::super::{columns, history, indexes};
use super::data::{self, PAGE};
use super::{asked, may_sort, queries};
use crate::SqlStore;
use crate::engine::{Engine, Lent};

/// Each filter on an indexed column of each list, by the value of one row and by one that no row has, in each order, from the start and from cursors.
#[tokio::test]
async fn indexed_filters_cost_what_they_return() {
    let Some((_database, _store, mut connection)) = filled().await else { return };
    let (mut run, mut wrong) = (0, Vec::new());
    for table in TABLES {
        for (field, query) in asked(table) {
            let query = ListQuery { limit: PAGE, ..query };
            run += 1;
            let in_order = table.size == Size::Grows && !may_sort(table, field);
            let cost = Cost::of(&mut connection, table.schema, &query, in_order).await;
            if let Some(why) = cost.too_much(in_order) {
                wrong.push(format!("{} {} {:?}: {why}", table.schema.table, field.name, query.ordering));
            }
        }
    }
    assert!(run > 2000, "{run} plans were run");
    assert!(wrong.is_empty(), "{} of {run}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Without a filter each order is a walk that ends with the page.
#[tokio::test]
async fn orders_cost_a_page() {
    let Some((_database, _store, mut connection)) = filled().await else { return };
    for table in TABLES.iter().filter(|t| t.size == Size::Grows) {
        for query in queries(table.schema) {
            let cost = Cost::of(&mut connection, table.schema, &ListQuery { limit: PAGE, ..query.clone() }, true).await;
            assert_eq!(cost.too_much(true), None, "{} {:?}", table.schema.table, query.ordering);
        }
    }
}

/// Every column of SQLite is there on PostgreSQL, in the type that goes with it, and text is compared byte by byte.
#[tokio::test]
async fn tables_are_as_the_schemas_say() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let _store = SqlStore::connect(&database.url, Arc::new(ManualClock::default())).await.unwrap();
    let sql = "SELECT table_name || ' ' || column_name, data_type || ' ' || coalesce(collation_name, '-') || ' ' || is_nullable \
        FROM information_schema.columns WHERE table_schema = 'vigie'";
    let held = database.sql(sql);
    let held: std::collections::BTreeMap<_, _> = held.lines().filter_map(|line| line.split_once('|')).collect();
    for Table { schema, .. } in TABLES {
        for name in columns::insert_names(schema) {
            assert!(held.contains_key(format!("{} {name}", schema.table).as_str()), "{} has no column {name}", schema.table);
        }
        for field in schema.fields {
            let kind = held[format!("{} {}", schema.table, field.name).as_str()];
            let expected = match field.kind {
                FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "text C",
                FieldKind::Int | FieldKind::Time => "bigint -",
                FieldKind::Bool => "boolean -",
                FieldKind::Real => "double precision -",
                FieldKind::Id => "uuid -",
                FieldKind::Ip => "bytea -",
            };
            let not_null = kind.ends_with(" NO");
            assert!(kind.starts_with(expected) && (not_null || !field.sortable), "{}.{}: {kind}", schema.table, field.name);
        }
    }
    let loose: Vec<_> =
        held.iter().filter(|(c, k)| k.starts_with("text") && !k.starts_with("text C") && !c.contains("migrations")).collect();
    assert!(loose.is_empty(), "compared by the rules of some language: {loose:?}");
}

/// A store whose tables are full, and a connection to it that plans as it would with many rows.
async fn filled() -> Option<(Database, SqlStore, PoolConnection<Postgres>)> {
    let database = Server::shared()?.database();
    let store = SqlStore::connect(&database.url, Arc::new(ManualClock::default())).await.unwrap();
    let mut lent = store.database().writer().await.unwrap();
    history::ensure(&mut lent.connection(), data::begin(), vigie_testkit::make::NOW).await.unwrap();
    let drop_indexes = "SELECT string_agg(format('DROP INDEX vigie.%I', indexname), '; ') FROM pg_indexes \
        WHERE schemaname = 'vigie' AND indexname LIKE 'list\\_%'";
    if is_full() {
        // an index is made of a full table in a fraction of the time that it takes to grow
        database.sql(&database.sql(drop_indexes));
    }
    let filling: String = TABLES.iter().map(|table| data::insert(table, Engine::Postgres)).collect();
    database.sql(&format!("SET search_path = vigie; SET session_replication_role = replica; BEGIN; {filling} COMMIT"));
    indexes::ensure(&mut lent.connection()).await.unwrap();
    database.sql("VACUUM ANALYZE");
    drop(lent);
    let Lent::Postgres(mut connection) = store.database().reader().await.unwrap() else { unreachable!("opened at a server") };
    if !is_full() {
        sqlx::raw_sql("SET enable_seqscan = off; SET enable_bitmapscan = off").execute(&mut *connection).await.unwrap();
    }
    Some((database, store, connection))
}

/// What a plan took when it was run.
#[derive(Default)]
struct Cost {
    buffers: i64,
    removed: i64,
    sorts: bool,
    scans: bool,
    sql: String,
}

impl Cost {
    /// Runs it; where the table is small and it shall be served in order, sorting is left out too.
    async fn of(connection: &mut PoolConnection<Postgres>, schema: &'static Schema, query: &ListQuery, in_order: bool) -> Self {
        let sort = if in_order && !is_full() { "off" } else { "on" };
        let settings = AssertSqlSafe(format!("SET enable_sort = {sort}; SET enable_incremental_sort = {sort}"));
        sqlx::raw_sql(settings).execute(&mut **connection).await.unwrap();
        let mut cost = Self::default();
        for statement in page::statements(schema, &Scope::system(), query, Way::Served).unwrap() {
            let (sql, values) = statement.build_sqlx(sea_query::PostgresQueryBuilder);
            let explain = AssertSqlSafe(format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"));
            let plan: Json = sqlx::query_scalar_with(explain, values).persistent(false).fetch_one(&mut **connection).await.unwrap();
            let plan = &plan[0]["Plan"];
            cost.buffers += plan["Shared Hit Blocks"].as_i64().unwrap() + plan["Shared Read Blocks"].as_i64().unwrap();
            cost.sql.push_str(&sql);
            cost.add(plan);
        }
        cost
    }

    fn add(&mut self, node: &Json) {
        let rows = |name: &str| node[name].as_i64().unwrap_or(0) * node["Actual Loops"].as_i64().unwrap_or(1);
        self.removed += rows("Rows Removed by Filter") + rows("Rows Removed by Index Recheck");
        let kind = node["Node Type"].as_str().unwrap_or_default();
        // what the planner knows to be nothing, such as null in a column that is never null, has nothing to sort
        let nothing = node["Plans"][0]["One-Time Filter"] == "false";
        self.sorts |= kind.contains("Sort") && !nothing;
        self.scans |= kind == "Seq Scan";
        for child in node["Plans"].as_array().into_iter().flatten() {
            self.add(child);
        }
    }

    fn too_much(&self, in_order: bool) -> Option<String> {
        let Self { buffers, removed, sorts, scans, sql } = self;
        let well = *buffers <= 500 && *removed <= 10 * PAGE as i64 && !scans && !(*sorts && in_order);
        (!well).then(|| format!("{buffers} buffers, {removed} rows removed, sorts: {sorts}, scans: {scans}: {sql}"))
    }
}
