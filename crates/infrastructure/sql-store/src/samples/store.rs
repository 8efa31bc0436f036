//! The store of samples: its database and what its parts share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteSynchronous;
use vigie_domain::query::FieldKind;
use vigie_domain::telemetry::{MetricSet, SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesQuery, metric_set};
use vigie_domain::{Result, Timestamp};

use super::append::Appends;
use super::{maintain, range};
use crate::engine::{self, Connection, Engine, Lent, Transaction};
use crate::error;
use crate::open::{Database, OpenError, Share, Tuning};
use crate::transfer::Sheet;

/// The schema of its tables at a server.
pub(crate) const SCHEMA: &str = "vigie_samples";

/// The migrations of its tables.
pub(crate) fn migrations(engine: Engine) -> Migrator {
    match engine {
        Engine::Sqlite => sqlx::migrate!("migrations/sqlite/samples"),
        Engine::Postgres => sqlx::migrate!("migrations/postgres/samples"),
    }
}

/// Its tables as they are carried from one database to another.
pub(crate) fn sheets() -> Vec<Sheet> {
    use FieldKind::{Id, Int, Ip as Bytes, Text};
    let chunks =
        [("id", Int), ("set_id", Int), ("node", Int), ("window", Int), ("level", Int), ("rows", Int), ("first_at", Int), ("data", Bytes)];
    vec![
        Sheet::new("sets", 1, &[("id", Int), ("name", Text)]),
        Sheet::new("chunks", 1, &chunks),
        Sheet::new("blocks", 1, &[("id", Int), ("set_id", Int), ("window", Int), ("subject", Id), ("rows", Int), ("data", Bytes)]),
        Sheet::new("windows", 2, &[("set_id", Int), ("window", Int), ("rows", Int), ("first_at", Int)]),
    ]
}

/// The sample store over a database file of its own, or a schema of its own at a server.
#[derive(Debug)]
pub struct SqlSampleStore {
    files: Arc<Files>,
    appends: Appends,
    maintenance: tokio::sync::Mutex<()>,
}

impl SqlSampleStore {
    /// Opens the database at this path, makes it where it is missing, and brings its schema up to date. Nobody else can open it until
    /// this store is dropped or the process ends.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        // pages hold some blocks each, with little room left over
        let tuning = Tuning { synchronous: SqliteSynchronous::Normal, page_size: 8192, cache_kib: 4096, readers: 2 };
        let database = Database::open(path, migrations(Engine::Sqlite), &tuning).await?;
        Ok(Self::over(database))
    }

    /// Opens the samples in the database of a PostgreSQL server, as [`SqlStore::connect`](crate::SqlStore::connect) opens the state.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        let share = Share { schema: SCHEMA, number: 2, readers: (1, 6) };
        Ok(Self::over(Database::connect(url, migrations(Engine::Postgres), &share).await?))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.files.database
    }

    fn over(database: Database) -> Self {
        let files = Arc::new(Files { database, sets: Mutex::default() });
        Self { appends: Appends::new(files.clone()), files, maintenance: tokio::sync::Mutex::default() }
    }

    /// Waits for what is being written, and lets go of the database.
    pub async fn close(&self) {
        self.files.database.close().await;
    }
}

#[async_trait]
impl SampleStore for SqlSampleStore {
    async fn append(&self, batch: SampleBatch) -> Result<()> {
        self.appends.append(batch).await
    }

    async fn range(&self, query: &SeriesQuery) -> Result<Vec<SeriesData>> {
        range::read(&self.files, query).await
    }

    async fn maintain(&self, now: Timestamp, keep_from: Timestamp) -> Result<()> {
        let _alone = self.maintenance.lock().await;
        maintain::run(&self.files, now, keep_from).await
    }

    async fn describe(&self) -> Result<SampleStoreInfo> {
        let mut lent = self.files.reader().await?;
        let mut connection = lent.connection();
        let held = "SELECT sets.name, CAST(SUM(held.rows) AS BIGINT), MIN(held.first_at) FROM \
            (SELECT set_id, rows, first_at FROM windows UNION ALL SELECT set_id, rows, first_at FROM chunks) AS held \
            JOIN sets ON sets.id = held.set_id GROUP BY sets.name";
        let mut info = SampleStoreInfo { bytes: self.files.database.usage().await?.size_bytes, ..SampleStoreInfo::default() };
        for row in engine::raw_rows(&mut connection, held, Vec::new()).await.map_err(error::storage)? {
            let metrics = metric_set(&row.text(0)?).map_or(0, |set| set.metrics.len());
            info.values += row.int(1)?.unwrap_or(0) as u64 * metrics as u64;
            let first = row.int(2)?.map(Timestamp);
            info.oldest = info.oldest.into_iter().chain(first).min();
        }
        Ok(info)
    }
}

/// The database, and the numbers of the metric sets in it.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) database: Database,
    sets: Mutex<HashMap<&'static str, i64>>,
}

impl Files {
    pub(crate) async fn reader(&self) -> Result<Lent> {
        self.database.reader().await
    }

    pub(crate) async fn transaction(&self) -> Result<Transaction> {
        self.database.transaction().await
    }

    /// The number of a set, `None` while it has no samples.
    pub(crate) async fn set_id(&self, connection: &mut Connection<'_>, set: &'static MetricSet) -> Result<Option<i64>> {
        if let Some(id) = self.known(set.name) {
            return Ok(Some(id));
        }
        let select = "SELECT id FROM sets WHERE name = $1";
        let rows = engine::raw_rows(connection, select, vec![set.name.into()]).await.map_err(error::storage)?;
        let id = rows.first().map(|row| row.int(0)).transpose()?.flatten();
        if let Some(id) = id {
            self.sets.lock().unwrap_or_else(PoisonError::into_inner).insert(set.name, id);
        }
        Ok(id)
    }

    /// The number of a set, given where it has none.
    pub(crate) async fn number_set(&self, set: &'static MetricSet) -> Result<i64> {
        if let Some(id) = self.known(set.name) {
            return Ok(id);
        }
        let mut lent = self.database.writer().await?;
        let mut writer = lent.connection();
        let insert = "INSERT INTO sets (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
        engine::raw_execute(&mut writer, insert, vec![set.name.into()]).await.map_err(error::storage)?;
        let id = self.set_id(&mut writer, set).await?;
        id.ok_or_else(|| error::storage(sqlx::Error::RowNotFound))
    }

    fn known(&self, name: &'static str) -> Option<i64> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}
