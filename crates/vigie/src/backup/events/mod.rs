//! Events in a backup, where the engine within Vigie keeps them. Those in a cluster are the cluster's to keep.

#[cfg(test)]
mod tests;

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vigie_backup::{BackupFault, Events, EventsKept, Manifest};
use vigie_event_store::{LOG, PARTITIONS, at_rest, snapshot};

use super::{Stand, cannot_write};
use crate::StartError;
use crate::wiring::refuse_half_moved;

/// The part that holds them.
pub(super) const PART: &str = "events.tar";
/// The folder that the part is unpacked to.
const UNPACKED: &str = "events";
/// How the name of a folder begins that holds links to them while a backup is made.
const LINKS: &str = ".backup-";

/// What became of the events of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsNote {
    /// None were in it, or none were wanted.
    Absent,
    /// So many were brought back.
    Written(u64),
    /// So many were written to this folder, and the configuration keeps events in a cluster.
    Beside(u64, PathBuf),
}

/// Links to the files of events, within the folder of these: there alone a file can have a second name. They go when this is dropped.
pub(super) struct Links {
    folder: TempDir,
    /// Held while they are in use, so that no server that starts takes them for a rest.
    _lock: Option<File>,
}

impl Links {
    fn within(events: &Path) -> Result<Self, StartError> {
        let private = Permissions::from_mode(0o700);
        let made = tempfile::Builder::new().prefix(LINKS).permissions(private).tempdir_in(events);
        let folder = made.map_err(|e| cannot_write(events, &e))?;
        // not every disk has locks; without one a server must not be started meanwhile
        let lock = File::open(folder.path()).ok().filter(|folder| folder.try_lock().is_ok());
        Ok(Self { folder, _lock: lock })
    }

    /// Where they are.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join(UNPACKED)
    }
}

/// Keeps the events of this moment, and counts them. Keeps a thread busy.
pub(super) fn keep(stand: &Stand) -> Result<(Option<Links>, Events), StartError> {
    let folder = &stand.events_folder;
    let is_new = [LOG, PARTITIONS].iter().all(|name| !folder.join(name).exists());
    if stand.events != EventsKept::Included || is_new {
        return Ok((None, Events { kept: stand.events, count: 0 }));
    }
    refuse_half_moved(folder)?;
    let links = Links::within(folder)?;
    snapshot(folder, &links.path()).map_err(|e| {
        let solution = e.solution_text().unwrap_or_default();
        StartError::new(StartError::CANNOT_CREATE, format!("{e}; {solution}"))
    })?;
    let found = at_rest(&links.path()).map_err(|e| StartError::new(StartError::DATA, format!("{}: {e}", folder.display())))?;
    Ok((Some(links), Events { kept: EventsKept::Included, count: found.events }))
}

/// Removes links that a process left that was ended amid its work.
pub(super) fn tidy(events: &Path) {
    for entry in fs::read_dir(events).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_left = name.to_string_lossy().starts_with(LINKS) && File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok());
        if is_left && let Err(error) = fs::remove_dir_all(&path) {
            tracing::warn!(%error, folder = %path.display(), "what is left of an unfinished backup cannot be removed");
        }
    }
}

/// Opens what was unpacked, and compares what is in it with what the manifest tells. Keeps a thread busy.
pub(super) fn check(file: &Path, manifest: &Manifest, unpacked: &Path) -> Result<(), StartError> {
    let told = manifest.events.map_or(0, |events| events.count);
    let damaged = |reason: String| StartError::from(BackupFault::Damaged { path: file.to_owned(), reason });
    let found = at_rest(&unpacked.join(UNPACKED)).map_err(|e| damaged(e.to_string()))?.events;
    if found == told { Ok(()) } else { Err(damaged(format!("it has {found} events instead of {told}"))) }
}

/// Events on the disk of the state, one step from where they belong.
pub(super) struct Staged {
    folder: TempDir,
    to: PathBuf,
}

/// Brings what was unpacked to the disk of the state; `None` where there is nothing, or nothing is wanted. Refused over events that are there.
/// Keeps a thread busy.
pub(super) fn stage(stand: &Stand, manifest: &Manifest, unpacked: &Path) -> Result<Option<Staged>, StartError> {
    if !manifest.has(PART) || stand.events == EventsKept::LeftOut {
        return Ok(None);
    }
    let to = stand.events_folder.clone();
    if let Some(folder) = [LOG, PARTITIONS].map(|name| to.join(name)).iter().find(|folder| has_any(folder)) {
        let message = format!("{} is not empty: move the folder {} away, or restore with --without-events", folder.display(), to.display());
        return Err(StartError::new(StartError::DATA, message));
    }
    fs::create_dir_all(&to).map_err(|e| cannot_write(&to, &e))?;
    let made = tempfile::Builder::new().prefix(LINKS).permissions(Permissions::from_mode(0o700)).tempdir_in(&to);
    let folder = made.map_err(|e| cannot_write(&to, &e))?;
    carry(&unpacked.join(UNPACKED), &folder.path().join(UNPACKED)).map_err(|e| cannot_write(&to, &e))?;
    Ok(Some(Staged { folder, to }))
}

impl Staged {
    /// Puts them where they belong.
    pub(super) fn put(self) -> Result<(), StartError> {
        // partitions without the log would take what comes next for known
        for name in [LOG, PARTITIONS] {
            let (from, to) = (self.folder.path().join(UNPACKED).join(name), self.to.join(name));
            if from.exists() {
                fs::rename(&from, &to).map_err(|e| cannot_write(&to, &e))?;
            }
        }
        File::open(&self.to).and_then(|folder| folder.sync_all()).map_err(|e| cannot_write(&self.to, &e))
    }
}

/// What became of the events.
pub(super) fn note(stand: &Stand, manifest: &Manifest, is_staged: bool) -> EventsNote {
    let count = manifest.events.map_or(0, |events| events.count);
    match (is_staged, stand.events) {
        (false, _) => EventsNote::Absent,
        (true, EventsKept::Cluster) => EventsNote::Beside(count, stand.events_folder.clone()),
        (true, _) => EventsNote::Written(count),
    }
}

fn has_any(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Moves a folder, to another disk too.
fn carry(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(from, to),
        moved => moved,
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    File::open(to)?.sync_all()
}
