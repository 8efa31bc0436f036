//! Batches of events: one buffer, in the form in which the write-ahead log keeps it and the stores read it.
//!
//! ```text
//! row   = kind:u8 at:i64 value*
//! value = field:u8 length:varint bytes      text as UTF-8, numbers and times as i64, addresses as 4 or 16 bytes; little-endian
//! ```

use std::net::IpAddr;

use super::event::{AT, EventField, EventKind, EventValue, FIELDS, FieldType, HOST, KIND, StoredEvent};
use crate::Timestamp;

/// Longest text kept, in bytes; what is longer is cut and counted.
pub const LONGEST_TEXT: usize = 32 << 10;
/// Longest keyword kept, in bytes; what is longer is cut and counted.
pub const LONGEST_KEYWORD: usize = 1 << 10;
/// Most values kept of one event; what goes beyond is left out and counted.
pub const MOST_VALUES: usize = 512;

/// 9999-12-31T23:59:59.999Z.
const LAST_MOMENT: i64 = 253_402_300_799_999;
/// Kind and time.
const HEAD: usize = 9;

/// Events that are handed over together.
#[derive(Clone, Debug, Default)]
pub struct EventBatch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    cut: u64,
}

impl EventBatch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for so many events of so many bytes in all.
    pub fn with_capacity(events: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::with_capacity(events), cut: 0 }
    }

    /// Begins an event that was accepted at `at`, in the years 1970 to 9999; it is in the batch when the writer is dropped.
    pub fn begin(&mut self, kind: EventKind, at: Timestamp) -> EventWriter<'_> {
        self.bytes.push(kind as u8);
        self.bytes.extend_from_slice(&at.0.clamp(0, LAST_MOMENT).to_le_bytes());
        EventWriter { batch: self, values: 0 }
    }

    /// Adds an event that a store gave back.
    pub fn push(&mut self, event: &StoredEvent) {
        let values = event.values.iter().filter(|(field, _)| field.number != KIND.number && field.number != AT.number);
        let writer = self.begin(event.kind, event.at);
        drop(values.fold(writer, |writer, (field, value)| match value {
            EventValue::Text(text) => writer.text(field, text),
            EventValue::Integer(number) => writer.integer(field, *number),
            EventValue::Address(address) => writer.address(field, *address),
            EventValue::Time(at) => writer.time(field, *at),
        }));
    }

    /// Adds an event of another batch.
    pub fn push_row(&mut self, row: &[u8]) {
        self.bytes.extend_from_slice(row);
        self.ends.push(self.bytes.len());
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no event.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all events.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Values that were cut or left out because they were too long or too many.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// Takes all events out; the room stays.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.cut = 0;
    }

    /// The events as bytes, for [`EventRow::read`].
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}

/// Writes one event.
#[derive(Debug)]
pub struct EventWriter<'a> {
    batch: &'a mut EventBatch,
    values: usize,
}

impl EventWriter<'_> {
    /// A text or keyword; empty ones are left out. Hosts are kept in lower case, as their names do not tell cases apart (RFC 4343).
    pub fn text(mut self, field: &EventField, text: &str) -> Self {
        debug_assert!(matches!(field.kind, FieldType::Text | FieldType::Keyword) && field.number != KIND.number, "{}", field.name);
        let limit = if field.kind == FieldType::Text { LONGEST_TEXT } else { LONGEST_KEYWORD };
        let kept = &text[..text.floor_char_boundary(limit)];
        self.batch.cut += u64::from(kept.len() < text.len());
        if field.number == HOST.number && kept.chars().any(char::is_uppercase) {
            self.put(field, kept.to_lowercase().as_bytes());
        } else if !kept.is_empty() {
            self.put(field, kept.as_bytes());
        }
        self
    }

    /// An attribute, asked for as `attrs.key`.
    pub fn attr(mut self, key: &str, value: &str) -> Self {
        let key = &key[..key.floor_char_boundary(LONGEST_KEYWORD / 2)];
        let kept = &value[..value.floor_char_boundary(LONGEST_KEYWORD - key.len() - 1)];
        self.batch.cut += u64::from(kept.len() < value.len());
        self.put_all(super::event::ATTRS, &[key.as_bytes(), b"=", kept.as_bytes()]);
        self
    }

    /// An integer.
    pub fn integer(mut self, field: &EventField, number: i64) -> Self {
        debug_assert!(field.kind == FieldType::Integer, "{}", field.name);
        let number = field.limits().map_or(number, |(least, most)| number.clamp(least, most));
        self.put(field, &number.to_le_bytes());
        self
    }

    /// An address.
    pub fn address(mut self, field: &EventField, address: IpAddr) -> Self {
        debug_assert!(field.kind == FieldType::Address, "{}", field.name);
        match address.to_canonical() {
            IpAddr::V4(v4) => self.put(field, &v4.octets()),
            IpAddr::V6(v6) => self.put(field, &v6.octets()),
        }
        self
    }

    /// A moment.
    pub fn time(mut self, field: &EventField, at: Timestamp) -> Self {
        debug_assert!(field.kind == FieldType::Time && field.number != AT.number, "{}", field.name);
        self.put(field, &at.0.to_le_bytes());
        self
    }

    fn put(&mut self, field: &EventField, bytes: &[u8]) {
        self.put_all(field, &[bytes]);
    }

    /// A value in pieces.
    fn put_all(&mut self, field: &EventField, pieces: &[&[u8]]) {
        if self.values == MOST_VALUES {
            self.batch.cut += 1;
            return;
        }
        self.values += 1;
        let into = &mut self.batch.bytes;
        into.push(field.number);
        let mut length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
        while length >= 0x80 {
            into.push(length as u8 | 0x80);
            length >>= 7;
        }
        into.push(length as u8);
        for piece in pieces {
            into.extend_from_slice(piece);
        }
    }
}

