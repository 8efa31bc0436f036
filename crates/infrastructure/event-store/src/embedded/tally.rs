//! Counts the events of a segment by value or by interval, in arrays rather than in maps.

use std::collections::HashMap;

use tantivy::columnar::{Column, ColumnIndex, ColumnType, MonotonicallyMappableToU64 as _, StrColumn};
use tantivy::{DocId, SegmentReader};
use vigie_domain::Timestamp;
use vigie_domain::search::{Aggregation, AggregationAnswer, Bucket};
use vigie_domain::telemetry::{EventField, EventValue, FieldType};

use super::bits::{Bits, Window, list};
use super::schema::{Layout, is_indexed};
use super::zones::{ZONE, ZONE_WORDS, ZONES, Zones};

/// Widest range of values that are counted in an array.
const WIDEST: u64 = 1 << 20;
/// Different values of a segment that are told apart; what is beyond, from the rarest on, counts as other.
const MOST: usize = 65_000;

/// A term of an index is read while so many values of a column are.
const TERM: usize = 64;

/// Counts by value, and of values beyond those.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    by: HashMap<EventValue, u64>,
    other: u64,
}

impl Counts {
    pub(super) fn merge(&mut self, more: Self) {
        self.other += more.other;
        if self.by.is_empty() {
            self.by = more.by;
            return;
        }
        for (value, count) in more.by {
            *self.by.entry(value).or_default() += count;
        }
    }

    /// The answer to an aggregation that is [`counted`] here.
    pub(super) fn answer(self, aggregation: &Aggregation) -> AggregationAnswer {
        let bucket = |(key, count)| Bucket { key, count, inner: std::collections::BTreeMap::new() };
        let mut buckets: Vec<_> = self.by.into_iter().map(bucket).collect();
        let Aggregation::Terms { size, .. } = aggregation else {
            buckets.sort_unstable_by(|a, b| a.key.cmp(&b.key));
            return AggregationAnswer::Buckets { buckets, other: 0 };
        };
        let order = |a: &Bucket, b: &Bucket| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key));
        let mut other = self.other;
        if buckets.len() > *size {
            buckets.select_nth_unstable_by(*size, order);
            other += buckets.drain(*size..).map(|bucket| bucket.count).sum::<u64>();
        }
        buckets.sort_unstable_by(order);
        AggregationAnswer::Buckets { buckets, other }
    }
}

/// Whether an aggregation is counted here, and not by tantivy: plain counts of fields that have one value.
pub(super) fn counted(aggregation: &Aggregation) -> bool {
    match aggregation {
        Aggregation::Terms { field, inner, .. } => {
            inner.is_empty() && !field.many && matches!(field.kind, FieldType::Keyword | FieldType::Integer)
        }
        Aggregation::Timeline { inner, .. } => inner.is_empty(),
        Aggregation::Stats(_) | Aggregation::Percentiles(..) | Aggregation::Cardinality(_) => false,
    }
}

/// Counts in a segment.
pub(super) enum Tally<'a> {
    Values(Box<Values>),
    Times(Times<'a>),
    /// Of all its documents, as its index tells.
    Known(Counts),
}

impl<'a> Tally<'a> {
    /// For an aggregation that is [`counted`] here, over events accepted from `from` to before `to`, and over all of the segment where
    /// that is known; `None` where no event has the field.
    pub(super) fn of(
        aggregation: &Aggregation,
        reader: &SegmentReader,
        zones: &'a Zones,
        (from, to): (Timestamp, Timestamp),
        is_all: bool,
    ) -> tantivy::Result<Option<Self>> {
        match aggregation {
            Aggregation::Terms { field, .. } => {
                if let Some(counts) = if is_all { indexed(field, reader)? } else { None } {
                    return Ok(Some(Self::Known(counts)));
                }
                Ok(Values::of(field, reader)?.map(|values| Self::Values(Box::new(values))))
            }
            Aggregation::Timeline { interval, .. } => {
                let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
                let (first, last) = (zones.span.first.max(from.0), zones.span.last.min(to.0.saturating_sub(1)));
                Ok((first <= last).then(|| Self::Times(Times::of(zones, interval, first, last))))
            }
            _ => Ok(None),
        }
    }

    /// Whether it has to be told the documents in a list too.
    pub(super) fn wants_list(&self) -> bool {
        matches!(self, Self::Values(_))
    }

    /// Counts the documents of a window, told as bits and as a list.
    pub(super) fn take(&mut self, window: Window, bits: &Bits, docs: &[DocId]) {
        match self {
            Self::Values(values) => values.take(docs),
            Self::Times(times) => times.take(window, bits),
            Self::Known(_) => {}
        }
    }

    /// What was counted.
    pub(super) fn finish(self) -> tantivy::Result<Counts> {
        match self {
            Self::Values(values) => values.finish(),
            Self::Times(times) => Ok(times.finish()),
            Self::Known(counts) => Ok(counts),
        }
    }
}

/// Counts of a whole segment by the value of a field, from the lengths of the lists of its index; `None` where it is not indexed, or where
/// there are so many values that its column is read as quickly.
fn indexed(field: &EventField, reader: &SegmentReader) -> tantivy::Result<Option<Counts>> {
    let Some(own) = Layout::get().field(field).filter(|_| is_indexed(field)) else { return Ok(None) };
    let index = reader.inverted_index(own)?;
    if index.terms().num_terms() > MOST.min(reader.max_doc() as usize / TERM) {
        return Ok(None);
    }
    let mut by = HashMap::with_capacity(index.terms().num_terms());
    let mut terms = index.terms().stream()?;
    while let Some((term, info)) = terms.next() {
        let value = match (field.kind, <[u8; 8]>::try_from(term)) {
            (FieldType::Integer, Ok(raw)) => EventValue::Integer(i64::from_u64(u64::from_be_bytes(raw))),
            (FieldType::Keyword, _) => EventValue::Text(String::from_utf8_lossy(term).into_owned()),
            _ => return Ok(None),
        };
        by.insert(value, info.doc_freq.into());
    }
    Ok(Some(Counts { by, other: 0 }))
}

