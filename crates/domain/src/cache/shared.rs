//! The port of a tier that several nodes share: values, versions of tags, one flight for a key among all nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::Result;

/// A version of a tag: a number without meaning, never used twice. A tag whose version was lost gets a new one, so that what was made under
/// the lost one no longer holds.
pub type TagVersion = u64;

/// What is known of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What was written last, if it is still there.
    pub record: Option<Bytes>,
    /// The versions of the tags asked for, in their order; `None` for a tag that has none now.
    pub versions: Vec<Option<TagVersion>>,
}

/// Who makes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Boarding {
    /// Whoever asked, under a lease that is to be renewed.
    Holder {
        /// Tells this holder from earlier and later ones: it grows.
        fence: u64,
        /// The versions of the tags at this moment.
        versions: Vec<TagVersion>,
    },
    /// Somebody else, whose lease ends after this time unless they renew it.
    Follower(Duration),
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is kept.
    Kept,
    /// The lease was over: nothing was written.
    Refused,
    /// There is no room for it.
    NoRoom,
}

/// How a tier is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TierHealth {
    /// Whether it answers.
    pub is_available: bool,
    /// What is wrong, in one sentence.
    pub detail: Option<String>,
    /// What to do, in one sentence.
    pub solution: Option<String>,
    /// Name and version of the server.
    pub version: Option<String>,
    /// How long its last answer took.
    pub response: Option<Duration>,
    /// Bytes it uses.
    pub used_bytes: Option<u64>,
    /// Bytes it may use for the cache.
    pub max_bytes: Option<u64>,
    /// Values it holds.
    pub entries: Option<u64>,
    /// Values it gave up for room.
    pub evictions: Option<u64>,
    /// Figures it tells of itself, by name.
    pub figures: BTreeMap<&'static str, f64>,
}

/// Hears what happens on other nodes.
pub trait SharedListener: Send + Sync {
    /// These tags have new versions.
    fn changed(&self, tags: &[String]);
    /// Messages may have been missed: nothing known of tags holds.
    fn away(&self);
    /// The store answers again: what is to be told can be told.
    fn reachable(&self);
}

/// A store that nodes share. Every call ends within tens of milliseconds, in an error where the store does not answer; whoever calls goes on
/// without it.
#[async_trait]
pub trait SharedTier: Send + Sync {
    /// Whether it answered lately: a call while it does not fails at once.
    fn is_available(&self) -> bool;
    /// What is known of a key.
    async fn read(&self, key: &str, tags: &[String]) -> Result<Found>;
    /// The versions of tags; those that have none get one.
    async fn versions(&self, tags: &[String]) -> Result<Vec<TagVersion>>;
    /// Asks to make the value of a key.
    async fn board(&self, key: &str, tags: &[String]) -> Result<Boarding>;
    /// Keeps the lease of a holder; `false` when it is over.
    async fn renew(&self, key: &str, fence: u64) -> Result<bool>;
    /// Writes a value for so long; with a fence only while its holder's lease holds, which ends with it, and followers are woken.
    async fn write(&self, key: &str, record: Bytes, ttl: Duration, fence: Option<u64>) -> Result<Written>;
    /// Ends a lease without a value; followers are woken.
    async fn leave(&self, key: &str, fence: u64) -> Result<()>;
    /// Waits until a holder of the key wrote or left, at most so long.
    async fn landing(&self, key: &str, at_most: Duration);
    /// Gives tags new versions, and tells all nodes.
    async fn invalidate(&self, tags: &[String]) -> Result<()>;
    /// For how long a lease holds unless renewed.
    fn lease(&self) -> Duration;
    /// Tells `listener` what happens on other nodes, from now on.
    fn listen(&self, listener: Arc<dyn SharedListener>);
    /// How it was when it was looked at last.
    fn health(&self) -> TierHealth;
}
