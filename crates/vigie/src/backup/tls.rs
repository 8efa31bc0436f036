//! The local authority and its certificate in a backup: with them browsers trust the restored server as they did the lost one. Like the master key
//! they are in backups under a passphrase alone.

use std::io;
use std::path::{Path, PathBuf};

use vigie_backup::{Manifest, Source};
use vigie_foundation::files;

use super::cannot_write;
use crate::StartError;

/// The parts, the files they are made of, and their modes. The authority comes last when they are written: without it all are made anew.
const PARTS: [(&str, &str, u32); 4] = [
    ("tls-server.key", "server.key", files::PRIVATE),
    ("tls-server.pem", "server.pem", files::PUBLIC),
    ("tls-ca.key", "ca.key", files::PRIVATE),
    ("tls-ca.pem", "ca.pem", files::PUBLIC),
];

/// What became of authority and certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsNote {
    /// They are not in the backup.
    Absent,
    /// There are others in this folder, which stay.
    Kept(PathBuf),
    /// They were written to this folder.
    Written(PathBuf),
}

/// What of this folder goes into a backup: all of it or nothing.
pub(super) fn sources(folder: &Path) -> Vec<Source> {
    let sources = PARTS.map(|(name, file, _)| Source { name, path: folder.join(file) });
    if sources.iter().all(|source| source.path.exists()) { sources.into() } else { Vec::new() }
}

/// Whether they are in a backup.
pub(super) fn are_in(manifest: &Manifest) -> bool {
    PARTS.iter().all(|(name, _, _)| manifest.has(name))
}

/// Writes what was unpacked to where it belongs, unless something is there.
pub(super) fn restore(folder: &Path, unpacked: &Path, manifest: &Manifest) -> Result<TlsNote, StartError> {
    if !are_in(manifest) {
        return Ok(TlsNote::Absent);
    }
    if PARTS.iter().any(|(_, file, _)| folder.join(file).exists()) {
        return Ok(TlsNote::Kept(folder.to_owned()));
    }
    std::fs::create_dir_all(folder).map_err(|e| cannot_write(folder, &e))?;
    for (name, file, mode) in PARTS {
        let to = folder.join(file);
        let write = || -> io::Result<()> { files::create(&to, mode, &std::fs::read(unpacked.join(name))?) };
        write().map_err(|e| cannot_write(&to, &e))?;
    }
    Ok(TlsNote::Written(folder.to_owned()))
}
