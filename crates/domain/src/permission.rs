//! Rights, written `area:verb`.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A right such as `devices:read`. Declared as constants beside the use cases that ask for them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// The column of the house, such as `devices`.
    pub area: &'static str,
    /// What may be done there, such as `read`.
    pub verb: &'static str,
}

impl Permission {
    /// A permission constant.
    pub const fn new(area: &'static str, verb: &'static str) -> Self {
        Self { area, verb }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.area, self.verb)
    }
}

/// What somebody may do: a set of `area:verb`, where `*` stands for any area or any verb.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PermissionSet(pub BTreeSet<String>);

impl PermissionSet {
    /// Whether the set holds this right.
    pub fn allows(&self, permission: Permission) -> bool {
        let Permission { area, verb } = permission;
        self.0.iter().any(|held| match held.split_once(':') {
            Some((a, v)) => (a == "*" || a == area) && (v == "*" || v == verb),
            None => held == "*",
        })
    }

    /// Whether everything that `other` allows out of the catalogue is allowed here too.
    pub fn covers<'a>(&self, other: &Self, catalogue: impl IntoIterator<Item = &'a Permission>) -> bool {
        catalogue.into_iter().all(|p| !other.allows(*p) || self.allows(*p))
    }
}

impl<S: Into<String>> FromIterator<S> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = S>>(iter: I) -> Self {
        Self(iter.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_cover_area_and_verb() {
        let set: PermissionSet = ["devices:*", "*:read"].into_iter().collect();
        assert!(set.allows(Permission::new("devices", "write")));
        assert!(set.allows(Permission::new("alerts", "read")));
        assert!(!set.allows(Permission::new("alerts", "write")));
    }
}
