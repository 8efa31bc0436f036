//! Names of files elsewhere.

use vigie_domain::{Error, Result};

/// What names of files end in that are not whole yet.
pub(crate) const PART: &str = ".part";

/// Files that are listed at most.
pub(crate) const MOST: usize = 50_000;

/// Whether it is the name of a whole file in the folder itself.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.ends_with(PART)
        && !name.contains(|c: char| matches!(c, '/' | '\\') || c.is_control())
}

/// Refuses what would lead out of the folder.
pub(crate) fn must_be_plain(name: &str) -> Result<()> {
    if is_plain(name) { Ok(()) } else { Err(Error::not_found("backup", name.escape_debug())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder() {
        assert!(is_plain("vigie-2026-11-28T03-00-04-112Z.vigie"));
        for name in ["", ".", "..", "../x.vigie", "a/b.vigie", "a\\b.vigie", ".hidden", "x.vigie.part", "x\n.vigie", "x\0"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
