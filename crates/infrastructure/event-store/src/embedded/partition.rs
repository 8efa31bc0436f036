//! A partition: the events of one kind accepted on one day (UTC), an index in a folder of its own.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::MmapDirectory;
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::store::Compressor;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, SegmentReader};
use vigie_foundation::wal::Position;

use super::schema::{Layout, SPACES, SpaceTokenizer};
use super::sheet::EventDocument;
use super::zones::Zones;
use crate::settings::EmbeddedSettings;
use crate::slot::Slot;

/// An open partition.
pub(super) struct Partition {
    pub(super) slot: Slot,
    index: Index,
    reader: IndexReader,
    folder: PathBuf,
    zones: Mutex<HashMap<SegmentId, Arc<Zones>>>,
}

impl Partition {
    /// Opens the partition in this folder of all partitions, and makes it where it is missing.
    pub(super) fn open(all: &Path, slot: Slot) -> tantivy::Result<Self> {
        let folder = all.join(slot.name());
        fs::create_dir_all(&folder)?;
        let directory = MmapDirectory::open(&folder)?;
        let settings = IndexSettings { docstore_compression: Compressor::Lz4, ..IndexSettings::default() };
        let index = Index::builder().schema(Layout::get().schema.clone()).settings(settings).open_or_create(directory)?;
        index.tokenizers().register(SPACES, SpaceTokenizer::default());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(16).try_into()?;
        Ok(Self { slot, index, reader, folder, zones: Mutex::default() })
    }

    /// What is searchable now.
    pub(super) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// The position in the log up to which it has its events.
    pub(super) fn committed(&self) -> tantivy::Result<Position> {
        let payload = self.index.load_metas()?.payload;
        Ok(payload.and_then(|payload| payload.parse().ok()).unwrap_or(Position::START))
    }

    /// The one who writes to it.
    pub(super) fn writer(&self, settings: &EmbeddedSettings) -> tantivy::Result<IndexWriter<EventDocument>> {
        // one thread merges, so that searches keep a core
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(settings.memory_bytes / settings.writers.max(1))
            .num_worker_threads(settings.writers.max(1))
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter<EventDocument> = self.index.writer_with_options(options)?;
        let mut policy = LogMergePolicy::default();
        policy.set_max_docs_before_merge(5_000_000);
        policy.set_min_layer_size(50_000);
        // wider levels, so that fewer segments wait for company
        policy.set_level_log_size(1.2);
        writer.set_merge_policy(Box::new(policy));
        Ok(writer)
    }

    /// Shows what was committed.
    pub(super) fn reload(&self) -> tantivy::Result<()> {
        self.reader.reload()?;
        let searcher = self.searcher();
        searcher.segment_readers().iter().try_for_each(|reader| self.zones(reader).map(drop))?;
        let is_there = |id: &SegmentId| searcher.segment_readers().iter().any(|reader| reader.segment_id() == *id);
        self.zones.lock().unwrap_or_else(PoisonError::into_inner).retain(|id, _| is_there(id));
        Ok(())
    }

    /// The times of a segment, which are read once.
    pub(super) fn zones(&self, reader: &SegmentReader) -> tantivy::Result<Arc<Zones>> {
        let zones = || self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        let known = zones().get(&reader.segment_id()).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = Arc::new(Zones::of(reader)?);
        zones().insert(reader.segment_id(), read.clone());
        Ok(read)
    }

    /// Segments that a search looks into.
    pub(super) fn segments(&self) -> tantivy::Result<usize> {
        Ok(self.index.searchable_segment_ids()?.len())
    }

    /// Bytes on disk.
    pub(super) fn bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|about| about.len()).sum()
    }
}
