//! Reading a backup: all of it, whatever is wanted of it, as only the end tells that nothing is missing.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tar::Archive;
use vigie_foundation::secrets::{OpeningReader, is_under_passphrase};

use crate::manifest::FORM;
use crate::sum::Summed;
use crate::tree;
use crate::{BackupFault, MANIFEST, Manifest, Progress, Tell};

/// Octets that a manifest has at most.
const LONGEST: u64 = 4 << 20;
/// Octets by which both forms are told.
const BEGINNING: usize = 8;
/// How a zstd frame begins (RFC 8878, section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Reads a backup to its end and compares every part with its checksum. Nothing is written.
pub fn check(file: &Path, passphrase: Option<&str>, tell: Tell<'_>) -> Result<Manifest, BackupFault> {
    read(file, passphrase, None, tell)
}

/// Writes the parts of a backup into an existing folder, each under its name, readable for their owner alone; of `NAME.tar` the files that are
/// in it, into the folder `NAME`. No file is written over. When this fails, what was written so far stays and is not to be trusted.
pub fn unpack(file: &Path, passphrase: Option<&str>, folder: &Path, tell: Tell<'_>) -> Result<Manifest, BackupFault> {
    read(file, passphrase, Some(folder), tell)
}

/// Reads what stands first in a backup, under a passphrase too; nothing is proved of the rest.
pub fn manifest(file: &Path, passphrase: Option<&str>) -> Result<Manifest, BackupFault> {
    open(file, passphrase, |from| first(file, from))
}

/// What a backup shows without being read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is under a passphrase.
    Sealed,
    /// What stands first in it; nothing is proved of the rest.
    Open(Box<Manifest>),
}

/// Reads the beginning of an opened backup; `file` is its name for messages.
pub fn look(file: &Path, from: impl Read) -> Result<Sight, BackupFault> {
    let (beginning, whole) = begin(file, from)?;
    if is_under_passphrase(&beginning) {
        return Ok(Sight::Sealed);
    }
    if !beginning.starts_with(&ZSTD) {
        return Err(not_one(file));
    }
    first(file, whole).map(|manifest| Sight::Open(Box::new(manifest)))
}

/// The manifest of what is no longer under a passphrase.
fn first(file: &Path, from: impl Read) -> Result<Manifest, BackupFault> {
    let damaged = |error: io::Error| BackupFault::damaged(file, error.to_string());
    let mut archive = Archive::new(zstd::Decoder::new(from).map_err(damaged)?);
    let mut entries = archive.entries().map_err(damaged)?;
    let first = entries.next().ok_or_else(|| BackupFault::damaged(file, "it is empty"))?.map_err(damaged)?;
    read_manifest(file, first)
}

/// The octets by which forms are told, and all octets.
fn begin(file: &Path, mut from: impl Read) -> Result<(Vec<u8>, impl Read), BackupFault> {
    let mut beginning = Vec::with_capacity(BEGINNING);
    from.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning).map_err(BackupFault::file(file))?;
    Ok((beginning.clone(), io::Cursor::new(beginning).chain(from)))
}

fn not_one(file: &Path) -> BackupFault {
    BackupFault::NoBackup { path: file.to_owned(), reason: "it begins as something else".to_owned() }
}

fn read(file: &Path, passphrase: Option<&str>, folder: Option<&Path>, tell: Tell<'_>) -> Result<Manifest, BackupFault> {
    open(file, passphrase, |from| entries(file, from, folder, tell))
}

/// Opens a backup, under a passphrase or not.
fn open<T>(file: &Path, passphrase: Option<&str>, then: impl FnOnce(&mut dyn Read) -> Result<T, BackupFault>) -> Result<T, BackupFault> {
    let (beginning, mut whole) = begin(file, BufReader::new(File::open(file).map_err(BackupFault::file(file))?))?;
    if beginning.starts_with(&ZSTD) {
        return then(&mut whole);
    }
    if !is_under_passphrase(&beginning) {
        return Err(not_one(file));
    }
    let Some(passphrase) = passphrase else { return Err(BackupFault::NeedsPassphrase { path: file.to_owned() }) };
    let mut opened = OpeningReader::new(whole, passphrase).map_err(|error| BackupFault::damaged(file, error.to_string()))?;
    // octets behind the archive would have to be sealed pieces of it: nothing but its end may follow
    then(&mut opened)
}

