//! Room on the disk of a folder, by `statvfs`.

use std::path::PathBuf;

use vigie_domain::system::{DiskRoom, StateDisk};
use vigie_domain::{Error, Result};

/// The disk that a folder is on.
#[derive(Clone, Debug)]
pub struct FolderDisk(pub PathBuf);

impl StateDisk for FolderDisk {
    fn room(&self) -> Result<DiskRoom> {
        let disk = nix::sys::statvfs::statvfs(&self.0).map_err(Error::storage)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.fragment_size());
        Ok(DiskRoom { free_bytes: bytes(disk.blocks_available()), total_bytes: bytes(disk.blocks()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_on_a_disk() {
        let room = FolderDisk(std::env::temp_dir()).room().unwrap();
        assert!(room.total_bytes > 0 && room.free_bytes <= room.total_bytes, "{room:?}");
        assert!(FolderDisk("/nowhere/at/all".into()).room().is_err());
    }
}
