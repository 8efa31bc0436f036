//! A real OpenSearch or Elasticsearch for tests, as long as the process of the tests lives.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::service::missing;

pub(crate) const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/services.sh");

/// Starts it, says so, and stops it when whoever started it closes its input or dies.
pub(crate) const KEEPER: &str = r#"trap '' INT
"$0" start "$1" >&2 && cat "$VIGIE_RUN_DIR/$1/url" && cat >/dev/null
"$0" stop "$1"; rm -rf "$VIGIE_RUN_DIR""#;

/// A cluster, of one node unless it says otherwise.
#[derive(Debug)]
pub struct ClusterServer {
    keeper: Option<Child>,
    folder: PathBuf,
    /// Its address; of several nodes all, with commas between.
    pub url: String,
}

impl ClusterServer {
    /// Starts `opensearch`, `opensearch-three` (nodes `n1`, `n2`, `n3`) or `elasticsearch`; one that runs already is named by `VIGIE_TEST_OPENSEARCH` or `VIGIE_TEST_ELASTICSEARCH`.
    /// `None` where it cannot be had, which is said; under `CI=true` that is a failure.
    pub fn start(product: &str) -> Option<Self> {
        if let Some(url) = std::env::var_os(format!("VIGIE_TEST_{}", product.to_uppercase())) {
            return Some(Self { keeper: None, folder: PathBuf::new(), url: url.into_string().unwrap() });
        }
        let process = std::process::id();
        let folder = std::env::temp_dir().join(format!("vigie-{product}-{process}"));
        let mut keeper = Command::new("bash")
            .args(["-c", KEEPER, SERVICES, product])
            .env("VIGIE_RUN_DIR", &folder)
            // addresses of 127.0.0.0/8 that no other process of tests has
            .env("VIGIE_OPENSEARCH_ADDRESS", format!("127.101.{}.{}", (process >> 8) & 0xff, process & 0xff))
            .env("VIGIE_ELASTICSEARCH_ADDRESS", format!("127.102.{}.{}", (process >> 8) & 0xff, process & 0xff))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            let output = keeper.wait_with_output().unwrap();
            missing(&format!("no {product} for the tests: {}", String::from_utf8_lossy(&output.stderr).trim()));
            return None;
        }
        Some(Self { keeper: Some(keeper), folder: folder.join(product), url: url.trim().to_owned() })
    }

    /// The OpenSearch that all tests of this process share.
    pub fn opensearch() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<ClusterServer>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("opensearch")).as_ref()
    }

    /// The Elasticsearch that all tests of this process share.
    pub fn elasticsearch() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<ClusterServer>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("elasticsearch")).as_ref()
    }

    /// Kills a node, as a failing machine does.
    pub fn kill(&self, node: &str) {
        let process = std::fs::read_to_string(self.folder.join(format!("{node}.pid"))).unwrap();
        assert!(Command::new("kill").args(["-9", process.trim()]).status().unwrap().success(), "{node} ran no more");
    }

    /// What the names of a test's own indexes begin with.
    pub fn prefix() -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        format!("test{}x{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for ClusterServer {
    fn drop(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
        }
    }
}
