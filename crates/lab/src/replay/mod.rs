//! Recorded agents: walks in the `snmprec` format of snmpsim, served as they were recorded.

mod key;
mod recording;
mod snmprec;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

pub use recording::Recording;

use crate::error::LabError;

/// The largest recording that is read, unpacked: what a hostile archive can cost.
const LARGEST: u64 = 512 << 20;

/// A device that was recorded, with its other contexts.
#[derive(Debug)]
pub struct Recorded {
    /// Name of the file, without its endings.
    pub name: String,
    /// What it answers.
    pub main: Recording,
    /// What it answers in a context, or to the community `public@CONTEXT`.
    pub contexts: Vec<(String, Recording)>,
}

impl Recorded {
    /// Lines that were no `OID|tag|value`, in all files.
    pub fn malformed(&self) -> usize {
        self.main.malformed + self.contexts.iter().map(|(_, r)| r.malformed).sum::<usize>()
    }

    /// The recording of a context; the empty one is the device itself.
    pub fn context(&self, name: &[u8]) -> Option<&Recording> {
        if name.is_empty() {
            return Some(&self.main);
        }
        self.contexts.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, recording)| recording)
    }
}

/// Reads every `*.snmprec` and `*.snmprec.gz` of a directory, in the order of their names. `NAME@CONTEXT` belongs
/// to `NAME`; where `NAME` itself was not recorded, its first context stands for it.
pub fn load(directory: &Path) -> Result<Vec<Recorded>, LabError> {
    let mut devices: Vec<Recorded> = Vec::new();
    for (stem, path) in files(directory)? {
        let recording = read(&path)?;
        let (name, context) = stem.split_once('@').unwrap_or((&stem, ""));
        match devices.iter_mut().rev().find(|d| d.name == name) {
            Some(device) => device.contexts.push((context.to_owned(), recording)),
            None => devices.push(Recorded { name: name.to_owned(), main: recording, contexts: Vec::new() }),
        }
    }
    if devices.is_empty() {
        return Err(LabError::NoRecordings(directory.to_owned()));
    }
    Ok(devices)
}

/// Name without endings, and path. `a` sorts before `a@1`, which sorts before `a_1`.
fn files(directory: &Path) -> Result<Vec<(String, PathBuf)>, LabError> {
    let fail = |source| LabError::File { path: directory.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = name.strip_suffix(".gz").unwrap_or(&name).strip_suffix(".snmprec");
        found.extend(stem.map(|stem| (stem.to_owned(), path.clone())));
    }
    found.sort_by(|(a, _), (b, _)| a.split('@').cmp(b.split('@')));
    Ok(found)
}

fn read(path: &Path) -> Result<Recording, LabError> {
    let fail = |source| LabError::File { path: path.to_owned(), source };
    let file = BufReader::new(File::open(path).map_err(fail)?);
    let is_packed = path.extension().is_some_and(|e| e == "gz");
    let mut reader: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut text = Vec::new();
    reader.by_ref().take(LARGEST).read_to_end(&mut text).map_err(fail)?;
    Ok(Recording::parse(&text))
}
