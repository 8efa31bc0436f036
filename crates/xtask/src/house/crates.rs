//! What each crate's manifest must say.

use std::fs;

use crate::metadata::Workspace;

pub fn check(workspace: &Workspace) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    for package in workspace.members() {
        let path = package.folder.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let manifest: toml::Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        let inherited =
            |section: &str, key: &str| manifest.get(section).and_then(|table| table.get(key)).and_then(toml::Value::as_bool) == Some(true);
        if !inherited("lints", "workspace") {
            faults.push(format!("{}: [lints] workspace = true is missing", package.name));
        }
        if package.licence.as_deref() != Some("Apache-2.0") {
            faults.push(format!("{}: license.workspace = true is missing", package.name));
        }
    }
    Ok(faults)
}
