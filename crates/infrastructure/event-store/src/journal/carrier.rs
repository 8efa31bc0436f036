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
/// Longest time between commits while the engine is behind, in those of one that keeps up.
const LONGEST_STRIDE: u32 = 4;
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

/// What was taken and is not committed.
#[derive(Debug, Clone, Copy)]
struct Pending {
    is_any: bool,
    /// None of it was accepted before.
    since: Instant,
    /// How long the last commit took.
    took: Duration,
    /// Commits since the end of the log was seen.
    strides: u32,
}

impl Pending {
    fn none(since: Instant) -> Self {
        Self { is_any: false, since, took: Duration::ZERO, strides: 0 }
    }

    /// How long until it is to be committed; `None` while there is nothing. What keeps up commits so early that events are searchable in
    /// time when the commit is done; what is behind commits ever less often, as each commit has a price.
    fn left(&self, now: Instant, every: Duration, keeps_up: bool) -> Option<Duration> {
        let after = if keeps_up { every.saturating_sub(self.took).max(every / 2) } else { every * (self.strides + 1).min(LONGEST_STRIDE) };
        self.is_any.then(|| after.saturating_sub(now.duration_since(self.since)))
    }

    fn is_due(&self, now: Instant, every: Duration, keeps_up: bool) -> bool {
        self.left(now, every, keeps_up) == Some(Duration::ZERO)
    }
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
        let mut pending = Pending::none(Instant::now());
        loop {
            let chunk = reader.read(READ_BYTES).map_err(vigie_domain::Error::storage)?;
            let (is_end, end) = (chunk.is_empty(), chunk.end);
            for damage in &chunk.damage {
                tracing::error!(at = %damage.at, bytes = damage.bytes, "events of the write-ahead log cannot be read");
                self.journal.lose(1);
            }
            if is_end {
                pending.strides = 0;
            } else {
                self.sink.take(chunk).await?;
                pending.is_any = true;
            }
            if pending.is_due(Instant::now(), self.commit_every, is_end) || (is_end && stop.is_cancelled()) {
                self.commit(end, &mut pending, from).await?;
                *failures = 0;
                if !stop.is_cancelled() {
                    continue;
                }
            } else if is_end && !pending.is_any {
                self.done(end, from)?;
            }
            if is_end {
                if stop.is_cancelled() {
                    return Ok(());
                }
                let is_idle = !pending.is_any;
                self.wait(end, &mut pending, from, stop).await?;
                if is_idle {
                    pending.since = Instant::now();
                }
            }
        }
    }

    /// Until there is more, or what was taken is to be committed.
    async fn wait(&mut self, end: Position, pending: &mut Pending, from: &mut Position, stop: &CancellationToken) -> Result<()> {
        let left = pending.left(Instant::now(), self.commit_every, true).unwrap_or(Duration::from_hours(1));
        tokio::select! {
            more = self.journal.wal.more(end) => more.map(drop).map_err(crate::error::log),
            () = self.journal.hurry.notified() => self.commit(end, pending, from).await,
            () = tokio::time::sleep(left) => Ok(()),
            () = stop.cancelled() => Ok(()),
        }
    }

    async fn commit(&mut self, end: Position, pending: &mut Pending, from: &mut Position) -> Result<()> {
        if pending.is_any {
            let began = Instant::now();
            self.sink.commit(end).await?;
            self.journal.land();
            // what was accepted meanwhile waits for the next one
            *pending = Pending { is_any: false, since: began, took: began.elapsed(), strides: pending.strides + 1 };
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

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(1);

    #[test]
    fn commits_begin_so_early_that_they_end_in_time() {
        let since = Instant::now();
        let mut pending = Pending { is_any: true, since, took: Duration::from_millis(300), strides: 0 };
        assert_eq!(pending.left(since, EVERY, true), Some(Duration::from_millis(700)));
        assert!(pending.is_due(since + Duration::from_millis(700), EVERY, true));
        assert!(!pending.is_due(since + Duration::from_millis(999), EVERY, false), "what is behind commits less often");
        assert!(pending.is_due(since + EVERY, EVERY, false));
        pending.strides = 1;
        assert!(!pending.is_due(since + EVERY, EVERY, false), "what stays behind commits ever less often");
        assert!(pending.is_due(since + EVERY, EVERY, true), "but at once when it has caught up");
        pending.strides = 100;
        assert!(pending.is_due(since + 4 * EVERY, EVERY, false));
        pending.took = 5 * EVERY;
        assert_eq!(pending.left(since, EVERY, true), Some(EVERY / 2), "commits that take long do not follow each other at once");
    }

    #[test]
    fn nothing_is_not_committed() {
        let since = Instant::now();
        assert_eq!(Pending::none(since).left(since + EVERY, EVERY, true), None);
    }
}
