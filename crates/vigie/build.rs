//! Tells the binary the commit it was built from.

use std::process::Command;

fn main() {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok().filter(|o| o.status.success());
    let commit = output.map_or_else(|| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    println!("cargo::rustc-env=VIGIE_COMMIT={commit}");
    // a new commit moves the log of HEAD
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
}
