//! The partitions that there are.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use vigie_domain::telemetry::{EventKind, EventStoreStatus, Retention};
use vigie_domain::{Error, Result, Timestamp};

use super::partition::Partition;
use crate::error;
use crate::slot::{Horizon, Slot};

type Partitions = BTreeMap<Slot, Arc<Partition>>;

/// All partitions. Readers take what is there at once; only the writer and the retention change it.
pub(super) struct Shelf {
    folder: PathBuf,
    partitions: ArcSwap<Partitions>,
    horizon: Horizon,
}

impl Shelf {
    /// Opens the partitions below a folder.
    pub(super) fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(Error::storage)?;
        let mut partitions = Partitions::new();
        for entry in fs::read_dir(&folder).map_err(Error::storage)? {
            let name = entry.map_err(Error::storage)?.file_name();
            let Some(slot) = name.to_str().and_then(Slot::named) else { continue };
            partitions.insert(slot, Arc::new(Partition::open(&folder, slot).map_err(error::engine)?));
        }
        Ok(Self { folder, partitions: ArcSwap::from_pointee(partitions), horizon: Horizon::default() })
    }

    /// The partition of a slot, made where it is missing; `None` when its day was dropped.
    pub(super) fn get_or_make(&self, slot: Slot) -> tantivy::Result<Option<Arc<Partition>>> {
        if let Some(partition) = self.partitions.load().get(&slot) {
            return Ok(Some(partition.clone()));
        }
        if self.is_gone(slot) {
            return Ok(None);
        }
        let made = Arc::new(Partition::open(&self.folder, slot)?);
        self.partitions.rcu(|partitions| {
            let mut partitions = Partitions::clone(partitions);
            partitions.insert(slot, made.clone());
            partitions
        });
        Ok(Some(made))
    }

    pub(super) fn is_gone(&self, slot: Slot) -> bool {
        self.horizon.is_gone(slot)
    }

    /// The partitions of these kinds (all when empty) with days in the range, in order of time.
    pub(super) fn within(&self, kinds: &[EventKind], from: Timestamp, to: Timestamp) -> Vec<Arc<Partition>> {
        let partitions = self.partitions.load();
        let wanted = |slot: &Slot| (kinds.is_empty() || kinds.contains(&slot.kind)) && slot.begin() < to && slot.end() > from;
        partitions.iter().filter(|(slot, _)| wanted(slot)).map(|(_, partition)| partition.clone()).collect()
    }

    /// Drops days that are older than they are to be kept; how many.
    pub(super) fn retain(&self, now: Timestamp, rules: &[Retention]) -> Result<usize> {
        self.horizon.set(now, rules);
        let old: Vec<_> = self.partitions.load().values().filter(|partition| self.is_gone(partition.slot)).cloned().collect();
        self.partitions.rcu(|partitions| {
            let mut partitions = Partitions::clone(partitions);
            partitions.retain(|slot, _| !self.is_gone(*slot));
            partitions
        });
        for partition in &old {
            partition.delete().map_err(Error::storage)?;
            tracing::info!(partition = partition.slot.name(), "a day of events is dropped");
        }
        Ok(old.len())
    }

    pub(super) fn describe(&self, status: &mut EventStoreStatus) {
        let partitions = self.partitions.load();
        status.partitions = partitions.len();
        status.oldest = partitions.keys().next().map(|slot| slot.begin());
        status.events = partitions.values().map(|partition| partition.searcher().num_docs()).sum();
        status.bytes = partitions.values().map(|partition| partition.bytes()).sum();
    }
}
