//! Tells the binary the commit it was built from, and the linker to fold functions that are equal.

use std::process::Command;

fn main() {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok().filter(|o| o.status.success());
    let commit = output.map_or_else(|| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    println!("cargo::rustc-env=VIGIE_COMMIT={commit}");
    fold_equal_functions();
    // a new commit moves the log of HEAD
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
}

/// Where it is known that the linker can: that which Rust brings along for this target.
#[expect(clippy::disallowed_methods, reason = "what is built is told to build scripts by variables")]
fn fold_equal_functions() {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
