//! How records stand in a segment.
//!
//! ```text
//! segment  = "VGWAL\0\0\x01" number:u32 frame*
//! frame    = length:u32 crc:u32 payload           numbers are little-endian
//! ```
//! The highest bit of the length marks a marker: its payload is the offset up to which the segment was on the disk when it was written. The
//! checksum (CRC-32) covers segment, offset, length and payload, so a frame that stands where it was not written does not count.

use super::{LONGEST_RECORD, Position};

/// First bytes of a segment; the last one is the version of the format.
const MAGIC: [u8; 8] = *b"VGWAL\0\0\x01";
/// Length of a segment's header.
pub(super) const HEADER: usize = 12;
/// Length of a frame without its payload.
pub(super) const OVERHEAD: usize = 8;
const MARKER: u32 = 1 << 31;

/// The header of a segment.
pub(super) fn header(segment: u32) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..].copy_from_slice(&segment.to_le_bytes());
    bytes
}

/// Appends a record that will stand at `at`.
pub(super) fn put_record(into: &mut Vec<u8>, at: Position, payload: &[u8]) {
    put(into, at, payload.len() as u32, payload);
}

/// Appends a marker that will stand at `at`: everything before `synced` is on the disk.
pub(super) fn put_marker(into: &mut Vec<u8>, at: Position, synced: u32) {
    put(into, at, 4 | MARKER, &synced.to_le_bytes());
}

fn put(into: &mut Vec<u8>, at: Position, length: u32, payload: &[u8]) {
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&checksum(at, length, payload).to_le_bytes());
    into.extend_from_slice(payload);
}

fn checksum(at: Position, length: u32, payload: &[u8]) -> u32 {
    let mut place = [0; 12];
    place[..8].copy_from_slice(&at.number().to_le_bytes());
    place[8..].copy_from_slice(&length.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&place);
    hasher.update(payload);
    hasher.finalize()
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// A record, and the length of its payload.
    Record(usize),
    /// Everything before this offset was on the disk when the marker was written.
    Marker(u32),
    /// More bytes are needed: so many in all.
    Short(usize),
    /// Nothing that was written there.
    Bad,
}

impl Frame {
    /// Bytes it takes.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Record(length) => OVERHEAD + length,
            Self::Marker(_) => OVERHEAD + 4,
            Self::Short(_) | Self::Bad => 0,
        }
    }
}

/// Reads the frame at the beginning of `bytes`, which stands at `at`.
pub(super) fn read(bytes: &[u8], at: Position) -> Frame {
    let Some((head, rest)) = bytes.split_at_checked(OVERHEAD) else { return Frame::Short(OVERHEAD) };
    let [length, crc] = [0, 4].map(|i| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]));
    let size = (length & !MARKER) as usize;
    let is_marker = length & MARKER != 0;
    if size == 0 || size > LONGEST_RECORD || (is_marker && size != 4) {
        return Frame::Bad;
    }
    let Some(payload) = rest.get(..size) else { return Frame::Short(OVERHEAD + size) };
    if checksum(at, length, payload) != crc {
        return Frame::Bad;
    }
    if is_marker { Frame::Marker(u32::from_le_bytes([payload[0], payload[1], payload[2], payload[3]])) } else { Frame::Record(size) }
}

/// The first whole frame after the beginning of `bytes` for which `wanted` holds: its distance and itself.
pub(super) fn find(bytes: &[u8], at: Position, wanted: impl Fn(Frame) -> bool) -> Option<(usize, Frame)> {
    (1..bytes.len()).find_map(|skip| {
        let frame = read(&bytes[skip..], Position { offset: at.offset + skip as u32, ..at });
        (frame.size() > 0 && wanted(frame)).then_some((skip, frame))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Position = Position { segment: 3, offset: 40 };

    #[test]
    fn a_frame_counts_only_whole_and_where_it_was_written() {
        let mut bytes = Vec::new();
        put_record(&mut bytes, AT, b"hello");
        assert_eq!(read(&bytes, AT), Frame::Record(5));
        assert_eq!(read(&bytes[..4], AT), Frame::Short(8));
        assert_eq!(read(&bytes[..12], AT), Frame::Short(13));
        assert_eq!(read(&bytes, Position { offset: 41, ..AT }), Frame::Bad);
        assert_eq!(read(&bytes, Position { segment: 4, ..AT }), Frame::Bad);
        for i in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[i] ^= 1;
            assert!(!matches!(read(&broken, AT), Frame::Record(_) | Frame::Marker(_)), "byte {i}");
        }
        assert_eq!(read(&[0; 64], AT), Frame::Bad, "a hole in a file is no frame");
    }

    #[test]
    fn the_next_frame_is_found_behind_rubbish() {
        let mut bytes = vec![0xff, 0, 0, 0, 1, 2, 3];
        let skip = bytes.len();
        put_marker(&mut bytes, Position { offset: AT.offset + skip as u32, ..AT }, 40);
        assert_eq!(find(&bytes, AT, |_| true), Some((skip, Frame::Marker(40))));
        assert_eq!(find(&bytes, AT, |frame| matches!(frame, Frame::Record(_))), None);
    }
}
