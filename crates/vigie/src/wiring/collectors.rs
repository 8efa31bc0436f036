//! What runs beside the API: relay, jobs, poller, checks, alerts, mail, retention.

use std::sync::Arc;

use tokio::sync::Notify;
use vigie_application::alerts::{AlertEngine, DeliveryWorker, seed_rules};
use vigie_application::devices::DeviceEnv;
use vigie_application::devices::checks::CheckRunner;
use vigie_application::devices::identify::{Identifier, IdentifyKeeper, Profiles};
use vigie_application::devices::poller::{PollJob, Poller};
use vigie_application::events::run_relay;
use vigie_application::jobs::{JobFeed, JobHandler, JobHandlers, JobRunner, Jobs};
use vigie_application::telemetry::{Pipeline, Retention, pipeline};
use vigie_application::topology::Touched;
use vigie_domain::alerts::Mailer;
use vigie_foundation::task::Tracker;

use crate::StartError;

/// Jobs carried at a time.
const WORKERS: usize = 4;

/// What the API needs of it.
pub struct Collectors {
    /// Use cases of jobs.
    pub jobs: Jobs,
    /// How jobs go on.
    pub job_feed: JobFeed,
    /// Alerts and rules.
    pub alerts: Arc<AlertEngine>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Reads devices whole.
    pub identifier: Identifier,
    /// The way of samples to the store.
    pub pipeline: Pipeline,
}

/// Starts everything.
pub async fn start(env: &DeviceEnv, mailer: Arc<dyn Mailer>, profiles: Arc<Profiles>, tracker: &Tracker) -> Result<Collectors, StartError> {
    let core = &env.core;
    let (collectors, jobs, relay) = (tracker.stage("collectors"), tracker.stage("jobs"), tracker.stage("relay"));
    let published = core.clone();
    relay.supervise("relay", move |stop| run_relay(published.clone(), stop));

    let (samples, writer) = pipeline(env.samples.clone());
    relay.spawn("samples", writer.run(relay.token()));

    let mail = Arc::new(Notify::new());
    let alerts = Arc::new(AlertEngine::new(core, mail.clone()));
    seed_rules(core).await?;
    alerts.load().await?;
    let engine = alerts.clone();
    jobs.supervise("alerts", move |stop| {
        let engine = engine.clone();
        async move { engine.run(stop).await }
    });
    jobs.spawn("mail", DeliveryWorker::new(core, mailer.clone(), mail).run(jobs.token()));

    let touched = Arc::new(Touched::default());
    let identifier = Identifier::new(env, profiles, touched);
    let (poller, handle) = Poller::new(env, Arc::new(identifier.clone()), alerts.clone(), samples.clone());
    collectors.spawn("poller", poller.run(collectors.token()));
    collectors.spawn("identify", IdentifyKeeper::new(core, &identifier).run(collectors.token()));
    collectors.spawn("checks", CheckRunner::new(env, alerts.clone(), samples.clone()).run(collectors.token()));
    collectors.spawn("retention", Retention::new(env).run(collectors.token()));

    let job_feed = JobFeed::default();
    let handlers: Vec<Arc<dyn JobHandler>> = vec![Arc::new(PollJob::new(&handle)), Arc::new(identifier.clone())];
    let handlers = JobHandlers::new(handlers);
    jobs.spawn("jobs", JobRunner::new(core, &job_feed, &handlers, WORKERS).run(jobs.token()));
    Ok(Collectors { jobs: Jobs::new(core, &job_feed, &handlers), job_feed, alerts, mailer, identifier, pipeline: samples })
}
