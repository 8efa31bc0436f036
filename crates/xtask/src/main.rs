//! Chores of the project: `cargo xtask house` checks the rules of ARCHITECTURE.md, `cargo xtask generate [--check]` the generated files.

mod generate;
mod house;
mod metadata;
mod spdx;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask house               check layers, homes of libraries, licences, lints and lengths of files
       cargo xtask generate            write the generated files anew
       cargo xtask generate --check    fail when one of them is stale";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["house"] => house::check(),
        ["generate"] => generate::run(false),
        ["generate", "--check"] => generate::run(true),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for fault in &faults {
                eprintln!("{fault}");
            }
            eprintln!("{} faults", faults.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
