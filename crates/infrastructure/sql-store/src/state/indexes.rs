//! Indexes for lists, as they follow from the schemas: who declares an indexed filter gets it served.
//!
//! A list with the filter `f = x` in the order `s, id` is one walk through an index `(f, s, id)`; the descending order wants its own,
//! as the id ascends in both. Filters that few rows pass, and small tables, have an index on the filter alone.

use std::collections::BTreeMap;

use vigie_domain::Result;
use vigie_domain::query::{Field, FieldKind, Index, Schema};

use super::columns::key_column;
use super::tables::{Size, TABLES, Table};
use crate::engine::{self, Connection};

/// Names of these indexes begin so; others belong to the migrations.
const PREFIX: &str = "list_";

/// Makes the indexes that are missing, and drops those that no schema asks for any longer.
pub(crate) async fn ensure(connection: &mut Connection<'_>) -> Result<()> {
    let mut wanted: BTreeMap<String, String> = TABLES.iter().flat_map(of).collect();
    for name in engine::indexes(connection).await?.into_iter().filter(|name| name.starts_with(PREFIX)) {
        if wanted.remove(&name).is_none() {
            engine::define(connection, format!("DROP INDEX {name}")).await?;
        }
    }
    for sql in wanted.into_values() {
        engine::define(connection, sql).await?;
    }
    Ok(())
}

/// Name and statement of each index of a table.
fn of(table: &Table) -> Vec<(String, String)> {
    let schema = table.schema;
    let alone = indexed(schema).filter(|f| table.size == Size::Small || !is_composite(table, f));
    let mut columns: Vec<Vec<String>> = alone.filter(|f| !table.unique.contains(&f.name)).map(|f| vec![served_by(f)]).collect();
    if table.size == Size::Grows {
        for ordering in orderings(table) {
            let filters = composite_filters(table).filter(|f| ordering[0].trim_end_matches(" DESC") != f);
            columns.extend(filters.map(|f| std::iter::once(f).chain(ordering.clone()).collect()));
            columns.push(ordering);
        }
    }
    // one that begins another serves nothing more; the primary key serves the id
    let begins_another = |c: &[String]| columns.iter().any(|o| o.len() > c.len() && o.starts_with(c));
    let useful = columns.iter().filter(|c| c[0] != "id" && !begins_another(c));
    useful.map(|c| statement(schema.table, c)).collect()
}

/// The orders of a list, each as the columns of an index; of `id` alone there is one, as it can be walked both ways.
fn orderings(table: &Table) -> Vec<Vec<String>> {
    let mut orderings = vec![vec!["id".to_owned()]];
    for field in table.schema.fields.iter().filter(|f| f.sortable) {
        let column = served_by(field);
        orderings.push(vec![column.clone(), "id".to_owned()]);
        if !table.one_way.contains(&field.name) {
            orderings.push(vec![format!("{column} DESC"), "id".to_owned()]);
        }
    }
    orderings
}

fn composite_filters(table: &Table) -> impl Iterator<Item = String> {
    indexed(table.schema).filter(|f| is_composite(table, f)).map(served_by)
}

/// Whether the rows that pass the filter are many, and want to be found in order. Times are filtered by ranges, which leave none.
pub(crate) fn is_composite(table: &Table, field: &Field) -> bool {
    field.kind != FieldKind::Time && !table.few.contains(&field.name)
}

fn indexed(schema: &'static Schema) -> impl Iterator<Item = &'static Field> {
    schema.fields.iter().filter(|f| f.index == Index::Indexed)
}

fn served_by(field: &Field) -> String {
    if field.kind == FieldKind::Name { key_column(field) } else { field.name.to_owned() }
}

fn statement(table: &str, columns: &[String]) -> (String, String) {
    let name = format!("{PREFIX}{table}_{}", columns.join("_").replace(" DESC", "_desc"));
    let sql = format!("CREATE INDEX {name} ON {table} ({})", columns.join(", "));
    (name, sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PostgreSQL cuts longer names, and would not know its own index again.
    #[test]
    fn names_are_short_enough_for_every_engine() {
        let names: Vec<String> = TABLES.iter().flat_map(of).map(|(name, _)| name).collect();
        let long: Vec<_> = names.iter().filter(|name| name.len() > 63).collect();
        assert!(long.is_empty(), "{long:?}");
    }
}
