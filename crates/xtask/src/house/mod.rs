//! The house check: the rules of ARCHITECTURE.md that can be checked, a fault a line.

mod crates;
mod files;
mod floors;
mod homes;
mod licences;

use std::path::Path;

use crate::metadata::Workspace;

/// Checks everything; answers the faults.
pub fn check() -> Result<Vec<String>, String> {
    let workspace = Workspace::load()?;
    let mut faults = floors::check(&workspace);
    faults.extend(homes::check(&workspace));
    faults.extend(licences::check(&workspace));
    faults.extend(crates::check(&workspace)?);
    faults.extend(files::check(&workspace.root)?);
    Ok(faults)
}

/// Where a crate stands in the house, such as `infrastructure/cache`.
fn room<'a>(workspace: &Workspace, folder: &'a Path) -> &'a str {
    folder.strip_prefix(workspace.root.join("crates")).ok().and_then(Path::to_str).unwrap_or_default()
}
