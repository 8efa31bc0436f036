//! What the allocator is to do with memory that nobody needs any more: give it back at once.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Milliseconds mimalloc keeps freed memory. It looks whether they are over only when it is asked for memory again, which a server that has
/// nothing to do is not.
const OPTION: &str = "MIMALLOC_PURGE_DELAY";

/// Starts the program over with the allocator told, as it reads its options before `main`; the process stays the same.
/// Whoever set the option already has it their way. Where the program cannot be started over it goes on: it needs more memory, no more.
pub fn give_back_at_once() {
    if env::var_os(OPTION).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut words = env::args_os();
    let name = words.next().unwrap_or_default();
    let error = Command::new(program).arg0(name).args(words).env(OPTION, "0").exec();
    // logging has not begun yet, and this is nothing to wake somebody for
    drop(error);
}
