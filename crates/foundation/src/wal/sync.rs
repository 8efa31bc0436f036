//! Group commit: one thread syncs for all appenders.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Position, SegmentFile, WalFault};

/// How far the log is on the disk, or why it never will be.
pub(super) type Synced = Result<Position, String>;

/// What is written and not yet synced.
#[derive(Default)]
struct Pending {
    file: Option<Arc<dyn SegmentFile>>,
    written: Position,
    since: Option<Instant>,
    stop: bool,
}

/// The thread's desk.
pub(super) struct Syncer {
    pending: Mutex<Pending>,
    wake: Condvar,
    every: Duration,
    synced: watch::Sender<Synced>,
}

impl Syncer {
    pub(super) fn new(every: Duration, end: Position) -> Self {
        Self { pending: Mutex::default(), wake: Condvar::new(), every, synced: watch::Sender::new(Ok(end)) }
    }

    /// Tells of bytes written to `file` up to `written`.
    pub(super) fn wrote(&self, file: &Arc<dyn SegmentFile>, written: Position) {
        let mut pending = self.lock();
        pending.file = Some(file.clone());
        pending.written = written;
        if pending.since.is_none() {
            pending.since = Some(Instant::now());
            self.wake.notify_one();
        }
    }

    /// Syncs now, on the caller's thread; for the end of a segment.
    pub(super) fn finish(&self, file: &dyn SegmentFile, written: Position) -> Result<(), WalFault> {
        let result = timed_sync(file);
        self.publish(written, result)
    }

    pub(super) fn watch(&self) -> watch::Receiver<Synced> {
        self.synced.subscribe()
    }

    pub(super) fn synced(&self) -> Synced {
        self.synced.borrow().clone()
    }

    pub(super) fn fail(&self, why: String) {
        drop(self.synced.send_replace(Err(why)));
    }

    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.wake.notify_one();
    }

    /// The thread: syncs what is pending, at latest so long after it was written.
    pub(super) fn run(&self) {
        while let Some((file, written)) = self.next() {
            let result = timed_sync(&*file);
            if self.publish(written, result).is_err() {
                return;
            }
        }
    }

    fn next(&self) -> Option<(Arc<dyn SegmentFile>, Position)> {
        let mut pending = self.lock();
        loop {
            let waited = pending.since.map(|since| since.elapsed());
            match waited {
                Some(waited) if pending.stop || waited >= self.every => {
                    pending.since = None;
                    return pending.file.clone().map(|file| (file, pending.written));
                }
                Some(waited) => {
                    let left = self.every.saturating_sub(waited);
                    pending = self.wake.wait_timeout(pending, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                None if pending.stop => return None,
                None => pending = self.wake.wait(pending).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn publish(&self, written: Position, result: std::io::Result<()>) -> Result<(), WalFault> {
        if let Err(error) = result {
            tracing::error!(%error, "the write-ahead log cannot be synced");
            self.fail(error.to_string());
            return Err(WalFault::Failed(error.to_string()));
        }
        // the end of a segment may have been published by an appender meanwhile
        self.synced.send_if_modified(|synced| match synced {
            Ok(before) if *before < written => {
                *before = written;
                true
            }
            _ => false,
        });
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn timed_sync(file: &dyn SegmentFile) -> std::io::Result<()> {
    let began = Instant::now();
    let result = file.sync();
    metrics::histogram!("wal_sync_seconds").record(began.elapsed().as_secs_f64());
    metrics::counter!("wal_syncs_total").increment(1);
    result
}
