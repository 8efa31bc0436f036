//! The store of samples: its database and what its parts share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sqlx::sqlite::SqliteSynchronous;
use vigie_domain::telemetry::{MetricSet, SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesQuery, metric_set};
use vigie_domain::{Result, Timestamp};

use super::append::Appends;
use super::{maintain, range};
use crate::engine::{self, BEGIN, Connection, Lent, Transaction};
use crate::error;
use crate::open::{Database, OpenError, Tuning};

/// The sample store over a database file of its own.
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
        let database = Database::open(path, sqlx::migrate!("migrations/sqlite/samples"), &tuning).await?;
        let files = Arc::new(Files { database, sets: Mutex::default() });
        Ok(Self { appends: Appends::new(files.clone()), files, maintenance: tokio::sync::Mutex::default() })
    }

    /// Waits for what is being written, folds the log into the file and lets go of it.
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
        let mut connection = self.files.reader().await?;
        let held = "SELECT sets.name, SUM(held.rows), MIN(held.first_at) FROM \
            (SELECT set_id, rows, first_at FROM windows UNION ALL SELECT set_id, rows, first_at FROM chunks) AS held \
            JOIN sets ON sets.id = held.set_id GROUP BY sets.name";
        let mut info = SampleStoreInfo { bytes: self.files.database.size_bytes(), ..SampleStoreInfo::default() };
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
        self.database.reader.acquire().await.map_err(error::storage)
    }

    pub(crate) async fn transaction(&self) -> Result<Transaction> {
        self.database.writer.begin_with(BEGIN).await.map_err(error::storage)
    }

    /// The number of a set, `None` while it has no samples.
    pub(crate) async fn set_id(&self, connection: &mut Connection, set: &'static MetricSet) -> Result<Option<i64>> {
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
        let mut writer = self.database.writer.acquire().await.map_err(error::storage)?;
        let insert = "INSERT INTO sets (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
        engine::raw_execute(&mut writer, insert, vec![set.name.into()]).await.map_err(error::storage)?;
        let id = self.set_id(&mut writer, set).await?;
        id.ok_or_else(|| error::storage(sqlx::Error::RowNotFound))
    }

    fn known(&self, name: &'static str) -> Option<i64> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }
}
