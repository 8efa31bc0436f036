//! What the engine reports, as errors of the domain.

use sqlx::error::ErrorKind as SqlKind;
use vigie_domain::query::Schema;
use vigie_domain::{Error, ErrorKind, FieldError};

use crate::engine::{self, Fault};

/// A failure that is nobody's fault but the store's.
pub(crate) fn storage(error: sqlx::Error) -> Error {
    let known = engine::fault(&error);
    let domain = Error::storage(error);
    match known {
        Some(Fault { cause, solution }) => domain.cause(cause).solution(solution).retry_after(5),
        None => domain,
    }
}

/// A failed write to the table of this schema.
pub(crate) fn write(schema: &'static Schema, error: sqlx::Error) -> Error {
    let Some(database) = error.as_database_error() else { return storage(error) };
    match database.kind() {
        SqlKind::UniqueViolation => taken(schema, engine::taken_column(database).unwrap_or("id")).source(error),
        SqlKind::ForeignKeyViolation => {
            Error::conflict("conflict", format!("the {} names an object that does not exist", schema.kind)).source(error)
        }
        _ => storage(error),
    }
}

/// A failed delete from the table of this schema.
pub(crate) fn delete(schema: &'static Schema, error: sqlx::Error) -> Error {
    match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
        Some(SqlKind::ForeignKeyViolation) => Error::conflict("conflict", format!("the {} is still in use", schema.kind))
            .solution("remove it first from the objects that name it")
            .source(error),
        _ => storage(error),
    }
}

/// A row that cannot be read as its schema says.
pub(crate) fn row(error: sqlx::Error) -> Error {
    Error::storage(error).cause("a row has not the expected columns")
}

fn taken(schema: &'static Schema, column: &str) -> Error {
    let field = api_name(schema.table, column);
    let detail = match (schema.table, column) {
        ("devices", "primary_ip") => "another device of this realm has this address".to_owned(),
        ("alerts", "dedup_key") => "an alert of this rule and subject is open".to_owned(),
        _ => format!("there is already {} with this {field}", with_article(schema.kind)),
    };
    Error::new(ErrorKind::Conflict, "already_exists", detail.clone()).field(FieldError::new(field, "already_exists", detail))
}

/// Columns are named as lists filter them, which is not always how bodies write them.
fn api_name<'a>(table: &str, column: &'a str) -> &'a str {
    match (table, column) {
        ("devices", "primary_ip") => "address",
        _ => column,
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}
