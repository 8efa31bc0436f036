//! What the engine reports, as errors of the domain.

use sqlx::error::ErrorKind as SqlKind;
use vigie_domain::query::Schema;
use vigie_domain::{Error, ErrorKind, FieldError};

/// A failure that is nobody's fault but the store's.
pub(crate) fn storage(error: sqlx::Error) -> Error {
    let known = match &error {
        sqlx::Error::PoolTimedOut => Some(("the store is busy", "try again in a moment")),
        _ => engine_code(&error).and_then(reason),
    };
    let domain = Error::storage(error);
    match known {
        Some((cause, solution)) => domain.cause(cause).solution(solution).retry_after(5),
        None => domain,
    }
}

/// A failed write to the table of this schema.
pub(crate) fn write(schema: &'static Schema, error: sqlx::Error) -> Error {
    let Some(database) = error.as_database_error() else { return storage(error) };
    match database.kind() {
        SqlKind::UniqueViolation => taken(schema, database.message()).source(error),
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

/// The number the engine gives an error, with its extension.
pub(crate) fn engine_code(error: &sqlx::Error) -> Option<i64> {
    error.as_database_error()?.code()?.parse().ok()
}

/// What an operator can do about a primary result code of SQLite.
fn reason(code: i64) -> Option<(&'static str, &'static str)> {
    match code & 0xff {
        5 | 6 => Some(("the database is locked", "try again in a moment")),
        8 => Some(("the database cannot be written", "check the owner and mode of the state directory")),
        10 => Some(("the disk cannot be read or written", "check the disk")),
        11 | 26 => Some(("the database is damaged", "restore a backup")),
        13 => Some(("the disk is full", "make room on the disk of the state directory")),
        _ => None,
    }
}

/// The message names the columns: `UNIQUE constraint failed: devices.realm_id, devices.primary_ip`. The last one is what is taken,
/// the ones before say within what.
fn taken(schema: &'static Schema, message: &str) -> Error {
    let column = message.rsplit(['.', ' ']).next().unwrap_or("id");
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
