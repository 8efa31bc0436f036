//! Vigie in the small: real store, real SNMP, real probes, no presentation.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vigie_application::devices::DeviceEnv;
use vigie_application::devices::identify::{Identifier, IdentifyKeeper, Profiles};
use vigie_application::idempotency::Answer;
use vigie_application::jobs::{JobFeed, JobHandler, JobHandlers, JobRunner, Jobs};
use vigie_application::resources::Resources;
use vigie_application::telemetry::Live;
use vigie_application::topology::{
    Discoveries, DiscoveryFeed, DiscoveryRunner, DiscoveryScheduler, DiscoveryUpdate, MapQuery, Topology, TopologyService,
};
use vigie_application::{CallContext, Core, Settings};
use vigie_domain::store::{Entity, Read, Reader};
use vigie_domain::system::{Event, HostNetwork, HostNetworks};
use vigie_domain::topology::{Discovery, Run, RunResult};
use vigie_domain::{Clock, Error, Id, Result, Scope, Sealed, Sealer, Timestamp};
use vigie_foundation::secrets::MasterKey;
use vigie_probe::NetworkProbe;
use vigie_snmp::{SnmpEngine, SnmpSettings};
use vigie_sql_store::{SqlSampleStore, SqlStore};
use vigie_testkit::passwords::NoPasswords;

/// Nothing in these tests takes longer on the slowest machine.
pub const LONG: Duration = Duration::from_mins(4);

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(vigie_foundation::clock::system_now_ms())
    }
}

struct Key(MasterKey);

impl Sealer for Key {
    fn seal(&self, purpose: &str, clear: &[u8]) -> Result<Sealed> {
        self.0.seal(purpose, clear).map(Sealed).map_err(Error::storage)
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>> {
        self.0.open(purpose, &sealed.0).map_err(Error::storage)
    }
}

/// A running process, as far as these tests need one.
pub struct Vigie {
    pub core: Core,
    pub topology: TopologyService,
    pub identifier: Identifier,
    pub jobs: Jobs,
    pub discoveries: Discoveries,
    pub scheduler: DiscoveryScheduler,
    store: Arc<SqlStore>,
    samples: Arc<SqlSampleStore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A host without a network.
struct NoNetworks;

#[async_trait]
impl HostNetworks for NoNetworks {
    async fn networks(&self) -> Result<Vec<HostNetwork>> {
        Ok(Vec::new())
    }
}

/// A process over these files, with these handlers besides its own.
pub async fn start_in(directory: &Path, settings: Settings, more: Vec<Arc<dyn JobHandler>>) -> Vigie {
    let clock = Arc::new(SystemClock);
    let store = Arc::new(SqlStore::open(&directory.join("vigie.db"), clock.clone()).await.unwrap());
    let samples = Arc::new(SqlSampleStore::open(&directory.join("samples.db")).await.unwrap());
    let core = Core {
        store: store.clone(),
        clock,
        sealer: Arc::new(Key(MasterKey::from_bytes(&[7; 32]))),
        passwords: Arc::new(NoPasswords),
        settings: Arc::new(settings),
        bus: Arc::default(),
    };
    let live = Arc::new(Live::default());
    let env = DeviceEnv {
        core: core.clone(),
        snmp: Arc::new(SnmpEngine::start(SnmpSettings::default()).await.unwrap()),
        probe: Arc::new(NetworkProbe::start()),
        samples: samples.clone(),
        live: live.clone(),
    };
    let topology = TopologyService::new(&core, &live);
    let identifier = Identifier::new(&env, Profiles::built_in(), topology.touched().clone());
    let feed = DiscoveryFeed::default();
    let runner = DiscoveryRunner::new(&env, Profiles::built_in(), topology.touched().clone(), &feed);
    let handlers: Vec<Arc<dyn JobHandler>> = vec![Arc::new(identifier.clone()), Arc::new(runner)];
    let handlers = JobHandlers::new(handlers.into_iter().chain(more));
    let jobs = Jobs::new(&core, &JobFeed::default(), &handlers);
    let discoveries = Discoveries::new(&core, &jobs, &feed, Arc::new(NoNetworks));
    let scheduler = DiscoveryScheduler::new(&core);
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    tasks.spawn(vigie_application::events::run_relay(core.clone(), stop.clone()));
    tasks.spawn(topology.clone().run(stop.clone()));
    tasks.spawn(IdentifyKeeper::new(&core, &identifier).run(stop.clone()));
    tasks.spawn(JobRunner::new(&core, jobs.feed(), &handlers, 4).run(stop.clone()));
    Vigie { core, topology, identifier, jobs, discoveries, scheduler, store, samples, stop, tasks }
}

/// A process over files of its own.
pub async fn start() -> (Vigie, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let vigie = start_in(directory.path(), settings(), Vec::new()).await;
    (vigie, directory)
}

pub fn settings() -> Settings {
    Settings { discovery_rate: 400, snmp_timeout: Duration::from_secs(1), ..Settings::default() }
}

impl Vigie {
    pub fn cx(&self) -> CallContext {
        CallContext::system(self.core.now())
    }

