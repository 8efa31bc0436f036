//! The real binary: a server with a state folder of its own, and the command line that asks it.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value as Json;

const PASSWORD: &str = "a long password of the test";

/// A server, stopped when dropped.
pub struct Server {
    folder: tempfile::TempDir,
    url: String,
    process: Child,
    /// Kept open: the server greets with several lines.
    _greeting: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one on a free port, and waits until it says that it serves.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--state-dir"])
            .arg(folder.path().join("state"))
            .env("VIGIE_ADMIN_PASSWORD_FILE", folder.path().join("password"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut greeting = BufReader::new(process.stdout.take().unwrap());
        assert!(greeting.by_ref().lines().any(|line| line.unwrap().contains("serves at")), "the server ended before it served");
        Self { folder, url: format!("https://localhost:{port}"), process, _greeting: greeting }
    }

    /// A server that is signed in to.
    pub fn signed_in() -> Self {
        let server = Self::start();
        let password = server.password_file();
        let answer = server.vigie(&["login", "--username", "admin", "--password-file", password.to_str().unwrap()]);
        assert_eq!(answer.code, 0, "{}", answer.said);
        server
    }

    /// The file with the administrator's password.
    pub fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    /// The file of sign-ins.
    pub fn sessions_file(&self) -> PathBuf {
        self.folder.path().join("config/vigie/client.json")
    }

    /// Runs the command line against this server.
    pub fn vigie(&self, words: &[&str]) -> Answer {
        self.with(words, &[])
    }

    /// The same with further variables.
    pub fn with(&self, words: &[&str], variables: &[(&str, &str)]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(words)
            .env_clear()
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("VIGIE_STATE_DIR", self.folder.path().join("state"))
            .env("VIGIE_SERVER", &self.url)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Answer::of(&output)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub text: String,
    /// Standard error.
    pub said: String,
}

impl Answer {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap(), text: text(&output.stdout), said: text(&output.stderr) }
    }

    /// Standard output as JSON, of a command that succeeded.
    pub fn json(&self) -> Json {
        assert_eq!(self.code, 0, "{}", self.said);
        serde_json::from_str(&self.text).unwrap()
    }
}
