//! Writes events into their partitions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tantivy::IndexWriter;
use tokio::sync::Semaphore;
use vigie_domain::telemetry::EventRow;
use vigie_domain::{Error, Result};
use vigie_foundation::wal::{Chunk, Position};

use super::partition::Partition;
use super::sheet::{EventDocument, Room, Sheet};
use super::shelf::Shelf;
use crate::error;
use crate::journal::{Journal, Sink};
use crate::settings::EmbeddedSettings;
use crate::slot::Slot;
use crate::tokens::Tokens;

/// Partitions that are held open for writing.
const MOST_WRITERS: usize = 4;
/// Chunks of the log that are not indexed yet.
const MOST_CHUNKS: usize = 3;
/// Between two looks whether merges have caught up.
const LOOK: Duration = Duration::from_millis(50);
/// How long merges may get nothing done before writing goes on: a commit is what begins them anew.
const PATIENCE: Duration = Duration::from_secs(10);

/// The one writer of all partitions.
pub(super) struct EmbeddedSink {
    shelf: Arc<Shelf>,
    journal: Arc<Journal>,
    settings: EmbeddedSettings,
    chunks: Arc<Semaphore>,
    /// Absent while a thread has it.
    desk: Option<Desk>,
}

/// What is being written.
#[derive(Default)]
struct Desk {
    open: BTreeMap<Slot, Open>,
    tokens: Tokens,
    /// That of the last chunk.
    room: Option<Room>,
}

/// A partition that is written to.
struct Open {
    partition: Arc<Partition>,
    writer: IndexWriter<EventDocument>,
    sheet: Sheet,
    committed: Position,
    /// Whether there is something to commit.
    touched: bool,
    /// When it was written to last, in commits.
    idle: u32,
}

#[async_trait]
impl Sink for EmbeddedSink {
    async fn take(&mut self, chunk: Chunk) -> Result<()> {
        self.await_merges().await?;
        let room = self.chunks.clone().acquire_owned().await.map_err(Error::storage)?;
        let (shelf, journal, settings) = (self.shelf.clone(), self.journal.clone(), self.settings);
        self.at_desk(move |desk| {
            desk.room = Some(Arc::new(room));
            for (at, bytes) in chunk.records() {
                match EventRow::read(bytes) {
                    Some(row) => {
                        journal.take(row.at);
                        desk.add(&shelf, &settings, at, &row, bytes)?;
                    }
                    None => journal.lose(1),
                }
            }
            Ok(())
        })
        .await
    }

    async fn commit(&mut self, end: Position) -> Result<()> {
        let shelf = self.shelf.clone();
        self.at_desk(move |desk| {
            desk.open.retain(|slot, _| !shelf.is_gone(*slot));
            desk.commit(end)
        })
        .await
    }

    async fn reset(&mut self) {
        let desk = self.desk.take();
        // writers end their threads when they are dropped, which takes a while
        let _ = tokio::task::spawn_blocking(move || drop(desk)).await;
        self.desk = Some(Desk::default());
    }
}

impl EmbeddedSink {
    pub(super) fn new(shelf: Arc<Shelf>, journal: Arc<Journal>, settings: EmbeddedSettings) -> Self {
        Self { shelf, journal, settings, chunks: Arc::new(Semaphore::new(MOST_CHUNKS)), desk: Some(Desk::default()) }
    }

    /// Works at the desk on a thread that may block.
    async fn at_desk(&mut self, work: impl FnOnce(&mut Desk) -> tantivy::Result<()> + Send + 'static) -> Result<()> {
        let mut desk = self.desk.take().unwrap_or_default();
        let (desk, result) = tokio::task::spawn_blocking(move || {
            let result = work(&mut desk);
            (desk, result)
        })
        .await
        .map_err(error::task)?;
        self.desk = Some(desk);
        result.map_err(error::engine)
    }

    /// Waits while a partition has more segments than merges keep up with: searches would look into all of them.
    async fn await_merges(&self) -> Result<()> {
        let Some(desk) = &self.desk else { return Ok(()) };
        let (mut fewest, mut since) = (usize::MAX, Instant::now());
        loop {
            let segments = desk.most_segments().map_err(error::engine)?;
            let is_behind = segments >= self.settings.most_segments;
            self.journal.set_behind(is_behind);
            if !is_behind || (segments >= fewest && since.elapsed() >= PATIENCE) {
                return Ok(());
            }
            if segments < fewest {
                (fewest, since) = (segments, Instant::now());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Desk {
    fn add(&mut self, shelf: &Shelf, settings: &EmbeddedSettings, at: Position, row: &EventRow<'_>, bytes: &[u8]) -> tantivy::Result<()> {
        let slot = Slot::of(row.kind, row.at);
        if !self.open.contains_key(&slot) {
            let Some(partition) = shelf.get_or_make(slot)? else { return Ok(()) };
            self.make_room(slot);
            let (writer, committed) = (partition.writer(settings)?, partition.committed()?);
            self.open.insert(slot, Open { partition, writer, sheet: Sheet::default(), committed, touched: false, idle: 0 });
        }
        let Some(open) = self.open.get_mut(&slot) else { return Ok(()) };
        // a replay brings events that it has
        if at >= open.committed {
            self.tokens.read(row);
            open.sheet.add(row, at, bytes, &self.tokens);
            open.touched = true;
            if open.sheet.is_full() {
                open.hand_over(self.room.as_ref())?;
            }
        }
        Ok(())
    }

    /// Closes the partition that was not written to for longest, where too many are open.
    fn make_room(&mut self, next: Slot) {
        while self.open.len() >= MOST_WRITERS {
            let quiet = self.open.iter().filter(|(_, open)| !open.touched).max_by_key(|(_, open)| open.idle).map(|(slot, _)| *slot);
            // events of many days at once: more writers than usual, until the next commit
            let Some(quiet) = quiet else { break };
            tracing::debug!(closed = quiet.name(), opened = next.name(), "partition closed for writing");
            self.open.remove(&quiet);
        }
    }

    fn commit(&mut self, end: Position) -> tantivy::Result<()> {
        for open in self.open.values_mut() {
            if !std::mem::take(&mut open.touched) {
                open.idle += 1;
                continue;
            }
            open.hand_over(self.room.as_ref())?;
            let mut commit = open.writer.prepare_commit()?;
            commit.set_payload(&end.to_string());
            commit.commit()?;
            open.partition.reload()?;
            (open.committed, open.idle) = (end, 0);
        }
        self.room = None;
        // what was not written to for a minute or so gives its memory back
        self.open.retain(|_, open| open.idle < 60);
        Ok(())
    }

    fn most_segments(&self) -> tantivy::Result<usize> {
        self.open.values().map(|open| open.partition.segments()).try_fold(0, |most, segments| Ok(most.max(segments?)))
    }
}

impl Open {
    /// Has the sheet indexed.
    fn hand_over(&mut self, room: Option<&Room>) -> tantivy::Result<()> {
        if !self.sheet.is_empty() {
            self.writer.run(self.sheet.take(room.cloned()))?;
        }
        Ok(())
    }
}
