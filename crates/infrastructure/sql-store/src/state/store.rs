//! The store: where each call gets its connection.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::SqliteSynchronous;
use vigie_domain::query::{Filter, ListQuery, Page, Schema};
use vigie_domain::store::{Reader, Store, StoreInfo, UnitOfWork};
use vigie_domain::system::{Event, Job};
use vigie_domain::{Clock, Id, Result, Scope, Timestamp};

use super::unit::SqlUnit;
use super::{count, indexes, jobs, outbox, page, read, seed};
use crate::engine::{self, BEGIN, Lent, Transaction};
use crate::error;
use crate::open::{Database, OpenError, Tuning};

/// The state store over a database file. One unit of work writes at a time; reading goes on beside it and sees what was committed.
pub struct SqlStore {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqlStore {
    /// Opens the database at this path, makes it where it is missing, and brings its schema up to date. Nobody else can open it until
    /// this store is dropped or the process ends. `clock` dates the cursors of lists.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let tuning = Tuning { synchronous: SqliteSynchronous::Full, page_size: 4096, cache_kib: 8192, readers: 4 };
        let database = Database::open(path, sqlx::migrate!("migrations/sqlite/state"), &tuning).await?;
        let store = Self { database, clock };
        store.prepare().await.map_err(|e| OpenError::FileNotUsable { path: path.to_owned(), reason: format!("{e}: {}", e.chain()) })?;
        Ok(store)
    }

    /// Waits for what is being written, folds the log into the file and lets go of it.
    pub async fn close(&self) {
        self.database.close().await;
    }

    #[cfg(test)]
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    async fn prepare(&self) -> Result<()> {
        let mut transaction = self.transaction().await?;
        indexes::ensure(&mut transaction).await?;
        seed::ensure(&mut transaction, &*self.clock).await?;
        transaction.commit().await.map_err(error::storage)
    }

    async fn reader(&self) -> Result<Lent> {
        self.database.reader.acquire().await.map_err(error::storage)
    }

    async fn transaction(&self) -> Result<Transaction> {
        self.database.writer.begin_with(BEGIN).await.map_err(error::storage)
    }
}

#[async_trait]
impl Reader for SqlStore {
    async fn document(&self, schema: &'static Schema, scope: &Scope, id: Id) -> Result<Option<String>> {
        read::document(&mut *self.reader().await?, schema, scope, id).await
    }

    async fn documents(&self, schema: &'static Schema, scope: &Scope, ids: &[Id]) -> Result<Vec<String>> {
        read::documents(&mut *self.reader().await?, schema, scope, ids).await
    }

    async fn page(&self, schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Result<Page<String>> {
        page::read(&mut *self.reader().await?, &*self.clock, schema, scope, query).await
    }

    async fn count(&self, schema: &'static Schema, scope: &Scope, filters: &[Filter]) -> Result<u64> {
        count::exact(&mut *self.reader().await?, schema, scope, filters).await
    }

    async fn count_by(
        &self,
        schema: &'static Schema,
        scope: &Scope,
        column: &'static str,
        filters: &[Filter],
    ) -> Result<Vec<(String, u64)>> {
        count::by_column(&mut *self.reader().await?, schema, scope, column, filters).await
    }
}

#[async_trait]
impl Store for SqlStore {
    /// Waits until no other unit is open, at most 30 seconds: a task that holds a unit must not begin another.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        Ok(Box::new(SqlUnit::new(self.transaction().await?, self.clock.clone())))
    }

    async fn stamp_outbox(&self, limit: usize) -> Result<Vec<Event>> {
        if !outbox::waits(&mut *self.reader().await?).await? {
            return Ok(Vec::new());
        }
        let mut transaction = self.transaction().await?;
        let events = outbox::stamp(&mut transaction, limit).await?;
        transaction.commit().await.map_err(error::storage)?;
        Ok(events)
    }

    async fn events_after(&self, seq: i64, limit: usize) -> Result<(Vec<Event>, Option<i64>)> {
        outbox::after(&mut *self.reader().await?, seq, limit).await
    }

    async fn claim_job(&self, kinds: &[&str], owner: &str, now: Timestamp, lease_until: Timestamp) -> Result<Option<Job>> {
        if jobs::due(&mut *self.reader().await?, kinds, now).await?.is_none() {
            return Ok(None);
        }
        let mut transaction = self.transaction().await?;
        let job = jobs::claim(&mut transaction, kinds, owner, now, lease_until).await?;
        transaction.commit().await.map_err(error::storage)?;
        Ok(job)
    }

    async fn ping(&self) -> Result<()> {
        let alive = engine::raw_rows(&mut *self.reader().await?, "SELECT value FROM sequences", Vec::new()).await;
        alive.map(drop).map_err(error::storage)
    }

    async fn describe(&self) -> Result<StoreInfo> {
        let (engine, version) = engine::version(&mut *self.reader().await?).await?;
        let size_bytes = self.database.size_bytes();
        Ok(StoreInfo { engine: engine.to_owned(), version, schema_version: self.database.schema_version, size_bytes })
    }
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("path", &self.database.path).finish_non_exhaustive()
    }
}
