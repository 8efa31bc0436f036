//! A table as it is copied.

use sea_query::{Expr, ExprTrait as _, Func, Order, Query};
use vigie_domain::Result;
use vigie_domain::query::{FieldKind, Value};

use crate::engine::{self, Connection, bind};
use crate::{bulk, error};

/// Rows read at a time.
const PIECE: u64 = 2_000;

/// A table, its columns in order, those of its key first. Bytes of any length have the kind of addresses.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) table: &'static str,
    /// How many of the first columns make the key.
    pub(crate) key: usize,
    pub(crate) columns: Vec<(String, FieldKind)>,
}

impl Sheet {
    pub(crate) fn new(table: &'static str, key: usize, columns: &[(&str, FieldKind)]) -> Self {
        Self { table, key, columns: columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect() }
    }

    /// Whether a new database has rows in it.
    pub(crate) fn is_seeded(&self) -> bool {
        matches!(self.table, "realms" | "sequences")
    }

    /// Its rows.
    pub(crate) async fn count(&self, connection: &mut Connection<'_>) -> Result<u64> {
        engine::count(connection, self.table).await
    }

    /// The greatest value of the first column, a number.
    pub(crate) async fn last(&self, connection: &mut Connection<'_>) -> Result<Option<i64>> {
        let mut greatest = Query::select();
        greatest.expr(Func::max(Expr::col(self.columns[0].0.clone()))).from(self.table);
        engine::number(connection, &greatest).await
    }

    /// Deletes all of it.
    pub(crate) async fn clear(&self, connection: &mut Connection<'_>) -> Result<()> {
        let delete = Query::delete().from_table(self.table).take();
        engine::execute(connection, &delete).await.map(drop).map_err(error::storage)
    }

    /// Copies all rows; `copied` hears of each piece.
    pub(crate) async fn copy(&self, from: &mut Connection<'_>, to: &mut Connection<'_>, mut copied: impl FnMut(u64)) -> Result<()> {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut last = None;
        loop {
            let rows = self.piece(from, last.as_deref()).await?;
            let values = |row: &Vec<Value>| Ok(self.columns.iter().zip(row).map(|((_, kind), value)| bind(*kind, value)).collect());
            bulk::insert(to, self.table, &names, &rows, values, None, error::storage).await?;
            copied(rows.len() as u64);
            if (rows.len() as u64) < PIECE {
                return Ok(());
            }
            last = rows.into_iter().next_back();
        }
    }

    /// The rows behind one, in the order of the key.
    async fn piece(&self, from: &mut Connection<'_>, last: Option<&[Value]>) -> Result<Vec<Vec<Value>>> {
        let key = &self.columns[..self.key];
        let mut select = Query::select();
        select.columns(self.columns.iter().map(|(name, _)| name.clone())).from(self.table).limit(PIECE);
        for (name, _) in key {
            select.order_by(name.clone(), Order::Asc);
        }
        if let Some(last) = last {
            let columns = Expr::tuple(key.iter().map(|(name, _)| Expr::col(name.clone())));
            let values = Expr::tuple(key.iter().zip(last).map(|((_, kind), value)| Expr::val(bind(*kind, value))));
            select.and_where(columns.gt(values));
        }
        let rows = engine::rows(from, &select).await.map_err(error::storage)?;
        let values = |row: &engine::Row| self.columns.iter().enumerate().map(|(i, (_, kind))| row.value(i, *kind)).collect();
        rows.iter().map(values).collect()
    }

    /// Lets the numbers that the engine gives go on behind those that were copied.
    pub(crate) async fn go_on_counting(&self, connection: &mut Connection<'_>) -> Result<()> {
        match self.table {
            "events" => engine::go_on_counting(connection, "events_ordinal", self.table, "ordinal").await,
            "sets" | "chunks" | "blocks" => engine::go_on_counting(connection, &format!("{}_id_seq", self.table), self.table, "id").await,
            _ => Ok(()),
        }
    }
}

/// Rows of all tables.
pub(crate) async fn count_all(connection: &mut Connection<'_>, sheets: &[Sheet]) -> Result<u64> {
    let mut rows = 0;
    for sheet in sheets {
        rows += sheet.count(connection).await?;
    }
    Ok(rows)
}
