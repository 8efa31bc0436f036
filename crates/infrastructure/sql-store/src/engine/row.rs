//! A row of either engine.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;
use vigie_domain::query::{FieldKind, Value};
use vigie_domain::{Id, Result};

use crate::error;

/// A row; columns are read by their place.
pub(crate) enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    fn get<'r, T>(&'r self, column: usize) -> Result<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(error::row)
    }

    /// Text that is not null.
    pub(crate) fn text(&self, column: usize) -> Result<String> {
        self.get(column)
    }

    /// An identifier that is not null.
    pub(crate) fn id(&self, column: usize) -> Result<Id> {
        self.get::<Uuid>(column).map(Id)
    }

    /// A whole number, `None` when null.
    pub(crate) fn int(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    /// Bytes that are not null.
    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.get(column)
    }

    /// A column of this kind.
    pub(crate) fn value(&self, column: usize, kind: FieldKind) -> Result<Value> {
        match kind {
            FieldKind::Text | FieldKind::Name | FieldKind::Enum(_) => self.get::<Option<String>>(column).map(Value::from),
            FieldKind::Int | FieldKind::Time => self.get::<Option<i64>>(column).map(Value::from),
            FieldKind::Real => self.get::<Option<f64>>(column).map(Value::from),
            FieldKind::Bool => self.get::<Option<bool>>(column).map(Value::from),
            FieldKind::Id => self.get::<Option<Uuid>>(column).map(|v| v.map(Id).into()),
            FieldKind::Ip => self.get::<Option<Vec<u8>>>(column).map(|v| v.map_or(Value::Null, Value::Bytes)),
        }
    }
}
