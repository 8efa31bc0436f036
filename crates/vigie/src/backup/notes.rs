//! What is known of a backup besides its octets, in a file beside it: `NAME.json`. It belongs to one file, by length and time: one that took its
//! place is not told what was found out about another.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use vigie_backup::{Events, EventsKept, Manifest};
use vigie_domain::system::{BackupCheck, BackupCopy, BackupEvents, BackupEventsKept, BackupOrigin};
use vigie_domain::{Result, Timestamp};
use vigie_foundation::files;

use super::sight::unusable;

/// What is known of a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Notes {
    /// Length of the file they belong to.
    pub(super) bytes: u64,
    /// When that was written, in milliseconds since 1970.
    pub(super) modified_at: i64,
    /// Why it was made.
    pub(super) origin: Option<BackupOrigin>,
    /// What its manifest tells.
    pub(super) about: Option<AboutBackup>,
    /// What reading it to its end showed.
    pub(super) check: BackupCheck,
    /// When it was read.
    pub(super) checked_at: Option<Timestamp>,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
    /// What bringing it back beside everything else showed.
    pub(super) drill: BackupCheck,
    /// When that was tried.
    pub(super) drilled_at: Option<Timestamp>,
    /// Why it could not be brought back.
    pub(super) drill_problem: Option<String>,
    /// Its copies elsewhere.
    pub(super) copies: Vec<BackupCopy>,
}

/// What a manifest tells of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AboutBackup {
    pub(super) created_at: Timestamp,
    pub(super) vigie: String,
    pub(super) engine: String,
    pub(super) schema: Option<i64>,
    pub(super) rows: u64,
    pub(super) events: Option<BackupEvents>,
    pub(super) has_master_key: bool,
}

impl From<&Manifest> for AboutBackup {
    fn from(manifest: &Manifest) -> Self {
        Self {
            created_at: Timestamp(manifest.created_at),
            vigie: manifest.vigie.clone(),
            engine: manifest.engine.clone(),
            schema: manifest.schemas.get("state").copied(),
            rows: manifest.rows.values().sum(),
            events: manifest.events.map(|events| in_backup(events, manifest)),
            has_master_key: manifest.has(super::KEY),
        }
    }
}

fn in_backup(events: Events, manifest: &Manifest) -> BackupEvents {
    let kept = match events.kept {
        EventsKept::Included => BackupEventsKept::Included,
        EventsKept::LeftOut => BackupEventsKept::LeftOut,
        EventsKept::Cluster => BackupEventsKept::Cluster,
    };
    BackupEvents { kept, count: events.count, bytes: manifest.part(super::events::PART).map_or(0, |part| part.bytes) }
}

impl Notes {
    /// Those of this file; none where there are none, or they belong to another.
    pub(super) fn read(file: &Path, of: &Metadata) -> Self {
        let text = std::fs::read(path(file)).unwrap_or_default();
        let notes: Self = serde_json::from_slice(&text).unwrap_or_default();
        if (notes.bytes, notes.modified_at) == (of.len(), written_at(of).0) { notes } else { Self::default() }
    }

    /// Writes them beside this file, which they belong to from now on.
    pub(super) fn write(mut self, file: &Path) -> Result<()> {
        let of = std::fs::symlink_metadata(file).map_err(|e| unusable(file, &e))?;
        (self.bytes, self.modified_at) = (of.len(), written_at(&of).0);
        let path = path(file);
        let text = serde_json::to_vec_pretty(&self).map_err(vigie_domain::Error::storage)?;
        files::replace(&path, files::PRIVATE, &text).map_err(|e| unusable(&path, &e))
    }
}

/// Where the notes of a file are.
pub(super) fn path(file: &Path) -> PathBuf {
    file.with_added_extension("json")
}

/// When a file was written.
pub(super) fn written_at(of: &Metadata) -> Timestamp {
    let since = of.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
