//! What lies in a folder of backups.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use vigie_application::backups::id_of;
use vigie_backup::Sight;
use vigie_domain::system::{Backup, BackupCheck};
use vigie_domain::{Error, ErrorKind, Result};

use super::notes::{self, AboutBackup, Notes};

/// What names of backups end in.
const ENDING: &str = ".vigie";
/// Backups that are looked at: a folder of another purpose must not take all memory.
const MOST: usize = 10_000;

/// The path of a backup. Its name is one of a file in the folder itself.
pub(super) fn path_of(folder: &Path, name: &str) -> Result<PathBuf> {
    let is_plain = name.ends_with(ENDING) && !name.starts_with('.') && !name.contains(['/', '\0']);
    if is_plain { Ok(folder.join(name)) } else { Err(Error::not_found("backup", name)) }
}

/// All backups in a folder; none where there is no folder yet.
pub(super) fn see_all(folder: &Path) -> Result<Vec<Backup>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|e| unusable(folder, &e))?,
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names = names.filter(|name| path_of(folder, name).is_ok()).take(MOST);
    // one may go between the two looks, or be no file
    Ok(names.filter_map(|name| see(folder, &name).ok()).collect())
}

/// A backup as it lies there.
pub(super) fn see(folder: &Path, name: &str) -> Result<Backup> {
    let path = path_of(folder, name)?;
    let (opened, of) = open_file(&path)?;
    let mut notes = Notes::read(&path, &of);
    let mut encrypted = false;
    match vigie_backup::look(&path, BufReader::new(opened)) {
        Ok(Sight::Sealed) => encrypted = true,
        Ok(Sight::Open(manifest)) => {
            notes.about.get_or_insert_with(|| AboutBackup::from(&*manifest));
        }
        Err(fault) => (notes.check, notes.problem) = (BackupCheck::Failed, Some(fault.to_string())),
    }
    let about = notes.about.as_ref();
    Ok(Backup {
        id: id_of(name),
        name: name.to_owned(),
        created_at: about.map_or_else(|| notes::written_at(&of), |about| about.created_at),
        size_bytes: of.len(),
        encrypted,
        origin: notes.origin,
        engine: about.map(|about| about.engine.clone()),
        schema_version: about.and_then(|about| about.schema),
        vigie_version: about.map(|about| about.vigie.clone()),
        rows: about.map(|about| about.rows),
        events: about.and_then(|about| about.events),
        has_master_key: about.map(|about| about.has_master_key),
        check: notes.check,
        checked_at: notes.checked_at,
        problem: notes.problem,
        drill: notes.drill,
        drilled_at: notes.drilled_at,
        drill_problem: notes.drill_problem,
        copies: notes.copies,
    })
}

/// Opens a file of the folder itself: no link is followed.
pub(super) fn open_file(path: &Path) -> Result<(File, Metadata)> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| unusable(path, &e))?;
    let of = opened.metadata().map_err(|e| unusable(path, &e))?;
    if of.is_file() { Ok((opened, of)) } else { Err(Error::not_found("backup", path.display())) }
}

/// The folder of backups, or a file in it, cannot be used.
pub(super) fn unusable(path: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        return Error::not_found("file", path.display());
    }
    let detail = format!("backups cannot be kept at {}: {error}", path.display());
    let solution = "let the user of vigie read and write there, or set backup.folder to another folder";
    Error::new(ErrorKind::StorageFailed, "storage_failed", detail).solution(solution)
}
