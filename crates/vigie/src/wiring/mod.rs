//! The composition root: which adapter stands behind which port.

mod backups;
mod cache;
mod collectors;
mod events;
mod mail;
mod offsite;
mod samples;
mod secrets;
mod settings;
mod standby;

pub use backups::{backups, stand, vault};
pub use cache::{Caches, cache};
pub use collectors::{Beside, Collectors, start};
pub use events::{EventPlace, event_place, events, events_at, events_folder, move_mark, refuse_half_moved};
pub use mail::mailer;
pub use offsite::destinations;
pub use samples::{Samples, samples, storage};
pub use standby::{has_right_key, node_number};

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::Handle;
use vigie_application::Core;
use vigie_application::devices::DeviceEnv;
use vigie_application::events::EventBus;
use vigie_application::identity::Identity;
use vigie_application::system::StorageKeeper;
use vigie_application::telemetry::Live;
use vigie_domain::Clock;
use vigie_foundation::secrets::{MasterKey, Passwords, load_or_create};
use vigie_probe::NetworkProbe;
use vigie_realtime::Realtime;
use vigie_rest::{App, Parts, Routes, ServerInfo};
use vigie_snmp::{SnmpEngine, SnmpSettings};
use vigie_sql_store::SqlStore;
use vigie_sql_store::transfer::{Place, STATE};

use crate::StartError;
use crate::configuration::{Loaded, MetricsAccess, TlsMode, entries};
pub use secrets::SystemClock;
use secrets::{Argon2id, MasterSealer};

/// The folder of the state: configured, or the usual one; made when it is not there.
pub fn state_folder(loaded: &Loaded, usual: Option<PathBuf>) -> Result<PathBuf, StartError> {
    let folder =
        loaded.configuration.state.directory.clone().or(usual).ok_or_else(|| {
            StartError::new(StartError::CONFIGURATION, "there is no home for the state: set --state-dir or state.directory")
        })?;
    std::fs::create_dir_all(&folder).map_err(|e| {
        let message = format!("the state directory {} cannot be made: {e}; choose another with --state-dir", folder.display());
        StartError::new(StartError::CANNOT_CREATE, message)
    })?;
    Ok(folder)
}

/// Store, clock, secrets and settings.
pub async fn core(loaded: &Loaded, folder: &Path) -> Result<Core, StartError> {
    Ok(opened(loaded, folder).await?.core)
}

/// The core, and what ends when another server has taken its database over.
pub struct Opened {
    /// The core.
    pub core: Core,
    /// Ends then.
    pub taken_over: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Opens the database and what every use case needs.
pub async fn opened(loaded: &Loaded, folder: &Path) -> Result<Opened, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // the lock of the database comes first: a second server must not touch anything else of the state
    let store = match store_url(loaded) {
        Some(url) => SqlStore::connect(url, clock.clone()).await?,
        None => SqlStore::open(&folder.join(STATE), clock.clone()).await?,
    };
    let key = master_key(loaded, folder)?;
    let taken_over = Box::pin(store.taken_over());
    let core = Core {
        store: Arc::new(store),
        clock,
        sealer: Arc::new(MasterSealer(key)),
        passwords: Arc::new(Argon2id(Passwords)),
        settings: Arc::new(settings::of(loaded)),
        bus: Arc::new(EventBus::default()),
    };
    Ok(Opened { core, taken_over })
}

/// Where the database is.
pub fn place(loaded: &Loaded, usual: Option<PathBuf>) -> Result<Place, StartError> {
    match store_url(loaded) {
        Some(url) => Ok(Place::Server(url.to_owned())),
        None => state_folder(loaded, usual).map(Place::Folder),
    }
}

/// The database of a server, where one is configured.
pub fn store_url(loaded: &Loaded) -> Option<&str> {
    loaded.configuration.store.url.as_ref().map(|url| url.0.expose())
}

/// The file of the master key: configured, or in the folder of the state.
pub fn master_key_file(loaded: &Loaded, folder: &Path) -> PathBuf {
    loaded.configuration.secrets.master_key_file.clone().unwrap_or_else(|| folder.join("master.key"))
}

