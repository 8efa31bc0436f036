//! The embedded engine's folder, kept as it is at one moment while a server may write to it, and counted where it lies.
//!
//! Nothing is locked and nobody is asked: what the engine has written stays as it is, and what is not in the engine yet is in the log. So the
//! files are linked, in this order:
//! 1. The segments of the log. From now on its carrier may release them.
//! 2. Of each partition the files that its `meta.json` names. Merges may take some away meanwhile: then it names others, and is read again.
//! 3. The segments that the log has begun since.
//!
//! Whatever was taken in before the last step is in a partition or in the log, and a partition tells up to where it has the log. A server that
//! opens the folder replays the rest, as after a crash.

mod count;
mod link;

pub use count::{AtRest, at_rest};
pub use link::snapshot;

/// The folder of the log.
pub const LOG: &str = "log";
/// The folder of the partitions.
pub const PARTITIONS: &str = "partitions";
