//! Object identifiers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;

/// An object identifier (X.660), written without a leading dot; at most 128 arcs (RFC 2578, section 3.5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Oid(SmallVec<[u32; 16]>);

impl Oid {
    /// From its arcs.
    pub fn new(arcs: &[u32]) -> Self {
        Self(SmallVec::from_slice(arcs))
    }

    /// Its arcs.
    pub fn arcs(&self) -> &[u32] {
        &self.0
    }

    /// This identifier with more arcs behind it.
    pub fn child(&self, arcs: &[u32]) -> Self {
        let mut all = self.0.clone();
        all.extend_from_slice(arcs);
        Self(all)
    }

    /// The arcs behind `prefix`, or `None` when it does not lie below it.
    pub fn suffix(&self, prefix: &Self) -> Option<&[u32]> {
        self.0.strip_prefix(prefix.0.as_slice())
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, arc) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{arc}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not an object identifier such as 1.3.6.1.2.1.1.5.0")]
pub struct InvalidOid(String);

impl FromStr for Oid {
    type Err = InvalidOid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidOid(text.chars().take(80).collect());
        let arcs: SmallVec<[u32; 16]> =
            text.trim_start_matches('.').split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| invalid())?;
        let sane = arcs.len() >= 2 && arcs.len() <= 128 && arcs[0] <= 2 && (arcs[0] == 2 || arcs[1] < 40);
        if sane { Ok(Self(arcs)) } else { Err(invalid()) }
    }
}

impl Serialize for Oid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