/// Counts by the value of a field.
pub(super) struct Values {
    column: Column<u64>,
    texts: Option<StrColumn>,
    least: u64,
    array: Vec<u64>,
    map: HashMap<u64, u64>,
    rows: Vec<u32>,
    found: Vec<u64>,
}

impl Values {
    fn of(field: &EventField, reader: &SegmentReader) -> tantivy::Result<Option<Self>> {
        let fast = reader.fast_fields();
        let (column, texts) = if field.kind == FieldType::Keyword {
            let Some(texts) = fast.str(field.name)? else { return Ok(None) };
            (texts.ords().clone(), Some(texts))
        } else {
            let Some((column, _)) = fast.u64_lenient_for_type(Some(&[ColumnType::I64]), field.name)? else { return Ok(None) };
            (column, None)
        };
        if column.values.num_vals() == 0 {
            return Ok(None);
        }
        let (least, width) = (column.min_value(), column.max_value() - column.min_value());
        let array = if width < WIDEST { vec![0; width as usize + 1] } else { Vec::new() };
        Ok(Some(Self { column, texts, least, array, map: HashMap::new(), rows: Vec::new(), found: Vec::new() }))
    }

    fn take(&mut self, docs: &[DocId]) {
        let Self { column, rows, found, .. } = self;
        let rows = match &column.index {
            ColumnIndex::Full => docs,
            index => {
                rows.clear();
                rows.extend(docs.iter().flat_map(|doc| index.value_row_ids(*doc)));
                &*rows
            }
        };
        found.resize(rows.len(), 0);
        column.values.get_vals(rows, found);
        if self.array.is_empty() {
            for value in found {
                *self.map.entry(*value).or_default() += 1;
            }
        } else {
            for value in found {
                self.array[(*value - self.least) as usize] += 1;
            }
        }
    }

    fn finish(mut self) -> tantivy::Result<Counts> {
        let least = self.least;
        let array = (least..).zip(std::mem::take(&mut self.array)).filter(|(_, count)| *count > 0);
        let mut counts: Vec<(u64, u64)> = array.chain(std::mem::take(&mut self.map)).collect();
        let mut other = 0;
        if counts.len() > MOST {
            counts.select_nth_unstable_by_key(MOST, |(value, count)| (!count, *value));
            other = counts.drain(MOST..).map(|(_, count)| count).sum();
        }
        counts.sort_unstable_by_key(|(value, _)| *value);
        let by = match &self.texts {
            Some(texts) => {
                let mut by = HashMap::with_capacity(counts.len());
                let mut counted = counts.iter().map(|(_, count)| *count);
                let mut take = |text: &[u8]| {
                    let text = EventValue::Text(String::from_utf8_lossy(text).into_owned());
                    by.extend(counted.next().map(|count| (text, count)));
                };
                let ords: Vec<u64> = counts.iter().map(|(ord, _)| *ord).collect();
                texts.dictionary().sorted_ords_to_term_cb(&ords, &mut take)?;
                by
            }
            None => counts.into_iter().map(|(raw, count)| (EventValue::Integer(i64::from_u64(raw)), count)).collect(),
        };
        Ok(Counts { by, other })
    }
}

/// Counts by interval of acceptance.
pub(super) struct Times<'a> {
    zones: &'a Zones,
    interval: i64,
    /// Number of the first interval.
    least: i64,
    array: Vec<u64>,
    docs: Vec<DocId>,
}

impl<'a> Times<'a> {
    fn of(zones: &'a Zones, interval: i64, first: i64, last: i64) -> Self {
        let (least, most) = (first.div_euclid(interval), last.div_euclid(interval));
        Self { zones, interval, least, array: vec![0; (most - least) as usize + 1], docs: Vec::new() }
    }

    /// Most zones lie in one interval: then their bits are counted, and no time is read.
    fn take(&mut self, window: Window, bits: &Bits) {
        for zone in 0..ZONES {
            let words = &bits.0[zone * ZONE_WORDS..][..ZONE_WORDS];
            let count: u32 = words.iter().map(|word| word.count_ones()).sum();
            if count == 0 {
                continue;
            }
            let begin = window.begin + zone as u32 * ZONE;
            let span = self.zones.zone(begin);
            let (first, last) = (span.first.div_euclid(self.interval), span.last.div_euclid(self.interval));
            if first == last {
                self.count(first, count.into());
                continue;
            }
            let mut docs = std::mem::take(&mut self.docs);
            docs.clear();
            list(words, begin, &mut docs);
            for doc in &docs {
                self.count(self.zones.at(*doc).div_euclid(self.interval), 1);
            }
            self.docs = docs;
        }
    }

    fn count(&mut self, interval: i64, events: u64) {
        // the condition leaves no event that is out of the range
        if let Some(count) = usize::try_from(interval - self.least).ok().and_then(|place| self.array.get_mut(place)) {
            *count += events;
        }
    }

    fn finish(self) -> Counts {
        let at = |interval: i64| EventValue::Time(Timestamp(interval.saturating_mul(self.interval)));
        let found = (self.least..).zip(self.array).filter(|(_, count)| *count > 0);
        Counts { by: found.map(|(interval, count)| (at(interval), count)).collect(), other: 0 }
    }
}
