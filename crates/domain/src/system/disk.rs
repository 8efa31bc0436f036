//! The port to the disk that the state folder is on.

use crate::Result;

/// Room on a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskRoom {
    /// What may still be written without being root.
    pub free_bytes: u64,
    /// All of it.
    pub total_bytes: u64,
}

/// Tells how much room is left where the state is kept.
pub trait StateDisk: Send + Sync {
    /// Room at this moment.
    fn room(&self) -> Result<DiskRoom>;
}
