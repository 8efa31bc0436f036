//! Copies of backups elsewhere, and the port to where they are kept.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use super::BackupContent;
use crate::{Result, Timestamp};

/// How the copy of a backup stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    /// It is there, whole.
    Copied,
    /// It could not be made.
    Failed,
    /// It was there, and was kept for long enough.
    Deleted,
}

impl CopyState {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["copied", "failed", "deleted"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What is known of the copy of a backup at one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupCopy {
    /// The name of the destination.
    pub destination: String,
    /// How it stands.
    pub state: CopyState,
    /// Since when.
    pub at: Timestamp,
    /// Why it could not be made.
    pub error: Option<String>,
}

/// A file elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsiteFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its length, in octets.
    pub size_bytes: u64,
    /// When it was written, where the place tells.
    pub modified_at: Option<Timestamp>,
}

/// What is to be written elsewhere.
pub struct OffsiteContent {
    /// How many octets there are.
    pub size_bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// They themselves, in pieces of any length.
    pub pieces: Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>,
}

/// A folder on another host, or in a store of objects. Names are those of files in the folder itself; none leads out of it.
///
/// What may pass by itself fails as [`ServiceUnavailable`](crate::ErrorKind::ServiceUnavailable) or
/// [`ServiceTimeout`](crate::ErrorKind::ServiceTimeout): such work may be begun again. Every call has a deadline, or one on silence.
#[async_trait]
pub trait Offsite: Send + Sync {
    /// Where it is, such as `s3://bucket/prefix`; without secrets.
    fn place(&self) -> String;

    /// All files that are whole, in no order.
    async fn list(&self) -> Result<Vec<OffsiteFile>>;

    /// Writes a file in place of one of the same name. It is seen when it is whole, of the right length and, as far as the place can tell, of the
    /// right sum; not before, and not at all when this fails or is let go of.
    async fn put(&self, name: &str, content: OffsiteContent) -> Result<()>;

    /// Removes what is left of a file that was begun and not ended. The file of that name, where there is one, stays.
    async fn discard(&self, name: &str) -> Result<()>;

    /// Opens a file.
    async fn get(&self, name: &str) -> Result<BackupContent>;

    /// Deletes a file. That there is none is no error.
    async fn remove(&self, name: &str) -> Result<()>;
}
