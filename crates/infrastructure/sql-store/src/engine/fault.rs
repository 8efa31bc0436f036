//! What an engine means by its errors.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

/// A failure that is known, and what an operator can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What happened.
    pub(crate) cause: &'static str,
    /// What to do.
    pub(crate) solution: &'static str,
}

const UNREACHABLE: Fault =
    Fault { cause: "the database server cannot be reached", solution: "see that it runs; vigie goes on by itself when it answers again" };

/// The known failure behind an error.
pub(crate) fn fault(error: &sqlx::Error) -> Option<Fault> {
    match error {
        sqlx::Error::PoolTimedOut => Some(Fault { cause: "the store is busy or away", solution: "try again in a moment" }),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed => Some(UNREACHABLE),
        sqlx::Error::Database(own) => match own.try_downcast_ref::<PgDatabaseError>() {
            Some(own) => of_postgres(own.code()),
            None => of_sqlite(sqlite_code(error)?),
        },
        _ => None,
    }
}

/// Whether PostgreSQL undid a transaction because of others beside it: it may be done again (`serialization_failure`, `deadlock_detected`).
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| matches!(&*code, "40001" | "40P01"))
}

/// The number SQLite gives an error, with its extension.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let own = error.as_database_error()?;
    if own.try_downcast_ref::<PgDatabaseError>().is_some() { None } else { own.code()?.parse().ok() }
}

/// The last column of a violated uniqueness: it is what is taken, the ones before say within what. SQLite names the columns in its message
/// (`UNIQUE constraint failed: devices.realm_id, devices.primary_ip`), PostgreSQL in the detail, whatever its language
/// (`Key (realm_id, primary_ip)=(…) already exists.`).
pub(crate) fn taken_column(error: &dyn DatabaseError) -> Option<&str> {
    let Some(own) = error.try_downcast_ref::<PgDatabaseError>() else { return error.message().rsplit(['.', ' ']).next() };
    let (columns, _) = own.detail()?.split_once(")=(")?;
    columns.rsplit(['(', ' ']).next()
}

/// Primary result codes of SQLite.
fn of_sqlite(code: i64) -> Option<Fault> {
    let fault = |cause, solution| Some(Fault { cause, solution });
    match code & 0xff {
        5 | 6 => fault("the database is locked", "try again in a moment"),
        8 => fault("the database cannot be written", "check the owner and mode of the state directory"),
        10 => fault("the disk cannot be read or written", "check the disk"),
        11 | 26 => fault("the database is damaged", "restore a backup"),
        13 => fault("the disk is full", "make room on the disk of the state directory"),
        _ => None,
    }
}

/// SQLSTATE, appendix A of PostgreSQL's manual.
fn of_postgres(code: &str) -> Option<Fault> {
    let fault = |cause, solution| Some(Fault { cause, solution });
    match code {
        "40001" | "40P01" | "55P03" => fault("others write the same rows of the database", "try again in a moment"),
        "57014" => fault("the database took too long to answer", "try again in a moment; ask for less"),
        "57P01" | "57P02" | "57P03" | "57P05" => Some(UNREACHABLE),
        "25P02" | "25P03" => fault("the transaction was ended by the database", "try again in a moment"),
        "25006" => fault("the database takes no writes", "point store.url at the primary server"),
        "42501" => fault("a right on the database is missing", "let the user of store.url own the database"),
        "53100" => fault("the disk of the database server is full", "make room on it"),
        "53300" => fault("the database server has no connection left", "raise its max_connections, or close others"),
        "XX001" | "XX002" => fault("the database is damaged", "restore a backup"),
        _ if code.starts_with("08") => Some(UNREACHABLE),
        _ if code.starts_with("28") => fault("the database server refuses the user", "check the user and password of store.url"),
        _ => None,
    }
}
