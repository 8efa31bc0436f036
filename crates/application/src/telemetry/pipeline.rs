//! The way of samples from whoever reads them to the store: a bounded queue, one writer, every drop counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vigie_domain::ErrorKind;
use vigie_domain::telemetry::{CHECK, DEVICE, INTERFACE, SampleBatch, SampleStore};

/// Batches that wait for the writer.
const QUEUE: usize = 1024;
/// How long whoever reads devices is held back before a batch is dropped.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the writer gathers before it writes.
const GATHER: Duration = Duration::from_secs(1);
/// Rows the writer gathers at most.
const MOST_ROWS: usize = 20_000;
/// How long it waits after a store that failed.
const RETRY: Duration = Duration::from_secs(2);

/// What a collector did since the start.
#[derive(Debug, Default)]
pub struct CollectorCounts {
    received: AtomicU64,
    dropped: AtomicU64,
    malformed: AtomicU64,
    written: AtomicU64,
}

impl CollectorCounts {
    /// Rows taken in.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Rows lost because the store could not keep up.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Answers that could not be read.
    pub fn malformed(&self) -> u64 {
        self.malformed.load(Ordering::Relaxed)
    }

    /// Rows written.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

/// Where samples are put in. Cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    sender: mpsc::Sender<SampleBatch>,
    counts: Arc<CollectorCounts>,
}

/// Takes samples out and writes them.
pub struct PipelineWriter {
    receiver: mpsc::Receiver<SampleBatch>,
    store: Arc<dyn SampleStore>,
    counts: Arc<CollectorCounts>,
}

/// A pipeline to this store. Nothing is written before [`PipelineWriter::run`].
pub fn pipeline(store: Arc<dyn SampleStore>) -> (Pipeline, PipelineWriter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let counts = Arc::new(CollectorCounts::default());
    (Pipeline { sender, counts: counts.clone() }, PipelineWriter { receiver, store, counts })
}

impl Pipeline {
    /// Puts a batch in: waits while the queue is full, and drops it, counted, when that takes too long.
    pub async fn put(&self, batch: SampleBatch) {
        let rows = batch.len() as u64;
        if rows == 0 {
            return;
        }
        self.counts.received.fetch_add(rows, Ordering::Relaxed);
        metrics::counter!("collector_received_total", "collector" => batch.set.name).increment(rows);
        let name = batch.set.name;
        if self.sender.send_timeout(batch, PATIENCE).await.is_err() {
            self.counts.dropped.fetch_add(rows, Ordering::Relaxed);
            metrics::counter!("collector_dropped_total", "collector" => name).increment(rows);
        }
    }

    /// Counts an answer that could not be read.
    pub fn malformed(&self, collector: &'static str) {
        self.counts.malformed.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("collector_malformed_total", "collector" => collector).increment(1);
    }

    /// What went through it.
    pub fn counts(&self) -> &CollectorCounts {
        &self.counts
    }

    /// Batches that wait.
    pub fn depth(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }
}

