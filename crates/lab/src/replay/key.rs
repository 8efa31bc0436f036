//! OIDs as byte strings that compare as SNMP orders OIDs: millions fit in memory, and a search is `memcmp`.
//!
//! An arc below 240 is one byte; a larger one is 240 plus its length, then its octets from the highest.

use smallvec::SmallVec;

/// An encoded OID.
pub type Key = SmallVec<[u8; 32]>;

const LONG: u8 = 240;

/// Encodes arcs.
pub fn encode(arcs: &[u32]) -> Key {
    let mut key = Key::with_capacity(arcs.len() + 4);
    for &arc in arcs {
        if arc < u32::from(LONG) {
            key.push(arc as u8);
            continue;
        }
        let octets = arc.to_be_bytes();
        let skipped = (arc.leading_zeros() / 8) as usize;
        key.push(LONG + (4 - skipped) as u8);
        key.extend_from_slice(&octets[skipped..]);
    }
    key
}

/// Decodes what `encode` made.
pub fn decode(key: &[u8]) -> SmallVec<[u32; 32]> {
    let mut arcs = SmallVec::new();
    let mut rest = key.iter().copied();
    while let Some(first) = rest.next() {
        let more = first.saturating_sub(LONG);
        arcs.push(if more == 0 { u32::from(first) } else { rest.by_ref().take(usize::from(more)).fold(0, |n, b| n << 8 | u32::from(b)) });
    }
    arcs
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCS: [u32; 11] = [0, 1, 127, 128, 239, 240, 255, 256, 65_536, 16_777_216, u32::MAX];

    #[test]
    fn order_and_content_survive() {
        for a in ARCS {
            for b in ARCS {
                let (left, right) = ([1, a, 7], [1, b]);
                assert_eq!(encode(&left).cmp(&encode(&right)), left[..].cmp(&right[..]), "{a} {b}");
            }
            assert_eq!(decode(&encode(&[1, 3, a, 0]))[..], [1, 3, a, 0]);
        }
    }
}
