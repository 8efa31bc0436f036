//! Why a backup could not be written or read; each says of which file, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a backup could not be written or read. Its text is one line for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is such a file already; backups are never written over.
    #[error("{} is there already: name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It is no backup.
    #[error("{} is no backup of vigie: {reason}", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// It is under a passphrase, and none was given.
    #[error("{} is under a passphrase: give the file that holds it with --passphrase-file", path.display())]
    NeedsPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// It was altered, cut, or the passphrase is another.
    #[error("{} cannot be opened: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// Whoever hears of the progress said so.
    #[error("{} was left before its end", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
    /// A newer Vigie wrote it.
    #[error("{} was written by a newer vigie (form {found}, this one knows {known}): use that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: u32,
        /// The newest this program knows.
        known: u32,
    },
}

impl BackupFault {
    /// What happened to a file.
    pub(crate) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        |source| Self::File { path: path.to_owned(), source }
    }

    /// What ended the passing of octets, where that is no fault of theirs: somebody said stop, or they could not be put down. Else the error.
    pub(crate) fn passing(path: &Path, error: io::Error) -> Result<Self, io::Error> {
        if error.get_ref().is_some_and(<dyn std::error::Error + std::marker::Send + std::marker::Sync + 'static>::is::<Stop>) {
            return Ok(Self::Stopped { path: path.to_owned() });
        }
        error.downcast::<Self>()
    }

    /// What does not fit in a backup.
    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}

/// Somebody said stop.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub(crate) struct Stop;
