//! Where the server is, and how it is spoken to.

use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Client, ConnectionInfo, IntoConnectionInfo, TlsCertificates};
use vigie_domain::Secret;

/// A silent peer is found out by the kernel after this time and some probes.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// What a server is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedisRole {
    /// Values, and all else unless another server is for that.
    #[default]
    Cache,
    /// Leases, versions of tags and messages.
    State,
}

impl RedisRole {
    /// Its name in logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::State => "state",
        }
    }

    /// The setting that names the server.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Cache => "cache.redis.url",
            Self::State => "cache.redis.state_url",
        }
    }
}

/// Settings of one server.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// What it is for.
    pub role: RedisRole,
    /// `redis://`, `rediss://` (TLS) or `unix://`, with user, password and number of the database where there are any.
    pub url: Secret,
    /// Certificates in PEM of authorities to trust; without them those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Connections at most; one is opened, more when the load asks for them.
    pub max_connections: usize,
    /// Longest wait for one answer. A call is tried twice.
    pub timeout: Duration,
    /// How often it is asked whether it is well.
    pub health_interval: Duration,
    /// Bytes that the server may use before nothing more is written to it.
    pub max_bytes: u64,
    /// For how long a node may make a value before others do, unless it says that it still works on it.
    pub lease: Duration,
    /// Begins every key and channel.
    pub prefix: String,
}

impl RedisSettings {
    /// The usual settings for this URL.
    pub fn new(url: Secret) -> Self {
        Self {
            role: RedisRole::default(),
            url,
            authorities: None,
            max_connections: 50,
            timeout: Duration::from_millis(25),
            health_interval: Duration::from_secs(30),
            max_bytes: 1_000_000_000,
            lease: Duration::from_secs(3),
            prefix: "vigie".to_owned(),
        }
    }

    pub(crate) fn client(&self) -> Result<Client, SettingsFault> {
        vigie_foundation::tls::install_provider();
        // what the library says of a wrong URL may repeat the password in it
        let info = self.url.expose().into_connection_info().map_err(|_| SettingsFault::Url)?;
        let info = with_keepalive(info);
        let client = match &self.authorities {
            Some(pem) => Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) }),
            None => Client::open(info),
        };
        client.map_err(|e| SettingsFault::Tls(e.to_string()))
    }
}

fn with_keepalive(info: ConnectionInfo) -> ConnectionInfo {
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3).with_retries(3);
    info.set_tcp_settings(TcpSettings::default().set_nodelay(true).set_keepalive(keepalive))
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFault {
    /// The URL is none.
    #[error("expected the address of a redis server, such as redis://:password@host:6379/0, rediss:// for tls")]
    Url,
    /// The authorities cannot be read, or the URL is not one of TLS.
    #[error("tls to redis: {0}")]
    Tls(String),
}
