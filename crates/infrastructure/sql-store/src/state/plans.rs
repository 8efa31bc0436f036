//! What the planner makes of lists: the promise of "indexed" (API, section 3), and of the tables being as the schemas say.

mod data;
mod postgres;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use vigie_domain::devices::{Device, Interface};
use vigie_domain::query::{Cursor, Direction, Field, FieldKind, Filter, Index, ListQuery, Operator, Schema, Value};
use vigie_domain::store::Entity as _;
use vigie_domain::system::Event;
use vigie_domain::topology::Link;
use vigie_domain::{Id, ObjectScope, Scope, Timestamp};
use vigie_testkit::clock::ManualClock;

use super::page::{self, Way};
use super::tables::{Size, TABLES, Table};
use super::{columns, naming};
use crate::SqlStore;

/// Each filter on an indexed column, equal to something, in each order, from the start and from either side of a cursor: found through an
/// index, in the order of that index. What few rows share may be sorted after it was found.
#[tokio::test]
async fn indexed_filters_are_served_without_scan_or_sort() {
    let (_directory, store) = open().await;
    let mut connection = sqlite(&store).await;
    let (mut asked, mut wrong) = (0, Vec::new());
    for table in TABLES.iter().filter(|t| t.size == Size::Grows) {
        for field in table.schema.fields.iter().filter(|f| f.index == Index::Indexed) {
            let filter = Filter::on(table.schema, field.name, Operator::Eq, [sample(field.kind)]).unwrap();
            for query in queries(table.schema) {
                let plan = plan(&mut connection, table.schema, &query.clone().filter(filter.clone())).await;
                asked += 1;
                let sorted = plan.contains("TEMP B-TREE") && !may_sort(table, field);
                if !plan.contains("SEARCH") || plan.contains("SCAN") || sorted {
                    wrong.push(format!("{} {} {:?}: {plan}", table.schema.table, field.name, query.ordering));
                }
            }
        }
    }
    assert!(asked > 1000, "{asked} plans were looked at");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Without a filter each order is a walk through an index, ended by the limit.
#[tokio::test]
async fn orders_are_served_without_sort() {
    let (_directory, store) = open().await;
    let mut connection = sqlite(&store).await;
    for table in TABLES.iter().filter(|t| t.size == Size::Grows) {
        for query in queries(table.schema) {
            let plan = plan(&mut connection, table.schema, &query).await;
            assert!(!plan.contains("TEMP B-TREE") && plan.contains("INDEX"), "{} {:?}: {plan}", table.schema.table, query.ordering);
        }
    }
}

/// Prefixes and networks are ranges of an index.
#[tokio::test]
async fn prefixes_and_networks_are_ranges() {
    let (_directory, store) = open().await;
    let mut connection = sqlite(&store).await;
    let schema = Device::SCHEMA;
    for (field, operator, values) in [
        ("name", Operator::StartsWith, vec!["sw-1".into()]),
        ("serial", Operator::StartsWith, vec!["FCW".into()]),
        ("primary_ip", Operator::Cidr, vec![Value::Bytes(vec![0; 16]), Value::Bytes(vec![1; 16])]),
        ("created_at", Operator::Gte, vec![1_i64.into()]),
    ] {
        let query = ListQuery::all(100).filter(Filter::on(schema, field, operator, values).unwrap());
        let query = if matches!(field, "name" | "created_at") { query.order(field, false) } else { query };
        let plan = plan(&mut connection, schema, &query).await;
        assert!(plan.contains("SEARCH"), "{field}: {plan}");
        assert!(field != "name" || !plan.contains("TEMP B-TREE"), "{field}: {plan}");
    }
}

/// Of a scope and of several values the one way walks along the order and sorts nothing, the other searches and sorts.
#[tokio::test]
async fn what_no_index_serves_in_order_is_walked_or_sorted() {
    let (_directory, store) = open().await;
    let mut connection = sqlite(&store).await;
    let objects = ObjectScope { sites: vec![Id::fixed(1)], device_groups: vec![Id::fixed(2)], realms: vec![Id::fixed(3)] };
    let scope = Scope::of(Some(objects));
    let several = Filter::on(Interface::SCHEMA, "oper_status", Operator::In, ["up".into(), "down".into()]).unwrap();
    let cases = [
        (Device::SCHEMA, &scope, ListQuery::all(100).order("name", false)),
        (Interface::SCHEMA, &scope, ListQuery::all(100).order("name", false)),
        (Event::SCHEMA, &scope, ListQuery::all(100).order("occurred_at", true)),
        (Link::SCHEMA, &scope, ListQuery::all(100).order("first_seen", false)),
        (Interface::SCHEMA, &Scope::system(), ListQuery::all(100).order("if_index", false).filter(several)),
    ];
    for (schema, scope, query) in cases {
        let order = format!("SCAN {} USING INDEX list_{}", schema.table, schema.table);
        let walked = plan_of(&mut connection, schema, scope, &query, Way::Walked).await;
        assert!(walked.contains(&order) && !walked.contains("TEMP B-TREE"), "{}: {walked}", schema.table);
        let sorted = plan_of(&mut connection, schema, scope, &query, Way::Sorted).await;
        assert!(sorted.contains(&format!("SEARCH {}", schema.table)) && !sorted.contains(&order), "{}: {sorted}", schema.table);
    }
}

/// Every column a schema names is there, with its type, and never null where lists order by it.
#[tokio::test]
async fn tables_are_as_the_schemas_say() {
    let (_directory, store) = open().await;
    let mut connection = sqlite(&store).await;
    let mut tables = BTreeSet::new();
    for Table { schema, .. } in TABLES {
        assert!(tables.insert(schema.table), "{} stands twice", schema.table);
        let sql = sqlx::AssertSqlSafe(format!("SELECT name, type, \"notnull\" FROM pragma_table_info('{}')", schema.table));
        let rows = sqlx::query(sql).fetch_all(&mut *connection).await.unwrap();
        let held: BTreeMap<String, (String, bool)> = rows.iter().map(|r| (r.get(0), (r.get(1), r.get(2)))).collect();
        for name in columns::insert_names(schema) {
            assert!(held.contains_key(&name), "{} has no column {name}", schema.table);
        }
        for field in schema.fields {
            let (kind, not_null) = &held[field.name];
            assert_eq!(kind, type_of(field.kind), "{}.{}", schema.table, field.name);
            assert!(*not_null || !field.sortable, "{}.{} may be null", schema.table, field.name);
        }
    }
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let rows = sqlx::query(sql).fetch_all(&mut *connection).await.unwrap();
    let held: BTreeSet<String> = rows.iter().map(|r| r.get(0)).collect();
    let ours: Vec<_> = ["sequences", "vigie_migrations"].into_iter().chain(naming::tables()).collect();
    let unknown: Vec<_> = held.iter().filter(|t| !tables.contains(t.as_str()) && !ours.contains(&t.as_str())).collect();
    assert!(unknown.is_empty(), "no schema keeps {unknown:?}");
}

async fn sqlite(store: &SqlStore) -> sqlx::pool::PoolConnection<sqlx::Sqlite> {
    match store.database().reader().await.unwrap() {
        crate::engine::Lent::Sqlite(own) => own,
        crate::engine::Lent::Postgres(_) => unreachable!("opened in a file"),
    }
}

async fn open() -> (tempfile::TempDir, SqlStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&directory.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    (directory, store)
}

/// Each filter on an indexed column, by the value of one row and by one that no row has, in each order.
fn asked(table: &'static Table) -> impl Iterator<Item = (&'static Field, ListQuery)> {
    let indexed = table.schema.fields.iter().filter(|field| field.index == Index::Indexed);
    let valued = indexed.flat_map(|field| [(field, data::rare(field.kind)), (field, data::absent(field.kind))]);
    valued.flat_map(|(field, value)| {
        let filter = Filter::on(table.schema, field.name, Operator::Eq, [value]).unwrap();
        queries(table.schema).into_iter().map(move |query| (field, query.filter(filter.clone())))
    })
}

/// Each order, up and down, from the start and from a cursor in both directions.
fn queries(schema: &'static Schema) -> Vec<ListQuery> {
    let mut queries = Vec::new();
    for field in schema.orderings() {
        let kind = schema.field(field).unwrap().kind;
        let value = if field == "id" { Value::Null } else { sample(kind) };
        for descending in [false, true] {
            let query = ListQuery::all(100).order(field, descending);
            queries.push(query.clone());
            for direction in [Direction::Next, Direction::Previous] {
                let cursor = Cursor { value: value.clone(), id: data::middle(), direction, made_at: Timestamp(0) };
                queries.push(query.clone().after(Some(cursor)));
            }
        }
    }
    queries
}

/// Times are ranges in practice, so that one moment may be sorted; so may what few rows share.
fn may_sort(table: &Table, field: &Field) -> bool {
    field.kind == FieldKind::Time || table.few.contains(&field.name)
}

async fn plan(connection: &mut SqliteConnection, schema: &'static Schema, query: &ListQuery) -> String {
    plan_of(connection, schema, &Scope::system(), query, Way::Served).await
}

async fn plan_of(connection: &mut SqliteConnection, schema: &'static Schema, scope: &Scope, query: &ListQuery, way: Way) -> String {
    use sea_query_sqlx::SqlxBinder as _;
    let mut steps = Vec::new();
    for statement in page::statements(schema, scope, query, way).unwrap() {
        let (sql, values) = statement.build_sqlx(sea_query::SqliteQueryBuilder);
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query_with(explain, values).fetch_all(&mut *connection).await.unwrap();
        steps.extend(rows.iter().map(|r| r.get::<String, _>("detail")));
    }
    steps.join("; ")
}

fn sample(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Text | FieldKind::Name => "x".into(),
        FieldKind::Enum(words) => words[0].into(),
        FieldKind::Int | FieldKind::Time => 1_i64.into(),
        FieldKind::Real => 1.0.into(),
        FieldKind::Bool => true.into(),
        FieldKind::Id => Id::fixed(9).into(),
        FieldKind::Ip => Value::Bytes(vec![0; 16]),
    }
}

fn type_of(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "TEXT",
        FieldKind::Int | FieldKind::Time | FieldKind::Bool => "INTEGER",
        FieldKind::Real => "REAL",
        FieldKind::Id | FieldKind::Ip => "BLOB",
    }
}
