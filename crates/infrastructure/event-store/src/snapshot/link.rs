//! Links what a folder holds into another one.

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use vigie_domain::{Error, ErrorKind, Result};
use vigie_foundation::wal::{Folder, Storage as _};

use super::{LOG, PARTITIONS};
use crate::slot::Slot;

/// Tries until something stands still for as long as linking it takes, which is milliseconds.
const TRIES: u32 = 100;
/// What a partition consists of.
const META: &str = "meta.json";
/// Files of a segment from which nothing was deleted: terms, postings, positions, columns, norms and rows.
const FILES: usize = 6;
/// The files that are its engine's to delete.
const MANAGED: &str = ".managed.json";

/// Links what this folder of events holds at one moment into a new folder on the same disk. The last segment of the log, which grows, is copied.
///
/// # Errors
/// Something cannot be read or linked. What was linked until then stays.
pub fn snapshot(events: &Path, into: &Path) -> Result<()> {
    for _ in 0..TRIES {
        if link_all(events, into).map_err(|e| unusable(events, &e))? {
            return Ok(());
        }
        fs::remove_dir_all(into).map_err(|e| unusable(into, &e))?;
    }
    Err(unusable(events, &restless()))
}

fn unusable(folder: &Path, error: &io::Error) -> Error {
    let detail = format!("the events in {} cannot be kept: {error}", folder.display());
    Error::new(ErrorKind::StorageFailed, "storage_failed", detail).solution(
        "let the user of this process write there, on a disk where files can have two names, or leave the events out of the backup",
    )
}

fn restless() -> io::Error {
    io::Error::other("they change faster than they can be linked")
}

/// Whether nothing is missing.
fn link_all(events: &Path, into: &Path) -> io::Result<bool> {
    fs::create_dir_all(into)?;
    let (log, kept) = (events.join(LOG), into.join(LOG));
    link_segments(&log, &kept)?;
    link_partitions(&events.join(PARTITIONS), &into.join(PARTITIONS))?;
    link_segments(&log, &kept)?;
    let segments: Vec<u32> = Folder::at(&kept)?.segments()?.into_iter().map(|(number, _)| number).collect();
    // one that was begun and released in between may hold what no partition had when it was linked
    if segments.windows(2).any(|pair| pair[1] != pair[0] + 1) {
        return Ok(false);
    }
    if let Some(newest) = segments.last() {
        let folder = Folder::at(&kept)?;
        let (path, copied) = (folder.path(*newest), kept.join("newest"));
        fs::copy(&path, &copied)?;
        fs::rename(&copied, &path)?;
    }
    Ok(true)
}

/// Links the segments of a log that are not linked yet.
fn link_segments(log: &Path, kept: &Path) -> io::Result<()> {
    if !log.exists() {
        return Ok(());
    }
    let (from, to) = (Folder::at(log)?, Folder::at(kept)?);
    for (number, _) in from.segments()? {
        match fs::hard_link(from.path(number), to.path(number)) {
            // linked before, or released: then the partitions have what was in it
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {}
            linked => linked?,
        }
    }
    Ok(())
}

fn link_partitions(all: &Path, kept: &Path) -> io::Result<()> {
    let Some(names) = names_in(all)? else { return Ok(()) };
    for name in names.iter().filter(|name| Slot::named(name).is_some()) {
        link_partition(&all.join(name), &kept.join(name))?;
    }
    Ok(())
}

/// Links a partition, unless it is dropped meanwhile or nothing was ever written to it.
fn link_partition(from: &Path, to: &Path) -> io::Result<()> {
    for _ in 0..TRIES {
        let Some(meta) = read(&from.join(META))? else { return Ok(()) };
        let segments = segments(&meta)?;
        let Some(names) = names_in(from)? else { return Ok(()) };
        fs::create_dir_all(to)?;
        let is_part = |name: &String| name.split_once('.').is_some_and(|(id, _)| segments.iter().any(|segment| segment == id));
        let mut files = 0;
        for name in names.iter().filter(|name| is_part(name) || *name == MANAGED) {
            match fs::hard_link(from.join(name), to.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                linked => {
                    linked?;
                    files += usize::from(is_part(name));
                }
            }
        }
        fs::write(to.join(META), &meta)?;
        // a merge deletes what it replaced after it has written which files there are now
        if files == segments.len() * FILES || read(&from.join(META))?.is_some_and(|now| now == meta) {
            return Ok(());
        }
        fs::remove_dir_all(to)?;
    }
    Err(restless())
}

/// The part of a `meta.json` that names files.
#[derive(Deserialize)]
struct Meta {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    segment_id: uuid::Uuid,
}

/// What the names of a partition's files begin with.
fn segments(meta: &[u8]) -> io::Result<Vec<String>> {
    let meta: Meta = serde_json::from_slice(meta)?;
    Ok(meta.segments.iter().map(|segment| segment.segment_id.simple().to_string()).collect())
}

/// The names in a folder; `None` where there is none.
fn names_in(folder: &Path) -> io::Result<Option<Vec<String>>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map(Some)
}

/// What is in a file; `None` where there is none.
fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}
