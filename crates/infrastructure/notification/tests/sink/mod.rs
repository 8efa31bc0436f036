//! A real mail server for the tests: aiosmtpd from PyPI, in a virtual environment under `target`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::OnceCell;
use vigie_foundation::tls::{CertificateSource, LocalAuthority, ServerTls};

/// What the server is made of.
const PACKAGE: &str = "aiosmtpd==1.4.6";

/// A running server; ends when dropped.
pub struct Sink {
    ports: BTreeMap<String, u16>,
    mails: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
    _process: Child,
}

impl Sink {
    /// Starts it, or says loudly why not: then tests are left out, unless `CI=true`, where they fail.
    pub async fn start() -> Option<Self> {
        match Self::try_start().await {
            Ok(sink) => Some(sink),
            Err(why) => {
                vigie_testkit::service::missing(&format!("no mail server for the tests: {why}"));
                None
            }
        }
    }

    async fn try_start() -> Result<Self, String> {
        let python = environment().await?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let authority = LocalAuthority::new(folder.path(), []);
        let now = OffsetDateTime::from_unix_timestamp(vigie_foundation::clock::system_now_ms() / 1000).unwrap();
        ServerTls::open(CertificateSource::Local(authority), now).map_err(|error| error.to_string())?;
        let mut process = Command::new(python)
            .args(["-W", "ignore"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sink/sink.py"))
            .args([folder.path().join("server.pem"), folder.path().join("server.key")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut mails = BufReader::new(process.stdout.take().unwrap()).lines();
        let ports = mails.next_line().await.ok().flatten().ok_or("it did not start")?;
        let ports = serde_json::from_str(&ports).map_err(|error| error.to_string())?;
        Ok(Self { ports, mails, folder, _process: process })
    }

    /// Port of one of its doors; see `sink.py`.
    pub fn port(&self, door: &str) -> u16 {
        self.ports[door]
    }

    /// The authority that signed its certificate, in PEM.
    pub fn authority(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("ca.pem")).unwrap()
    }

    /// The next mail that it took.
    pub async fn mail(&mut self) -> Value {
        let line = tokio::time::timeout(std::time::Duration::from_secs(10), self.mails.next_line()).await.expect("a mail arrives");
        serde_json::from_str(&line.unwrap().unwrap()).unwrap()
    }
}

/// Python with the package, installed once, by the first test that asks.
async fn environment() -> Result<PathBuf, String> {
    static READY: OnceCell<Result<PathBuf, String>> = OnceCell::const_new();
    READY.get_or_init(install).await.clone()
}

async fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smtp-sink");
    let python = folder.join("bin/python");
    if run(&python, &["-c", "import aiosmtpd"]).await.is_ok() {
        return Ok(python);
    }
    run(Path::new("python3"), &["-m", "venv", "--clear", &folder.to_string_lossy()]).await?;
    run(&python, &["-m", "pip", "install", "--quiet", PACKAGE]).await?;
    Ok(python)
}

async fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().await;
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().lines().next_back().unwrap_or("nothing").to_owned();
    Err(format!("{} {} said: {said}", program.display(), arguments.join(" ")))
}
