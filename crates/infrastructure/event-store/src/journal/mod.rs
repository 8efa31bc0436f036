//! The write-ahead log before an engine, and the task that carries its events there.

mod carrier;

pub(crate) use carrier::{Carriage, Carrier, Sink};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use tokio::sync::{Notify, watch};
use vigie_domain::telemetry::{EventBatch, EventListener, EventStoreStatus, Promise};
use vigie_domain::{Error, Result, Timestamp};
use vigie_foundation::wal::{Folder, Position, Wal, WalFault};

use crate::error;
use crate::settings::EventStoreSettings;
use crate::snapshot::LOG;

/// The log, and how far its events have been carried. Shared by the store and its carrier.
pub(crate) struct Journal {
    pub(crate) wal: Wal,
    carried: watch::Sender<Position>,
    hurry: Notify,
    lost: AtomicU64,
    cut: AtomicU64,
    behind: AtomicBool,
    problem: Mutex<Option<String>>,
    /// When the oldest event was accepted that the engine took and did not commit.
    oldest: AtomicI64,
    listener: RwLock<Option<Arc<dyn EventListener>>>,
}

impl Journal {
    pub(crate) fn open(settings: &EventStoreSettings) -> Result<Arc<Self>, WalFault> {
        let storage = match &settings.log_storage {
            Some(storage) => storage.0.clone(),
            None => Arc::new(Folder::at(settings.folder.join(LOG))?),
        };
        let wal = Wal::open(storage, settings.log)?;
        Ok(Arc::new(Self {
            wal,
            carried: watch::Sender::new(Position::START),
            hurry: Notify::new(),
            lost: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            behind: AtomicBool::new(false),
            problem: Mutex::default(),
            oldest: AtomicI64::new(i64::MAX),
            listener: RwLock::default(),
        }))
    }

    pub(crate) async fn append(&self, batch: &EventBatch, promise: Promise) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let end = self.wal.append(batch.rows()).map_err(error::log)?;
        metrics::counter!("events_accepted_total").increment(batch.len() as u64);
        self.cut.fetch_add(batch.cut(), Ordering::Relaxed);
        match promise {
            Promise::Process => Ok(()),
            Promise::Power => self.wal.synced(end).await.map_err(error::log),
        }
    }

    /// Waits until all that was appended before is searchable.
    pub(crate) async fn settle(&self) -> Result<()> {
        let end = self.wal.status().written;
        self.wal.synced(end).await.map_err(error::log)?;
        let mut carried = self.carried.subscribe();
        self.hurry.notify_one();
        let seen = carried.wait_for(|carried| *carried >= end).await;
        seen.map(drop).map_err(Error::storage)
    }

    /// Tells this listener what lands and what is dropped.
    pub(crate) fn listen(&self, listener: Arc<dyn EventListener>) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Says that the engine takes an event that was accepted then.
    pub(crate) fn take(&self, at: Timestamp) {
        self.oldest.fetch_min(at.0, Ordering::Relaxed);
    }

    /// Says that the engine committed what it took.
    fn land(&self) {
        let oldest = self.oldest.swap(i64::MAX, Ordering::Relaxed);
        if oldest < i64::MAX {
            self.tell(|listener| listener.landed(Timestamp(oldest)));
        }
    }

    /// Says that so many days were dropped.
    pub(crate) fn drop_days(&self, count: usize) {
        if count > 0 {
            self.tell(|listener| listener.dropped());
        }
    }

    fn tell(&self, what: impl FnOnce(&dyn EventListener)) {
        let listener = self.listener.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            what(&*listener);
        }
    }

    /// Counts events that will never be searchable.
    pub(crate) fn lose(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
        metrics::counter!("events_lost_total").increment(count);
    }

    /// Says whether carrying waits for what is below.
    pub(crate) fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    fn set_problem(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    fn set_carried(&self, position: Position) {
        self.carried.send_replace(position);
    }

    /// Its part of what the store says of itself.
    pub(crate) fn describe(&self, status: &mut EventStoreStatus) {
        let log = self.wal.status();
        let carried = *self.carried.borrow();
        status.log_bytes = log.held_bytes;
        status.pending_bytes = if carried.segment == log.written.segment {
            u64::from(log.written.offset.saturating_sub(carried.offset))
        } else {
            log.held_bytes.saturating_sub(u64::from(carried.offset))
        };
        status.refused = log.refused;
        status.lost = self.lost.load(Ordering::Relaxed);
        status.cut = self.cut.load(Ordering::Relaxed);
        status.is_behind = self.behind.load(Ordering::Relaxed);
        status.problem.clone_from(&self.problem.lock().unwrap_or_else(PoisonError::into_inner));
        if log.failed {
            status.problem = Some("the write-ahead log failed: nothing is taken in until the next start".to_owned());
        }
    }
}
