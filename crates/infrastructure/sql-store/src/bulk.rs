//! Many rows in few statements.

use sea_query::{Expr, OnConflict, Query, Value};
use vigie_domain::{Error, Result};

use crate::engine::{self, Connection};

/// Rows in one statement: few sizes, so that the prepared statements are few.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// A slice in pieces of those sizes.
pub(crate) fn pieces<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rest.len())?;
        let (piece, tail) = rest.split_at(size);
        rest = tail;
        Some(piece)
    })
}

/// Inserts what `values` makes of each item, in the order of `columns`; `failed` says what an error of the engine means.
pub(crate) async fn insert<T>(
    connection: &mut Connection,
    table: &'static str,
    columns: &[String],
    items: &[T],
    values: impl Fn(&T) -> Result<Vec<Value>>,
    on_conflict: Option<OnConflict>,
    failed: impl Fn(sqlx::Error) -> Error,
) -> Result<()> {
    for piece in pieces(items) {
        let mut insert = Query::insert();
        insert.into_table(table).columns(columns.iter().cloned());
        for item in piece {
            insert.values(values(item)?.into_iter().map(Expr::value)).map_err(Error::storage)?;
        }
        if let Some(on_conflict) = &on_conflict {
            insert.on_conflict(on_conflict.clone());
        }
        engine::execute(connection, &insert).await.map_err(&failed)?;
    }
    Ok(())
}
