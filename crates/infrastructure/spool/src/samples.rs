//! Samples that wait for a store that is away.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use vigie_domain::telemetry::{KeepFrom, SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesQuery};
use vigie_domain::{Error, ErrorKind, Result, Timestamp};
use vigie_foundation::files;
use vigie_foundation::wal::{Folder, Position, Wal, WalFault, WalReader, WalSettings};

use crate::record;

/// How often a store that is away is tried.
const TRY: Duration = Duration::from_secs(2);

/// Bytes read from the log at a time.
const READ: usize = 1 << 20;

/// Room for a few minutes of a large network: what is carried over frees a segment at a time.
const SEGMENT: u64 = 16 << 20;

/// The file that tells how far was carried.
const CARRIED: &str = "carried";

/// How a spool behaves.
#[derive(Clone, Debug)]
pub struct SpoolSettings {
    /// Its folder, made where it is missing.
    pub folder: PathBuf,
    /// The most it may hold, in bytes.
    pub limit_bytes: u64,
}

/// Why a spool cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SpoolFault {
    /// Its folder or a file in it.
    #[error("the spool {}: {source}", path.display())]
    Files {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its log.
    #[error(transparent)]
    Log(#[from] WalFault),
}

/// A store of samples that keeps on the disk what the store behind it cannot take.
pub struct SampleSpool {
    inner: Arc<dyn SampleStore>,
    wal: Wal,
    folder: PathBuf,
    carried: Mutex<Position>,
}

impl SampleSpool {
    /// A spool before this store. What it holds from before is carried over by [`Self::run`].
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn open(settings: &SpoolSettings, inner: Arc<dyn SampleStore>) -> Result<Arc<Self>, SpoolFault> {
        let folder = settings.folder.clone();
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SpoolFault::Files { path, source }
        };
        let storage = Folder::at(&folder).map_err(failed(&folder))?;
        let file = folder.join(CARRIED);
        let carried = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().unwrap_or(Position::START),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Position::START,
            Err(error) => return Err(failed(&file)(error)),
        };
        let log = WalSettings { segment_bytes: SEGMENT, limit_bytes: settings.limit_bytes, ..WalSettings::default() };
        let wal = Wal::open(Arc::new(storage), log)?;
        wal.release(carried)?;
        // of one that is new nothing waits
        let carried = if wal.recovery().segments == 0 { wal.status().written } else { carried };
        Ok(Arc::new(Self { inner, wal, folder, carried: Mutex::new(carried) }))
    }

    /// Carries what waits over to the store, whenever it takes it, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut reader = self.wal.reader(self.carried());
        loop {
            if let Err(error) = self.carry(&mut reader).await {
                tracing::debug!(bytes = self.spooled_bytes(), cause = error.chain(), "samples wait on the disk");
                reader = self.wal.reader(self.carried());
            }
            metrics::gauge!("spool_held_bytes").set(self.spooled_bytes() as f64);
            tokio::select! {
                () = tokio::time::sleep(TRY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Carries until nothing waits.
    async fn carry(&self, reader: &mut WalReader) -> Result<()> {
        loop {
            let chunk = reader.read(READ).map_err(Error::storage)?;
            if !chunk.damage.is_empty() {
                let bytes: u64 = chunk.damage.iter().map(|damage| damage.bytes).sum();
                tracing::error!(bytes, folder = %self.folder.display(), "a part of the spool cannot be read and is left out");
            }
            for (at, packed) in chunk.records() {
                self.carry_one(at, packed).await?;
            }
            if chunk.end <= self.carried() {
                return Ok(());
            }
            self.note_carried(chunk.end).map_err(Error::storage)?;
        }
    }

    async fn carry_one(&self, at: Position, packed: &[u8]) -> Result<()> {
        let Some(batch) = record::decode(packed) else {
            tracing::error!(%at, "a record of the spool is of another version, and is left out");
            metrics::counter!("spool_records_unreadable_total").increment(1);
            return Ok(());
        };
        let (name, rows) = (batch.set.name, batch.len() as u64);
        match self.inner.append(batch).await {
            Ok(()) => metrics::counter!("spool_carried_rows_total", "collector" => name).increment(rows),
            Err(error) if error.kind() == ErrorKind::StorageFailed => return Err(error),
            // it would be refused for ever
            Err(error) => {
                tracing::error!(rows, %error, "the store refuses samples of the spool, they are dropped");
                metrics::counter!("collector_dropped_total", "collector" => name).increment(rows);
            }
        }
        Ok(())
    }

    fn keep(&self, batch: &SampleBatch) -> Result<()> {
        let record = record::encode(batch).map_err(Error::storage)?;
        match self.wal.append(std::iter::once(&record[..])) {
            Ok(_) => {
                metrics::counter!("spool_kept_rows_total", "collector" => batch.set.name).increment(batch.len() as u64);
                Ok(())
            }
            Err(fault) => Err(Error::new(ErrorKind::LimitExceeded, "limit_exceeded", "the spool takes no more samples").source(fault)),
        }
    }

    fn carried(&self) -> Position {
        *self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// First what the store has is said, then its segments go.
    fn note_carried(&self, until: Position) -> io::Result<()> {
        files::replace(&self.folder.join(CARRIED), 0o600, until.to_string().as_bytes())?;
        *self.carried.lock().unwrap_or_else(PoisonError::into_inner) = until;
        self.wal.release(until).map_err(io::Error::other)
    }
}

#[async_trait]
impl SampleStore for SampleSpool {
    async fn append(&self, batch: SampleBatch) -> Result<()> {
        match self.inner.append(batch.clone()).await {
            Err(error) if error.kind() == ErrorKind::StorageFailed => self.keep(&batch),
            outcome => outcome,
        }
    }

    async fn range(&self, query: &SeriesQuery) -> Result<Vec<SeriesData>> {
        self.inner.range(query).await
    }

    async fn maintain(&self, now: Timestamp, keep_from: &KeepFrom) -> Result<()> {
        self.inner.maintain(now, keep_from).await
    }

    async fn describe(&self) -> Result<SampleStoreInfo> {
        self.inner.describe().await
    }

    fn spooled_bytes(&self) -> u64 {
        let (status, carried) = (self.wal.status(), self.carried());
        if carried >= status.written || carried.segment == status.written.segment {
            return u64::from(status.written.offset.saturating_sub(carried.offset));
        }
        status.held_bytes.saturating_sub(u64::from(carried.offset))
    }
}
