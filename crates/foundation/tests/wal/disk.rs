//! A disk in memory that loses what was not synced, and that can refuse.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use vigie_foundation::wal::{SegmentFile, Storage};

#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<u32, Content>,
    syncs: usize,
    writes_fail: bool,
    syncs_fail: bool,
}

#[derive(Default, Clone)]
struct Content {
    bytes: Vec<u8>,
    synced: usize,
}

impl Disk {
    pub fn syncs(&self) -> usize {
        self.state().syncs
    }

    /// Whatever is written from now on fails; what was not synced is gone, but for so many bytes of each segment.
    pub fn lose_power(&self, keep: u64) {
        let mut state = self.state();
        (state.writes_fail, state.syncs_fail) = (true, true);
        for content in state.files.values_mut() {
            let keep = content.synced + keep as usize;
            content.bytes.truncate(keep);
        }
    }

    pub fn come_back(&self) {
        let mut state = self.state();
        (state.writes_fail, state.syncs_fail) = (false, false);
    }

    pub fn fail_writes(&self, fail: bool) {
        self.state().writes_fail = fail;
    }

    pub fn fail_syncs(&self, fail: bool) {
        self.state().syncs_fail = fail;
    }

    pub fn change(&self, segment: u32, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.state().files.get_mut(&segment).unwrap().bytes);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Storage for Disk {
    fn segments(&self) -> io::Result<Vec<(u32, u64)>> {
        Ok(self.state().files.iter().map(|(number, content)| (*number, content.bytes.len() as u64)).collect())
    }

    fn create(&self, segment: u32) -> io::Result<Arc<dyn SegmentFile>> {
        assert!(self.state().files.insert(segment, Content::default()).is_none(), "segment {segment} is there");
        self.open(segment)
    }

    fn open(&self, segment: u32) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(Open { disk: self.clone(), segment }))
    }

    fn remove(&self, segment: u32) -> io::Result<()> {
        self.state().files.remove(&segment);
        Ok(())
    }
}

struct Open {
    disk: Disk,
    segment: u32,
}

impl Open {
    fn with<T>(&self, act: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut state = self.disk.state();
        state.files.get_mut(&self.segment).map(act).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl SegmentFile for Open {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let fails = self.disk.state().writes_fail;
        // a write that fails leaves a part
        let part = if fails { &bytes[..bytes.len() / 2] } else { bytes };
        self.with(|content| content.bytes.extend_from_slice(part))?;
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&self) -> io::Result<()> {
        let fails = {
            let mut state = self.disk.state();
            state.syncs += 1;
            state.syncs_fail
        };
        if fails { Err(io::Error::other("the disk is gone")) } else { self.with(|content| content.synced = content.bytes.len()) }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(|content| {
            let rest = content.bytes.get(offset as usize..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            count
        })
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.with(|content| {
            content.bytes.truncate(length as usize);
            content.synced = content.synced.min(content.bytes.len());
        })
    }
}
