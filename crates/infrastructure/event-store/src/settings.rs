//! What the store of events is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use vigie_foundation::http::Url;
use vigie_foundation::tls::ClientTrust;
use vigie_foundation::wal::{Storage, WalSettings};

/// How events are kept.
#[derive(Debug, Clone)]
pub struct EventStoreSettings {
    /// Folder of the write-ahead log, and of the embedded engine.
    pub folder: PathBuf,
    /// Number of this node among those that share a cluster; it is part of the id of each event.
    pub node: u32,
    /// The write-ahead log.
    pub log: WalSettings,
    /// Where the log is kept instead of the folder; for tests that lose power.
    pub log_storage: Option<LogStorage>,
    /// What is below.
    pub engine: EngineSettings,
}

/// A place for the log.
#[derive(Clone)]
pub struct LogStorage(pub Arc<dyn Storage>);

impl std::fmt::Debug for LogStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogStorage(..)")
    }
}

/// What is below.
#[derive(Debug, Clone)]
pub enum EngineSettings {
    /// tantivy, in this process.
    Embedded(EmbeddedSettings),
    /// Elasticsearch or OpenSearch.
    Cluster(ClusterSettings),
}

/// How the embedded engine works.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedSettings {
    /// Longest time until what was taken in is searchable, while the engine keeps up.
    pub commit_every: Duration,
    /// Memory of a partition that is written to, in bytes; at least 15 MB for each of its writers. Beyond it a segment is written early.
    pub memory_bytes: usize,
    /// Threads that index the events of a partition; each writes segments of its own.
    pub writers: usize,
    /// Segments of a partition at which writing waits for merges.
    pub most_segments: usize,
    /// Searches that run at once; the next one waits.
    pub searches: usize,
    /// Threads that go through the segments of one search.
    pub threads: usize,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self { commit_every: Duration::from_secs(1), memory_bytes: 64 << 20, writers: 2, most_segments: 64, searches: 4, threads: 2 }
    }
}

/// How a cluster is spoken to.
#[derive(Debug, Clone)]
pub struct ClusterSettings {
    /// Its nodes; one that does not answer is left out for a while.
    pub nodes: Vec<Url>,
    /// Who Vigie is to it.
    pub login: ClusterLogin,
    /// Whom it trusts to be the cluster.
    pub trust: ClientTrust,
    /// What the names of its indexes begin with.
    pub prefix: String,
    /// Primary shards of an index.
    pub shards: u32,
    /// Copies of each.
    pub replicas: u32,
    /// Longest time until what was taken in is sent.
    pub send_every: Duration,
    /// Most bytes of a request.
    pub request_bytes: usize,
    /// Requests under way at once; the next one waits.
    pub requests: usize,
    /// Tries after a failed one.
    pub retries: u32,
    /// Longest time for an answer.
    pub timeout: Duration,
}

/// Who Vigie is to a cluster.
#[derive(Clone, Default)]
pub enum ClusterLogin {
    /// Nobody.
    #[default]
    None,
    /// A user with a password.
    Basic(String, String),
    /// A key, as the cluster encoded it.
    ApiKey(String),
}

impl std::fmt::Debug for ClusterLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic(..) => "Basic(..)",
            Self::ApiKey(_) => "ApiKey(..)",
        })
    }
}

impl ClusterSettings {
    /// The defaults for these nodes.
    pub fn of(nodes: Vec<Url>) -> Self {
        Self {
            nodes,
            login: ClusterLogin::None,
            trust: ClientTrust::System,
            prefix: "vigie".to_owned(),
            shards: 1,
            replicas: 0,
            send_every: Duration::from_millis(500),
            request_bytes: 4 << 20,
            requests: 25,
            retries: 3,
            timeout: Duration::from_secs(30),
        }
    }
}
