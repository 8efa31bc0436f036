//! The life of the server: state, wiring, listeners, signals, an ordered end.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use time::OffsetDateTime;
use tokio::runtime::Handle;
use vigie_application::devices::identify::Profiles;
use vigie_domain::Secret;
use vigie_foundation::task::Tracker;
use vigie_foundation::tls::{CertificateSource, LocalAuthority, ServerTls};
use vigie_realtime::Realtime;

use crate::configuration::{Loaded, TlsMode};
use crate::signals::{Signals, Wish};
use crate::{StartError, listen, logging, standby, wiring};

/// Stages in the order in which they stop: first what takes requests, then what tells of what was written, last what keeps it.
const STAGES: &[&str] = &["listeners", "collectors", "jobs", "relay", "stores"];
/// How long the end may take.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// How long the cache may take to write what it still has to.
const CACHE_FLUSH: Duration = Duration::from_secs(2);
/// Descriptors wanted: one for each client and stream, far more than the usual 1,024.
const DESCRIPTORS: u64 = 65_536;
/// What is said when somebody else has the database.
const TAKEN_OVER: &str = "another vigie has taken the database over while its connection was lost: this one ends, and stands by when it is \
    started again with store.standby";
/// How often the certificate is looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_hours(12);

/// Serves until SIGTERM or SIGINT; devices are polled on the runtime `polling`.
pub async fn serve(
    loaded: Loaded,
    usual_state: Option<PathBuf>,
    admin_password: Option<PathBuf>,
    polling: &Handle,
) -> Result<(), StartError> {
    vigie_foundation::tls::install_provider();
    let own_log = logging::begin(&loaded.configuration.log)?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    vigie_foundation::descriptors::allow(DESCRIPTORS);
    let metrics = begin_metrics()?;
    let folder = wiring::state_folder(&loaded, usual_state)?;
    let listeners = loaded.configuration.server.listen.iter().map(|a| listen::bind(*a)).collect::<Result<Vec<_>, _>>()?;
    let mut signals = None;
    let _node = wiring::node_number(&loaded).await?;
    let Some(wiring::Opened { core, taken_over }) = own_database(&loaded, &folder, &listeners, &mut signals).await? else { return Ok(()) };
    let first = first_password(admin_password.as_deref())?;
    let one_time = vigie_application::identity::bootstrap(&core, first).await?;
    let samples = wiring::samples(&loaded, &folder).await?;
    let env = wiring::devices(&loaded, &core, &samples, polling).await?;

    let tracker = Tracker::new(STAGES);
    if let Some(spool) = samples.spool {
        let relay = tracker.stage("relay");
        relay.spawn("spool", spool.run(relay.token()));
    }
    let events = wiring::events(&loaded, &folder, &tracker.stage("stores")).await?;
    if let Some(writer) = own_log {
        let relay = tracker.stage("relay");
        relay.spawn("own-log", writer.run(events.clone(), core.settings.node.clone(), relay.token()));
    }
    let caches = wiring::cache(&loaded, &folder, &core, &tracker)?;
    let cache = caches.cache.clone();
    let storage = Arc::new(wiring::storage(&loaded, &folder, &core));
    let mailer = Arc::new(wiring::mailer(&loaded, core.clock.clone())?);
    let beside = wiring::Beside {
        caches,
        warm_dashboards: loaded.configuration.cache.warm_dashboards.clone(),
        warm_searches: loaded.configuration.cache.warm_searches.clone(),
        mailer,
        storage: storage.clone(),
        backups: wiring::backups(&loaded, &folder, &env, &events).await?,
        events,
    };
    let collectors = wiring::start(&env, beside, Profiles::built_in(), &tracker, polling).await?;
    let app = wiring::app(&loaded, &core, &env, &collectors, storage);
    let realtime = Realtime::new(&app);
    let mut routes = wiring::routes(Some(&realtime));
    vigie_rest::actions::mount_metrics(&mut routes, metrics);
    let router = vigie_rest::router(app, routes);
    let tls = certificate(&loaded, &folder)?.map(Arc::new);
    let stage = tracker.stage("listeners");
    for listener in listeners {
        vigie_listener::serve(listener, tls.as_ref(), proxies(&loaded), router.clone(), &stage)?;
    }
    // heard before anybody is told that it serves: who is told may stop it at once
    let mut signals = signals.map_or_else(Signals::hear, Ok)?;
    greet(&loaded, tls.as_deref(), one_time.as_ref());
    let ended = tokio::select! {
        () = until_the_end(&mut signals, tls.as_deref()) => Ok(()),
        () = taken_over => Err(StartError::new(StartError::IN_USE, TAKEN_OVER)),
    };
    tracing::info!("stopping");
    let report = tracker.shutdown(SHUTDOWN).await;
    for task in report.dropped {
        tracing::warn!(task, "did not end in time");
    }
    if tokio::time::timeout(CACHE_FLUSH, cache.settle()).await.is_err() {
        tracing::warn!("what was cached last is not on disk");
    }
    ended
}

