//! What handlers work with.

use std::sync::Arc;

use vigie_application::Core;
use vigie_application::alerts::AlertEngine;
use vigie_application::backups::Backups;
use vigie_application::cache::CacheAdmin;
use vigie_application::dashboards::Dashboards;
use vigie_application::devices::DeviceEnv;
use vigie_application::devices::identify::Identifier;
use vigie_application::identity::Identity;
use vigie_application::jobs::{JobFeed, Jobs};
use vigie_application::logs::Logs;
use vigie_application::resources::{Resource, Resources};
use vigie_application::system::{Services, StorageKeeper};
use vigie_application::topology::{Discoveries, DiscoveryFeed, MapExports, TopologyService};
use vigie_domain::alerts::Mailer;
use vigie_domain::telemetry::EventStore;

/// The use cases behind the handlers. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// Store, clock, secrets, settings.
    pub core: Core,
    /// Signing in.
    pub identity: Arc<Identity>,
    /// Long work.
    pub jobs: Jobs,
    /// How jobs go on.
    pub job_feed: JobFeed,
    /// Alerts and rules.
    pub alerts: Arc<AlertEngine>,
    /// Discoveries.
    pub discoveries: Discoveries,
    /// How runs of discoveries go on.
    pub discovery_feed: DiscoveryFeed,
    /// The map.
    pub topology: TopologyService,
    /// The map as files.
    pub exports: MapExports,
    /// The dashboards.
    pub dashboards: Dashboards,
    /// Services.
    pub services: Services,
    /// Room for what is kept.
    pub storage: Arc<StorageKeeper>,
    /// The cache.
    pub cache: CacheAdmin,
    /// Where events are kept.
    pub events: Arc<dyn EventStore>,
    /// Logs.
    pub logs: Logs,
    /// Backups.
    pub backups: Backups,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Reads devices whole.
    pub identifier: Identifier,
    /// Ports to devices.
    pub env: DeviceEnv,
    /// How many requests a caller may send.
    pub limiter: crate::limit::Limiter,
    /// The last answers, for when a store that is a server of its own is away.
    pub kept: Option<crate::kept::Kept>,
    /// How this server is reached.
    pub server: ServerInfo,
}

/// How this server is reached, and what it is.
#[derive(Clone, Debug)]
pub struct ServerInfo {
    /// Version of the binary.
    pub version: String,
    /// Commit it was built from.
    pub commit: String,
    /// Address people reach Vigie at, without trailing slash.
    pub public_url: Option<String>,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Whether cookies are marked `Secure` with the `__Host-` prefix: always but behind no TLS at all.
    pub secure: bool,
    /// When the server started.
    pub started_at: vigie_domain::Timestamp,
    /// Longest time a request may take to be answered; streams begin within it and go on.
    pub request_timeout: std::time::Duration,
    /// The largest body taken, bytes.
    pub body_limit: usize,
    /// The configuration with its secrets masked, as `system/configuration` shows it.
    pub configuration: serde_json::Value,
    /// Whether `/metrics` answers loopback without a key.
    pub metrics_on_loopback: bool,
    /// Key that `/metrics` takes as bearer token.
    pub metrics_key: Option<vigie_domain::Secret>,
}

impl App {
    /// Over these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The use cases of a resource.
    pub fn resources<E: Resource>(&self) -> Resources<E> {
        Resources::new(&self.0.core)
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
