//! A real Redis for tests, that can be paused, killed and started again. `VIGIE_REDIS` names another program, such as `valkey-server`.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::service::missing;

const PORT: u16 = 6379;

/// A server, with a password, that ends with its owner.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: TempDir,
    address: String,
    options: Vec<String>,
}

impl Server {
    /// Starts one with these options beside the usual ones. `None` where Redis is not installed, which is said; under `CI=true` that is a
    /// failure.
    pub fn start(options: &[&str]) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let (address, options) = (free_address(), options.iter().map(|&option| option.to_owned()).collect::<Vec<_>>());
        if Command::new(program()).arg("--version").stdout(Stdio::null()).status().is_err() {
            missing("no redis for the tests: scripts/setup.sh test installs it");
            return None;
        }
        let child = serve(&address, folder.path(), &options);
        Some(Self { child, folder, address, options })
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        format!("redis://:{}@{}:{PORT}/0", Self::PASSWORD, self.address)
    }

    /// The same over TLS, where its options say `--tls-port 6380`.
    pub fn tls_url(&self) -> String {
        format!("rediss://:{}@{}:6380/0", Self::PASSWORD, self.address)
    }

    /// The password of its only user.
    pub const PASSWORD: &str = "secret";

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops it where it stands: it accepts connections, and answers nothing.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Ends it at once; what it held is lost.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, empty.
    pub fn start_again(&mut self) {
        self.child = serve(&self.address, self.folder.path(), &self.options);
    }

    /// Runs a command in it; what it answers.
    pub fn ask(&self, command: &[&str]) -> String {
        let mut cli = Command::new("redis-cli");
        cli.args(["-h", &self.address, "-p", &PORT.to_string(), "-a", Self::PASSWORD, "--no-auth-warning", "-e"]).args(command);
        let output = cli.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have been killed
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn program() -> OsString {
    std::env::var_os("VIGIE_REDIS").unwrap_or_else(|| "redis-server".into())
}

/// An address of 127.0.0.0/8 that no other process of tests has.
pub fn free_address() -> String {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let (process, number) = (std::process::id(), GIVEN.fetch_add(1, Ordering::Relaxed));
    format!("127.{}.{}.{}", 128 + number % 64, (process >> 8) & 0xff, process & 0xff)
}

/// A server that accepts connections; it dies with the thread that started it.
fn serve(address: &str, folder: &Path, options: &[String]) -> Child {
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .arg(program())
        .args(["--bind", address, "--port", &PORT.to_string(), "--requirepass", Server::PASSWORD, "--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(folder)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let log: Vec<String> = said.by_ref().take_while(|line| !line.contains("eady to accept connections")).collect();
    assert!(child.try_wait().unwrap().is_none(), "redis ended: {log:?}");
    // it would stop at a full pipe
    std::thread::spawn(move || said.for_each(drop));
    child
}
