//! What is to be kept, and for how long.

use std::time::Duration;

/// No value is kept longer in the memory of a process, whatever its policy: so long at most a node that hears nothing may be wrong.
pub const LONGEST_IN_MEMORY: Duration = Duration::from_secs(30);
/// What holds for a shorter time is not worth a write to disk.
pub const SHORTEST_ON_DISK: Duration = Duration::from_mins(5);

/// For how long each level keeps what has no policy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelDefaults {
    /// In memory.
    pub memory: Duration,
    /// In the store that nodes share.
    pub shared: Duration,
    /// On disk.
    pub disk: Duration,
}

/// The levels as they are unless configured otherwise.
pub const LEVELS: LevelDefaults =
    LevelDefaults { memory: LONGEST_IN_MEMORY, shared: Duration::from_mins(5), disk: Duration::from_hours(1) };

/// One value to keep: a row of the application's table, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// Which operation it answers, such as `dashboards.network`: one operation has one type of value. A label of metrics.
    pub operation: &'static str,
    /// What tells it from others of the operation: parameters and audience.
    pub key: String,
    /// For how long it holds; `None`: as long as the level that keeps it says.
    pub ttl: Option<Duration>,
    /// For how long after that it is still served while it is made anew.
    pub stale: Duration,
    /// For how long it is kept that there is no such thing; zero: not at all.
    pub negative: Duration,
    /// For how long it may be computed.
    pub deadline: Duration,
    /// Whether it leaves the memory of this process. What tells of this process alone does not.
    pub leaves_memory: bool,
    /// Whether it holds secrets: it is sealed wherever it leaves the memory of this process.
    pub is_secret: bool,
    /// What it was made from, such as `devices`: when that changes, it no longer holds.
    pub tags: Vec<String>,
}

impl CacheEntry {
    /// An entry without a policy of its own: no tags, five seconds to compute, never served stale.
    pub fn new(operation: &'static str, key: impl Into<String>) -> Self {
        Self {
            operation,
            key: key.into(),
            ttl: None,
            stale: Duration::ZERO,
            negative: Duration::ZERO,
            deadline: Duration::from_secs(5),
            leaves_memory: true,
            is_secret: false,
            tags: Vec::new(),
        }
    }

    /// Holds for so long.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Made from what has these tags.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }
}
