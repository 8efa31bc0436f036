//! The tracker: tasks by stage. A shutdown stops one stage after the other, so that those who take stop before those who store.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::resilience::Backoff;

/// A task's name: what it is called in logs and metrics.
type Name = Cow<'static, str>;
/// Running tasks by number.
type Listed = BTreeMap<u64, (Name, Option<AbortHandle>)>;

/// Pauses before a task that panicked is begun again.
const RESTART: Backoff = Backoff { base: Duration::from_secs(1), longest: Duration::from_mins(1), attempts: u32::MAX };
/// What is left to a stage when those before it used up the deadline.
const LEAST: Duration = Duration::from_millis(100);

/// All tasks of the process, by stage. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tracker {
    stages: Arc<[Stage]>,
}

/// What a shutdown did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Tasks that did not end in time and were dropped, as `stage/task`.
    pub dropped: Vec<String>,
}

impl Tracker {
    /// A tracker with these stages, in the order in which they stop.
    pub fn new(stages: &[&'static str]) -> Self {
        Self { stages: stages.iter().map(|name| Stage::new(name)).collect() }
    }

    /// The stage of this name; the last one where there is none, which a test of the wiring sees.
    pub fn stage(&self, name: &str) -> Stage {
        let found = self.stages.iter().find(|stage| stage.name == name).or(self.stages.last());
        debug_assert!(found.is_some_and(|stage| stage.name == name), "no stage {name}");
        found.cloned().unwrap_or_else(|| Stage::new("tasks"))
    }

    /// Names of running tasks and how many there are of each, as `stage/task`.
    pub fn running(&self) -> BTreeMap<String, usize> {
        self.stages.iter().flat_map(Stage::running).collect()
    }

    /// Stops the stages in order. Each has what is left of the deadline; what does not end by then is dropped and named.
    pub async fn shutdown(&self, deadline: Duration) -> ShutdownReport {
        let until = Instant::now() + deadline;
        let mut report = ShutdownReport::default();
        for stage in self.stages.iter() {
            let left = until.saturating_duration_since(Instant::now()).max(LEAST);
            report.dropped.extend(stage.stop(left).await);
        }
        report
    }
}

/// A group of tasks that stop together. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stage {
    name: &'static str,
    token: CancellationToken,
    tasks: TaskTracker,
    running: Arc<Mutex<Listed>>,
    next: Arc<Mutex<u64>>,
}

impl Stage {
    fn new(name: &'static str) -> Self {
        Self { name, token: CancellationToken::new(), tasks: TaskTracker::new(), running: Arc::default(), next: Arc::default() }
    }

    /// Cancelled when the stage stops: tasks watch it and finish what they accepted.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Runs a task to its end. A panic is caught, logged and counted (`task_panics_total`).
    pub fn spawn(&self, name: impl Into<Name>, task: impl Future<Output = ()> + Send + 'static) {
        let name = name.into();
        let (stage, label) = (self.name, name.clone());
        self.track(name, async move {
            run_caught(stage, &label, task).await;
        });
    }

    /// Runs a task that is to live as long as its stage: after a panic it is begun again, after a pause that grows.
    pub fn supervise<F>(&self, name: impl Into<Name>, mut begin: impl FnMut(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let (stage, label, token) = (self.name, name.clone(), self.token.clone());
        self.track(name, async move {
            let mut attempt = 1;
            while !run_caught(stage, &label, begin(token.clone())).await {
                let pause = RESTART.pause(attempt);
                attempt = attempt.saturating_add(1);
                if token.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return;
                }
                tracing::info!(stage, task = %label, "task begins again after a panic");
            }
        });
    }

    fn track(&self, name: Name, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.next_id();
        self.lock().insert(id, (name, None));
        let mark = Running { stage: self.clone(), id };
        let handle = self.tasks.spawn(async move {
            let _mark = mark;
            task.await;
        });
        // absent when it has already ended
        if let Some((_, abort)) = self.lock().get_mut(&id) {
            *abort = Some(handle.abort_handle());
        }
    }

