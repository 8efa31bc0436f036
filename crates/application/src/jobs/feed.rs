//! What jobs are at, as it happens.

use std::sync::Arc;

use tokio::sync::broadcast;
use vigie_domain::system::Job;

/// Tells of every change of every job, each job at most four times a second while it runs.
#[derive(Clone)]
pub struct JobFeed(broadcast::Sender<Arc<Job>>);

impl Default for JobFeed {
    fn default() -> Self {
        // a listener further behind is told that it lagged, and reads the store
        Self(broadcast::channel(1024).0)
    }
}

impl JobFeed {
    /// Hears every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Job>> {
        self.0.subscribe()
    }

    /// Tells of a change.
    pub(crate) fn publish(&self, job: Job) {
        // nobody listening is no fault
        drop(self.0.send(Arc::new(job)));
    }
}
