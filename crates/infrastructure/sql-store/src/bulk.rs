//! Many rows in few statements.

use sea_query::{Expr, OnConflict, Query, Value};
use uuid::Uuid;
use vigie_domain::{Error, Id, Result};

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

/// Ids for an `IN`, in portions. Each is filled up to one of those sizes with its last id, which changes nothing: a statement for every
/// length would be compiled anew each time, and kept by every connection.
pub(crate) fn portions(ids: &[Id]) -> impl Iterator<Item = Vec<Uuid>> {
    ids.chunks(SIZES[0]).map(|chunk| {
        let size = SIZES.into_iter().rev().find(|size| *size >= chunk.len()).unwrap_or(chunk.len());
        let mut portion: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        portion.resize(size, portion.last().copied().unwrap_or_default());
        portion
    })
}

/// Inserts what `values` makes of each item, in the order of `columns`; `failed` says what an error of the engine means.
pub(crate) async fn insert<T>(
    connection: &mut Connection<'_>,
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
            let fitting = columns.iter().zip(values(item)?).map(|(column, value)| Expr::value(engine::fit(connection, column, value)));
            insert.values(fitting).map_err(Error::storage)?;
        }
        if let Some(on_conflict) = &on_conflict {
            insert.on_conflict(on_conflict.clone());
        }
        engine::execute(connection, &insert).await.map_err(&failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_have_few_sizes_and_hold_every_id() {
        for count in [0, 1, 3, 17, 256, 300] {
            let ids: Vec<Id> = (0..count).map(Id::fixed).collect();
            let portions: Vec<Vec<Uuid>> = portions(&ids).collect();
            assert!(portions.iter().all(|portion| SIZES.contains(&portion.len())));
            let mut held: Vec<Id> = portions.concat().into_iter().map(Id).collect();
            held.dedup();
            assert_eq!(held, ids);
        }
    }
}
