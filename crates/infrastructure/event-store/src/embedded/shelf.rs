//! The partitions that there are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use vigie_domain::telemetry::{EventKind, EventStoreStatus, Retention};
use vigie_domain::{Error, Result, Timestamp};

use super::partition::Partition;
use crate::slot::{Horizon, Slot};

/// What the name of a partition ends in once it is dropped: what is left of it is deleted.
const GONE: &str = ".gone";
/// What the name of a partition ends in that cannot be opened; for people to look into.
const ASIDE: &str = ".aside";

type Partitions = BTreeMap<Slot, Arc<Partition>>;

/// All partitions. Readers take what is there at once; only the writer and the retention change it.
pub(super) struct Shelf {
    folder: PathBuf,
    partitions: ArcSwap<Partitions>,
    horizon: Horizon,
}

impl Shelf {
    /// Opens the partitions below a folder. One that cannot be opened is set aside: the others, and what comes, are not lost with it.
    pub(super) fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).map_err(Error::storage)?;
        let mut partitions = Partitions::new();
        for entry in fs::read_dir(&folder).map_err(Error::storage)? {
            let name = entry.map_err(Error::storage)?.file_name();
            if name.to_str().is_some_and(|name| name.ends_with(GONE)) {
                remove(&folder.join(&name));
            }
            let Some(slot) = name.to_str().and_then(Slot::named) else { continue };
            match Partition::open(&folder, slot) {
                Ok(partition) => {
                    partitions.insert(slot, Arc::new(partition));
                }
                Err(fault) => {
                    let mut names = (1_u32..).map(|number| folder.join(format!("{}.{number}{ASIDE}", slot.name())));
                    let aside = names.find(|name| !name.exists()).unwrap_or_default();
                    tracing::error!(partition = slot.name(), %fault, aside = %aside.display(), "a day of events cannot be opened and is set aside");
                    fs::rename(folder.join(&name), aside).map_err(Error::storage)?;
                }
            }
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
            let gone = self.folder.join(format!("{}{GONE}", partition.slot.name()));
            fs::rename(self.folder.join(partition.slot.name()), &gone).map_err(Error::storage)?;
            remove(&gone);
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

/// Deletes what is left of a partition. What cannot be deleted now is tried again at the next start.
fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "a day of events that was dropped cannot be deleted");
    }
}