    async fn stop(&self, limit: Duration) -> Vec<String> {
        self.token.cancel();
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_ok() {
            return Vec::new();
        }
        let late: Vec<_> = self.lock().values().cloned().collect();
        for (name, abort) in &late {
            tracing::warn!(stage = self.name, task = %name, "task did not end in time and is dropped");
            if let Some(abort) = abort {
                abort.abort();
            }
        }
        // a task that blocks its thread cannot be dropped: do not wait for it
        let _ = tokio::time::timeout(LEAST, self.tasks.wait()).await;
        late.into_iter().map(|(name, _)| format!("{}/{name}", self.name)).collect()
    }

    fn running(&self) -> Vec<(String, usize)> {
        let mut counted = BTreeMap::new();
        for (name, _) in self.lock().values() {
            *counted.entry(format!("{}/{name}", self.name)).or_insert(0) += 1;
        }
        counted.into_iter().collect()
    }

    fn next_id(&self) -> u64 {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        *next
    }

    fn lock(&self) -> MutexGuard<'_, Listed> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a task off the list however it ends.
struct Running {
    stage: Stage,
    id: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stage.lock().remove(&self.id);
    }
}

/// Whether the task ended without a panic.
async fn run_caught(stage: &'static str, name: &Name, task: impl Future<Output = ()>) -> bool {
    let Err(panic) = AssertUnwindSafe(task).catch_unwind().await else { return true };
    metrics::counter!("task_panics_total", "stage" => stage, "task" => name.to_string()).increment(1);
    tracing::error!(stage, task = %name, panic = panic_text(panic.as_ref()), "task panicked");
    false
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stages_stop_in_order_and_finish_what_they_accepted() {
        let tracker = Tracker::new(&["intake", "store"]);
        let (said, mut heard) = mpsc::unbounded_channel();
        for (name, work) in [("store", 0), ("intake", 3)] {
            let (stage, said) = (tracker.stage(name), said.clone());
            let stop = stage.token();
            stage.spawn("worker", async move {
                stop.cancelled().await;
                tokio::time::sleep(Duration::from_secs(work)).await;
                let _ = said.send(name);
            });
        }
        assert_eq!(tracker.running().keys().collect::<Vec<_>>(), ["intake/worker", "store/worker"]);
        assert_eq!(tracker.shutdown(Duration::from_secs(10)).await, ShutdownReport::default());
        assert_eq!((heard.recv().await, heard.recv().await), (Some("intake"), Some("store")));
        assert!(tracker.running().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_in_time_is_dropped_and_named() {
        let tracker = Tracker::new(&["intake", "store"]);
        tracker.stage("intake").spawn("stubborn", std::future::pending());
        let stage = tracker.stage("store");
        let stop = stage.token();
        stage.spawn("good", async move { stop.cancelled().await });
        let started = Instant::now();
        assert_eq!(tracker.shutdown(Duration::from_secs(5)).await.dropped, ["intake/stubborn"]);
        assert!(started.elapsed() < Duration::from_secs(6));
        assert!(tracker.running().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_ends_one_task_and_a_supervised_one_begins_again() {
        let tracker = Tracker::new(&["work"]);
        let (stage, begun) = (tracker.stage("work"), Arc::new(AtomicU32::new(0)));
        let (told, mut third) = mpsc::channel(1);
        stage.spawn("brittle", async { panic!("broken") });
        let counter = Arc::clone(&begun);
        stage.supervise("loop", move |stop| {
            let (counter, told) = (Arc::clone(&counter), told.clone());
            async move {
                assert!(counter.fetch_add(1, Ordering::SeqCst) >= 2, "not yet");
                let _ = told.send(()).await;
                stop.cancelled().await;
            }
        });
        third.recv().await.unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        assert_eq!(tracker.running().keys().collect::<Vec<_>>(), ["work/loop"]);
        assert_eq!(tracker.shutdown(Duration::from_secs(5)).await, ShutdownReport::default());
    }
}
