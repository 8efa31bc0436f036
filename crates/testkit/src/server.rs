//! The real binary as a server of its own, gone with the test.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Password of its administrator.
pub const PASSWORD: &str = "a password for the tests";

/// A server that serves.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
    binary: String,
    /// Kept open: it greets with several lines.
    greeting: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts `binary` on a free port of loopback with these environment variables, and waits until it says that it serves, or stands by.
    pub fn start(binary: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (child, greeting) = serve(binary, folder.path(), port, variables);
        Self { child, folder, port, binary: binary.to_owned(), greeting }
    }

    /// Waits until one that stood by says that it serves.
    pub fn until_it_serves(&mut self) {
        until_said(&mut self.greeting, &["serves at"]);
    }

    /// Ends it without a word, as a loss of power does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The code with which it ends by itself.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Starts it again where it was, with these variables.
    pub fn start_again(&mut self, variables: &[(&str, &str)]) {
        (self.child, self.greeting) = serve(&self.binary, self.folder.path(), self.port, variables);
    }

    /// Address and port of loopback on which it listens.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A folder that lives as long as it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its state directory.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The file with the password of its administrator.
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }
}

/// A process that serves, and what it says.
fn serve(binary: &str, folder: &Path, port: u16, variables: &[(&str, &str)]) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(binary)
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--state-dir"])
        .arg(folder.join("state"))
        .env("VIGIE_ADMIN_PASSWORD_FILE", folder.join("password"))
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut greeting = BufReader::new(child.stdout.take().unwrap());
    until_said(&mut greeting, &["serves at", "stands by"]);
    (child, greeting)
}

fn until_said(greeting: &mut BufReader<ChildStdout>, words: &[&str]) {
    let is_said = greeting.by_ref().lines().any(|line| words.iter().any(|word| line.as_ref().unwrap().contains(word)));
    assert!(is_said, "the server ended before it said {words:?}");
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // it may have ended by itself
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
