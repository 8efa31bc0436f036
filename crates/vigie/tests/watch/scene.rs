//! A campus of the lab, and everything that watches it.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, broadcast, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vigie_application::alerts::{AlertEngine, DeliveryWorker, seed_rules};
use vigie_application::devices::DeviceEnv;
use vigie_application::devices::checks::CheckRunner;
use vigie_application::devices::identify::{Identifier, Profiles};
use vigie_application::devices::poller::{Poller, PollerHandle};
use vigie_application::events::{EventBus, run_relay};
use vigie_application::telemetry::{Live, Pipeline, pipeline};
use vigie_application::topology::TopologyService;
use vigie_application::{CallContext, Core, Settings};
use vigie_domain::alerts::{Channel, ChannelKind, Mail, Mailer, Severity};
use vigie_domain::devices::{Credential, CredentialKind, Device, DeviceStatus, Identity, PingReport, Probe, Realm, TcpOutcome};
use vigie_domain::store::{Entity, Read, Store, Write};
use vigie_domain::system::Event;
use vigie_domain::{Clock, Error, Id, Result, Scope, Secret, Timestamp};
use vigie_foundation::clock::system_now_ms;
use vigie_lab::{DeviceInfo, Lab, LabHandle};
use vigie_snmp::{SnmpEngine, SnmpSettings};
use vigie_sql_store::{SqlSampleStore, SqlStore};
use vigie_testkit::passwords::NoPasswords;
use vigie_testkit::sealer::PlainSealer;

/// Longest wait for anything: far more than it takes.
pub const PATIENCE: Duration = Duration::from_mins(1);

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp(system_now_ms())
    }
}

/// Echoes of a network in which hosts can die: the kernel answers them for every loopback address.
#[derive(Default)]
pub struct Echoes {
    dead: Mutex<HashSet<IpAddr>>,
}

impl Echoes {
    pub fn set_dead(&self, address: IpAddr, dead: bool) {
        let mut all = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        if dead {
            all.insert(address);
        } else {
            all.remove(&address);
        }
    }
}

#[async_trait]
impl Probe for Echoes {
    async fn ping(&self, address: IpAddr, count: u16, _: Duration, timeout: Duration) -> Result<PingReport> {
        let dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner).contains(&address);
        if dead {
            tokio::time::sleep(timeout.min(Duration::from_millis(200))).await;
        }
        let reply = (!dead).then_some(Duration::from_micros(300));
        Ok(PingReport { replies: vec![reply; count.into()] })
    }

    async fn tcp(&self, address: SocketAddr, wait: Duration) -> Result<TcpOutcome> {
        let begun = std::time::Instant::now();
        Ok(match timeout(wait, tokio::net::TcpStream::connect(address)).await {
            Ok(Ok(_)) => TcpOutcome::Open(begun.elapsed()),
            Ok(Err(_)) => TcpOutcome::Refused(begun.elapsed()),
            Err(_) => TcpOutcome::Silent,
        })
    }
}

/// A mailbox.
struct Mailbox(mpsc::UnboundedSender<Mail>);

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, _: Id, mail: &Mail) -> Result<()> {
        self.0.send(mail.clone()).map_err(|_| Error::conflict("conflict", "nobody reads"))
    }
}

/// Everything that watches a campus.
pub struct Scene {
    pub lab: LabHandle,
    pub env: DeviceEnv,
    pub echoes: Arc<Echoes>,
    pub rules: Arc<AlertEngine>,
    pub poller: PollerHandle,
    pub pipeline: Pipeline,
    pub topology: TopologyService,
    pub events: broadcast::Receiver<Arc<Event>>,
    pub mails: mpsc::UnboundedReceiver<Mail>,
    pub credential: Id,
    folder: tempfile::TempDir,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// A test's own network of loopback, so that tests can run side by side.
fn prefix(number: u8) -> ipnet::Ipv4Net {
    ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 40, number, 0), 24)
}

