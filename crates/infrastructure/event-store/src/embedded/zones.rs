//! When the events of a segment were accepted, and the bounds of that for each thousand of them: most of a segment is decided by them.

use std::sync::Arc;

use tantivy::columnar::{Cardinality, ColumnType, ColumnValues, MonotonicallyMappableToU64 as _};
use tantivy::{DocId, SegmentReader, TantivyError};
use vigie_domain::telemetry::event::AT;

use super::bits::{WINDOW, Window};

/// Documents of a zone.
pub(super) const ZONE: u32 = 1024;
/// Words of the bits of a zone.
pub(super) const ZONE_WORDS: usize = ZONE as usize / 64;
/// Zones of a window.
pub(super) const ZONES: usize = (WINDOW / ZONE) as usize;

/// From the first to the last, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Span {
    const NONE: Self = Self { first: i64::MAX, last: i64::MIN };

    fn over(spans: &[Self]) -> Self {
        let join = |a: Self, b: &Self| Self { first: a.first.min(b.first), last: a.last.max(b.last) };
        spans.iter().fold(Self::NONE, join)
    }
}

/// The times of a segment.
pub(super) struct Zones {
    values: Arc<dyn ColumnValues<u64>>,
    spans: Vec<Span>,
    /// Of all its events.
    pub(super) span: Span,
}

impl Zones {
    /// Reads the times of a segment.
    pub(super) fn of(reader: &SegmentReader) -> tantivy::Result<Self> {
        let column = reader.fast_fields().u64_lenient_for_type(Some(&[ColumnType::DateTime]), AT.name)?;
        let Some((column, _)) = column.filter(|(column, _)| column.get_cardinality() == Cardinality::Full) else {
            return Err(TantivyError::SchemaError("an event of this segment has no time".to_owned()));
        };
        let (values, mut spans, mut times) = (column.values, Vec::new(), vec![0; ZONE as usize]);
        for begin in (0..reader.max_doc()).step_by(ZONE as usize) {
            times.truncate((reader.max_doc() - begin) as usize);
            values.get_range(begin.into(), &mut times);
            let (first, last) = times.iter().fold((u64::MAX, 0), |(first, last), time| (first.min(*time), last.max(*time)));
            spans.push(Span { first: millis(first), last: millis(last) });
        }
        let span = Span::over(&spans);
        Ok(Self { values, spans, span })
    }

    /// When an event was accepted, in milliseconds since 1970.
    #[inline]
    pub(super) fn at(&self, doc: DocId) -> i64 {
        millis(self.values.get_val(doc))
    }

    /// The bounds of the zone in which this document is.
    pub(super) fn zone(&self, doc: DocId) -> Span {
        self.spans[(doc / ZONE) as usize]
    }

    /// The bounds of a window.
    pub(super) fn window(&self, window: Window) -> Span {
        Span::over(&self.spans[(window.begin / ZONE) as usize..window.end.div_ceil(ZONE) as usize])
    }
}

/// Times stand in columns in nanoseconds, in an order-preserving form.
fn millis(raw: u64) -> i64 {
    i64::from_u64(raw) / 1_000_000
}
