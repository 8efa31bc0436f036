//! The tables of the state as they are carried from one database to another.

use vigie_domain::query::{FieldKind, Schema};

use super::columns::insert_names;
use super::naming;
use super::tables::TABLES;
use crate::transfer::Sheet;

/// What is named by others comes before those.
const FIRST: [&str; 8] = ["realms", "sites", "roles", "users", "devices", "device_groups", "discoveries", "discovery_runs"];

/// All tables, in an order in which each can be filled.
pub(crate) fn all() -> Vec<Sheet> {
    let mut schemas: Vec<&'static Schema> = TABLES.iter().map(|t| t.schema).collect();
    schemas.sort_by_key(|schema| FIRST.iter().position(|name| *name == schema.table).unwrap_or(FIRST.len()));
    let mut sheets: Vec<Sheet> = schemas.into_iter().map(of).collect();
    sheets.extend(naming::sheets());
    sheets.push(Sheet::new("sequences", 1, &[("name", FieldKind::Text), ("value", FieldKind::Int)]));
    sheets
}

/// The table of a schema; that of events keeps their order and numbers too.
fn of(schema: &'static Schema) -> Sheet {
    // what follows from a name, the text of a search and the document are text
    let kind = |name: &str| match name {
        "id" => FieldKind::Id,
        "version" | "fencing" => FieldKind::Int,
        _ => schema.field(name).map_or(FieldKind::Text, |field| field.kind),
    };
    let columns = insert_names(schema).into_iter().map(|name| {
        let kind = kind(&name);
        (name, kind)
    });
    let mut sheet = Sheet { table: schema.table, key: 1, columns: columns.collect() };
    if schema.table == "events" {
        sheet.columns.extend(["ordinal", "seq"].map(|name| (name.to_owned(), FieldKind::Int)));
    }
    sheet
}
