//! Views of backups.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::system::{Backup, BackupCheck, BackupCopy, BackupEventsKept, BackupOrigin, CopyState};

use crate::{Time, Uid};

/// A backup: a file in the folder of backups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackupView {
    /// Its id: it follows from its name.
    #[schema(inline)]
    pub id: Uid,
    /// Name of the file.
    #[schema(example = "vigie-2026-11-28T03-00-04-112Z.vigie")]
    pub name: String,
    /// The moment that it shows; where that is not known, when the file was written.
    #[schema(inline)]
    pub created_at: Time,
    /// Length of the file.
    pub size_bytes: u64,
    /// Whether it is under a passphrase.
    pub encrypted: bool,
    /// `schedule` or `manual`; null for a file from elsewhere.
    #[schema(value_type = Option<String>, example = "schedule")]
    pub origin: Option<BackupOrigin>,
    /// Engine of the database it was made of: `sqlite` or `postgresql`. Null, as what follows, where it was neither made nor checked here and
    /// is under a passphrase.
    #[schema(example = "sqlite")]
    pub engine: Option<String>,
    /// The last migration of the state in it.
    pub schema_version: Option<i64>,
    /// Version of the Vigie that made it.
    #[schema(example = "0.1.0")]
    pub vigie_version: Option<String>,
    /// Rows in it.
    pub rows: Option<u64>,
    /// Whether logs are in it: `included`, `left_out`, or `cluster` where a cluster keeps them, which makes snapshots of its own. Null too where
    /// a version made it that kept none.
    #[schema(value_type = Option<String>, example = "included")]
    pub events: Option<BackupEventsKept>,
    /// Logs in it.
    pub event_count: Option<u64>,
    /// Octets of them, before they are compressed.
    pub event_bytes: Option<u64>,
    /// Whether the master key is in it.
    pub has_master_key: Option<bool>,
    /// What reading it to its end showed: `passed`, `failed`, or `unknown` before that.
    #[schema(value_type = String, example = "passed")]
    pub check: BackupCheck,
    /// When it was read to its end.
    #[schema(inline)]
    pub checked_at: Option<Time>,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What bringing it back beside everything else showed, last time: `passed`, `failed`, or `unknown` before that.
    #[schema(value_type = String, example = "passed")]
    pub drill: BackupCheck,
    /// When that was tried.
    #[schema(inline)]
    pub drilled_at: Option<Time>,
    /// Why it could not be brought back.
    pub drill_problem: Option<String>,
    /// Its copies elsewhere, as far as they were tried.
    pub copies: Vec<BackupCopyView>,
}

impl From<Backup> for BackupView {
    fn from(x: Backup) -> Self {
        Self {
            id: x.id.into(),
            name: x.name,
            created_at: x.created_at.into(),
            size_bytes: x.size_bytes,
            encrypted: x.encrypted,
            origin: x.origin,
            engine: x.engine,
            schema_version: x.schema_version,
            vigie_version: x.vigie_version,
            rows: x.rows,
            events: x.events.map(|events| events.kept),
            event_count: x.events.map(|events| events.count),
            event_bytes: x.events.map(|events| events.bytes),
            has_master_key: x.has_master_key,
            check: x.check,
            checked_at: x.checked_at.map(Into::into),
            problem: x.problem,
            drill: x.drill,
            drilled_at: x.drilled_at.map(Into::into),
            drill_problem: x.drill_problem,
            copies: x.copies.into_iter().map(Into::into).collect(),
        }
    }
}

/// The copy of a backup at one destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BackupCopyView {
    /// The destination: `s3` or `sftp`.
    #[schema(example = "s3")]
    pub destination: String,
    /// `copied`, `failed`, or `deleted` once it was kept there for long enough.
    #[schema(value_type = String, example = "copied")]
    pub state: CopyState,
    /// Since when.
    #[schema(inline)]
    pub at: Time,
    /// Why it could not be made.
    pub error: Option<String>,
}

impl From<BackupCopy> for BackupCopyView {
    fn from(x: BackupCopy) -> Self {
        Self { destination: x.destination, state: x.state, at: x.at.into(), error: x.error }
    }
}
