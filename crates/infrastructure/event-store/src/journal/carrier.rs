//! Carries events from the log to the engine: in order, again after a failure, and with an end to each batch that survives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vigie_domain::Result;
use vigie_foundation::resilience::Backoff;
use vigie_foundation::task::Stage;
use vigie_foundation::wal::{Chunk, Position};

use super::Journal;

/// Bytes of the log that are read at once.
const READ_BYTES: usize = 1 << 20;
/// Pauses while the engine fails.
const AGAIN: Backoff = Backoff { base: Duration::from_millis(200), longest: Duration::from_secs(30), attempts: u32::MAX };

/// Where events are carried to.
#[async_trait]
pub(crate) trait Sink: Send + 'static {
    /// Takes events; those that it already has are left out.
    async fn take(&mut self, chunk: Chunk) -> Result<()>;

    /// Makes everything before `end` searchable, and safe from a loss of power.
    async fn commit(&mut self, end: Position) -> Result<()>;

    /// Forgets what was taken and not committed, after a failure.
    async fn reset(&mut self);
}

/// The task.
pub(crate) struct Carrier<S> {
    pub(crate) journal: Arc<Journal>,
    pub(crate) sink: S,
    pub(crate) commit_every: Duration,
}

/// The task as its store holds it.
pub(crate) struct Carriage {
    stop: CancellationToken,
    /// Closed when the task has ended.
    ended: watch::Receiver<()>,
}

impl Carriage {
    /// Runs a carrier in the stage; after a panic, another one.
    pub(crate) fn start<S: Sink>(stage: &Stage, make: impl Fn() -> Carrier<S> + Send + 'static) -> Self {
        let stop = stage.token().child_token();
        let (runs, ended) = watch::channel(());
        let own = stop.clone();
        stage.supervise("event-store", move |_| {
            let (carrier, stop, runs) = (make(), own.clone(), runs.clone());
            async move {
                carrier.run(stop).await;
                drop(runs);
            }
        });
        Self { stop, ended }
    }

    /// Lets it finish what was taken in, and waits for its end.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

impl<S: Sink> Carrier<S> {
    /// Carries until it is stopped; then carries what is left, for as long as the stage waits.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut from = Position::START;
        let mut failures = 0;
        loop {
            match self.carry(&mut from, &mut failures, &stop).await {
                Ok(()) => return,
                Err(error) => {
                    failures += 1;
                    self.journal.set_problem(Some(error.to_string()));
                    tracing::warn!(%error, chain = error.chain(), failures, "events cannot be stored; trying again");
                    self.sink.reset().await;
                    if stop.run_until_cancelled(tokio::time::sleep(AGAIN.pause(failures))).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    async fn carry(&mut self, from: &mut Position, failures: &mut u32, stop: &CancellationToken) -> Result<()> {
        let mut reader = self.journal.wal.reader(*from);
        let mut taken_since: Option<Instant> = None;
        loop {
            let chunk = reader.read(READ_BYTES).map_err(vigie_domain::Error::storage)?;
            let (is_end, end) = (chunk.is_empty(), chunk.end);
            for damage in &chunk.damage {
                tracing::error!(at = %damage.at, bytes = damage.bytes, "events of the write-ahead log cannot be read");
                self.journal.lose(1);
            }
            if !is_end {
                self.sink.take(chunk).await?;
                taken_since.get_or_insert_with(Instant::now);
            }
            let is_due = taken_since.is_some_and(|since| since.elapsed() >= self.commit_every);
            if is_due || (is_end && stop.is_cancelled()) {
                self.commit(end, &mut taken_since, from).await?;
                *failures = 0;
            } else if is_end && taken_since.is_none() {
                self.done(end, from)?;
            }
            if is_end {
                if stop.is_cancelled() {
                    return Ok(());
                }
                self.wait(end, &mut taken_since, from, stop).await?;
            }
        }
    }

    /// Until there is more, or what was taken is to be committed.
    async fn wait(&mut self, end: Position, taken: &mut Option<Instant>, from: &mut Position, stop: &CancellationToken) -> Result<()> {
        let left = taken.map_or(Duration::from_hours(1), |since| self.commit_every.saturating_sub(since.elapsed()));
        tokio::select! {
            more = self.journal.wal.more(end) => more.map(drop).map_err(crate::error::log),
            () = self.journal.hurry.notified() => self.commit(end, taken, from).await,
            () = tokio::time::sleep(left) => Ok(()),
            () = stop.cancelled() => Ok(()),
        }
    }

    async fn commit(&mut self, end: Position, taken: &mut Option<Instant>, from: &mut Position) -> Result<()> {
        if taken.take().is_some() {
            self.sink.commit(end).await?;
        }
        self.done(end, from)
    }

    fn done(&self, end: Position, from: &mut Position) -> Result<()> {
        if *from != end {
            *from = end;
            self.journal.set_problem(None);
            self.journal.set_carried(end);
            self.journal.wal.release(end).map_err(crate::error::log)?;
        }
        Ok(())
    }
}
