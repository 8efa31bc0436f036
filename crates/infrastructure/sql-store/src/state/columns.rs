//! The columns of a schema's table, and what a record puts into them.

use sea_query::Value as Sql;
use vigie_domain::query::{Field, FieldKind, Schema, Value, natural_key};
use vigie_domain::store::Record;
use vigie_domain::{Error, Result};

use super::companion;
use crate::engine::bind;

/// Name of the column that keeps the natural key of a name.
pub(crate) fn key_column(field: &Field) -> String {
    format!("{}_key", field.name)
}

/// A column, and the place in the schema of the fields it follows from.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) follows: Vec<usize>,
}

/// The columns that follow from the fields of the schema, in the order of [`field_values`].
pub(crate) fn of(schema: &'static Schema) -> Vec<Column> {
    let fields = schema.fields.iter().enumerate();
    let mut columns: Vec<_> = fields.clone().map(|(i, f)| Column { name: f.name.to_owned(), follows: vec![i] }).collect();
    columns.extend(names(schema).map(|(i, f)| Column { name: key_column(f), follows: vec![i] }));
    if !schema.search.is_empty() {
        columns.push(Column { name: "search".to_owned(), follows: searched(schema) });
    }
    columns
}

/// What the record puts into the columns of [`of`].
pub(crate) fn field_values(schema: &'static Schema, record: &Record) -> Result<Vec<Sql>> {
    if record.columns.len() != schema.fields.len() {
        let cause = format!("a record of {} has {} columns, its schema {}", schema.table, record.columns.len(), schema.fields.len());
        return Err(Error::storage(std::fmt::Error).cause(cause));
    }
    let mut values: Vec<Sql> = schema.fields.iter().zip(&record.columns).map(|(f, v)| bind(f.kind, v)).collect();
    values.extend(names(schema).map(|(i, _)| Sql::from(natural_key(text_of(&record.columns[i])))));
    if !schema.search.is_empty() {
        values.push(search_text(schema, record).into());
    }
    Ok(values)
}

/// All columns of an insert: `id`, `version`, those of [`of`], those of the companion, `document`.
pub(crate) fn insert_names(schema: &'static Schema) -> Vec<String> {
    let mut columns = vec!["id".to_owned(), "version".to_owned()];
    columns.extend(of(schema).into_iter().map(|c| c.name));
    columns.extend(companion::columns(schema).iter().map(|c| (*c).to_owned()));
    columns.push("document".to_owned());
    columns
}

/// The values of an insert, in the order of [`insert_names`].
pub(crate) fn insert_values(schema: &'static Schema, record: &Record) -> Result<Vec<Sql>> {
    let mut values = vec![record.id.0.into(), record.version.into()];
    values.extend(field_values(schema, record)?);
    values.extend(companion::values(schema, record)?);
    values.push(record.document.as_str().into());
    Ok(values)
}

/// Words are looked for in this text: the searched columns in lower case, a line each.
fn search_text(schema: &'static Schema, record: &Record) -> String {
    let words: Vec<_> = searched(schema).into_iter().map(|i| text_of(&record.columns[i]).to_lowercase()).collect();
    words.join("\n")
}

fn searched(schema: &'static Schema) -> Vec<usize> {
    schema.search.iter().filter_map(|name| schema.fields.iter().position(|f| f.name == *name)).collect()
}

fn names(schema: &'static Schema) -> impl Iterator<Item = (usize, &'static Field)> {
    schema.fields.iter().enumerate().filter(|(_, f)| f.kind == FieldKind::Name)
}

fn text_of(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { "" }
}
