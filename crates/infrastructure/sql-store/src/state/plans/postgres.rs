//! The same promise on PostgreSQL, of plans that were run: no sort, few buffers, few rows looked at in vain.
//!
//! The tables are small, so the planner is told to leave out what it would rightly prefer there.

use std::fmt::Write as _;
use std::sync::Arc;

use sea_query_sqlx::SqlxBinder as _;
use serde_json::Value as Json;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Postgres};
use vigie_domain::query::{FieldKind, Filter, Index, ListQuery, Operator, Schema, Value};
use vigie_domain::{Id, Scope};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::postgres::{Database, Server};

use super::super::columns;
use super::super::page::{self, Way};
use super::super::tables::{Size, TABLES, Table};
use super::{may_sort, queries, sample};
use crate::SqlStore;
use crate::engine::Lent;

const ROWS: usize = 3_000;
const PAGE: usize = 10;

/// Each filter on an indexed column, by the value of one row and by one that no row has, in each order, from the start and from cursors.
#[tokio::test]
async fn indexed_filters_cost_what_they_return() {
    let Some((_database, _store, mut connection)) = filled().await else { return };
    let (mut asked, mut wrong) = (0, Vec::new());
    for table in TABLES.iter().filter(|t| t.size == Size::Grows) {
        for field in table.schema.fields.iter().filter(|f| f.index == Index::Indexed) {
            for value in [rare(field.kind), absent(field.kind)] {
                let filter = Filter::on(table.schema, field.name, Operator::Eq, [value]).unwrap();
                for query in queries(table.schema) {
                    let query = ListQuery { limit: PAGE, ..query.filter(filter.clone()) };
                    asked += 1;
                    let in_order = !may_sort(table, field) && !table.one_way.contains(&query.ordering.field);
                    let cost = Cost::of(&mut connection, table.schema, &query, in_order).await;
                    if let Some(why) = cost.too_much(in_order) {
                        wrong.push(format!("{} {} {:?}: {why}", table.schema.table, field.name, query.ordering));
                    }
                }
            }
        }
    }
    assert!(asked > 2000, "{asked} plans were run");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Without a filter each order is a walk that ends with the page.
#[tokio::test]
async fn orders_cost_a_page() {
    let Some((_database, _store, mut connection)) = filled().await else { return };
    for table in TABLES.iter().filter(|t| t.size == Size::Grows) {
        for query in queries(table.schema) {
            // of rows that tie some are sorted where the schema says that they are few
            let in_order = !table.one_way.contains(&query.ordering.field);
            let cost = Cost::of(&mut connection, table.schema, &ListQuery { limit: PAGE, ..query.clone() }, in_order).await;
            assert_eq!(cost.too_much(in_order), None, "{} {:?}", table.schema.table, query.ordering);
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

/// A store whose growing tables are full, and a connection to it that plans as it would with many rows.
async fn filled() -> Option<(Database, SqlStore, PoolConnection<Postgres>)> {
    let database = Server::shared()?.database();
    let store = SqlStore::connect(&database.url, Arc::new(ManualClock::default())).await.unwrap();
    let mut sql = "SET search_path = vigie; SET session_replication_role = replica; BEGIN;".to_owned();
    for table in TABLES.iter().filter(|t| t.size == Size::Grows) {
        sql.push_str(&insert(table));
    }
    sql.push_str("COMMIT; ANALYZE");
    database.sql(&sql);
    let Lent::Postgres(mut connection) = store.database().reader().await.unwrap() else { unreachable!("opened at a server") };
    let settings = "SET enable_seqscan = off; SET enable_bitmapscan = off";
    sqlx::raw_sql(settings).execute(&mut *connection).await.unwrap();
    Some((database, store, connection))
}

/// Rows of a table: of each filter the value of row 7 is rare, the others share a few; what is unique is different in each.
fn insert(table: &Table) -> String {
    let schema = table.schema;
    let mut names = columns::insert_names(schema);
    let mut values: Vec<String> = names.iter().map(|name| expression(table, name)).collect();
    if schema.table == "events" {
        names.push("seq".to_owned());
        values.push("i".to_owned());
    }
    let mut sql = String::new();
    let (names, values) = (names.join(", "), values.join(", "));
    writeln!(sql, "INSERT INTO {} ({names}) SELECT {values} FROM generate_series(1, {ROWS}) AS i;", schema.table).unwrap();
    sql
}

fn expression(table: &Table, name: &str) -> String {
    let key_of = name.strip_suffix("_key").filter(|_| table.schema.field(name).is_none());
    let Some(field) = table.schema.field(key_of.unwrap_or(name)) else {
        return match name {
            "id" => format!("md5('{}' || i)::uuid", table.schema.table),
            "version" | "fencing" => "1".to_owned(),
            _ => "'{}'".to_owned(),
        };
    };
    let unique = name == "id" || table.unique.contains(&field.name) || field.sortable || matches!(field.name, "primary_ip" | "address");
    let number = if unique { "i" } else { "i % 10" };
    match field.kind {
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) if unique => "CASE WHEN i = 7 THEN 'rare' ELSE 'v' || i END".to_owned(),
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "CASE WHEN i = 7 THEN 'rare' ELSE 'v' || i % 10 END".to_owned(),
        FieldKind::Int | FieldKind::Time => format!("CASE WHEN i = 7 THEN -7 ELSE {number} END"),
        FieldKind::Real => format!("CASE WHEN i = 7 THEN -7.0 ELSE {number} END"),
        FieldKind::Bool => "i = 7".to_owned(),
        FieldKind::Id if name == "id" => format!("md5('{}' || i)::uuid", table.schema.table),
        FieldKind::Id => format!("CASE WHEN i = 7 THEN '{}'::uuid ELSE md5(({number})::text)::uuid END", Id::fixed(9)),
        FieldKind::Ip => format!("CASE WHEN i = 7 THEN '\\x{}'::bytea ELSE decode(md5(({number})::text), 'hex') END", "00".repeat(16)),
    }
}

fn rare(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "rare".into(),
        FieldKind::Int | FieldKind::Time => (-7_i64).into(),
        FieldKind::Real => (-7.0).into(),
        other => sample(other),
    }
}

fn absent(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "absent".into(),
        FieldKind::Int | FieldKind::Time => (-1_i64).into(),
        FieldKind::Real => (-1.0).into(),
        FieldKind::Bool => Value::Null,
        FieldKind::Id => Id::fixed(404).into(),
        FieldKind::Ip => Value::Bytes(vec![0xff; 16]),
    }
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
    /// Runs it; where it shall be served in order, sorting is left out too.
    async fn of(connection: &mut PoolConnection<Postgres>, schema: &'static Schema, query: &ListQuery, in_order: bool) -> Self {
        let sort = if in_order { "off" } else { "on" };
        let settings = AssertSqlSafe(format!("SET enable_sort = {sort}; SET enable_incremental_sort = {sort}"));
        sqlx::raw_sql(settings).execute(&mut **connection).await.unwrap();
        let statement = page::statement(schema, &Scope::system(), query, Way::Served).unwrap();
        let (sql, values) = statement.build_sqlx(sea_query::PostgresQueryBuilder);
        let explain = AssertSqlSafe(format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"));
        let plan: Json = sqlx::query_scalar_with(explain, values).persistent(false).fetch_one(&mut **connection).await.unwrap();
        let mut cost = Self { sql, ..Self::default() };
        let plan = &plan[0]["Plan"];
        cost.buffers = plan["Shared Hit Blocks"].as_i64().unwrap() + plan["Shared Read Blocks"].as_i64().unwrap();
        cost.add(plan);
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
