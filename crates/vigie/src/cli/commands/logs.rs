//! `vigie logs`: the log of the server on this host. It writes to standard error, and whoever started it keeps that: systemd its journal, a container
//! its engine, a shell the terminal or a file.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Which log.
#[derive(Args, Clone, Debug)]
pub struct LogsArgs {
    /// Shows new lines as they come, until Ctrl-C.
    #[arg(short, long)]
    pub follow: bool,
    /// Last lines to show.
    #[arg(short = 'n', long, default_value_t = 100, value_name = "N")]
    pub lines: u32,
    /// The file that the server's standard error goes to; unless given, the journal of systemd.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The unit of systemd.
    #[arg(long, default_value = "vigie.service", value_name = "UNIT", conflicts_with = "file")]
    pub unit: String,
}

impl LogsArgs {
    /// Shows it.
    pub fn run(&self) -> Result<(), Failure> {
        let (program, mut words) = match &self.file {
            Some(file) => (
                "tail",
                vec![format!("--lines={}", self.lines)]
                    .into_iter()
                    .chain(self.follow.then(|| "-F".to_owned()))
                    .chain(["--".to_owned(), file.display().to_string()])
                    .collect::<Vec<_>>(),
            ),
            None if Path::new("/run/systemd/system").is_dir() => {
                ("journalctl", vec![format!("--unit={}", self.unit), format!("--lines={}", self.lines), "--no-pager".to_owned()])
            }
            None => return Err(elsewhere()),
        };
        if program == "journalctl" && self.follow {
            words.push("--follow".to_owned());
        }
        let status = Command::new(program)
            .args(&words)
            .status()
            .map_err(|error| Failure::new(Exit::Failed, format!("{program} cannot be run: {error}")))?;
        if status.success() { Ok(()) } else { Err(Failure::silent(Exit::Failed)) }
    }
}

fn elsewhere() -> Failure {
    Failure::new(Exit::Failed, "the server writes its log to standard error, and systemd, which would keep it, does not run here").solution(
        "look at the terminal it was started in, at your container engine's log (docker logs), or name the file you sent it to: vigie logs --file FILE",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_fails() {
        let args = LogsArgs { follow: false, lines: 5, file: Some("/no/such/file".into()), unit: String::new() };
        assert_eq!(args.run().unwrap_err().exit, Exit::Failed);
    }
}
