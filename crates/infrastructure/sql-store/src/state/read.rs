//! Documents by their ids.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use vigie_domain::query::Schema;
use vigie_domain::{Id, Result, Scope};

use super::{companion, scope};
use crate::engine::{self, Connection};
use crate::{bulk, error};

/// The document of one object within the scope.
pub(crate) async fn document(connection: &mut Connection<'_>, schema: &'static Schema, scope: &Scope, id: Id) -> Result<Option<String>> {
    let mut select = visible(schema, scope);
    select.and_where(Expr::col((schema.table, "id")).eq(id.0));
    let row = engine::first(connection, &select).await.map_err(error::storage)?;
    row.map(|row| companion::document(schema, &row)).transpose()
}

/// The documents of these objects within the scope.
pub(crate) async fn documents(connection: &mut Connection<'_>, schema: &'static Schema, scope: &Scope, ids: &[Id]) -> Result<Vec<String>> {
    let mut found = Vec::with_capacity(ids.len());
    for portion in bulk::portions(ids) {
        let mut select = visible(schema, scope);
        select.and_where(Expr::col((schema.table, "id")).is_in(portion));
        for row in engine::rows(connection, &select).await.map_err(error::storage)? {
            found.push(companion::document(schema, &row)?);
        }
    }
    Ok(found)
}

/// The documents of some objects, in no order.
pub(crate) async fn some_documents(connection: &mut Connection<'_>, schema: &'static Schema, most: u64) -> Result<Vec<String>> {
    let mut select = visible(schema, &Scope::system());
    select.limit(most);
    let rows = engine::rows(connection, &select).await.map_err(error::storage)?;
    rows.iter().map(|row| companion::document(schema, row)).collect()
}

fn visible(schema: &'static Schema, scope: &Scope) -> SelectStatement {
    let mut select = Query::select();
    companion::select_document(&mut select, schema);
    select.from(schema.table);
    if let Some(visible) = scope::condition(schema, scope) {
        select.cond_where(visible);
    }
    select
}
