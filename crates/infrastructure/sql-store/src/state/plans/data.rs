//! What the tables hold while their plans are run: of each filter one row has a value of its own, the others share theirs with some.
//!
//! With `VIGIE_PROOF_SIZE=full` as much as a large network has after a year: 1,000,000 interfaces, 10,000,000 rows of history in as many
//! partitions as it has months.

use std::fmt::Write as _;
use std::time::Duration;

use vigie_domain::alerts::Alert;
use vigie_domain::devices::Interface;
use vigie_domain::query::{FieldKind, Value};
use vigie_domain::store::Entity as _;
use vigie_domain::system::{AuditEntry, Event};
use vigie_domain::{Id, Timestamp};
use vigie_testkit::make::NOW;
use vigie_testkit::size::is_full;

use super::super::columns;
use super::super::tables::{Size, Table};
use super::sample;
use crate::engine::Engine;

/// Rows of a page.
pub(super) const PAGE: usize = 10;

const YEAR: Duration = Duration::from_hours(365 * 24);

/// When history begins.
pub(super) fn begin() -> Timestamp {
    if is_full() { NOW.minus(YEAR) } else { NOW }
}

fn is_history(table: &Table) -> bool {
    [Alert::SCHEMA, AuditEntry::SCHEMA, Event::SCHEMA].iter().any(|schema| schema.table == table.schema.table)
}

/// Rows of a table.
fn amount(table: &Table) -> usize {
    match table.size {
        Size::Small => 300,
        Size::Grows if !is_full() => 3_000,
        Size::Grows if table.schema.table == Interface::SCHEMA.table => 1_000_000,
        Size::Grows if table.schema.table == Event::SCHEMA.table => 5_000_000,
        Size::Grows if is_history(table) => 2_500_000,
        Size::Grows => 50_000,
    }
}

/// The statement that fills a table.
pub(super) fn insert(table: &Table, engine: Engine) -> String {
    let schema = table.schema;
    let mut names = columns::insert_names(schema);
    let mut values: Vec<String> = names.iter().map(|name| expression(table, name, engine)).collect();
    if schema.table == Event::SCHEMA.table {
        names.push("seq".to_owned());
        values.push("i".to_owned());
    }
    let (names, values, rows) = (names.join(", "), values.join(", "), amount(table));
    let mut sql = String::new();
    match engine {
        Engine::Postgres => {
            writeln!(sql, "INSERT INTO {} ({names}) SELECT {values} FROM generate_series(1::bigint, {rows}) AS i;", schema.table)
        }
        Engine::Sqlite => writeln!(
            sql,
            "INSERT INTO {} ({names}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
             SELECT {values} FROM n;",
            schema.table
        ),
    }
    .unwrap();
    sql
}

fn expression(table: &Table, name: &str, engine: Engine) -> String {
    let key_of = name.strip_suffix("_key").filter(|_| table.schema.field(name).is_none());
    let Some(field) = table.schema.field(key_of.unwrap_or(name)).filter(|_| name != "id") else {
        return match name {
            "id" => id(table, engine),
            "version" | "fencing" => "1".to_owned(),
            _ => "'{}'".to_owned(),
        };
    };
    // of a state there are few values, whatever is ordered by it
    let is_state = matches!(field.kind, FieldKind::Enum(_) | FieldKind::Bool);
    let unique = table.unique.contains(&field.name) || (field.sortable && !is_state) || matches!(field.name, "primary_ip" | "address");
    let number = match () {
        () if unique || table.size == Size::Small => "i",
        () if table.few.contains(&field.name) => "i / 5",
        () => "i % 10",
    };
    match (field.kind, engine) {
        (FieldKind::Enum(words), _) => {
            format!("CASE WHEN i = 7 THEN 'rare' WHEN i % 2 = 0 THEN '{}' ELSE 'v' || CAST(i % 10 AS TEXT) END", words[0])
        }
        (FieldKind::Text | FieldKind::Name, _) => {
            format!("CASE WHEN i = 7 THEN 'rare' ELSE 'v' || CAST({number} AS TEXT) END")
        }
        (FieldKind::Int | FieldKind::Time, _) => format!("CASE WHEN i = 7 THEN -7 ELSE {number} END"),
        (FieldKind::Real, _) => format!("CASE WHEN i = 7 THEN -7.0 ELSE 1.0 * {number} END"),
        (FieldKind::Bool, _) => "i = 7".to_owned(),
        (FieldKind::Id, Engine::Postgres) => {
            format!("CASE WHEN i = 7 THEN '{}'::uuid ELSE md5(({number})::text)::uuid END", Id::fixed(9))
        }
        (FieldKind::Id, Engine::Sqlite) => format!("unhex(printf('%032x', CASE WHEN i = 7 THEN 9 ELSE 1000000 + {number} END))"),
        (FieldKind::Ip, Engine::Postgres) => {
            format!("CASE WHEN i = 7 THEN '\\x{}'::bytea ELSE decode(md5(({number})::text), 'hex') END", "00".repeat(16))
        }
        (FieldKind::Ip, Engine::Sqlite) => format!("unhex(printf('%032x', CASE WHEN i = 7 THEN 0 ELSE 1 + {number} END))"),
    }
}

/// Ids as they are given: those of history begin with their time, over all its months.
fn id(table: &Table, engine: Engine) -> String {
    let rows = amount(table) as i64;
    let time = if is_history(table) {
        let apart = (NOW.0 - begin().0) / rows;
        format!("({} + i * {apart})", begin().0)
    } else {
        format!("({} + (i * 7919) % {rows})", NOW.0)
    };
    match engine {
        Engine::Postgres => format!("(lpad(to_hex({time}), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid"),
        Engine::Sqlite => format!("unhex(printf('%012x70008000%012x', {time}, i))"),
    }
}

/// An id in the midst of those of the tables that are no history, behind all of the others: many of its rows tie with it in the order by a
/// state, and stand before it.
pub(super) fn middle() -> Id {
    Id(uuid::Uuid::from_u128(((NOW.0 + 1_500) as u128) << 80))
}

/// The value of row 7 alone.
pub(super) fn rare(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "rare".into(),
        FieldKind::Int | FieldKind::Time => (-7_i64).into(),
        FieldKind::Real => (-7.0).into(),
        other => sample(other),
    }
}

/// The value of no row.
pub(super) fn absent(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => "absent".into(),
        FieldKind::Int | FieldKind::Time => (-1_i64).into(),
        FieldKind::Real => (-1.0).into(),
        FieldKind::Bool => Value::Null,
        FieldKind::Id => Id::fixed(404).into(),
        FieldKind::Ip => Value::Bytes(vec![0xff; 16]),
    }
}
