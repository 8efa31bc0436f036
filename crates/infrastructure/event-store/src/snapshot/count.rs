//! Counts what a folder holds that nobody writes to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, ReloadPolicy};
use vigie_domain::telemetry::EventRow;
use vigie_domain::{Error, ErrorKind, Result};
use vigie_foundation::wal::{Folder, Position, Storage as _, Wal, WalSettings};

use super::{LOG, PARTITIONS};
use crate::error;
use crate::slot::Slot;

/// Bytes of the log that are read at once.
const READ_BYTES: usize = 1 << 20;

/// What a folder of events holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AtRest {
    /// Events that a server finds in it, those that it replays from the log included.
    pub events: u64,
    /// Days that are kept apart, kind by kind.
    pub partitions: usize,
    /// Segments of the log.
    pub segments: usize,
}

/// Opens all partitions of a folder and reads its log. Nobody may write to it; the log gets a new segment, as when a server opens it.
///
/// # Errors
/// A partition cannot be opened, or the log ends before what a partition has: then what came next would be taken for known.
pub fn at_rest(folder: &Path) -> Result<AtRest> {
    let mut found = AtRest::default();
    let mut known = BTreeMap::new();
    if let Ok(entries) = fs::read_dir(folder.join(PARTITIONS)) {
        for entry in entries {
            let name = entry.map_err(Error::storage)?.file_name();
            let Some(slot) = name.to_str().and_then(Slot::named) else { continue };
            let opened = partition(&folder.join(PARTITIONS).join(&name));
            let (events, committed) = opened.map_err(|e| wrong(format!("the events of {} cannot be opened: {e}", slot.name())))?;
            found.events += events;
            found.partitions += 1;
            known.insert(slot, committed);
        }
    }
    let log = folder.join(LOG);
    let segments = if log.exists() { Folder::at(&log).and_then(|log| log.segments()).map_err(Error::storage)? } else { Vec::new() };
    found.segments = segments.len();
    let newest = segments.last().map_or(0, |(number, _)| *number);
    if let Some((slot, committed)) = known.iter().find(|(_, committed)| committed.segment > newest) {
        return Err(wrong(format!("{} has events up to {committed} of the log, which ends in segment {newest}", slot.name())));
    }
    if found.segments > 0 {
        found.events += waiting(&log, &known)?;
    }
    Ok(found)
}

fn wrong(detail: String) -> Error {
    Error::new(ErrorKind::StorageFailed, "storage_failed", detail)
}

/// The events of a partition, and up to where it has the log.
fn partition(folder: &Path) -> tantivy::Result<(u64, Position)> {
    let index = Index::open(MmapDirectory::open(folder)?)?;
    let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let committed = index.load_metas()?.payload.and_then(|payload| payload.parse().ok());
    Ok((reader.searcher().num_docs(), committed.unwrap_or(Position::START)))
}

/// The events of the log that no partition has.
fn waiting(log: &Path, known: &BTreeMap<Slot, Position>) -> Result<u64> {
    let folder = Folder::at(log).map_err(Error::storage)?;
    let wal = Wal::open(Arc::new(folder), WalSettings::default()).map_err(error::log)?;
    let (mut reader, mut count) = (wal.reader(Position::START), 0);
    loop {
        let chunk = reader.read(READ_BYTES).map_err(Error::storage)?;
        if chunk.is_empty() {
            return Ok(count);
        }
        let is_known = |slot, at: Position| known.get(&slot).is_some_and(|committed| at < *committed);
        let rows = chunk.records().filter_map(|(at, bytes)| Some((at, EventRow::read(bytes)?)));
        count += rows.filter(|(at, row)| !is_known(Slot::of(row.kind, row.at), *at)).count() as u64;
    }
}
