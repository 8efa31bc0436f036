//! Where samples lie: in which part of the subjects.
//!
//! Parts are the nodes of a binary tree, numbered as in a heap: 1 is all subjects, 2 and 3 its halves, and so on down to 256 leaves. A
//! small batch is one chunk at the root, a large one many chunks near the leaves; a subject's rows are in the nodes above its leaf.

use vigie_domain::Id;

/// The depth of the leaves.
pub(crate) const DEPTH: u32 = 8;

/// The leaf of a subject, 0 to 255: its last bytes are random, and mixed for ids that are not.
pub(crate) fn leaf(subject: Id) -> u32 {
    let bytes = subject.0.as_bytes();
    let tail = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
    tail.wrapping_mul(0x9e37_79b1) >> (32 - DEPTH)
}

/// The node at this depth above a leaf.
pub(crate) fn node(leaf: u32, depth: u32) -> i64 {
    i64::from((1 << depth) | (leaf >> (DEPTH - depth)))
}

/// The nodes that may hold a subject, from the root to its leaf.
pub(crate) fn nodes(subject: Id) -> [i64; DEPTH as usize + 1] {
    let leaf = leaf(subject);
    std::array::from_fn(|depth| node(leaf, depth as u32))
}

/// How deep a node lies.
pub(crate) fn depth(node: i64) -> u32 {
    (node.max(1) as u64).ilog2().min(DEPTH)
}

/// The depth at which this many rows are split so that about `target` come into each part.
pub(crate) fn depth_for(rows: usize, target: usize) -> u32 {
    (rows / target).max(1).ilog2().min(DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_under_its_nodes() {
        let id = Id::new();
        let nodes = nodes(id);
        assert_eq!(nodes[0], 1);
        assert!((256..512).contains(&nodes[8]));
        for (deep, node) in nodes.iter().enumerate() {
            assert_eq!(depth(*node), deep as u32);
            assert_eq!(nodes[8] >> (8 - deep), *node);
        }
    }

    #[test]
    fn parts_hold_about_as_many_rows_as_wanted() {
        assert_eq!(depth_for(10, 64), 0);
        assert_eq!(depth_for(5_000, 64), 6);
        assert_eq!(depth_for(10_000_000, 64), 8);
    }
}