impl Scene {
    /// A campus of so many devices, on the loopback network of this number, which nobody watches yet.
    pub async fn build(number: u8, devices: usize) -> Self {
        let lab = Lab::builder().prefix(prefix(number)).port(0).devices(devices).start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (mailbox, mails) = mpsc::unbounded_channel();
        let (env, echoes) = environment(folder.path()).await;
        let credential = credential(&env, CredentialKind::SnmpV2c).await;
        let (samples, writer) = pipeline(env.samples.clone());
        let mail = Arc::new(Notify::new());
        let rules = Arc::new(AlertEngine::new(&env.core, env.samples.clone(), mail.clone()));
        let topology = TopologyService::new(&env.core, &env.live);
        let identifier = Identifier::new(&env, Profiles::built_in(), topology.touched().clone());
        let (poller, handle) = Poller::new(&env, Arc::new(identifier), rules.clone(), samples.clone());
        let checks = CheckRunner::new(&env, rules.clone(), samples.clone());
        let stop = CancellationToken::new();
        seed_rules(&env.core).await.unwrap();
        rules.load().await.unwrap();
        let events = env.core.bus.subscribe();
        let (core, engine, worker) = (env.core.clone(), rules.clone(), DeliveryWorker::new(&env.core, Arc::new(Mailbox(mailbox)), mail));
        let run = |stop: &CancellationToken| stop.clone();
        let (relay_stop, engine_stop) = (run(&stop), run(&stop));
        let tasks = vec![
            tokio::spawn(async move { run_relay(core, relay_stop).await }),
            tokio::spawn(async move { engine.run(engine_stop).await }),
            tokio::spawn(worker.run(run(&stop))),
            tokio::spawn(writer.run(run(&stop))),
            tokio::spawn(topology.clone().run(run(&stop))),
            tokio::spawn(checks.run(run(&stop))),
            tokio::spawn(poller.run(run(&stop))),
        ];
        Self { lab, env, echoes, rules, poller: handle, pipeline: samples, topology, events, mails, credential, folder, stop, tasks }
    }

    pub fn cx(&self) -> CallContext {
        CallContext::system(self.env.core.now())
    }

    /// Adds devices of the lab, polled every two seconds.
    pub async fn watch(&self, devices: &[DeviceInfo]) -> Vec<Device> {
        let devices: Vec<Device> = devices.iter().map(|info| device(&self.env, info, self.lab.port(), &[self.credential])).collect();
        self.add(&devices).await;
        devices
    }

    /// Another credential.
    pub async fn credential_of(&self, kind: CredentialKind) -> Id {
        credential(&self.env, kind).await
    }

    /// Writes devices as their resource would.
    pub async fn add(&self, devices: &[Device]) {
        let cx = self.cx();
        let mut unit = self.env.core.unit(&cx).await.unwrap();
        for device in devices {
            unit.work().insert(device).await.unwrap();
            let subject = vigie_domain::system::Subject::new("device", device.id, &device.name);
            unit.event(Event::new("device.added", cx.now, subject, Some(device.id))).await.unwrap();
        }
        unit.commit().await.unwrap();
    }

    /// A channel to `noc@example.net` for everything.
    pub async fn channel(&self) {
        let now = self.env.core.now();
        let channel = Channel {
            id: Id::new(),
            version: 1,
            name: "noc".to_owned(),
            kind: ChannelKind::Email,
            enabled: true,
            recipients: vec!["noc@example.net".to_owned()],
            minimum_severity: Severity::Info,
            sites: Vec::new(),
            send_resolved: true,
            created_at: now,
            updated_at: now,
        };
        let mut work = self.env.core.store.begin().await.unwrap();
        work.insert(&channel).await.unwrap();
        work.commit().await.unwrap();
    }

