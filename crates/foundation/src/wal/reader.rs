//! Reading a log in order.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::watch;

use super::frame::{self, Frame, HEADER, OVERHEAD};
use super::sync::Synced;
use super::{Position, SegmentFile, Storage};

/// Records that were read together.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    bytes: Bytes,
    records: Vec<(Position, Range<usize>)>,
    /// After the last record: where to go on.
    pub end: Position,
    /// What was synced once and cannot be read any more.
    pub damage: Vec<Damage>,
}

/// A part of the log that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Where it begins.
    pub at: Position,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Chunk {
    /// The records with their positions.
    pub fn records(&self) -> impl ExactSizeIterator<Item = (Position, &[u8])> {
        self.records.iter().map(|(at, range)| (*at, &self.bytes[range.clone()]))
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

/// Reads records in order, up to what is synced.
pub struct WalReader {
    storage: Arc<dyn Storage>,
    synced: watch::Receiver<Synced>,
    next: Position,
    open: Option<(u32, Arc<dyn SegmentFile>)>,
}

impl WalReader {
    pub(super) fn new(storage: Arc<dyn Storage>, synced: watch::Receiver<Synced>, from: Position) -> Self {
        Self { storage, synced, next: from, open: None }
    }

    /// Where it goes on.
    pub fn position(&self) -> Position {
        self.next
    }

    /// The next records, of about so many bytes; empty when there are no more yet.
    pub fn read(&mut self, about: usize) -> io::Result<Chunk> {
        let limit = self.synced.borrow().clone().map_err(io::Error::other)?;
        let mut chunk = Chunk { end: self.next, ..Chunk::default() };
        while chunk.is_empty() && self.next < limit {
            let Some((segment, length)) = self.segment()? else { break };
            let end = if segment == limit.segment { u64::from(limit.offset) } else { length };
            if u64::from(self.next.offset) >= end {
                if segment >= limit.segment {
                    break;
                }
                self.next = Position { segment: segment + 1, offset: 0 };
                continue;
            }
            self.fill(&mut chunk, end, about)?;
        }
        chunk.end = self.next;
        Ok(chunk)
    }

    /// Number and length of the segment to read from: that of the position, or the next that there is. Its length is asked for each time, as
    /// the newest one grows.
    fn segment(&mut self) -> io::Result<Option<(u32, u64)>> {
        let found = self.storage.segments()?.into_iter().find(|(number, _)| *number >= self.next.segment);
        let Some((number, length)) = found else { return Ok(None) };
        if number > self.next.segment {
            self.next = Position { segment: number, offset: 0 };
        }
        self.next.offset = self.next.offset.max(HEADER as u32);
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            self.open = Some((number, self.storage.open(number)?));
        }
        Ok(Some((number, length)))
    }

    /// Reads a stretch of the open segment and the frames in it; more where the first frame is longer.
    fn fill(&mut self, chunk: &mut Chunk, end: u64, about: usize) -> io::Result<()> {
        let Some((_, file)) = &self.open else { return Ok(()) };
        let left = usize::try_from(end - u64::from(self.next.offset)).unwrap_or(usize::MAX);
        let mut want = about.max(OVERHEAD);
        loop {
            let mut bytes = BytesMut::zeroed(want.min(left));
            let count = file.read_at(&mut bytes, self.next.offset.into())?;
            bytes.truncate(count);
            let is_all = count >= left || count < want.min(left);
            match parse(chunk, self.next, &bytes, is_all) {
                Parsed::Until(next) => {
                    self.next = next;
                    chunk.bytes = bytes.freeze();
                    return Ok(());
                }
                Parsed::Needs(more) => want = more,
            }
        }
    }
}

enum Parsed {
    /// The place after what was read.
    Until(Position),
    /// The first frame is this long.
    Needs(usize),
}

/// Reads the frames of `bytes`, which begin at `from`; `is_all` when nothing follows them.
fn parse(chunk: &mut Chunk, from: Position, bytes: &[u8], is_all: bool) -> Parsed {
    let mut done = 0;
    while done < bytes.len() {
        let at = Position { offset: from.offset + done as u32, ..from };
        match frame::read(&bytes[done..], at) {
            frame @ (Frame::Record(_) | Frame::Marker(_)) => {
                if let Frame::Record(length) = frame {
                    chunk.records.push((at, done + OVERHEAD..done + OVERHEAD + length));
                }
                done += frame.size();
            }
            Frame::Short(_) if !is_all && done > 0 => break,
            Frame::Short(needed) if !is_all => return Parsed::Needs(needed),
            Frame::Short(_) | Frame::Bad => {
                let found = frame::find(&bytes[done..], at, |_| true);
                if found.is_none() && !is_all {
                    // the next whole frame may stand behind what was read
                    return if done > 0 { Parsed::Until(at) } else { Parsed::Needs(bytes.len() * 2) };
                }
                let skip = found.map_or(bytes.len() - done, |(skip, _)| skip);
                chunk.damage.push(Damage { at, bytes: skip as u64 });
                metrics::counter!("wal_damaged_bytes_total").increment(skip as u64);
                done += skip;
            }
        }
    }
    Parsed::Until(Position { offset: from.offset + done as u32, ..from })
}
