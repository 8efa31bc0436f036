//! The real binary: a server with a state folder of its own, and the command line that asks it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use vigie_testkit::server::ServerProcess;

/// A server, stopped when dropped.
pub struct Server {
    process: ServerProcess,
    url: String,
}

impl Server {
    /// Starts one with a certificate of its own.
    pub fn start() -> Self {
        let process = ServerProcess::start(env!("CARGO_BIN_EXE_vigie"), &[]);
        Self { url: format!("https://localhost:{}", process.port()), process }
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Starts it again where it was, with these variables.
    pub fn start_again(&mut self, variables: &[(&str, &str)]) {
        self.process.start_again(variables);
    }

    /// A place in its folder, where nothing is yet.
    pub fn beside(&self, name: &str) -> String {
        self.process.folder().join(name).to_str().unwrap().to_owned()
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
        self.process.password_file()
    }

    /// The file of sign-ins.
    pub fn sessions_file(&self) -> PathBuf {
        self.process.folder().join("config/vigie/client.json")
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
            .env("XDG_CONFIG_HOME", self.process.folder().join("config"))
            .env("VIGIE_STATE_DIR", self.process.state())
            .env("VIGIE_SERVER", &self.url)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Answer::of(&output)
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
