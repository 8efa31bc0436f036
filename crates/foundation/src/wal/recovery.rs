//! What stands in a log that is opened: where its newest segment ends, and what was lost.

use std::io;

use super::frame::{self, Frame, HEADER};
use super::{Position, SegmentFile, Storage};

/// What opening a log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Segments that were there.
    pub segments: usize,
    /// Bytes they hold.
    pub bytes: u64,
    /// Bytes cut off the end of the newest one: written, but never synced.
    pub torn_bytes: u64,
    /// The highest number of a segment, 0 where there was none.
    pub newest: u32,
}

/// Looks the segments over, and cuts the torn end off the newest one.
pub(super) fn recover(storage: &dyn Storage) -> io::Result<Recovery> {
    let mut found = storage.segments()?;
    let mut recovery = Recovery { newest: found.last().map_or(0, |(number, _)| *number), ..Recovery::default() };
    if let Some((number, length)) = found.last_mut() {
        let end = end_of(&*storage.open(*number)?, *number, *length)?;
        if end < *length {
            recovery.torn_bytes = *length - end;
            storage.open(*number)?.truncate(end)?;
            *length = end;
        }
    }
    recovery.segments = found.len();
    recovery.bytes = found.iter().map(|(_, length)| length).sum();
    Ok(recovery)
}

/// Where the newest segment ends: after its last whole frame, unless a marker behind a broken one says that this one was synced. Then it is
/// damage, which stays for the reader to report.
fn end_of(file: &dyn SegmentFile, segment: u32, length: u64) -> io::Result<u64> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    let count = file.read_at(&mut bytes, 0)?;
    bytes.truncate(count);
    if bytes.get(..HEADER) != Some(&frame::header(segment)[..]) {
        // a header is synced before any record is promised; without it there is nothing
        return Ok(if has_frames(&bytes, segment) { length } else { 0 });
    }
    let mut end = HEADER;
    loop {
        let at = Position { segment, offset: end as u32 };
        let frame = frame::read(&bytes[end..], at);
        if frame.size() > 0 {
            end += frame.size();
            continue;
        }
        let promised = |frame| matches!(frame, Frame::Marker(synced) if synced as usize > end);
        match frame::find(&bytes[end..], at, promised) {
            Some((skip, _)) => end += skip,
            None => return Ok(end as u64),
        }
    }
}

fn has_frames(bytes: &[u8], segment: u32) -> bool {
    frame::find(bytes, Position { segment, offset: 0 }, |_| true).is_some()
}