impl PipelineWriter {
    /// Writes until `stop`, then what is still in the queue.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let first = tokio::select! {
                batch = self.receiver.recv() => batch,
                () = stop.cancelled() => break,
            };
            let Some(first) = first else { return };
            let gathered = self.gather(first, &stop).await;
            self.write(gathered, &stop).await;
        }
        self.receiver.close();
        while let Some(first) = self.receiver.recv().await {
            let gathered = self.gather(first, &stop).await;
            self.write(gathered, &stop).await;
        }
    }

    /// One batch a set out of what comes within a second.
    async fn gather(&mut self, first: SampleBatch, stop: &CancellationToken) -> Vec<SampleBatch> {
        let mut rows = first.len();
        let mut gathered = vec![first];
        let until = tokio::time::sleep(if stop.is_cancelled() { Duration::ZERO } else { GATHER });
        tokio::pin!(until);
        loop {
            if rows >= MOST_ROWS {
                return joined(&gathered);
            }
            tokio::select! {
                biased;
                batch = self.receiver.recv() => match batch {
                    Some(batch) => {
                        rows += batch.len();
                        gathered.push(batch);
                    }
                    None => return joined(&gathered),
                },
                () = &mut until => return joined(&gathered),
                () = stop.cancelled(), if !stop.is_cancelled() => return joined(&gathered),
            }
        }
    }

    async fn write(&self, gathered: Vec<SampleBatch>, stop: &CancellationToken) {
        for batch in gathered {
            let (name, rows) = (batch.set.name, batch.len() as u64);
            if self.append(batch, stop).await {
                self.counts.written.fetch_add(rows, Ordering::Relaxed);
                metrics::counter!("collector_written_total", "collector" => name).increment(rows);
            } else {
                self.counts.dropped.fetch_add(rows, Ordering::Relaxed);
                metrics::counter!("collector_dropped_total", "collector" => name).increment(rows);
            }
            metrics::gauge!("collector_queue_depth").set(self.receiver.len() as f64);
        }
    }

    /// Whether the store took a batch. It is tried again until the end: the queue fills behind it, and drops are counted there.
    async fn append(&self, batch: SampleBatch, stop: &CancellationToken) -> bool {
        let rows = batch.len();
        loop {
            let Err(error) = self.store.append(batch.clone()).await else { return true };
            // what is full stays so for long: polling is not to wait for it
            if error.kind() == ErrorKind::LimitExceeded || stop.is_cancelled() {
                tracing::error!(rows, %error, cause = error.chain(), "cannot write samples, they are dropped");
                return false;
            }
            tracing::error!(rows, cause = error.chain(), "cannot write samples, trying again");
            tokio::select! {
                () = tokio::time::sleep(RETRY) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

/// One batch for each set.
fn joined(gathered: &[SampleBatch]) -> Vec<SampleBatch> {
    let mut batches = Vec::new();
    for set in [&INTERFACE, &DEVICE, &CHECK] {
        let of_set = || gathered.iter().filter(|batch| batch.set.name == set.name);
        // room for all of them at once: batches are many and small
        let mut all = SampleBatch::with_capacity(set, of_set().map(SampleBatch::len).sum());
        for batch in of_set() {
            all.subjects.extend_from_slice(&batch.subjects);
            all.times.extend_from_slice(&batch.times);
            for (column, more) in all.columns.iter_mut().zip(&batch.columns) {
                column.extend_from_slice(more);
            }
        }
        if !all.is_empty() {
            batches.push(all);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use vigie_domain::telemetry::{KeepFrom, SampleStoreInfo, SeriesData, SeriesQuery};
    use vigie_domain::{Error, Id, Result, Timestamp};

    use super::*;

    /// A store that fails as often as it is told to.
    #[derive(Default)]
    struct Shelf {
        rows: Mutex<usize>,
        failures: AtomicU64,
    }

    #[async_trait]
    impl SampleStore for Shelf {
        async fn append(&self, batch: SampleBatch) -> Result<()> {
            let failing = self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if failing.is_ok() {
                return Err(Error::conflict("conflict", "full"));
            }
            *self.rows.lock().unwrap() += batch.len();
            Ok(())
        }

        async fn range(&self, _: &SeriesQuery) -> Result<Vec<SeriesData>> {
            Ok(Vec::new())
        }

        async fn maintain(&self, _: Timestamp, _: &KeepFrom) -> Result<()> {
            Ok(())
        }

        async fn describe(&self) -> Result<SampleStoreInfo> {
            Ok(SampleStoreInfo::default())
        }
    }

    fn row() -> SampleBatch {
        let mut batch = SampleBatch::new(&DEVICE);
        batch.push(Id::new(), Timestamp(1), &[1.0]);
        batch
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_put_in_is_written_before_the_end() {
        let shelf = Arc::new(Shelf::default());
        let (pipeline, writer) = pipeline(shelf.clone());
        let stop = CancellationToken::new();
        let writing = tokio::spawn(writer.run(stop.clone()));
        for _ in 0..50 {
            pipeline.put(row()).await;
        }
        stop.cancel();
        writing.await.unwrap();
        assert_eq!(*shelf.rows.lock().unwrap(), 50);
        assert_eq!((pipeline.counts().written(), pipeline.counts().dropped()), (50, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_fails_is_tried_again_and_a_full_queue_drops_with_a_count() {
        let shelf = Arc::new(Shelf { failures: AtomicU64::new(3), ..Shelf::default() });
        let (pipeline, writer) = pipeline(shelf.clone());
        for _ in 0..=QUEUE {
            pipeline.put(row()).await;
        }
        assert_eq!(pipeline.counts().dropped(), 1, "nobody took any out");
        assert_eq!(pipeline.depth(), QUEUE);
        let stop = CancellationToken::new();
        let writing = tokio::spawn(writer.run(stop.clone()));
        while pipeline.counts().written() < QUEUE as u64 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        stop.cancel();
        writing.await.unwrap();
        assert_eq!(*shelf.rows.lock().unwrap(), QUEUE);
    }
}
