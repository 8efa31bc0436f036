//! What each file must keep to.

use std::fs;
use std::path::Path;

/// Longest source file, in lines.
const LONGEST: usize = 600;
/// Folders that hold nothing of ours.
const FOREIGN: &[&str] = &["target", "node_modules", "dist", "test-results", "artefacts"];
/// The one reason to leave a test out of the usual run: what it needs lies outside the tree. `scripts/test.sh` runs all these where it is there.
const IGNORED: &str = "#[ignore = \"needs recordings\"]";
/// Files that programs write.
const GENERATED: &[&str] = &["web/src/api/schema.d.ts"];

pub fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for top in ["crates", "web", "e2e", "bench", "scripts"] {
        walk(root, &root.join(top), &mut faults)?;
    }
    faults.sort();
    Ok(faults)
}

fn walk(root: &Path, folder: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    };
    for entry in entries {
        let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if !FOREIGN.contains(&name.as_str()) && !name.starts_with('.') {
                walk(root, &path, faults)?;
            }
            continue;
        }
        let source = path.extension().is_some_and(|kind| ["rs", "ts", "vue"].iter().any(|known| kind == *known));
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if source && !GENERATED.contains(&shown.as_str()) {
            // a file that vanished meanwhile keeps to everything
            let text = fs::read_to_string(&path).unwrap_or_default();
            faults.extend(judge(&shown, &text));
        }
    }
    Ok(())
}

fn judge(shown: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        faults.push(format!("{shown}: {lines} lines, more than {LONGEST}"));
    }
    let is_rust = Path::new(shown).extension().is_some_and(|kind| kind == "rs");
    for (number, line) in text.lines().enumerate().filter(|_| is_rust) {
        let line = line.trim_start();
        if line.starts_with("#[allow(") || line.starts_with("#![allow(") {
            faults.push(format!(
                "{shown}:{}: #[allow] hides for ever, #[expect(…, reason = \"…\")] tells when it is no longer needed",
                number + 1
            ));
        }
        if line.starts_with("#[ignore") && line.trim_end() != IGNORED {
            faults.push(format!("{shown}:{}: a test that never runs proves nothing; only {IGNORED} is run apart", number + 1));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_and_hidden_lints_are_faults() {
        assert!(judge("a.rs", &"\n".repeat(600)).is_empty());
        assert_eq!(judge("a.vue", &"\n".repeat(601)), ["a.vue: 601 lines, more than 600"]);
        let faults = judge("a.rs", "fn a() {}\n    #[allow(dead_code)]\n// #[allow(unused)]\n");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("a.rs:2: "));
        assert!(judge("a.ts", "#[allow(x)]").is_empty());
    }

    #[test]
    fn only_recordings_may_be_waited_for() {
        assert!(judge("a.rs", "    #[ignore = \"needs recordings\"]\n").is_empty());
        assert_eq!(judge("a.rs", "#[ignore]\n").len(), 1);
        assert_eq!(judge("a.rs", "#[ignore = \"slow\"]\n").len(), 1);
    }
}
