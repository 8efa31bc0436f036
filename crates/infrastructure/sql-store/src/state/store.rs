//! The store: where each call gets its connection.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteSynchronous;
use vigie_domain::query::{Filter, ListQuery, Page, Schema};
use vigie_domain::store::{Reader, Store, StoreInfo, UnitOfWork};
use vigie_domain::system::{Event, Job};
use vigie_domain::{Clock, Id, Result, Scope, Timestamp};

use super::unit::SqlUnit;
use super::{count, history, indexes, jobs, outbox, page, read, seed};
use crate::engine::{self, Engine, Lent, retried};
use crate::error;
use crate::open::{Database, OpenError, Share, Tuning, Usage};

/// The schema of its tables at a server.
pub(crate) const SCHEMA: &str = "vigie";

/// Tells its lock from that of the samples.
pub(crate) const SHARE: i64 = 1;

/// The migrations of its tables.
pub(crate) fn migrations(engine: Engine) -> Migrator {
    match engine {
        Engine::Sqlite => sqlx::migrate!("migrations/sqlite/state"),
        Engine::Postgres => sqlx::migrate!("migrations/postgres/state"),
    }
}

/// The state store over a database. One unit of work writes at a time; reading goes on beside it and sees what was committed.
pub struct SqlStore {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqlStore {
    /// Opens the database at this path, makes it where it is missing, and brings its schema up to date. Nobody else can open it until
    /// this store is dropped or the process ends. `clock` dates the cursors of lists.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let tuning = Tuning { synchronous: SqliteSynchronous::Full, page_size: 4096, cache_kib: 8192, readers: 4 };
        let database = Database::open(path, migrations(Engine::Sqlite), &tuning).await?;
        Self::prepared(database, clock).await
    }

    /// Opens the database of a PostgreSQL server at this URL (`postgres://user:password@host:5432/name`), and brings its schema up to date.
    /// Nobody else can open it until this store is dropped or the process ends.
    pub async fn connect(url: &str, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let share = Share { schema: SCHEMA, number: SHARE, readers: (2, 11) };
        let database = Database::connect(url, migrations(Engine::Postgres), &share).await?;
        Self::prepared(database, clock).await
    }

    async fn prepared(database: Database, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let store = Self { database, clock };
        let prepared = store.prepare().await;
        prepared.map_err(|e| OpenError::NotUsable { place: store.database.place(), reason: format!("{e}: {}", e.chain()) })?;
        Ok(store)
    }

    /// Ends when another server has taken the database over, so that nothing can be written here any more; a file is never taken over.
    pub fn taken_over(&self) -> impl Future<Output = ()> + Send + use<> {
        self.database.taken_over()
    }

    /// Waits for what is being written, and lets go of the database.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    async fn prepare(&self) -> Result<()> {
        let mut transaction = self.database.transaction().await?;
        transaction.take_time().await.map_err(error::storage)?;
        let mut connection = transaction.connection();
        history::ensure(&mut connection, self.clock.now(), self.clock.now()).await?;
        indexes::ensure(&mut connection).await?;
        seed::ensure(&mut connection, &*self.clock).await?;
        transaction.commit().await.map_err(error::storage)
    }

    async fn reader(&self) -> Result<Lent> {
        self.database.reader().await
    }

    async fn stamp(&self, limit: usize) -> Result<Vec<Event>> {
        let mut transaction = self.database.transaction().await?;
        let events = outbox::stamp(&mut transaction.connection(), limit).await?;
        transaction.commit().await.map_err(error::storage)?;
        Ok(events)
    }

    async fn claim(&self, kinds: &[&str], owner: &str, now: Timestamp, lease_until: Timestamp) -> Result<Option<Job>> {
        let mut transaction = self.database.transaction().await?;
        let job = jobs::claim(&mut transaction.connection(), kinds, owner, now, lease_until).await?;
        transaction.commit().await.map_err(error::storage)?;
        Ok(job)
    }
}

#[async_trait]
impl Reader for SqlStore {
    async fn document(&self, schema: &'static Schema, scope: &Scope, id: Id) -> Result<Option<String>> {
        read::document(&mut self.reader().await?.connection(), schema, scope, id).await
    }

    async fn documents(&self, schema: &'static Schema, scope: &Scope, ids: &[Id]) -> Result<Vec<String>> {
        read::documents(&mut self.reader().await?.connection(), schema, scope, ids).await
    }

    async fn page(&self, schema: &'static Schema, scope: &Scope, query: &ListQuery) -> Result<Page<String>> {
        page::read(&mut self.reader().await?.connection(), &*self.clock, schema, scope, query).await
    }

    async fn count(&self, schema: &'static Schema, scope: &Scope, filters: &[Filter]) -> Result<u64> {
        count::exact(&mut self.reader().await?.connection(), schema, scope, filters).await
    }

    async fn count_by(
        &self,
        schema: &'static Schema,
        scope: &Scope,
        column: &'static str,
        filters: &[Filter],
    ) -> Result<Vec<(String, u64)>> {
        count::by_column(&mut self.reader().await?.connection(), schema, scope, column, filters).await
    }
}

#[async_trait]
impl Store for SqlStore {
    /// Waits until no other unit is open, at most 30 seconds: a task that holds a unit must not begin another.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        Ok(Box::new(SqlUnit::new(self.database.transaction().await?, self.clock.clone())))
    }

    async fn stamp_outbox(&self, limit: usize) -> Result<Vec<Event>> {
        if !outbox::waits(&mut self.reader().await?.connection()).await? {
            return Ok(Vec::new());
        }
        retried(|| self.stamp(limit)).await
    }

    async fn events_after(&self, seq: i64, limit: usize) -> Result<(Vec<Event>, Option<i64>)> {
        outbox::after(&mut self.reader().await?.connection(), seq, limit).await
    }

    async fn claim_job(&self, kinds: &[&str], owner: &str, now: Timestamp, lease_until: Timestamp) -> Result<Option<Job>> {
        if jobs::due(&mut self.reader().await?.connection(), kinds, now).await?.is_none() {
            return Ok(None);
        }
        retried(|| self.claim(kinds, owner, now, lease_until)).await
    }

    async fn ping(&self) -> Result<()> {
        let alive = engine::raw_rows(&mut self.reader().await?.connection(), "SELECT value FROM sequences", Vec::new()).await;
        alive.map(drop).map_err(error::storage)
    }

    fn engine(&self) -> &'static str {
        self.database.engine().name()
    }

    async fn describe(&self) -> Result<StoreInfo> {
        let version = engine::version(&mut self.reader().await?.connection()).await?;
        let Usage { size_bytes, connections, .. } = self.database.usage().await?;
        Ok(StoreInfo { engine: self.engine().to_owned(), version, schema_version: self.database.schema_version, size_bytes, connections })
    }
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("place", &self.database.place()).finish_non_exhaustive()
    }
}