fn entries(file: &Path, from: impl Read, folder: Option<&Path>, tell: Tell<'_>) -> Result<Manifest, BackupFault> {
    let damaged = |error: io::Error| BackupFault::damaged(file, error.to_string());
    let mut archive = Archive::new(zstd::Decoder::new(from).map_err(damaged)?);
    let mut entries = archive.entries().map_err(damaged)?;
    let first = entries.next().ok_or_else(|| BackupFault::damaged(file, "it is empty"))?.map_err(damaged)?;
    let manifest = read_manifest(file, first)?;
    let mut progress = Progress { done: 0, of: manifest.bytes() };
    for part in &manifest.parts {
        let missing = || BackupFault::damaged(file, format!("{} is missing", part.name));
        let entry = entries.next().ok_or_else(missing)?.map_err(damaged)?;
        if entry.path().ok().as_deref() != Some(Path::new(&part.name)) {
            return Err(missing());
        }
        let mut summed = Summed::new(entry, |bytes| {
            progress.done += bytes;
            tell(progress)
        });
        unpack_part(&mut summed, folder, &part.name).map_err(|error| BackupFault::passing(file, error).unwrap_or_else(damaged))?;
        if summed.finish() != part.sha256 {
            return Err(BackupFault::damaged(file, format!("{} is not what was written", part.name)));
        }
    }
    if entries.next().is_some() {
        return Err(BackupFault::damaged(file, "it holds more than its manifest tells"));
    }
    // the checksum of the frame, and the end of what is sealed, stand behind the archive
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(manifest)
}

fn read_manifest(file: &Path, entry: impl Read + Named) -> Result<Manifest, BackupFault> {
    let none = |reason: &str| BackupFault::NoBackup { path: file.to_owned(), reason: reason.to_owned() };
    if !entry.is_named(MANIFEST) {
        return Err(none("it holds no manifest"));
    }
    let mut text = Vec::new();
    entry.take(LONGEST).read_to_end(&mut text).map_err(|error| BackupFault::damaged(file, error.to_string()))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| none(&format!("its manifest cannot be read: {error}")))?;
    if manifest.form > FORM {
        return Err(BackupFault::Newer { path: file.to_owned(), found: manifest.form, known: FORM });
    }
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_')) && !name.starts_with('.')
    };
    match manifest.parts.iter().find(|part| !plain(&part.name)) {
        Some(part) => Err(BackupFault::damaged(file, format!("a part is named {:?}, which is no plain name", part.name))),
        None => Ok(manifest),
    }
}

/// What tells its name in an archive.
trait Named {
    fn is_named(&self, name: &str) -> bool;
}

impl<R: Read> Named for tar::Entry<'_, R> {
    fn is_named(&self, name: &str) -> bool {
        self.path().ok().as_deref() == Some(Path::new(name))
    }
}

/// Puts a part where it goes, and reads it to its end.
fn unpack_part(mut part: impl Read, folder: Option<&Path>, name: &str) -> io::Result<()> {
    let Some(folder) = folder else { return io::copy(&mut part, &mut io::sink()).map(drop) };
    let Some(inner) = tree::folder_of(name) else { return write(&mut part, &folder.join(name)) };
    tree::unpack(&mut part, &folder.join(inner), write)?;
    io::copy(&mut part, &mut io::sink()).map(drop)
}

/// Writes a file that is not there yet. A full disk is no fault of the backup.
fn write(from: &mut dyn Read, path: &Path) -> io::Result<()> {
    let at = |error| io::Error::other(BackupFault::file(path)(error));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at)?;
    io::copy(from, &mut Target(&file, path))?;
    file.sync_all().map_err(at)
}

/// A file whose errors tell of it.
struct Target<'a>(&'a File, &'a Path);

impl Write for Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(|error| io::Error::other(BackupFault::file(self.1)(error)))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
