//! The log itself: appending, waiting for the disk, releasing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::frame::{self, HEADER};
use super::recovery::{Recovery, recover};
use super::sync::Syncer;
use super::{LONGEST_RECORD, Position, SegmentFile, Storage, WalFault, WalReader, WalSettings};

/// Most bytes appended at once, and most bytes of a segment; so an offset fits 32 bits.
const LARGEST_APPEND: u64 = 1 << 30;

/// A log. Its thread ends with it, after a last sync.
pub struct Wal {
    storage: Arc<dyn Storage>,
    settings: WalSettings,
    recovery: Recovery,
    tail: Mutex<Tail>,
    syncer: Arc<Syncer>,
    thread: Option<JoinHandle<()>>,
}

/// Where appending goes on.
struct Tail {
    file: Arc<dyn SegmentFile>,
    end: Position,
    /// The offset that the last marker in this segment tells.
    marked: u32,
    /// Bytes of all segments.
    held: u64,
    refused: u64,
    buffer: Vec<u8>,
}

/// What a log says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalStatus {
    /// After the last record.
    pub written: Position,
    /// After the last record that survives a loss of power.
    pub synced: Position,
    /// Bytes it holds, released ones in the oldest segment included.
    pub held_bytes: u64,
    /// Bytes it may hold.
    pub limit_bytes: u64,
    /// Records refused since it was opened, because it was full or had failed.
    pub refused: u64,
    /// Whether it failed, and must be opened anew.
    pub failed: bool,
}

impl Wal {
    /// Opens a log: cuts off the torn end of its newest segment, and begins a new one.
    pub fn open(storage: Arc<dyn Storage>, mut settings: WalSettings) -> Result<Self, WalFault> {
        settings.segment_bytes = settings.segment_bytes.min(LARGEST_APPEND);
        let recovery = recover(&*storage)?;
        if recovery.torn_bytes > 0 {
            tracing::info!(bytes = recovery.torn_bytes, "the write-ahead log ended in the middle of a write");
        }
        let tail = Tail::begin(&*storage, recovery.newest + 1, recovery.bytes)?;
        let syncer = Arc::new(Syncer::new(settings.sync_every, tail.end));
        let thread = std::thread::Builder::new().name("wal-sync".to_owned()).spawn({
            let syncer = syncer.clone();
            move || syncer.run()
        })?;
        Ok(Self { storage, settings, recovery, tail: Mutex::new(tail), syncer, thread: Some(thread) })
    }

