//! The write-ahead log before an engine, and the task that carries its events there.

mod carrier;

pub(crate) use carrier::{Carriage, Carrier, Sink};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Notify, watch};
use vigie_domain::telemetry::{EventBatch, EventStoreStatus, Promise};
use vigie_domain::{Error, Result};
use vigie_foundation::wal::{Folder, Position, Wal, WalFault};

use crate::error;
use crate::settings::EventStoreSettings;
use crate::snapshot::LOG;

/// The log, and how far its events have been carried. Shared by the store and its carrier.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) wal: Wal,
    carried: watch::Sender<Position>,
    hurry: Notify,
    lost: AtomicU64,
    cut: AtomicU64,
    behind: AtomicBool,
    problem: Mutex<Option<String>>,
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
