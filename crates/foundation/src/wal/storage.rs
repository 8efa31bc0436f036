//! The seam to the disk: the real one is a folder; a test puts one that loses what was not synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;

use crate::files;

/// Where segments are kept.
pub trait Storage: Send + Sync + 'static {
    /// Numbers and lengths of the segments, in ascending order.
    fn segments(&self) -> io::Result<Vec<(u32, u64)>>;
    /// A new, empty segment that survives a loss of power from now on.
    fn create(&self, segment: u32) -> io::Result<Arc<dyn SegmentFile>>;
    /// An existing segment.
    fn open(&self, segment: u32) -> io::Result<Arc<dyn SegmentFile>>;
    /// Deletes a segment; fine when it is not there.
    fn remove(&self, segment: u32) -> io::Result<()>;
}

/// An open segment.
pub trait SegmentFile: Send + Sync {
    /// Writes at the end. A process that dies afterwards has written it.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// What was written before survives a loss of power when this returns.
    fn sync(&self) -> io::Result<()>;
    /// Reads at an offset; fewer bytes than asked for at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Cuts it to this length, for good.
    fn truncate(&self, length: u64) -> io::Result<()>;
}

/// A folder of a file system.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes the folder where it is missing.
    pub fn at(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The file of a segment.
    pub fn path(&self, segment: u32) -> PathBuf {
        self.0.join(format!("{segment:010}.wal"))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }
}

impl Storage for Folder {
    fn segments(&self) -> io::Result<Vec<(u32, u64)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".wal")).and_then(|number| number.parse().ok());
            if let Some(number) = number {
                found.push((number, entry.metadata()?.len()));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn create(&self, segment: u32) -> io::Result<Arc<dyn SegmentFile>> {
        let path = self.path(segment);
        let file = OpenOptions::new().read(true).append(true).create_new(true).mode(files::PRIVATE).open(path)?;
        self.sync()?;
        Ok(Arc::new(file))
    }

    fn open(&self, segment: u32) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).append(true).open(self.path(segment))?))
    }

    fn remove(&self, segment: u32) -> io::Result<()> {
        match fs::remove_file(self.path(segment)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.sync(),
        }
    }
}

impl SegmentFile for File {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self;
        file.write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match FileExt::read_at(self, &mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.sync_all()
    }
}
