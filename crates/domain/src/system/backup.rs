//! Backups: files of one folder, and the port to it.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use super::BackupCopy;
use crate::query::{Field, FieldKind, Schema, ScopeRule, Value};
use crate::store::Entity;
use crate::{Id, Result, Timestamp};

/// Why a backup was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupOrigin {
    /// It was due.
    Schedule,
    /// Somebody asked for it.
    Manual,
}

impl BackupOrigin {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["schedule", "manual"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What reading a backup to its end showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupCheck {
    /// It was not read since it was put there.
    #[default]
    Unknown,
    /// It is whole.
    Passed,
    /// It is not.
    Failed,
}

impl BackupCheck {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["unknown", "passed", "failed"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What of the events is in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupEvents {
    /// Whether they are in it.
    pub kept: BackupEventsKept,
    /// How many are in it.
    pub count: u64,
    /// Octets of them, before they are compressed.
    pub bytes: u64,
}

/// Whether events are in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupEventsKept {
    /// They are.
    Included,
    /// None were wanted in it.
    LeftOut,
    /// They are in a cluster, which keeps snapshots of its own.
    Cluster,
}

/// A backup as its folder shows it. What stands under a passphrase is known of those that were made or checked here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Its id: it follows from the name.
    pub id: Id,
    /// Name of the file, without a folder.
    pub name: String,
    /// The moment that it shows; where that is not known, when the file was written.
    pub created_at: Timestamp,
    /// Length of the file, in octets.
    pub size_bytes: u64,
    /// Whether it is under a passphrase.
    pub encrypted: bool,
    /// Why it was made; `None` for a file from elsewhere.
    pub origin: Option<BackupOrigin>,
    /// Engine of the database it was made of: `sqlite` or `postgresql`.
    pub engine: Option<String>,
    /// The last migration of the state in it.
    pub schema_version: Option<i64>,
    /// Version of the Vigie that made it.
    pub vigie_version: Option<String>,
    /// Rows in it.
    pub rows: Option<u64>,
    /// What of the events is in it; `None` too where a version made it that kept none.
    pub events: Option<BackupEvents>,
    /// Whether the master key is in it.
    pub has_master_key: Option<bool>,
    /// What reading it to its end showed.
    pub check: BackupCheck,
    /// When it was read.
    pub checked_at: Option<Timestamp>,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What bringing it back beside everything else showed.
    pub drill: BackupCheck,
    /// When that was tried.
    pub drilled_at: Option<Timestamp>,
    /// Why it could not be brought back.
    pub drill_problem: Option<String>,
    /// Its copies elsewhere, as far as they were tried.
    #[serde(default)]
    pub copies: Vec<BackupCopy>,
}

impl Entity for Backup {
    const SCHEMA: &'static Schema = &Schema {
        kind: "backup",
        table: "backups",
        fields: &[
            Field::indexed("name", FieldKind::Text, "name of the file").sortable(),
            Field::indexed("created_at", FieldKind::Time, "the moment that it shows").sortable(),
            Field::residual("size_bytes", FieldKind::Int, "length of the file").sortable(),
            Field::residual("encrypted", FieldKind::Bool, "whether it is under a passphrase"),
            Field::residual("origin", FieldKind::Enum(BackupOrigin::WORDS), "why it was made"),
            Field::residual("check", FieldKind::Enum(BackupCheck::WORDS), "what reading it to its end showed"),
            Field::residual("drill", FieldKind::Enum(BackupCheck::WORDS), "what bringing it back beside everything else showed"),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "-created_at",
        scope: ScopeRule::Unscoped,
    };

    fn id(&self) -> Id {
        self.id
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            (&self.name).into(),
            self.created_at.into(),
            i64::try_from(self.size_bytes).unwrap_or(i64::MAX).into(),
            self.encrypted.into(),
            self.origin.map(BackupOrigin::word).into(),
            self.check.word().into(),
            self.drill.word().into(),
        ]
    }
}

/// Follows the work on a backup, and may end it.
#[async_trait]
pub trait BackupWatch: Send + Sync {
    /// How far it is: of how much, at what.
    fn at(&self, done: u64, of: u64, what: &str);

    /// Whether it is to end.
    fn is_stopped(&self) -> bool;

    /// Waits until it is to end.
    async fn stopped(&self);
}

/// The octets of a backup.
pub struct BackupContent {
    /// How many there are.
    pub size_bytes: u64,
    /// They themselves, in pieces.
    pub pieces: Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>,
}

/// The folder that keeps backups. What lies in it is what there is: a file that is put there or taken away by hand shows at once. Names are
/// those of files in the folder itself; none leads out of it.
#[async_trait]
pub trait BackupFolder: Send + Sync {
    /// Where it is.
    fn place(&self) -> String;

    /// All backups, in no order.
    async fn list(&self) -> Result<Vec<Backup>>;

    /// Octets that may be written there. Fails, with what to do, where nothing can be written.
    async fn free_bytes(&self) -> Result<u64>;

    /// Makes a backup of what stands at this moment. One of this name that is whole already is given back: the work may be begun again.
    async fn make(&self, name: &str, origin: BackupOrigin, watch: Arc<dyn BackupWatch>) -> Result<Backup>;

    /// Reads a backup to its end, and opens the databases in it. That it is damaged is an answer; an error is what kept it from being read.
    async fn check(&self, name: &str, watch: Arc<dyn BackupWatch>) -> Result<Backup>;

    /// Brings a backup back beside everything else, opens it, counts what is in it, and removes that again. That it does not come back is an answer;
    /// an error is what kept it from being tried, such as too little room.
    async fn drill(&self, name: &str, watch: Arc<dyn BackupWatch>) -> Result<Backup>;

    /// Keeps how a copy of a backup stands, in place of what was known of it at the same destination.
    async fn note_copy(&self, name: &str, copy: BackupCopy) -> Result<()>;

    /// Opens a backup to be carried away.
    async fn open(&self, name: &str) -> Result<BackupContent>;

    /// Deletes a backup.
    async fn remove(&self, name: &str) -> Result<()>;
}