/// Opens the database, once no other server works on it where this one stands by. Nothing when a signal ended the wait.
async fn own_database(
    loaded: &Loaded,
    folder: &Path,
    listeners: &[TcpListener],
    signals: &mut Option<Signals>,
) -> Result<Option<wiring::Opened>, StartError> {
    let Some(url) = wiring::store_url(loaded).filter(|_| loaded.configuration.store.standby) else {
        return wiring::opened(loaded, folder).await.map(Some);
    };
    while standby::turn(loaded, folder, listeners, url, signals).await? {
        match wiring::opened(loaded, folder).await {
            // another one that stood by came first
            Err(error) if error.code == StartError::IN_USE => {}
            other => return other.map(Some),
        }
    }
    Ok(None)
}

fn begin_metrics() -> Result<PrometheusHandle, StartError> {
    let handle = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot begin to count: {e}")))?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// The first admin's password out of the file that `VIGIE_ADMIN_PASSWORD_FILE` names.
fn first_password(file: Option<&Path>) -> Result<Option<Secret>, StartError> {
    let Some(path) = file else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|e| {
        let message = format!("VIGIE_ADMIN_PASSWORD_FILE names {}, which cannot be read: {e}", path.display());
        StartError::new(StartError::CONFIGURATION, message)
    })?;
    Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
}

pub fn certificate(loaded: &Loaded, folder: &Path) -> Result<Option<ServerTls>, StartError> {
    let server = &loaded.configuration.server;
    let source = match server.tls.mode {
        TlsMode::Off => return Ok(None),
        TlsMode::LocalCa => {
            let public = server.public_url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
            CertificateSource::Local(LocalAuthority::new(folder.join("tls"), server.tls.names.iter().cloned().chain(public)))
        }
        TlsMode::Files => {
            let file = |path: &Option<PathBuf>, name: &str| {
                path.clone()
                    .ok_or_else(|| StartError::new(StartError::CONFIGURATION, format!("server.tls.mode is files, and {name} is not set")))
            };
            let certificate = file(&server.tls.certificate_file, "server.tls.certificate_file")?;
            CertificateSource::Files { certificate, key: file(&server.tls.key_file, "server.tls.key_file")? }
        }
    };
    ServerTls::open(source, OffsetDateTime::now_utc()).map(Some).map_err(|e| StartError::new(StartError::CONFIGURATION, e.to_string()))
}

/// Proxies whose connections begin with a PROXY protocol header.
pub fn proxies(loaded: &Loaded) -> &[IpNet] {
    let server = &loaded.configuration.server;
    if server.proxy_protocol { &server.trusted_proxies } else { &[] }
}

/// Writes a line to the terminal; nobody reading it is no reason to die.
macro_rules! say {
    ($($part:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($part)*))).ok()
    };
}
pub(crate) use say;

/// What a person at the terminal needs: where to go, and how to get in.
fn greet(loaded: &Loaded, tls: Option<&ServerTls>, one_time: Option<&Secret>) {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listen = &loaded.configuration.server.listen;
    let shown = listen.first().map_or_else(String::new, |a| {
        if a.ip().is_loopback() || a.ip().is_unspecified() {
            format!("{scheme}://localhost:{}/", a.port())
        } else {
            format!("{scheme}://{a}/")
        }
    });
    let address = loaded.configuration.server.public_url.as_ref().map_or(shown, ToString::to_string);
    say!("Vigie {} serves at {address}", env!("CARGO_PKG_VERSION"));
    if let Some(authority) = tls.and_then(ServerTls::authority) {
        say!("  certificate by Vigie's own authority {}", authority.certificate_path().display());
        if let Some(tls) = tls {
            say!("  SHA-256 {}", tls.facts().fingerprint);
        }
    }
    if let Some(password) = one_time {
        say!("  first sign-in: user admin, one-time password {}", password.expose());
    }
}

/// Ends when a signal asks for it; looks at the certificate when one asks for that, and from time to time.
pub async fn until_the_end(signals: &mut Signals, tls: Option<&ServerTls>) {
    loop {
        match tokio::time::timeout(CERTIFICATE_CHECK, signals.next()).await {
            Ok(Wish::End) => return,
            Ok(Wish::Refresh) | Err(_) => refresh(tls),
        }
    }
}

fn refresh(tls: Option<&ServerTls>) {
    let Some(tls) = tls else { return };
    match tls.refresh(OffsetDateTime::now_utc()) {
        Ok(done) => tracing::info!(?done, "looked at the certificate"),
        Err(error) => tracing::error!(%error, "the certificate could not be read again; the one in use stays"),
    }
}
