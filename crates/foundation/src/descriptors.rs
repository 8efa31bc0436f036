//! Open descriptors: a socket each for whoever is connected, polled or simulated.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the soft limit of descriptors (getrlimit(2), `RLIMIT_NOFILE`) to `wanted`, as far as the hard one lets us. Where that does not
/// suffice, opening fails later and says so.
pub fn allow(wanted: u64) {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if soft < wanted
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard)
    {
        tracing::debug!(%error, "limit of descriptors not raised");
    }
}
