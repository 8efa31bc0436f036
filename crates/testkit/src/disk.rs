//! A disk so small that a test can fill it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::service::missing;

/// A file system of its own in memory; gone when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    /// One of so many bytes, that every user may write to. `None` where nothing may be mounted, which is said.
    pub fn new(bytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let options = format!("size={bytes},mode=1777");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "vigie-test"]).arg(&path).output().unwrap();
        if !mounted.status.success() {
            missing(&format!("a small disk for the tests: {}", String::from_utf8_lossy(&mounted.stderr).trim()));
            return None;
        }
        Some(Self { path, _folder: folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes all the room that is left; it comes back when the file is dropped.
    pub fn fill(&self) -> Ballast {
        let path = self.path.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[7; 4096]).is_ok() {}
        Ballast(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // whoever still has a file there keeps it until they close it
        assert!(Command::new("umount").arg("-l").arg(&self.path).status().unwrap().success());
    }
}

/// What takes the room of a disk.
#[derive(Debug)]
pub struct Ballast(PathBuf);

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
