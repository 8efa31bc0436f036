//! Licences of what the binary is made of: Vigie is Apache-2.0, and whoever gets it must owe nothing more than notices.

use crate::metadata::Workspace;
use crate::spdx::allowed;

/// Permissive licences that an Apache-2.0 binary may contain.
const IN_BINARY: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// And of what only helps to build it: copyleft of single files, none of which is delivered.
const IN_BUILD: &[&str] = &["MPL-2.0"];

pub fn check(workspace: &Workspace) -> Vec<String> {
    let for_build = [IN_BINARY, IN_BUILD].concat();
    let reach = workspace.reach();
    let reached = workspace.packages.iter().zip(reach).filter(|(package, _)| !package.member);
    reached
        .filter_map(|(package, reach)| {
            let allow = if reach? { IN_BINARY } else { &for_build };
            match &package.licence {
                Some(licence) if allowed(licence, allow) => None,
                Some(licence) => Some(format!("{}: its licence {licence} is not on the list", package.name)),
                None => Some(format!("{}: it names no licence", package.name)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Kind;

    #[test]
    fn what_ends_in_the_binary_is_held_to_more_than_what_builds_it() {
        let said = |licence, kind| check(&Workspace::of(&[("own", "vigie", None)], &[("other", licence)], &[(0, 1, kind)]));
        assert!(said("MIT OR GPL-3.0", Kind::Normal).is_empty());
        assert_eq!(said("MPL-2.0", Kind::Normal), ["other: its licence MPL-2.0 is not on the list"]);
        assert!(said("MPL-2.0", Kind::Build).is_empty());
        assert_eq!(said("GPL-3.0", Kind::Build).len(), 1);
        assert!(said("GPL-3.0", Kind::Dev).is_empty());
        assert_eq!(said("", Kind::Normal), ["other: it names no licence"]);
    }
}
