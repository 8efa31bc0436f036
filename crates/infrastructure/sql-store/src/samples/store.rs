//! The store of samples: its database and what its parts share.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteSynchronous;
use vigie_domain::query::FieldKind;
use vigie_domain::telemetry::{KeepFrom, Resolution, SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesQuery};
use vigie_domain::{Result, Timestamp};

use super::append::Appends;
use super::layer::Layer;
use super::{maintain, range};
use crate::engine::{self, Engine, Lent, Transaction};
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
        Sheet::new("sets", 1, &[("id", Int), ("name", Text), ("kept_from", Int)]),
        Sheet::new("chunks", 1, &chunks),
        Sheet::new("blocks", 1, &[("id", Int), ("set_id", Int), ("window", Int), ("subject", Id), ("rows", Int), ("data", Bytes)]),
        Sheet::new("windows", 2, &[("set_id", Int), ("window", Int), ("rows", Int), ("first_at", Int), ("rolled", Int)]),
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

    async fn maintain(&self, now: Timestamp, keep_from: &KeepFrom) -> Result<()> {
        let _alone = self.maintenance.lock().await;
        maintain::run(&self.files, now, keep_from).await
    }

    async fn describe(&self) -> Result<SampleStoreInfo> {
        let mut lent = self.files.reader().await?;
        let mut connection = lent.connection();
        let held = "SELECT sets.name, CAST(SUM(held.rows) AS BIGINT), MIN(held.first_at) FROM \
            (SELECT set_id, rows, first_at FROM windows UNION ALL SELECT set_id, rows, first_at FROM chunks) AS held \
            JOIN sets ON sets.id = held.set_id GROUP BY sets.name";
        let usage = self.files.database.usage().await?;
        let mut info = SampleStoreInfo { bytes: usage.size_bytes, reusable_bytes: usage.reusable_bytes, ..SampleStoreInfo::default() };
        for row in engine::raw_rows(&mut connection, held, Vec::new()).await.map_err(error::storage)? {
            let Some(layer) = Layer::named(&row.text(0)?) else { continue };
            let oldest = match Resolution::ROLLUPS.iter().position(|rollups| *rollups == layer.resolution) {
                Some(place) => &mut info.oldest_rollups[place],
                None => &mut info.oldest,
            };
            let first = row.int(2)?.map(Timestamp);
            *oldest = oldest.iter().copied().chain(first).min();
            if layer.is_raw() {
                info.values += row.int(1)?.unwrap_or(0) as u64 * layer.columns() as u64;
            }
        }
        Ok(info)
    }
}

/// The database, and the numbers of the sets in it.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) database: Database,
    sets: Mutex<HashMap<(&'static str, Resolution), i64>>,
}

impl Files {
    pub(crate) async fn reader(&self) -> Result<Lent> {
        self.database.reader().await
    }

    pub(crate) async fn transaction(&self) -> Result<Transaction> {
        self.database.transaction().await
    }

    /// The number of the set of a layer, given where it has none.
    pub(crate) async fn number_set(&self, layer: Layer) -> Result<i64> {
        let key = (layer.set.name, layer.resolution);
        if let Some(id) = self.sets.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(*id);
        }
        let mut lent = self.database.writer().await?;
        let mut writer = lent.connection();
        let insert = "INSERT INTO sets (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
        engine::raw_execute(&mut writer, insert, vec![layer.name().into()]).await.map_err(error::storage)?;
        let select = "SELECT id FROM sets WHERE name = $1";
        let rows = engine::raw_rows(&mut writer, select, vec![layer.name().into()]).await.map_err(error::storage)?;
        let id = rows.first().map(|row| row.int(0)).transpose()?.flatten();
        let id = id.ok_or_else(|| error::storage(sqlx::Error::RowNotFound))?;
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).insert(key, id);
        Ok(id)
    }
}
