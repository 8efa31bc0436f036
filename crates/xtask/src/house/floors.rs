//! The arrows between floors: `presentation → application → domain ← infrastructure → foundation`, `vigie → everything`.

use super::room;
use crate::metadata::{Kind, Workspace};

/// What each floor may stand on. The foundation is technique without knowledge of networks: the outer floors may use it, the inner two may not.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("foundation", &[]),
    ("application", &["domain"]),
    ("infrastructure", &["domain", "foundation"]),
    ("presentation", &["application", "domain", "foundation", "presentation"]),
    ("testkit", &["domain"]),
    ("lab", &["domain", "foundation"]),
    ("vigie", &["domain", "foundation", "application", "infrastructure", "presentation", "lab"]),
    ("xtask", &[]),
];

/// What tests may use beside that; those of application, presentation and vigie may use all: they run on the real adapters.
const TESTS_MAY_USE: &[&str] = &["testkit", "lab"];

/// What the domain may use: it has no input or output and no runtime.
const OF_DOMAIN: &[&str] =
    &["async-trait", "bytes", "futures-core", "ipnet", "serde", "serde_json", "smallvec", "thiserror", "time", "uuid"];

pub fn check(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for package in workspace.members() {
        let own = floor(room(workspace, &package.folder));
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == own) else {
            faults.push(format!("{}: {own:?} is no floor of the house", package.name));
            continue;
        };
        for (to, kind) in &package.dependencies {
            let other = &workspace.packages[*to];
            if !other.member {
                if own == "domain" && *kind != Kind::Dev && !OF_DOMAIN.contains(&other.name.as_str()) {
                    faults.push(format!("{}: the domain may not use {}", package.name, other.name));
                }
                continue;
            }
            let theirs = floor(room(workspace, &other.folder));
            let in_tests =
                *kind == Kind::Dev && (TESTS_MAY_USE.contains(&theirs) || matches!(own, "application" | "presentation" | "vigie"));
            if !may_use.contains(&theirs) && !in_tests {
                faults.push(format!("{}: {own} may not use {theirs} ({})", package.name, other.name));
            }
        }
    }
    faults
}

/// `infrastructure` of `infrastructure/cache`.
fn floor(room: &str) -> &str {
    room.split('/').next().unwrap_or(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said when a crate in one room uses one in another.
    fn uses(from: &'static str, to: &'static str, kind: Kind) -> Vec<String> {
        check(&Workspace::of(&[("from", from, None), ("to", to, None)], &[], &[(0, 1, kind)]))
    }

    #[test]
    fn arrows_point_inwards() {
        for (from, to) in
            [("application", "domain"), ("infrastructure/cache", "foundation"), ("presentation/rest", "application"), ("vigie", "lab")]
        {
            assert!(uses(from, to, Kind::Normal).is_empty(), "{from} → {to}");
        }
        for (from, to) in [
            ("domain", "application"),
            ("application", "foundation"),
            ("application", "infrastructure/cache"),
            ("infrastructure/cache", "infrastructure/snmp"),
            ("infrastructure/cache", "application"),
            ("foundation", "domain"),
            ("presentation/rest", "infrastructure/sql-store"),
            ("infrastructure/cache", "testkit"),
        ] {
            assert_eq!(uses(from, to, Kind::Normal).len(), 1, "{from} → {to}");
        }
    }

    #[test]
    fn tests_may_use_the_kit_and_the_lab() {
        assert!(uses("infrastructure/cache", "testkit", Kind::Dev).is_empty());
        assert!(uses("vigie", "testkit", Kind::Dev).is_empty());
        assert_eq!(uses("infrastructure/cache", "infrastructure/snmp", Kind::Dev).len(), 1);
    }

    #[test]
    fn the_domain_has_no_runtime_and_every_crate_a_floor() {
        let with = |library| check(&Workspace::of(&[("own", "domain", None)], &[(library, "MIT")], &[(0, 1, Kind::Normal)]));
        assert!(with("serde").is_empty());
        assert_eq!(with("tokio"), ["own: the domain may not use tokio"]);
        assert_eq!(check(&Workspace::of(&[("own", "cellar", None)], &[], &[])), ["own: \"cellar\" is no floor of the house"]);
    }
}
