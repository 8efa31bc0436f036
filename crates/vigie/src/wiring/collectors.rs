//! What runs beside the API: relay, jobs, poller, checks, alerts, mail, retention.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use vigie_application::alerts::{AlertEngine, DeliveryWorker, seed_rules};
use vigie_application::backups::{BackupScheduler, Backups, CheckBackup, DrillBackup, MakeBackup};
use vigie_application::cache::{CacheAdmin, CacheKeeper, SearchWarming, Warming};
use vigie_application::dashboards::{DashboardPorts, Dashboards, Facts, HostSampler, MapSummary};
use vigie_application::devices::DeviceEnv;
use vigie_application::devices::checks::CheckRunner;
use vigie_application::devices::identify::{Identifier, IdentifyKeeper, Profiles};
use vigie_application::devices::poller::{PollJob, Poller};
use vigie_application::events::run_relay;
use vigie_application::jobs::{JobFeed, JobHandler, JobHandlers, JobRunner, Jobs};
use vigie_application::logs::Logs;
use vigie_application::system::{Services, StorageKeeper};
use vigie_application::telemetry::{EventKeeping, Retention, pipeline};
use vigie_application::topology::{Discoveries, DiscoveryFeed, DiscoveryRunner, DiscoveryScheduler, MapExports, TopologyService};
use vigie_domain::alerts::Mailer;
use vigie_domain::cache::Cache;
use vigie_domain::telemetry::EventStore;
use vigie_foundation::task::Tracker;
use vigie_host_access::LocalHost;

use super::Caches;
use crate::StartError;

/// Jobs carried at a time.
const WORKERS: usize = 4;

/// What they work with beside the devices.
pub struct Beside {
    /// The cache.
    pub caches: Caches,
    /// When dashboards are warmed.
    pub warm_dashboards: String,
    /// When popular searches are.
    pub warm_searches: String,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Room for what is kept.
    pub storage: Arc<StorageKeeper>,
    /// Where events are kept.
    pub events: Arc<dyn EventStore>,
    /// Backups.
    pub backups: Backups,
}

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
    /// Discoveries.
    pub discoveries: Discoveries,
    /// How runs of discoveries go on.
    pub discovery_feed: DiscoveryFeed,
    /// The map.
    pub topology: TopologyService,
    /// The map as files.
    pub exports: MapExports,
    /// Logs.
    pub logs: Logs,
    /// The dashboards.
    pub dashboards: Dashboards,
    /// Services.
    pub services: Services,
    /// The cache.
    pub cache: CacheAdmin,
    /// Where events are kept.
    pub events: Arc<dyn EventStore>,
    /// Reads devices whole.
    pub identifier: Identifier,
    /// Backups.
    pub backups: Backups,
}