    /// Waits for an event that fits.
    pub async fn event(&mut self, what: &str, fits: impl Fn(&Event) -> bool) -> Arc<Event> {
        let found = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if fits(&event) {
                    return event;
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no event: {what}"))
    }

    /// Waits for a device to have this status.
    pub async fn status(&mut self, device: Id, status: DeviceStatus) -> Arc<Event> {
        let word = status.word();
        self.event(&format!("{device} is {word}"), |event| {
            event.kind == "device.status_changed" && event.device_id == Some(device) && event.data.as_ref().unwrap()["status"] == word
        })
        .await
    }

    /// Waits for a mail.
    pub async fn mail(&mut self) -> Mail {
        timeout(PATIENCE, self.mails.recv()).await.expect("no mail").unwrap()
    }

    /// Waits until something holds; asks again at each event and each tenth of a second.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("never: {what}"))
    }

    pub async fn get<E: Entity>(&self, id: Id) -> E {
        self.env.core.store.require(&Scope::system(), id).await.unwrap()
    }

    /// Stops everything; what was taken in is written.
    pub async fn stop(self) -> tempfile::TempDir {
        self.stop.cancel();
        for task in self.tasks {
            timeout(PATIENCE, task).await.expect("a task does not stop").unwrap();
        }
        self.lab.stop().await;
        self.folder
    }
}

/// A device of the lab as it is added.
pub fn device(env: &DeviceEnv, info: &DeviceInfo, port: u16, credentials: &[Id]) -> Device {
    let now = env.core.now();
    Device {
        id: Id::new(),
        version: 1,
        name: info.name.clone(),
        address: info.address.into(),
        realm_id: Realm::DEFAULT,
        site_id: None,
        tags: Vec::new(),
        credentials: credentials.to_vec(),
        poll_interval_seconds: 2,
        monitored: true,
        decommissioned: false,
        notes: None,
        role: None,
        snmp_port: port,
        identity: Identity::default(),
        status: DeviceStatus::Pending,
        status_since: None,
        status_reason: None,
        status_beyond: None,
        access: Vec::new(),
        position: None,
        identified_at: None,
        created_at: now,
        updated_at: now,
    }
}

async fn credential(env: &DeviceEnv, kind: CredentialKind) -> Id {
    let now = env.core.now();
    let secret = |text| Some(env.core.seal("credential", &Secret::new(text)).unwrap());
    let credential = Credential {
        id: Id::new(),
        version: 1,
        name: format!("lab {}", kind.word()),
        kind,
        username: (!kind.is_snmp()).then(|| "operator".to_owned()),
        auth_protocol: None,
        privacy_protocol: None,
        context: None,
        description: None,
        community: secret(vigie_lab::COMMUNITY).filter(|_| kind.is_snmp()),
        auth_secret: None,
        privacy_secret: None,
        password: secret("not this one").filter(|_| !kind.is_snmp()),
        private_key: None,
        enable_secret: None,
        owner_id: None,
        created_at: now,
        updated_at: now,
    };
    let mut work = env.core.store.begin().await.unwrap();
    work.insert(&credential).await.unwrap();
    work.commit().await.unwrap();
    credential.id
}

/// A store, ports and a clock in this folder, with nobody watching.
pub async fn environment(folder: &std::path::Path) -> (DeviceEnv, Arc<Echoes>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = SqlStore::open(&folder.join("vigie.db"), clock.clone()).await.unwrap();
    let samples = SqlSampleStore::open(&folder.join("samples.db")).await.unwrap();
    let settings = Settings {
        snmp_timeout: Duration::from_millis(500),
        snmp_retries: 1,
        public_url: Some("https://vigie.example".to_owned()),
        ..Settings::default()
    };
    let core = Core {
        store: Arc::new(store) as Arc<dyn Store>,
        clock,
        sealer: Arc::new(PlainSealer),
        passwords: Arc::new(NoPasswords),
        settings: Arc::new(settings),
        bus: Arc::new(EventBus::default()),
    };
    let echoes = Arc::new(Echoes::default());
    let snmp = SnmpEngine::start(SnmpSettings { lanes: 2, ..SnmpSettings::default() }).await.unwrap();
    let env = DeviceEnv { core, snmp: Arc::new(snmp), probe: echoes.clone(), samples: Arc::new(samples), live: Arc::new(Live::default()) };
    (env, echoes)
}
