//! What stands first in a backup: what it holds, and of when.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The form of the file that this program writes, and the newest it reads.
pub(crate) const FORM: u32 = 1;

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Form of the file.
    pub form: u32,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// Version of the Vigie that made it.
    pub vigie: String,
    /// Where the data came from: `sqlite` or `postgresql`.
    pub engine: String,
    /// The last migration of the schema, by database.
    pub schemas: BTreeMap<String, i64>,
    /// Rows by table, without empty ones.
    pub rows: BTreeMap<String, u64>,
    /// What of the events is in it; `None` where a version made it that kept none.
    #[serde(default)]
    pub events: Option<Events>,
    /// Which master key opens the secrets in it, where that is known.
    pub master_key_id: Option<String>,
    /// Its parts, in their order.
    pub parts: Vec<Part>,
}

/// What of the events is in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Whether they are in it.
    pub kept: EventsKept,
    /// How many are in it.
    pub count: u64,
}

/// Whether events are in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventsKept {
    /// They are.
    Included,
    /// Whoever made it wanted none.
    LeftOut,
    /// They are in a cluster, which keeps snapshots of its own.
    Cluster,
}

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, without a folder.
    pub name: String,
    /// Its length, in octets.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hex.
    pub sha256: String,
}

/// A file or a folder that becomes a part.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in the backup; that of a folder ends in `.tar`.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
}

impl Manifest {
    /// Octets of all parts.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// A part.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// Whether it holds this part.
    pub fn has(&self, name: &str) -> bool {
        self.part(name).is_some()
    }
}
