//! The unit of work: one transaction on the one connection that writes.

use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::Mutex;
use vigie_domain::query::{Filter, ListQuery, Page, Schema};
use vigie_domain::store::{Reader, Record, UnitOfWork};
use vigie_domain::{Clock, Id, Result, Scope};

use super::{count, history, page, read, write};
use crate::engine::Transaction;
use crate::error;

/// A transaction; reading takes turns with itself, writing has it alone.
pub(crate) struct SqlUnit {
    transaction: Mutex<Transaction>,
    clock: Arc<dyn Clock>,
}

impl SqlUnit {
    pub(crate) fn new(transaction: Transaction, clock: Arc<dyn Clock>) -> Self {
        Self { transaction: Mutex::new(transaction), clock }
    }
}

#[async_trait]
impl Reader for SqlUnit {
    async fn document(&self, schema: &'static Schema, scope: &Scope, id: Id) -> Result<Option<String>> {
        read::document(&mut self.transaction.lock().await.connection(), schema, scope, id).await
    }

    async fn documents(&self, schema: &'static Schema, scope: &Scope, ids: &[Id]) -> Result<Vec<String>> {
        read::documents(&mut self.transaction.lock().await.connection(), schema, scope, ids).await
    }

    async fn page(&self, schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Result<Page<String>> {
        page::read(&mut self.transaction.lock().await.connection(), &*self.clock, schema, scope, query).await
    }

    async fn count(&self, schema: &'static Schema, scope: &Scope, filters: &[Filter]) -> Result<u64> {
        count::exact(&mut self.transaction.lock().await.connection(), schema, scope, filters).await
    }

    async fn count_by(
        &self,
        schema: &'static Schema,
        scope: &Scope,
        column: &'static str,
        filters: &[Filter],
    ) -> Result<Vec<(String, u64)>> {
        count::by_column(&mut self.transaction.lock().await.connection(), schema, scope, column, filters).await
    }
}

/// Does a step of a unit: what fails leaves nothing, and the unit goes on.
macro_rules! step {
    ($unit:ident, |$connection:ident| $work:expr) => {{
        let transaction = $unit.transaction.get_mut();
        transaction.mark().await.map_err(error::storage)?;
        let outcome = {
            let $connection = &mut transaction.connection();
            $work.await
        };
        transaction.settle(outcome.is_ok()).await.map_err(error::storage)?;
        outcome
    }};
}

#[async_trait]
impl UnitOfWork for SqlUnit {
    async fn insert_record(&mut self, schema: &'static Schema, record: Record) -> Result<()> {
        step!(self, |connection| write::insert(connection, schema, &record))
    }

    async fn upsert_records(&mut self, schema: &'static Schema, records: Vec<Record>) -> Result<()> {
        step!(self, |connection| write::upsert(connection, schema, &records))
    }

    async fn update_record(&mut self, schema: &'static Schema, record: Record) -> Result<bool> {
        step!(self, |connection| write::update(connection, schema, &record))
    }

    async fn delete(&mut self, schema: &'static Schema, id: Id) -> Result<bool> {
        step!(self, |connection| write::delete(connection, schema, id))
    }

    async fn delete_where(&mut self, schema: &'static Schema, filters: &[Filter], limit: usize) -> Result<u64> {
        let now = self.clock.now();
        step!(self, |connection| async {
            let months = history::forget(connection, schema, filters, now).await?;
            Ok(months + write::delete_where(connection, schema, filters, limit).await?)
        })
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.transaction.into_inner().commit().await.map_err(error::storage)
    }
}
