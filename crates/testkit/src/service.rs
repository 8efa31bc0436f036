//! What a test needs from outside the tree, where it is not there.

use std::io::Write as _;

/// Leaves a test out because something that it needs is missing, and says so. Under `CI=true` that is a failure: there nothing is left out.
///
/// The line goes past the capture of the test runner, so that it is seen where the test itself passes; `scripts/count.py` counts it.
pub fn missing(what: &str) {
    let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true" || ci == "1");
    assert!(!is_ci, "under CI nothing is left out: {what}");
    // who cannot be told has closed the terminal
    let _ = std::io::stderr().write_all(format!("\nSKIPPED: {what}\n").as_bytes());
}
