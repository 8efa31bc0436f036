//! Files that the binary writes of itself; they are committed, and CI fails when they are stale. `VIGIE_BINARY` names one that is built already.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What the binary is asked, and where its answer belongs.
const FILES: &[(&[&str], &str)] = &[
    (&["openapi"], "docs/api/openapi.v1.json"),
    (&["config", "reference"], "docs/configuration.md"),
    (&["config", "schema"], "docs/api/configuration.schema.json"),
    (&["config", "example"], "deploy/vigie.example.toml"),
];

/// Writes the files, or with `check` answers those that are stale.
pub fn run(check: bool) -> Result<Vec<String>, String> {
    // not env!("CARGO_MANIFEST_DIR"): cargo sets it for what it runs, wherever that was built
    let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("run it as cargo xtask generate")?;
    let root = Path::new(&package).ancestors().nth(2).ok_or("not within the project")?;
    let mut faults = Vec::new();
    for (words, file) in FILES {
        let fresh = ask(root, words)?;
        let path = root.join(file);
        if fs::read(&path).is_ok_and(|there| there == fresh) {
            continue;
        }
        if check {
            faults.push(format!("{file}: stale, run cargo xtask generate"));
            continue;
        }
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, &fresh))
            .map_err(|error| format!("{file}: {error}"))?;
        println!("{file} written");
    }
    Ok(faults)
}

fn ask(root: &Path, words: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = std::env::var_os("VIGIE_BINARY").map_or_else(built, Command::new);
    command.current_dir(root).args(words);
    let shown = format!("vigie {}", words.join(" "));
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown} failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    if output.stdout.is_empty() { Err(format!("{shown} said nothing")) } else { Ok(output.stdout) }
}

/// Builds the binary before it is asked.
fn built() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--quiet", "--package", "vigie", "--bin", "vigie", "--"]);
    cargo
}
