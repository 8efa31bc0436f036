//! Orders to a running lab over a Unix socket: a line of JSON there, a line of JSON back.

mod client;
mod server;

use std::path::PathBuf;

use nix::unistd::getuid;

pub use client::order;
pub use server::Control;

/// Where a lab listens for orders unless told otherwise: the run directory of the user, or the one for temporary
/// files where there is none.
pub fn default_path() -> PathBuf {
    let uid = getuid();
    let run = PathBuf::from(format!("/run/user/{uid}"));
    if run.is_dir() {
        return run.join("vigie-lab.sock");
    }
    std::env::temp_dir().join(format!("vigie-lab-{uid}.sock"))
}
