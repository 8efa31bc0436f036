//! What carries the jobs of one kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use vigie_domain::Result;
use vigie_domain::system::{Job, JobResult};

use super::JobHandle;
use crate::Unit;

/// Carries the jobs of one kind. Bodies are idempotent: after a restart a job is run again from its last checkpoint.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    /// The kind, such as `discovery.run`.
    fn kind(&self) -> &'static str;

    /// Does the work, and returns what it made. It ends early when `job.stopping()` is cancelled.
    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>>;

    /// A job ends without its body: cancelled while it was queued, or given up. What it stands for is ended in the same transaction.
    async fn abandoned(&self, _job: &Job, _unit: &mut Unit<'_>) -> Result<()> {
        Ok(())
    }
}

/// The handlers there are, by kind. Cheap to clone.
#[derive(Clone, Default)]
pub struct JobHandlers(Arc<BTreeMap<&'static str, Arc<dyn JobHandler>>>);

impl JobHandlers {
    /// One handler a kind; of two for the same kind the last wins.
    pub fn new(handlers: impl IntoIterator<Item = Arc<dyn JobHandler>>) -> Self {
        Self(Arc::new(handlers.into_iter().map(|handler| (handler.kind(), handler)).collect()))
    }

    /// The kinds.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }

    /// The handler of a kind.
    pub fn get(&self, kind: &str) -> Option<&Arc<dyn JobHandler>> {
        self.0.get(kind)
    }
}
