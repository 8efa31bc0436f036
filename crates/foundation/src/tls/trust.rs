//! Making the system trust the local authority.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files;

/// Where distributions keep additional authorities, and what reads them.
const STORES: &[(&str, &str)] = &[
    // Debian, Ubuntu, Alpine
    ("/usr/local/share/ca-certificates", "update-ca-certificates"),
    // Fedora, Red Hat
    ("/etc/pki/ca-trust/source/anchors", "update-ca-trust"),
    // Arch
    ("/etc/ca-certificates/trust-source/anchors", "update-ca-trust"),
];

/// Name of the authority's file there; Debian reads `.crt` alone.
const FILE_NAME: &str = "vigie-local-authority.crt";

/// Why the authority is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustFault {
    /// No store that we know of.
    #[error("no certificate store found (looked for {looked_for}); give {certificate} to your system or browser by hand")]
    NoStore {
        /// The folders that were looked for.
        looked_for: String,
        /// The certificate.
        certificate: String,
    },
    /// Only root may write there.
    #[error("{folder} may be written by root alone; run this as root, or: sudo cp {certificate} {destination} && sudo {command}", folder = folder.display())]
    NotAllowed {
        /// The store's folder.
        folder: PathBuf,
        /// The certificate.
        certificate: String,
        /// Where it belongs.
        destination: String,
        /// What reads the store.
        command: String,
    },
    /// Reading or writing failed otherwise.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store's own program failed.
    #[error("{command} failed: {said}")]
    Command {
        /// The program.
        command: String,
        /// The last line it said.
        said: String,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// Where the certificate stands now.
    pub destination: PathBuf,
    /// Whether it stood there before.
    pub already: bool,
}

/// The system's certificate store.
#[derive(Debug, Clone)]
pub struct TrustStore {
    folder: PathBuf,
    command: String,
}

impl TrustStore {
    /// Finds the store of this system.
    pub fn find(certificate: &Path) -> Result<Self, TrustFault> {
        let found = STORES.iter().find(|(folder, _)| Path::new(folder).is_dir());
        let (folder, command) = found.ok_or_else(|| TrustFault::NoStore {
            looked_for: STORES.iter().map(|(folder, _)| *folder).collect::<Vec<_>>().join(", "),
            certificate: certificate.display().to_string(),
        })?;
        Ok(Self::at(*folder, *command))
    }

    /// A store at a given place, read by a given program.
    pub fn at(folder: impl Into<PathBuf>, command: impl Into<String>) -> Self {
        Self { folder: folder.into(), command: command.into() }
    }

    /// Installs an authority. Programs that use the system's store trust it from then on; Firefox and Chromium keep stores of their own.
    pub fn install(&self, certificate: &Path) -> Result<Trusted, TrustFault> {
        let pem = fs::read(certificate).map_err(|source| TrustFault::File { path: certificate.to_owned(), source })?;
        let destination = self.folder.join(FILE_NAME);
        if fs::read(&destination).is_ok_and(|there| there == pem) {
            return Ok(Trusted { destination, already: true });
        }
        files::replace(&destination, files::PUBLIC, &pem).map_err(|source| match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => TrustFault::NotAllowed {
                folder: self.folder.clone(),
                certificate: certificate.display().to_string(),
                destination: destination.display().to_string(),
                command: self.command.clone(),
            },
            _ => TrustFault::File { path: destination.clone(), source },
        })?;
        self.update().inspect_err(|_| {
            // a file that the store never read would look installed the next time
            let _ = fs::remove_file(&destination);
        })?;
        Ok(Trusted { destination, already: false })
    }

    /// Takes the authority out again. Says whether it was there.
    pub fn remove(&self) -> Result<bool, TrustFault> {
        let destination = self.folder.join(FILE_NAME);
        match fs::remove_file(&destination) {
            Ok(()) => self.update().map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(TrustFault::File { path: destination, source }),
        }
    }

    fn update(&self) -> Result<(), TrustFault> {
        let fault = |said: String| TrustFault::Command { command: self.command.clone(), said };
        let output = Command::new(&self.command).output().map_err(|error| fault(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(fault(said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_installed_once_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("ca.pem");
        fs::write(&certificate, "pem").unwrap();
        let store = TrustStore::at(tempfile::tempdir().unwrap().keep(), "true");
        let done = store.install(&certificate).unwrap();
        assert!(!done.already);
        assert_eq!(fs::read(&done.destination).unwrap(), b"pem");
        assert!(store.install(&certificate).unwrap().already);
        assert!(store.remove().unwrap());
        assert!(!store.remove().unwrap());
        fs::remove_dir(&store.folder).unwrap();
    }

    #[test]
    fn a_store_that_fails_keeps_nothing_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("ca.pem");
        fs::write(&certificate, "pem").unwrap();
        let store = TrustStore::at(folder.path(), "false");
        assert!(store.install(&certificate).unwrap_err().to_string().contains("false failed"));
        assert!(!folder.path().join(FILE_NAME).exists());
    }
}