    /// Ends as a process does that was told to.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.close().await;
    }

    async fn close(&self) {
        self.store.close().await;
        self.samples.close().await;
    }

    /// Creates a discovery, and waits until its first run is over.
    pub async fn discover(&self, input: Json) -> (Discovery, Run, Vec<RunResult>) {
        let mut feed = self.discoveries.feed().subscribe();
        let discovery = self.create(input).await.unwrap();
        let run = ended(&mut feed, discovery.id).await;
        let results = self.results(run.id).await;
        (discovery, run, results)
    }

    /// Runs a discovery again, and waits until it is over.
    pub async fn discover_again(&self, discovery: &Discovery) -> (Run, Vec<RunResult>) {
        let mut feed = self.discoveries.feed().subscribe();
        let run = self.discoveries.run(&self.cx(), discovery.id).await.unwrap();
        let run_id = run.id;
        let run = ended(&mut feed, discovery.id).await;
        assert_eq!(run.id, run_id);
        (run, self.results(run_id).await)
    }

    pub async fn create(&self, input: Json) -> Result<Discovery> {
        fn render<'a>(discovery: &'a Discovery, _: &'a dyn Reader) -> BoxFuture<'a, Result<Answer>> {
            Box::pin(async move { Ok(Answer { status: 202, headers: Vec::new(), body: serde_json::to_vec(discovery).unwrap() }) })
        }
        let answer = Resources::<Discovery>::new(&self.core).create(&self.cx(), input, &render).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    pub async fn results(&self, run: Id) -> Vec<RunResult> {
        let all: Vec<RunResult> = self.all().await;
        all.into_iter().filter(|r| r.run_id == run).collect()
    }

    pub async fn all<E: Entity>(&self) -> Vec<E> {
        self.core.store.all(&Scope::system(), Vec::new()).await.unwrap()
    }

    /// Events of a kind, in the order they were written.
    pub async fn events(&self, kind: &str) -> Vec<Event> {
        self.all::<Event>().await.into_iter().filter(|e| e.kind == kind).collect()
    }

    /// Waits until so many events of a kind are written: the map may show a port that is down before its link is written as gone.
    pub async fn events_until(&self, kind: &str, count: usize) -> Vec<Event> {
        let mut published = self.core.bus.subscribe();
        let written = tokio::time::timeout(LONG, async {
            loop {
                let events = self.events(kind).await;
                if events.len() >= count {
                    return events;
                }
                drop(published.recv().await);
            }
        });
        written.await.unwrap_or_else(|_| panic!("{count} events {kind} were not written"))
    }

    pub async fn map(&self) -> Topology {
        self.topology.get(&self.cx(), &MapQuery::default()).await.unwrap()
    }

    /// Waits until the map is as it should be.
    pub async fn map_until(&self, what: &str, mut fits: impl FnMut(&Topology) -> bool) -> Topology {
        let mut version = self.topology.subscribe();
        let mut last = None;
        let waited = tokio::time::timeout(LONG, async {
            loop {
                version.borrow_and_update();
                let map = self.map().await;
                if fits(&map) {
                    return map;
                }
                last = Some((map.nodes.len(), map.links.len()));
                version.changed().await.unwrap();
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{what}: the map stays at {last:?} nodes and links"))
    }
}

async fn ended(feed: &mut tokio::sync::broadcast::Receiver<Arc<DiscoveryUpdate>>, discovery: Id) -> Run {
    let over = tokio::time::timeout(LONG, async {
        loop {
            let update = feed.recv().await.unwrap();
            if update.discovery_id == discovery && update.run.status.is_final() {
                return update.run.clone();
            }
        }
    });
    over.await.expect("the run does not end")
}
