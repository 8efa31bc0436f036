//! Appending: batches that arrive together are committed together.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;
use vigie_domain::telemetry::{MetricSet, Resolution, SampleBatch};
use vigie_domain::{Error, ErrorKind, Result};

use super::layer::Layer;
use super::loose::{self, Chunk};
use super::place::depth_for;
use super::rows::Rows;
use super::store::Files;
use crate::engine::retried;
use crate::error;

/// Batches that may wait for the commit; who brings more waits for room.
const WAITING: usize = 256;

/// Rows that come together in one chunk: few enough to be looked through, enough to be packed.
const TARGET: usize = 64;

/// Batches of fewer rows are packed at once, without changing threads.
const SMALL: usize = 256;

/// Takes batches in.
#[derive(Debug)]
pub(crate) struct Appends {
    files: Arc<Files>,
    queue: Arc<Mutex<Queue>>,
    room: Semaphore,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether somebody is writing, and will look into the queue again.
    busy: bool,
}

#[derive(Debug)]
struct Waiting {
    batch: SampleBatch,
    done: oneshot::Sender<Result<()>>,
}

impl Appends {
    pub(crate) fn new(files: Arc<Files>) -> Self {
        Self { files, queue: Arc::default(), room: Semaphore::new(WAITING) }
    }

    /// Returns when the batch is committed. Who stops waiting does not undo it.
    pub(crate) async fn append(&self, batch: SampleBatch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        check(&batch)?;
        let _room = self.room.acquire().await.map_err(Error::storage)?;
        let (done, committed) = oneshot::channel();
        let idle = {
            let mut queue = lock(&self.queue);
            queue.waiting.push(Waiting { batch, done });
            !mem::replace(&mut queue.busy, true)
        };
        if idle {
            tokio::spawn(drain(Turn { queue: self.queue.clone(), over: false }, self.files.clone()));
        }
        committed.await.map_err(Error::storage)?
    }
}

/// The turn of whoever writes. If it ends before the queue is empty, nobody is left waiting for an answer that will not come.
struct Turn {
    queue: Arc<Mutex<Queue>>,
    over: bool,
}

impl Turn {
    /// What waits; when nothing does, the turn is over.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = lock(&self.queue);
        if queue.waiting.is_empty() {
            queue.busy = false;
            self.over = true;
            return None;
        }
        Some(mem::take(&mut queue.waiting))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.over {
            let mut queue = lock(&self.queue);
            queue.busy = false;
            queue.waiting.clear();
        }
    }
}

async fn drain(mut turn: Turn, files: Arc<Files>) {
    let mut files = Some(files);
    let mut next = turn.next();
    while let (Some(waiting), Some(open)) = (next, &files) {
        let (batches, answers): (Vec<_>, Vec<_>) = waiting.into_iter().map(|w| (w.batch, w.done)).unzip();
        let outcome = write(open, batches).await;
        next = turn.next();
        if next.is_none() {
            // before the last answer: who has it may close the store and open it again
            files = None;
        }
        for answer in answers {
            // who stopped waiting does not need it
            let _ = answer.send(outcome.clone());
        }
    }
}

async fn write(files: &Files, batches: Vec<SampleBatch>) -> Result<()> {
    let rows: usize = batches.iter().map(SampleBatch::len).sum();
    let packed = if rows <= SMALL { pack(&batches) } else { spawn_blocking(move || pack(&batches)).await.map_err(Error::storage)? };
    let mut numbered = Vec::with_capacity(packed.len());
    for (set, chunks) in packed {
        numbered.push((files.number_set(Layer::new(set, Resolution::Raw)).await?, chunks));
    }
    retried(|| insert(files, &numbered)).await
}

async fn insert(files: &Files, numbered: &[(i64, Vec<Chunk>)]) -> Result<()> {
    let mut transaction = files.transaction().await?;
    for (set, chunks) in numbered {
        loose::insert(&mut transaction.connection(), *set, 0, chunks).await?;
    }
    transaction.commit().await.map_err(error::storage)
}

/// The batches of each set as one.
fn pack(batches: &[SampleBatch]) -> Vec<(&'static MetricSet, Vec<Chunk>)> {
    let mut sets: Vec<(&'static MetricSet, Rows)> = Vec::new();
    for batch in batches {
        let rows = Rows::of_batch(batch);
        match sets.iter_mut().find(|(set, _)| set.name == batch.set.name) {
            Some((_, all)) => all.extend(&rows),
            None => sets.push((batch.set, rows)),
        }
    }
    sets.into_iter()
        .map(|(set, rows)| (set, loose::split(&rows, Layer::new(set, Resolution::Raw), |rows| depth_for(rows, TARGET))))
        .collect()
}

fn check(batch: &SampleBatch) -> Result<()> {
    let rows = batch.len();
    let even = batch.times.len() == rows && batch.columns.len() == batch.set.metrics.len() && batch.columns.iter().all(|c| c.len() == rows);
    if even { Ok(()) } else { Err(Error::new(ErrorKind::ValidationFailed, "validation_failed", "the columns of a batch differ in length")) }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
