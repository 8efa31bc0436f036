//! The disk: one file of bounded size. It survives a restart; whatever is wrong with it, at worst it begins empty.

mod file;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use vigie_domain::cache::CacheLevel;

use crate::cache::EVERYTHING;
use crate::record::LocalMark;
use file::File;
use writer::{Command, Writer};

/// Tags remembered one by one; beyond that all values are given up, which costs time and is never wrong.
const REMEMBERED: usize = 10_000;
/// Bytes that may wait to be written; what comes beyond is not kept.
const QUEUE: u64 = 64 << 20;
/// The largest value kept.
const LARGEST: usize = 16 << 20;

/// Bytes to take on the file system of a folder: a tenth of what is free there, at most `most`.
pub fn room(folder: &Path, most: u64) -> u64 {
    let free = nix::sys::statvfs::statvfs(folder).map_or(0, |fs| fs.blocks_available().saturating_mul(fs.fragment_size()));
    (free / 10).min(most)
}

/// Values in a file. Cheap to clone; the file is written by a thread of its own, which ends with the last clone.
#[derive(Clone)]
pub struct Disk(Arc<Shelf>);

struct Shelf {
    file: Arc<File>,
    writer: Writer,
    state: Mutex<State>,
    limit: u64,
    evictions: Arc<AtomicU64>,
}

/// Versions of tags as this node knows them; the file has them too.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub epoch: u64,
    pub session: u64,
    pub versions: HashMap<String, u64>,
}

impl Disk {
    /// Opens `cache.redb` in the folder, or makes it; a file that cannot be read is replaced. Values take at most `limit` bytes.
    pub fn open(folder: &Path, limit: u64) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (file, state) = File::open(&folder.join("cache.redb"))?;
        let (file, evictions) = (Arc::new(file), Arc::new(AtomicU64::new(0)));
        let writer = Writer::start(Arc::clone(&file), limit, Arc::clone(&evictions))?;
        Ok(Self(Arc::new(Shelf { file, writer, state: Mutex::new(state), limit, evictions })))
    }

    /// Waits until everything said so far is in the file.
    pub async fn settle(&self) {
        self.0.writer.settle().await;
    }

    /// A record, with the end of its time.
    pub(crate) async fn read(&self, key: &str) -> Option<(i64, Bytes)> {
        let (file, key) = (Arc::clone(&self.0.file), key.to_owned());
        // a panic over a damaged file is a fault of the file
        let read = tokio::task::spawn_blocking(move || file.read(&key)).await;
        if let Ok(Ok(found)) = read {
            return found;
        }
        tracing::warn!("the cache on disk is damaged and begins empty");
        self.0.writer.say(Command::Reset);
        None
    }

    pub(crate) fn write(&self, key: String, record: Bytes, keep_until: i64, now: i64) {
        let writer = &self.0.writer;
        if record.len() > LARGEST || writer.queued() > QUEUE {
            metrics::counter!("cache_skipped_writes_total", "level" => "l3").increment(1);
            return;
        }
        writer.say(Command::Put { key, record, keep_until, now });
    }

    /// Takes the record away that ends then; one written since stays.
    pub(crate) fn remove(&self, key: &str, keep_until: i64) {
        self.0.writer.say(Command::Remove(key.to_owned(), keep_until));
    }

    /// How it stands now, for a value about to be made.
    pub(crate) fn mark(&self, tags: &[String]) -> LocalMark {
        let state = self.state();
        let versions = tags.iter().map(|tag| state.version(tag)).collect();
        LocalMark { epoch: state.epoch, session: state.session, versions }
    }

    /// Whether nothing fell since.
    pub(crate) fn holds(&self, mark: &LocalMark, tags: &[String]) -> bool {
        let state = self.state();
        mark.epoch == state.epoch
            && mark.versions.len() == tags.len()
            && tags.iter().zip(&mark.versions).all(|(tag, version)| state.version(tag) == *version)
    }

    /// Whether other nodes were heard all the time since.
    pub(crate) fn is_of_session(&self, mark: &LocalMark) -> bool {
        mark.session == self.state().session
    }

    pub(crate) fn begin_session(&self) {
        let mut state = self.state();
        state.session += 1;
        // under the lock, so that the file hears in the same order
        self.0.writer.say(Command::Session(state.session));
    }

    pub(crate) fn invalidate(&self, tags: &[&str]) {
        let mut state = self.state();
        if tags.contains(&EVERYTHING) || state.versions.len() + tags.len() > REMEMBERED {
            state.epoch += 1;
            state.versions.clear();
            self.0.writer.say(Command::Epoch(state.epoch));
            return;
        }
        for &tag in tags {
            let version = state.versions.entry(tag.to_owned()).or_default();
            *version += 1;
            self.0.writer.say(Command::Version(tag.to_owned(), *version));
        }
    }

    pub(crate) fn level(&self, level: &'static str) -> CacheLevel {
        let (entries, bytes) = self.0.file.size();
        let is_whole = self.0.writer.is_well();
        CacheLevel {
            level,
            kind: "disk",
            status: if is_whole { "healthy" } else { "degraded" },
            detail: (!is_whole).then(|| "the cache on disk cannot be written".to_owned()),
            entries: Some(entries),
            bytes: Some(bytes),
            max_bytes: Some(self.0.limit),
            evictions: Some(self.0.evictions.load(Ordering::Relaxed)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn version(&self, tag: &str) -> u64 {
        self.versions.get(tag).copied().unwrap_or(0)
    }
}
