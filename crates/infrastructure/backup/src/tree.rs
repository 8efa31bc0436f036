//! A folder within a backup: a part that is itself a tar archive, of all files below the folder.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};

use tar::{Archive, EntryType, Header};

/// What the name of such a part ends in.
const ENDING: &str = ".tar";
/// Octets that an archive counts in (POSIX.1, pax, section "ustar Interchange Format").
const BLOCK: u64 = 512;

/// The folder that a part of this name is unpacked to; `None` where it is a file.
pub(crate) fn folder_of(part: &str) -> Option<&str> {
    part.strip_suffix(ENDING).filter(|folder| !folder.is_empty())
}

/// The archive of a folder as it is read: header, octets and padding of one file after the other.
pub(crate) struct TreeReader {
    pieces: std::vec::IntoIter<Piece>,
    now: Option<Box<dyn Read>>,
    /// Its length, in octets.
    pub(crate) bytes: u64,
}

enum Piece {
    Octets(Vec<u8>),
    File(PathBuf, u64),
}

impl TreeReader {
    /// Of the files below a folder as they are now, in the order of their names.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        gather(folder, &mut files)?;
        files.sort();
        let (mut pieces, mut bytes) = (Vec::with_capacity(files.len() * 3 + 1), 0);
        for file in files {
            let length = fs::metadata(&file)?.len();
            let name = file.strip_prefix(folder).map_err(io::Error::other)?;
            let padding = length.next_multiple_of(BLOCK) - length;
            pieces.push(Piece::Octets(header(name, length)?));
            pieces.push(Piece::File(file, length));
            pieces.push(Piece::Octets(vec![0; padding as usize]));
            bytes += BLOCK + length + padding;
        }
        // two empty blocks end an archive
        pieces.push(Piece::Octets(vec![0; 2 * BLOCK as usize]));
        Ok(Self { pieces: pieces.into_iter(), now: None, bytes: bytes + 2 * BLOCK })
    }
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn header(name: &Path, length: u64) -> io::Result<Vec<u8>> {
    let mut header = Header::new_gnu();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(length);
    header.set_mode(0o600);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header.as_bytes().to_vec())
}

impl Read for TreeReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() {
            let Some(now) = &mut self.now else {
                let Some(piece) = self.pieces.next() else { return Ok(0) };
                self.now = Some(match piece {
                    Piece::Octets(octets) => Box::new(Cursor::new(octets)),
                    Piece::File(path, length) => Box::new(File::open(path)?.take(length)),
                });
                continue;
            };
            let length = now.read(into)?;
            if length > 0 {
                return Ok(length);
            }
            self.now = None;
        }
        Ok(0)
    }
}

/// Writes the files of such an archive below a folder, readable for their owner alone. Whatever is no plain file below it is an error; no file is
/// written over. `write` puts the octets of one into its file.
pub(crate) fn unpack(archive: impl Read, folder: &Path, mut write: impl FnMut(&mut dyn Read, &Path) -> io::Result<()>) -> io::Result<()> {
    make(folder)?;
    let mut archive = Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        let is_below = name.components().all(|part| matches!(part, Component::Normal(_))) && name.file_name().is_some();
        if !is_below || entry.header().entry_type() != EntryType::Regular {
            return Err(io::Error::other(format!("{} is no plain file below its folder", name.display())));
        }
        let path = folder.join(&name);
        path.parent().map_or(Ok(()), make)?;
        write(&mut entry, &path)?;
    }
    Ok(())
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
