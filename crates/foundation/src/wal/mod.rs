//! A write-ahead log: what was appended survives the death of the process, and the loss of power once it is synced.
//!
//! A log is a folder of numbered segments, each a header and framed records with a checksum. Appenders write at once; one thread syncs for
//! all of them together (*group commit*). A record's [`Position`] never changes and is never given twice, so a consumer that keeps the
//! position up to which it is done replays exactly the rest. Segments are deleted once they are released as a whole.
//!
//! After a crash the end of the newest segment may be torn: what was not synced is cut off. What *was* synced and cannot be read is damage,
//! which is reported and never silently skipped; markers in the log tell the two apart.

mod frame;
mod log;
mod position;
mod reader;
mod recovery;
mod storage;
mod sync;

pub use log::{Wal, WalStatus};
pub use position::Position;
pub use reader::{Chunk, Damage, WalReader};
pub use recovery::Recovery;
pub use storage::{Folder, SegmentFile, Storage};

use std::io;
use std::time::Duration;

/// Longest record, in bytes.
pub const LONGEST_RECORD: usize = 16 << 20;

/// How a log behaves.
#[derive(Debug, Clone, Copy)]
pub struct WalSettings {
    /// Longest time between a write and its sync.
    pub sync_every: Duration,
    /// Size at which a segment is closed and the next begins, in bytes.
    pub segment_bytes: u64,
    /// Most that the log may hold, in bytes; what goes beyond is refused.
    pub limit_bytes: u64,
}

impl Default for WalSettings {
    fn default() -> Self {
        Self { sync_every: Duration::from_millis(100), segment_bytes: 64 << 20, limit_bytes: 4 << 30 }
    }
}

/// Why a log did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum WalFault {
    /// It holds as much as it may: its consumer is behind.
    #[error("the write-ahead log holds {held} bytes, of {limit} allowed")]
    Full {
        /// Bytes it holds.
        held: u64,
        /// Bytes it may hold.
        limit: u64,
    },
    /// A record is empty or longer than [`LONGEST_RECORD`].
    #[error("a record of {0} bytes cannot be kept")]
    Length(usize),
    /// A sync failed earlier: what the disk holds is not known, so nothing more is accepted until it is opened anew.
    #[error("the write-ahead log failed: {0}")]
    Failed(String),
    /// Reading or writing failed.
    #[error("the write-ahead log: {0}")]
    Io(#[from] io::Error),
}
