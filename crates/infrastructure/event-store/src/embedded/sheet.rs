//! Sheets of events: what is handed to the threads that index. An event on a sheet is a document that lends its values; nothing of it is
//! copied or allocated on its own.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::Range;
use std::slice;
use std::sync::Arc;

use tantivy::DateTime;
use tantivy::indexer::UserOperation;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf};
use tantivy::schema::{Document, Field, Value};
use tokio::sync::OwnedSemaphorePermit;
use vigie_domain::Timestamp;
use vigie_domain::telemetry::event::{AT, KIND};
use vigie_domain::telemetry::{EventRow, FieldType, RowValue};
use vigie_foundation::wal::Position;

use super::schema::Layout;
use crate::tokens::Tokens;

/// Events of a sheet: enough that handing it over costs nothing, so few that all threads get some.
const EVENTS: usize = 256;
/// Bytes at which it is full with fewer.
const BYTES: usize = 256 << 10;

/// Room for what is not indexed yet; free again with the last sheet that is made of it.
pub(super) type Room = Arc<OwnedSemaphorePermit>;

/// Events that are written together.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rows: Vec<u8>,
    texts: String,
    values: Vec<(Field, Kept)>,
    /// Where the values of each event end.
    ends: Vec<usize>,
    _room: Option<Room>,
}

/// A value; texts and rows by their place.
#[derive(Debug, Clone)]
enum Kept {
    Row(Range<u32>),
    Text(Range<u32>),
    Position(u64),
    Number(i64),
    Moment(DateTime),
    Address(Ipv6Addr),
}

impl Sheet {
    /// Adds an event, and the bytes and tokens of it.
    pub(super) fn add(&mut self, row: &EventRow<'_>, at: Position, bytes: &[u8], tokens: &Tokens) {
        let layout = Layout::get();
        let begin = self.rows.len();
        self.rows.extend_from_slice(bytes);
        self.put(layout.row, Kept::Row(begin as u32..self.rows.len() as u32));
        self.put(layout.position, Kept::Position(at.number()));
        for (field, text) in [(layout.words, &tokens.words), (layout.parts, &tokens.parts), (layout.about, &tokens.about)] {
            if !text.is_empty() {
                self.put_text(field, text);
            }
        }
        if let (Some(kind), Some(at)) = (layout.field(KIND), layout.field(AT)) {
            self.put_text(kind, row.kind.name());
            self.put(at, Kept::Moment(moment(row.at)));
        }
        for (field, value) in row.values() {
            let Some(own) = layout.field(field) else { continue };
            match value {
                RowValue::Text(text) => self.put_text(own, text),
                RowValue::Number(number) if field.kind == FieldType::Time => self.put(own, Kept::Moment(moment(Timestamp(number)))),
                RowValue::Number(number) => self.put(own, Kept::Number(number)),
                RowValue::Address(address) => self.put(own, Kept::Address(v6(address))),
            }
        }
        self.ends.push(self.values.len());
    }

    pub(super) fn is_full(&self) -> bool {
        self.ends.len() >= EVENTS || self.rows.len() >= BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Takes what is on it off, as documents that hold the room; the next one will be about as large.
    pub(super) fn take(&mut self, room: Option<Room>) -> impl ExactSizeIterator<Item = UserOperation<EventDocument>> + use<> {
        let next = Self {
            rows: Vec::with_capacity(self.rows.len()),
            texts: String::with_capacity(self.texts.len()),
            values: Vec::with_capacity(self.values.len()),
            ends: Vec::with_capacity(self.ends.len()),
            _room: None,
        };
        let full = Arc::new(Self { _room: room, ..std::mem::replace(self, next) });
        (0..full.ends.len()).map(move |number| UserOperation::Add(EventDocument { sheet: full.clone(), number }))
    }

    fn put(&mut self, field: Field, value: Kept) {
        self.values.push((field, value));
    }

    fn put_text(&mut self, field: Field, text: &str) {
        let begin = self.texts.len();
        self.texts.push_str(text);
        self.put(field, Kept::Text(begin as u32..self.texts.len() as u32));
    }
}

/// An event of a sheet.
#[derive(Debug)]
pub(super) struct EventDocument {
    sheet: Arc<Sheet>,
    number: usize,
}

impl Document for EventDocument {
    type Value<'a> = Lent<'a>;
    type FieldsValuesIter<'a> = Values<'a>;

    fn iter_fields_and_values(&self) -> Values<'_> {
        let begin = self.number.checked_sub(1).map_or(0, |before| self.sheet.ends[before]);
        Values { sheet: &self.sheet, left: self.sheet.values[begin..self.sheet.ends[self.number]].iter() }
    }
}

/// The values of an event.
pub(super) struct Values<'a> {
    sheet: &'a Sheet,
    left: slice::Iter<'a, (Field, Kept)>,
}

impl<'a> Iterator for Values<'a> {
    type Item = (Field, Lent<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (field, kept) = self.left.next()?;
        Some((*field, Lent { sheet: self.sheet, kept }))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

/// A value that a sheet lends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lent<'a> {
    sheet: &'a Sheet,
    kept: &'a Kept,
}

impl<'a> Value<'a> for Lent<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    #[inline]
    fn as_value(&self) -> ReferenceValue<'a, Self> {
        let sheet = self.sheet;
        ReferenceValue::Leaf(match self.kept {
            Kept::Row(place) => ReferenceValueLeaf::Bytes(&sheet.rows[place.start as usize..place.end as usize]),
            Kept::Text(place) => ReferenceValueLeaf::Str(&sheet.texts[place.start as usize..place.end as usize]),
            Kept::Position(number) => ReferenceValueLeaf::U64(*number),
            Kept::Number(number) => ReferenceValueLeaf::I64(*number),
            Kept::Moment(at) => ReferenceValueLeaf::Date(*at),
            Kept::Address(address) => ReferenceValueLeaf::IpAddr(*address),
        })
    }
}

/// A time as tantivy keeps it: in nanoseconds, so in the years 1678 to 2262; those before and after stand at the ends.
pub(super) fn moment(at: Timestamp) -> DateTime {
    const LAST: i64 = i64::MAX / 1_000_000;
    DateTime::from_timestamp_millis(at.0.clamp(-LAST, LAST))
}

/// Addresses of both versions in one order: IPv4 as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
pub(super) fn v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}