fn master_key(loaded: &Loaded, folder: &Path) -> Result<MasterKey, StartError> {
    let path = master_key_file(loaded, folder);
    let (key, made) = load_or_create(&path).map_err(|e| StartError::new(StartError::CANNOT_CREATE, e.to_string()))?;
    if made {
        tracing::warn!(path = %path.display(), "made the master key: move it apart from the data and set secrets.master_key_file, and keep a copy");
    }
    Ok(key)
}

/// Ports to devices over the core; answers are taken in on `runtime`.
pub async fn devices(loaded: &Loaded, core: &Core, samples: &Samples, runtime: &Handle) -> Result<DeviceEnv, StartError> {
    let polling = &loaded.configuration.polling;
    let settings = SnmpSettings { lanes: polling.lanes, des_boots: core.now().seconds() as u32, ..SnmpSettings::default() };
    let cannot_open =
        |cause: &dyn std::fmt::Display| StartError::new(StartError::SOFTWARE, format!("cannot open the sockets for SNMP: {cause}"));
    let started = runtime.spawn(SnmpEngine::start(settings)).await.map_err(|e| cannot_open(&e))?;
    let snmp = started.map_err(|e| cannot_open(&e))?;
    let probe = {
        let _there = runtime.enter();
        NetworkProbe::start()
    };
    for missing in probe.missing() {
        tracing::warn!(detail = missing.detail(), solution = missing.solution_text(), "cannot send echo requests");
    }
    Ok(DeviceEnv {
        core: core.clone(),
        snmp: Arc::new(snmp),
        probe: Arc::new(probe),
        samples: samples.store.clone(),
        live: Arc::new(Live::default()),
    })
}

/// The application behind the API.
pub fn app(loaded: &Loaded, core: &Core, env: &DeviceEnv, collectors: &Collectors, storage: Arc<StorageKeeper>) -> App {
    let server = &loaded.configuration.server;
    let metrics = &loaded.configuration.metrics;
    let configuration = entries(loaded).into_iter().map(|e| {
        let described = serde_json::json!({"value": e.value, "source": e.source.to_string(), "description": e.description});
        (e.path, described)
    });
    let info = ServerInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("VIGIE_COMMIT").to_owned(),
        public_url: server.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        trusted_proxies: server.trusted_proxies.clone(),
        secure: server.tls.mode != TlsMode::Off || server.public_url.as_ref().is_some_and(|url| url.scheme() == "https"),
        started_at: core.now(),
        request_timeout: std::time::Duration::from_secs(server.request_timeout_seconds),
        body_limit: usize::try_from(loaded.configuration.limits.body_bytes).unwrap_or(usize::MAX),
        configuration: serde_json::Value::Object(configuration.collect()),
        metrics_on_loopback: metrics.allow == MetricsAccess::Loopback,
        metrics_key: metrics.scrape_key.as_ref().map(|key| key.0.clone()),
    };
    let identity = Identity::new(core);
    App::new(Parts {
        core: core.clone(),
        identity,
        jobs: collectors.jobs.clone(),
        job_feed: collectors.job_feed.clone(),
        alerts: collectors.alerts.clone(),
        mailer: collectors.mailer.clone(),
        identifier: collectors.identifier.clone(),
        discoveries: collectors.discoveries.clone(),
        discovery_feed: collectors.discovery_feed.clone(),
        topology: collectors.topology.clone(),
        exports: collectors.exports.clone(),
        dashboards: collectors.dashboards.clone(),
        services: collectors.services.clone(),
        storage,
        cache: collectors.cache.clone(),
        events: collectors.events.clone(),
        logs: collectors.logs.clone(),
        backups: collectors.backups.clone(),
        env: env.clone(),
        limiter: vigie_rest::limit::Limiter::new(loaded.configuration.limits.requests_per_minute),
        kept: store_url(loaded).map(|_| vigie_rest::kept::Kept::default()),
        server: info,
    })
}

/// Every route, with its documents. Without the realtime part only the documents are meant.
pub fn routes(realtime: Option<&Realtime>) -> Routes {
    let mut routes = vigie_rest::routes_of();
    vigie_realtime::mount(&mut routes, realtime);
    routes
}
