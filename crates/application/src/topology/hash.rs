//! Ids that follow from what they stand for: the same on every machine and at every start.

use uuid::Builder;
use vigie_domain::Id;

/// An id out of texts and numbers (FNV-1a of 128 bits, as a UUID of version 8).
pub(crate) struct StableId(u128);

impl StableId {
    /// Begins an id for this purpose.
    pub(crate) fn of(purpose: &str) -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d).text(purpose)
    }

    /// With a text.
    pub(crate) fn text(self, text: &str) -> Self {
        // 0xff stands in no UTF-8 text: it keeps neighbours apart
        self.bytes(text.as_bytes()).bytes(&[0xff])
    }

    /// With an id.
    pub(crate) fn id(self, id: Id) -> Self {
        self.bytes(id.0.as_bytes())
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        self
    }

    /// The id.
    pub(crate) fn finish(self) -> Id {
        Id(Builder::from_custom_bytes(self.0.to_be_bytes()).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_gives_the_same() {
        let id = |a: &str, b: &str| StableId::of("test").text(a).text(b).finish();
        assert_eq!(id("a", "b"), id("a", "b"));
        assert_ne!(id("ab", ""), id("a", "b"));
        assert_eq!(id("a", "b").0.get_version_num(), 8);
    }
}