impl Drop for EventWriter<'_> {
    fn drop(&mut self) {
        self.batch.ends.push(self.batch.bytes.len());
    }
}

/// An event as it stands in a batch or in the write-ahead log.
#[derive(Clone, Copy, Debug)]
pub struct EventRow<'a> {
    /// What it is.
    pub kind: EventKind,
    /// When it was accepted.
    pub at: Timestamp,
    values: &'a [u8],
}

/// A value as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowValue<'a> {
    /// Of a text or keyword.
    Text(&'a str),
    /// Of an integer or a time.
    Number(i64),
    /// Of an address.
    Address(IpAddr),
}

impl<'a> EventRow<'a> {
    /// Reads an event; `None` when the bytes are none.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, values) = bytes.split_at_checked(HEAD)?;
        let kind = *EventKind::ALL.get(usize::from(head[0]))?;
        let at = Timestamp(i64::from_le_bytes(head[1..].try_into().ok()?));
        Some(Self { kind, at, values })
    }

    /// Its values in the order in which they were written. Fields of a later version are left out.
    pub fn values(&self) -> impl Iterator<Item = (&'static EventField, RowValue<'a>)> + use<'a> {
        let mut rest = self.values;
        std::iter::from_fn(move || take(&mut rest)).filter_map(|(number, bytes)| {
            let field = FIELDS.get(usize::from(number))?;
            Some((field, RowValue::read(field, bytes)?))
        })
    }
}

impl<'a> RowValue<'a> {
    fn read(field: &EventField, bytes: &'a [u8]) -> Option<Self> {
        Some(match field.kind {
            FieldType::Text | FieldType::Keyword => Self::Text(std::str::from_utf8(bytes).ok()?),
            FieldType::Integer | FieldType::Time => Self::Number(i64::from_le_bytes(bytes.try_into().ok()?)),
            FieldType::Address => match bytes.len() {
                4 => Self::Address(<[u8; 4]>::try_from(bytes).ok()?.into()),
                _ => Self::Address(<[u8; 16]>::try_from(bytes).ok()?.into()),
            },
        })
    }

    /// The same on its own.
    pub fn owned(self, field: &EventField) -> EventValue {
        match self {
            Self::Text(text) => EventValue::Text(text.to_owned()),
            Self::Number(number) if field.kind == FieldType::Time => EventValue::Time(Timestamp(number)),
            Self::Number(number) => EventValue::Integer(number),
            Self::Address(address) => EventValue::Address(address),
        }
    }
}

/// Takes the next value off; `None` at the end, or where the bytes are none.
fn take<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (number, mut bytes) = rest.split_first()?;
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (byte, after) = bytes.split_first()?;
        bytes = after;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
        if shift > 28 {
            return None;
        }
    }
    let (value, after) = bytes.split_at_checked(length)?;
    *rest = after;
    Some((*number, value))
}

#[cfg(test)]
mod tests {
    use super::super::event::{ATTRS, BYTES, MESSAGE, SEVERITY, SRC_IP};
    use super::*;

    #[test]
    fn events_are_read_as_written() {
        let mut batch = EventBatch::new();
        let long = "é".repeat(LONGEST_TEXT);
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        batch.begin(EventKind::Trap, Timestamp(5)).text(HOST, "Core-SW1").integer(SEVERITY, 9).integer(BYTES, -3).address(SRC_IP, address);
        batch.begin(EventKind::Log, Timestamp(i64::MAX)).text(MESSAGE, &long).attr("site", "lyon").attr("site", "paris");
        drop(batch.begin(EventKind::Flow, Timestamp(0)));
        assert_eq!((batch.len(), batch.cut()), (3, 1));
        let rows: Vec<_> = batch.rows().map(|bytes| EventRow::read(bytes).unwrap()).collect();
        assert_eq!((rows[0].kind, rows[0].at), (EventKind::Trap, Timestamp(5)));
        let values: Vec<_> = rows[0].values().map(|(field, value)| (field.name, value)).collect();
        let expected = [
            ("host", RowValue::Text("core-sw1")),
            ("severity", RowValue::Number(7)),
            ("bytes", RowValue::Number(-3)),
            ("src_ip", RowValue::Address(address)),
        ];
        assert_eq!(values, expected);
        assert_eq!(rows[1].at.to_string(), "9999-12-31T23:59:59.999Z");
        let values: Vec<_> = rows[1].values().collect();
        assert!(matches!(values[0].1, RowValue::Text(text) if text.len() == LONGEST_TEXT && long.starts_with(text)));
        assert_eq!((values[2].0.name, values[2].1), (ATTRS.name, RowValue::Text("site=paris")));
        assert_eq!((rows[2].kind, rows[2].values().count()), (EventKind::Flow, 0));
    }

    #[test]
    fn rubbish_is_no_event_and_ends_no_process() {
        assert!(EventRow::read(&[0; 8]).is_none());
        assert!(EventRow::read(&[9; 9]).is_none());
        for last in 0..=255 {
            let bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, last, 0xff, 0xff, 0xff, 0xff, 0xff, last];
            assert_eq!(EventRow::read(&bytes).unwrap().values().count(), 0);
        }
    }
}
