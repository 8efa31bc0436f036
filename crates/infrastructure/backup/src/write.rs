//! Writing a backup.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use tar::{Builder, EntryType, Header};
use vigie_foundation::secrets::SealingWriter;

use crate::manifest::FORM;
use crate::sum::Summed;
use crate::tree::TreeReader;
use crate::{BackupFault, MANIFEST, Manifest, Part, Progress, Source, Tell};

/// How hard zstd tries: samples are packed already, state is text and shrinks well at any level.
const LEVEL: i32 = 6;

/// Writes a backup of these files, readable for its owner alone; the parts of the manifest are filled in. It appears whole or not at all, is on
/// the disk when this returns, and no file is written over. Reads each source twice. Returns the manifest as it was written.
pub fn pack(
    file: &Path,
    mut manifest: Manifest,
    sources: &[Source],
    passphrase: Option<&str>,
    tell: Tell<'_>,
) -> Result<Manifest, BackupFault> {
    if file.exists() {
        return Err(BackupFault::Exists { path: file.to_owned() });
    }
    manifest.form = FORM;
    manifest.parts = sources.iter().map(|source| part(source, tell)).collect::<Result<_, _>>()?;
    let unfinished = file.with_added_extension("part");
    let written = write(&unfinished, &manifest, sources, passphrase, tell).and_then(|()| {
        // a link fails where a file stands by now; a rename would replace it
        fs::hard_link(&unfinished, file).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupFault::Exists { path: file.to_owned() },
            _ => BackupFault::file(file)(error),
        })
    });
    let removed = fs::remove_file(&unfinished);
    written?;
    removed.map_err(BackupFault::file(&unfinished))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupFault::file(folder))?;
    Ok(manifest)
}

fn part(source: &Source, tell: Tell<'_>) -> Result<Part, BackupFault> {
    let at = BackupFault::file(&source.path);
    let (opened, length) = open(source).map_err(&at)?;
    let mut progress = Progress { done: 0, of: length };
    let mut summed = Summed::new(opened, |bytes| {
        progress.done += bytes;
        tell(progress)
    });
    io::copy(&mut summed, &mut io::sink()).map_err(passed(&source.path))?;
    Ok(Part { name: source.name.to_owned(), bytes: summed.bytes, sha256: summed.finish() })
}

/// The octets of a source, and how many there are.
fn open(source: &Source) -> io::Result<(Box<dyn Read>, u64)> {
    if source.path.is_dir() {
        let tree = TreeReader::new(&source.path)?;
        let bytes = tree.bytes;
        return Ok((Box::new(tree), bytes));
    }
    let file = File::open(&source.path)?;
    let bytes = file.metadata()?.len();
    Ok((Box::new(file), bytes))
}

fn write(unfinished: &Path, manifest: &Manifest, sources: &[Source], passphrase: Option<&str>, tell: Tell<'_>) -> Result<(), BackupFault> {
    let at = BackupFault::file(unfinished);
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(unfinished);
    let out = BufWriter::new(open.map_err(&at)?);
    let out = match passphrase {
        None => archive(out, manifest, sources, tell)?,
        Some(passphrase) => {
            let sealing = SealingWriter::new(out, passphrase).map_err(&at)?;
            archive(sealing, manifest, sources, tell)?.finish().map_err(&at)?
        }
    };
    let whole = out.into_inner().map_err(|error| at(error.into_error()))?;
    whole.sync_all().map_err(&at)
}

fn archive<W: Write>(out: W, manifest: &Manifest, sources: &[Source], tell: Tell<'_>) -> Result<W, BackupFault> {
    let at = BackupFault::file(Path::new(MANIFEST));
    let mut zstd = zstd::Encoder::new(out, LEVEL).map_err(&at)?;
    zstd.include_checksum(true).map_err(&at)?;
    let mut tar = Builder::new(zstd);
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| at(error.into()))?;
    append(&mut tar, MANIFEST, text.len() as u64, manifest, text.as_slice()).map_err(&at)?;
    let mut progress = Progress { done: 0, of: manifest.bytes() };
    for (source, part) in sources.iter().zip(&manifest.parts) {
        let at = BackupFault::file(&source.path);
        let mut heard = Summed::new(open(source).map_err(&at)?.0, |bytes| {
            progress.done += bytes;
            tell(progress)
        });
        append(&mut tar, &part.name, part.bytes, manifest, (&mut heard).take(part.bytes)).map_err(passed(&source.path))?;
        if heard.finish() != part.sha256 {
            return Err(BackupFault::damaged(&source.path, "it changed while it was read"));
        }
    }
    let zstd = tar.into_inner().map_err(&at)?;
    zstd.finish().map_err(&at)
}

fn passed(path: &Path) -> impl Fn(io::Error) -> BackupFault {
    |error| BackupFault::passing(path, error).unwrap_or_else(BackupFault::file(path))
}

fn append(tar: &mut Builder<impl Write>, name: &str, bytes: u64, manifest: &Manifest, from: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(manifest.created_at / 1000).unwrap_or(0));
    tar.append_data(&mut header, name, from)
}
