//! Files that hold secrets: written whole or not at all, and for their owner's eyes alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};

/// Mode of a file for its owner alone.
pub const PRIVATE: u32 = 0o600;
/// Mode of a file that everybody may read.
pub const PUBLIC: u32 = 0o644;

/// Creates a file with this mode, whole or not at all. Fails with `AlreadyExists` where one stands: of two processes that start together, one wins.
pub fn create(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let draft = Draft::write(path, mode, bytes)?;
    match fs::hard_link(&draft.0, path) {
        Ok(()) => sync_folder(path),
        // some network and removable file systems know no links: there a crash may leave a part
        Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => write_new(path, mode, bytes),
        Err(error) => Err(error),
    }
}

/// Writes a file with this mode in one step: a reader sees the old content or the new, never a part.
pub fn replace(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let draft = Draft::write(path, mode, bytes)?;
    fs::rename(&draft.0, path)?;
    sync_folder(path)
}

/// Reads a file that holds a secret. `PermissionDenied` where others may read it; its group may only when root owns it, as `PostgreSQL` has it.
pub fn read_private(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    let forbidden = if about.uid() == 0 { 0o037 } else { 0o077 };
    if about.mode() & forbidden != 0 {
        let text = format!("{} may be read by others (mode {:03o}): run chmod 600 on it", path.display(), about.mode() & 0o777);
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    io::Read::read_to_end(&mut file, &mut bytes)?;
    Ok(bytes)
}

/// A file beside its destination, removed when it did not get there.
struct Draft(PathBuf);

impl Draft {
    fn write(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<Self> {
        let mut suffix = [0_u8; 8];
        SystemRandom::new().fill(&mut suffix).map_err(|_| io::Error::other("the system gives no randomness"))?;
        let mut name = path.file_name().ok_or_else(|| io::Error::other("not the name of a file"))?.to_owned();
        name.push(format!(".{:016x}", u64::from_be_bytes(suffix)));
        let draft = Self(path.with_file_name(name));
        write_new(&draft.0, mode, bytes)?;
        Ok(draft)
    }
}

fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl Drop for Draft {
    fn drop(&mut self) {
        // after a rename there is nothing left to remove
        let _ = fs::remove_file(&self.0);
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_file_is_created_once_and_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, PRIVATE, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(create(&path, PRIVATE, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read_private(&path).unwrap(), b"one");
        replace(&path, PRIVATE, b"three").unwrap();
        assert_eq!(read_private(&path).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_others_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create(&path, PRIVATE, b"one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        let refusal = read_private(&path).unwrap_err();
        assert_eq!(refusal.kind(), io::ErrorKind::PermissionDenied);
        assert!(refusal.to_string().contains("chmod 600"), "{refusal}");
    }
}