    /// What opening it found.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Appends records, all or none. When it returns they survive the death of the process; see [`synced`](Self::synced) for the loss of
    /// power. Returns the position after the last.
    pub fn append<'a>(&self, records: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Position, WalFault> {
        let mut tail = self.lock();
        let result = self.append_to(&mut tail, records.clone());
        if result.is_err() {
            let count = records.count() as u64;
            tail.refused += count;
            metrics::counter!("wal_refused_records_total").increment(count);
        }
        result
    }

    fn append_to<'a>(&self, tail: &mut Tail, records: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Position, WalFault> {
        let synced = self.syncer.synced().map_err(WalFault::Failed)?;
        let mut size = 0;
        for record in records.clone() {
            if record.is_empty() || record.len() > LONGEST_RECORD {
                return Err(WalFault::Length(record.len()));
            }
            size += (frame::OVERHEAD + record.len()) as u64;
        }
        if size > LARGEST_APPEND {
            return Err(WalFault::Length(usize::try_from(size).unwrap_or(usize::MAX)));
        }
        if tail.held + size > self.settings.limit_bytes {
            return Err(WalFault::Full { held: tail.held, limit: self.settings.limit_bytes });
        }
        if u64::from(tail.end.offset) + size > self.settings.segment_bytes && tail.end.offset as usize > HEADER {
            self.roll(tail)?;
        }
        tail.write(synced, records).inspect_err(|error| {
            if let WalFault::Failed(why) = error {
                self.syncer.fail(why.clone());
            }
        })?;
        self.syncer.wrote(&tail.file, tail.end);
        metrics::counter!("wal_appended_bytes_total").increment(size);
        Ok(tail.end)
    }

    /// Closes the segment, synced, and begins the next.
    fn roll(&self, tail: &mut Tail) -> Result<(), WalFault> {
        self.syncer.finish(&*tail.file, tail.end)?;
        let next = Tail::begin(&*self.storage, tail.end.segment + 1, tail.held)?;
        *tail = Tail { refused: tail.refused, ..next };
        Ok(())
    }

    /// Waits until everything before this position survives a loss of power.
    pub async fn synced(&self, until: Position) -> Result<(), WalFault> {
        let mut watch = self.syncer.watch();
        let seen = watch.wait_for(|synced| synced.as_ref().map_or(true, |at| *at >= until)).await;
        match seen {
            Ok(synced) => synced.as_ref().map(drop).map_err(|why| WalFault::Failed(why.clone())),
            Err(_) => Err(WalFault::Failed("it was closed".to_owned())),
        }
    }

    /// Waits until more than what stands before this position is synced; the new end.
    pub async fn more(&self, than: Position) -> Result<Position, WalFault> {
        let mut watch = self.syncer.watch();
        let seen = watch.wait_for(|synced| synced.as_ref().map_or(true, |at| *at > than)).await;
        match seen {
            Ok(synced) => synced.clone().map_err(WalFault::Failed),
            Err(_) => Err(WalFault::Failed("it was closed".to_owned())),
        }
    }

    /// Reads from a position on what is synced.
    pub fn reader(&self, from: Position) -> WalReader {
        WalReader::new(self.storage.clone(), self.syncer.watch(), from)
    }

    /// Deletes the segments that hold nothing from this position on.
    pub fn release(&self, before: Position) -> Result<(), WalFault> {
        let newest = self.lock().end.segment;
        for (number, length) in self.storage.segments()? {
            if number < before.segment.min(newest) {
                self.storage.remove(number)?;
                let mut tail = self.lock();
                tail.held = tail.held.saturating_sub(length);
            }
        }
        metrics::gauge!("wal_held_bytes").set(self.lock().held as f64);
        Ok(())
    }

    /// What it says of itself.
    pub fn status(&self) -> WalStatus {
        let synced = self.syncer.synced();
        let tail = self.lock();
        WalStatus {
            written: tail.end,
            synced: synced.clone().unwrap_or_default(),
            held_bytes: tail.held,
            limit_bytes: self.settings.limit_bytes,
            refused: tail.refused,
            failed: synced.is_err(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wal {
    fn drop(&mut self) {
        self.syncer.stop();
        if let Some(thread) = self.thread.take() {
            // it has said in the log why it panicked
            let _ = thread.join();
        }
        let synced = self.syncer.synced();
        if let Ok(synced) = synced {
            self.lock().close(synced);
        }
    }
}

impl std::fmt::Debug for Wal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wal").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Tail {
    /// A new segment with its header on the disk.
    fn begin(storage: &dyn Storage, segment: u32, held: u64) -> Result<Self, WalFault> {
        let file = storage.create(segment)?;
        if let Err(error) = file.append(&frame::header(segment)).and_then(|()| file.sync()) {
            // so that the next try finds its number free
            storage.remove(segment)?;
            return Err(error.into());
        }
        let end = Position { segment, offset: HEADER as u32 };
        Ok(Self { file, end, marked: end.offset, held: held + HEADER as u64, refused: 0, buffer: Vec::new() })
    }

    /// Leaves a marker, so that whatever cannot be read later is known to be damage.
    fn close(&mut self, synced: Position) {
        let closed = self.write(synced, std::iter::empty()).and_then(|()| Ok(self.file.sync()?));
        if let Err(error) = closed {
            tracing::warn!(%error, "the write-ahead log could not be closed");
        }
    }

    /// Writes the records, behind a marker where more is synced than the last one tells.
    fn write<'a>(&mut self, synced: Position, records: impl Iterator<Item = &'a [u8]>) -> Result<(), WalFault> {
        self.buffer.clear();
        let at = |buffer: &Vec<u8>, end: Position| Position { offset: end.offset + buffer.len() as u32, ..end };
        let marks = synced.segment == self.end.segment && synced.offset > self.marked;
        if marks {
            frame::put_marker(&mut self.buffer, self.end, synced.offset);
        }
        for record in records {
            let at = at(&self.buffer, self.end);
            frame::put_record(&mut self.buffer, at, record);
        }
        if let Err(error) = self.file.append(&self.buffer) {
            // a part may stand there: what follows must not stand behind it
            return match self.file.truncate(u64::from(self.end.offset)) {
                Ok(()) => Err(error.into()),
                Err(second) => Err(WalFault::Failed(format!("{error}, and then {second}"))),
            };
        }
        if marks {
            self.marked = synced.offset;
        }
        self.end.offset += self.buffer.len() as u32;
        self.held += self.buffer.len() as u64;
        Ok(())
    }
}
