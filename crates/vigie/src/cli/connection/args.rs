//! Flags of every command that asks a server.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Which server, and as whom.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// Address of the server; unless given, the one signed in to last, else https://localhost:8000.
    #[arg(long, env = "VIGIE_SERVER", value_name = "URL", global = true)]
    pub server: Option<String>,
    /// API key to use instead of the stored sign-in. Set by the environment: a key on the command line is seen by everybody on this host.
    #[arg(long, env = "VIGIE_API_KEY", hide_env_values = true, hide = true, value_name = "KEY", global = true)]
    pub api_key: Option<String>,
    /// File with an API key, to use instead of the stored sign-in (or VIGIE_API_KEY); `-` reads standard input.
    #[arg(long, value_name = "FILE", global = true)]
    pub api_key_file: Option<PathBuf>,
    /// Certificates (PEM) of an authority to trust besides the system's.
    #[arg(long, env = "VIGIE_CA_FILE", value_name = "FILE", global = true)]
    pub ca_file: Option<PathBuf>,
    /// State directory of a server on this host: its own authority is trusted for local addresses.
    #[arg(long, env = "VIGIE_STATE_DIR", value_name = "DIR", global = true)]
    pub state_dir: Option<PathBuf>,
    /// Trusts whatever certificate the server shows: anybody on the way can read and change what is sent.
    #[arg(long, global = true, conflicts_with = "ca_file")]
    pub insecure: bool,
    /// Longest wait for one answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600), global = true)]
    pub timeout: u64,
}

impl ConnectionArgs {
    /// Longest wait for one answer.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.timeout.max(1))
    }
}