/// Starts everything; the poller runs on the runtime `polling`.
pub async fn start(
    env: &DeviceEnv,
    beside: Beside,
    profiles: Arc<Profiles>,
    tracker: &Tracker,
    polling: &Handle,
) -> Result<Collectors, StartError> {
    let core = &env.core;
    let Beside { caches, warm_dashboards, warm_searches, mailer, storage, events, backups } = beside;
    let (collectors, jobs, relay) = (tracker.stage("collectors"), tracker.stage("jobs"), tracker.stage("relay"));
    let published = core.clone();
    relay.supervise("relay", move |stop| run_relay(published.clone(), stop));

    let (samples, writer) = pipeline(env.samples.clone());
    relay.spawn("samples", writer.run(relay.token()));

    let mail = Arc::new(Notify::new());
    let alerts = Arc::new(AlertEngine::new(core, env.samples.clone(), mail.clone()));
    seed_rules(core).await?;
    alerts.load().await?;
    let engine = alerts.clone();
    jobs.supervise("alerts", move |stop| {
        let engine = engine.clone();
        async move { engine.run(stop).await }
    });
    jobs.spawn("mail", DeliveryWorker::new(core, mailer.clone(), mail).run(jobs.token()));

    let topology = TopologyService::new(core, &env.live);
    let touched = topology.touched().clone();
    collectors.spawn("topology", topology.clone().run(collectors.token()));
    let identifier = Identifier::new(env, profiles.clone(), touched.clone());
    let (poller, handle) = Poller::new(env, Arc::new(identifier.clone()), alerts.clone(), samples.clone());
    let polls = polling.spawn(poller.run(collectors.token()));
    collectors.spawn("poller", async {
        if let Some(panic) = polls.await.err().and_then(|broken| broken.try_into_panic().ok()) {
            std::panic::resume_unwind(panic);
        }
    });
    collectors.spawn("identify", IdentifyKeeper::new(core, &identifier).run(collectors.token()));
    collectors.spawn("checks", CheckRunner::new(env, alerts.clone(), samples.clone()).run(collectors.token()));
    let keeping = EventKeeping::new(events.clone(), storage.clone(), core.settings.keep_logs);
    collectors.spawn("retention", Retention::new(env, storage, keeping).run(collectors.token()));

    let (job_feed, discovery_feed) = (JobFeed::default(), DiscoveryFeed::default());
    let discovery = DiscoveryRunner::new(env, profiles, touched, &discovery_feed);
    let handlers: Vec<Arc<dyn JobHandler>> = vec![
        Arc::new(PollJob::new(&handle)),
        Arc::new(identifier.clone()),
        Arc::new(discovery),
        Arc::new(MakeBackup(backups.clone())),
        Arc::new(CheckBackup(backups.clone())),
        Arc::new(DrillBackup(backups.clone())),
    ];
    let handlers = JobHandlers::new(handlers);
    jobs.spawn("jobs", JobRunner::new(core, &job_feed, &handlers, WORKERS).run(jobs.token()));
    collectors.spawn("schedule", DiscoveryScheduler::new(core).run(collectors.token()));
    collectors.spawn("backups", BackupScheduler::of_backups(&backups).run(collectors.token()));
    collectors.spawn("backup-drills", BackupScheduler::of_drills(&backups).run(collectors.token()));
    let case = Jobs::new(core, &job_feed, &handlers);
    let local = Arc::new(LocalHost::default());
    let discoveries = Discoveries::new(core, &case, &discovery_feed, local.clone());

    let services = Services::new(core, env!("CARGO_PKG_VERSION"), env.samples.clone(), caches.redis, events.clone(), &backups);
    let cache: Arc<dyn Cache> = Arc::new(caches.cache);
    let host = Arc::new(HostSampler::new(local, core.clock.clone()));
    let sampler = host.clone();
    collectors.supervise("host", move |stop| {
        let sampler = sampler.clone();
        async move { sampler.run(stop).await }
    });
    let map: Arc<dyn MapSummary> = Arc::new(topology.clone());
    let facts: Arc<dyn Facts> = Arc::new(services.clone());
    let dashboards = Dashboards::new(DashboardPorts { env: env.clone(), cache: cache.clone(), host, map, facts, pipeline: samples });
    collectors.spawn("dashboards", dashboards.clone().run(collectors.token()));
    relay.spawn("cache", CacheKeeper::new(core, cache.clone()).run(relay.token()));
    let (exports, logs) = (MapExports::new(&topology, cache.clone()), Logs::new(core, events.clone(), cache.clone()));
    let schedule = |text: String| Some(text).filter(|text| !text.is_empty());
    collectors.spawn("warming", Warming::new(core, &dashboards, schedule(warm_dashboards)).run(collectors.token()));
    collectors.spawn("search-warming", SearchWarming::new(core, &logs, schedule(warm_searches)).run(collectors.token()));
    let cache = CacheAdmin::new(core, cache, logs.popular());
    Ok(Collectors {
        jobs: case,
        job_feed,
        alerts,
        mailer,
        discoveries,
        discovery_feed,
        topology,
        exports,
        logs,
        dashboards,
        services,
        cache,
        events,
        identifier,
        backups,
    })
}
