//! The documents of a segment that a plan finds, window by window.

use tantivy::postings::BlockSegmentPostings;
use tantivy::query::{Scorer, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, SeekDangerResult, SegmentReader, TERMINATED, Term};

use super::bits::{Bits, WORDS, Window};
use super::compile::Plan;
use super::zones::{ZONE_WORDS, ZONES, Zones};

/// Looking for one document costs as much as reading about so many of a list.
const LOOK: u64 = 32;

/// Documents, asked for in windows. Windows ascend, until [`rewind`](Self::rewind).
pub(super) enum Docs<'a> {
    Everything,
    Nothing,
    Within(&'a Zones, i64, i64),
    Postings(Box<Postings>),
    Walk(Walk<'a>),
    Whole(Vec<u64>),
    /// All of the first, the rarest in front, and none of the others.
    All(Vec<Self>, Vec<Self>),
    Any(Vec<Self>),
}

impl<'a> Docs<'a> {
    /// Opens a plan in a segment.
    pub(super) fn open(plan: &'a Plan, reader: &'a SegmentReader, zones: &'a Zones) -> tantivy::Result<Self> {
        let open = |plan: &'a Plan| Self::open(plan, reader, zones);
        Ok(match plan {
            Plan::Everything => Self::Everything,
            Plan::Nothing => Self::Nothing,
            Plan::Within(from, to) if zones.span.first >= *to || zones.span.last < *from => Self::Nothing,
            Plan::Within(from, to) if zones.span.first >= *from && zones.span.last < *to => Self::Everything,
            Plan::Within(from, to) => Self::Within(zones, *from, *to),
            Plan::Term(term) => Postings::open(term, reader)?,
            Plan::Walk(weight) => Self::Walk(Walk::open(&**weight, reader)?),
            Plan::Whole(weight) => Self::Whole(whole(&**weight, reader)?),
            Plan::All(all) => {
                let (mut kept, mut removed) = (Vec::new(), Vec::new());
                for plan in all {
                    match plan {
                        Plan::Not(not) => removed.push(open(not)?),
                        plan => kept.push(open(plan)?),
                    }
                }
                Self::all(kept, removed, reader.max_doc())
            }
            Plan::Any(any) => {
                let any: Vec<_> = any.iter().map(open).collect::<Result<_, _>>()?;
                Self::any(any)
            }
            Plan::Not(not) => Self::all(Vec::new(), vec![open(not)?], reader.max_doc()),
        })
    }

    fn all(mut kept: Vec<Self>, mut removed: Vec<Self>, documents: u32) -> Self {
        kept.retain(|docs| !matches!(docs, Self::Everything));
        removed.retain(|docs| !matches!(docs, Self::Nothing));
        let is_empty = kept.iter().any(|docs| matches!(docs, Self::Nothing)) || removed.iter().any(|docs| matches!(docs, Self::Everything));
        if is_empty {
            return Self::Nothing;
        }
        kept.sort_by_cached_key(|docs| docs.cost(documents));
        match (kept.len(), removed.len()) {
            (0, 0) => Self::Everything,
            (1, 0) => kept.remove(0),
            _ => Self::All(kept, removed),
        }
    }

    fn any(mut any: Vec<Self>) -> Self {
        any.retain(|docs| !matches!(docs, Self::Nothing));
        if any.iter().any(|docs| matches!(docs, Self::Everything)) {
            return Self::Everything;
        }
        match any.len() {
            0 => Self::Nothing,
            1 => any.remove(0),
            _ => Self::Any(any),
        }
    }

    /// Roughly how many documents are read to read them all.
    fn cost(&self, documents: u32) -> u64 {
        match self {
            Self::Nothing | Self::Within(..) => 0,
            Self::Whole(_) => 1,
            Self::Postings(postings) => postings.first.doc_freq().into(),
            Self::Walk(walk) => walk.scorer.cost(),
            Self::All(kept, _) => kept.first().map_or(documents.into(), |docs| docs.cost(documents)),
            Self::Any(any) => any.iter().map(|docs| docs.cost(documents)).sum(),
            Self::Everything => documents.into(),
        }
    }

    /// How many there are, where that is known without looking.
    pub(super) fn known(&self, documents: u32) -> Option<u64> {
        match self {
            Self::Everything => Some(documents.into()),
            Self::Nothing => Some(0),
            Self::Postings(postings) => Some(postings.first.doc_freq().into()),
            _ => None,
        }
    }

    /// Goes back to the first window.
    pub(super) fn rewind(&mut self) -> tantivy::Result<()> {
        match self {
            Self::Postings(postings) => postings.now.clone_from(&postings.first),
            Self::Walk(walk) => walk.rewind()?,
            Self::All(kept, removed) => kept.iter_mut().chain(removed).try_for_each(Self::rewind)?,
            Self::Any(any) => any.iter_mut().try_for_each(Self::rewind)?,
            Self::Everything | Self::Nothing | Self::Within(..) | Self::Whole(_) => {}
        }
        Ok(())
    }

    /// Adds those of a window.
    pub(super) fn add(&mut self, window: Window, bits: &mut Bits) {
        match self {
            Self::Everything => bits.insert_first(window.len()),
            Self::Nothing => {}
            Self::Within(zones, from, to) => {
                let mut own = Bits::NONE;
                own.insert_first(window.len());
                within(zones, *from, *to, window, &mut own);
                bits.add(&own);
            }
            Self::Postings(postings) => postings.add(window, bits),
            Self::Walk(walk) => walk.add(window, bits),
            Self::Whole(words) => bits.0.iter_mut().zip(words_of(words, window)).for_each(|(own, word)| *own |= word),
            Self::All(kept, removed) => {
                let mut own = Bits::NONE;
                let rest = if let Some((first, rest)) = kept.split_first_mut() {
                    first.add(window, &mut own);
                    rest
                } else {
                    own.insert_first(window.len());
                    &mut []
                };
                meet(rest, removed, window, &mut own);
                bits.add(&own);
            }
            Self::Any(any) => any.iter_mut().for_each(|docs| docs.add(window, bits)),
        }
    }

    /// Leaves those of a window that are among them.
    fn keep(&mut self, window: Window, bits: &mut Bits) {
        match self {
            Self::Everything => {}
            Self::Nothing => bits.clear(),
            Self::Within(zones, from, to) => within(zones, *from, *to, window, bits),
            Self::Postings(postings) if postings.is_long(window, bits) => bits.retain(|place| postings.has(window.begin + place)),
            Self::Walk(walk) => bits.retain(|place| walk.has(window.begin + place)),
            Self::Whole(words) => bits.0.iter_mut().zip(words_of(words, window)).for_each(|(own, word)| *own &= word),
            Self::All(kept, removed) => meet(kept, removed, window, bits),
            Self::Postings(_) | Self::Any(_) => {
                let mut own = Bits::NONE;
                self.add(window, &mut own);
                bits.keep(&own);
            }
        }
    }

    /// Leaves those of a window that are not among them.
    fn remove(&mut self, window: Window, bits: &mut Bits) {
        match self {
            Self::Postings(postings) if postings.is_long(window, bits) => bits.retain(|place| !postings.has(window.begin + place)),
            Self::Walk(walk) => bits.retain(|place| !walk.has(window.begin + place)),
            _ => {
                let mut own = bits.clone();
                self.keep(window, &mut own);
                bits.remove(&own);
            }
        }
    }
}

fn meet(kept: &mut [Docs<'_>], removed: &mut [Docs<'_>], window: Window, bits: &mut Bits) {
    for docs in kept {
        if bits.is_empty() {
            return;
        }
        docs.keep(window, bits);
    }
    for docs in removed {
        if bits.is_empty() {
            return;
        }
        docs.remove(window, bits);
    }
}

fn within(zones: &Zones, from: i64, to: i64, window: Window, bits: &mut Bits) {
    for zone in 0..ZONES {
        let words = zone * ZONE_WORDS..(zone + 1) * ZONE_WORDS;
        if bits.0[words.clone()].iter().all(|word| *word == 0) {
            continue;
        }
        let span = zones.zone(window.begin + words.start as u32 * 64);
        if span.first >= from && span.last < to {
            continue;
        }
        if span.first >= to || span.last < from {
            bits.0[words].fill(0);
            continue;
        }
        for number in words {
            let mut rest = bits.0[number];
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !(from..to).contains(&zones.at(window.begin + number as u32 * 64 + bit)) {
                    bits.0[number] &= !(1 << bit);
                }
            }
        }
    }
}

/// Those of a segment as a whole.
fn whole(weight: &dyn Weight, reader: &SegmentReader) -> tantivy::Result<Vec<u64>> {
    let mut words = vec![0; Window::count(reader.max_doc()) as usize * WORDS];
    weight.for_each_no_score(reader, &mut |docs| docs.iter().for_each(|doc| words[*doc as usize / 64] |= 1 << (doc % 64)))?;
    Ok(words)
}

fn words_of(words: &[u64], window: Window) -> &[u64] {
    &words[window.begin as usize / 64..][..WORDS]
}

/// The documents of a term.
pub(super) struct Postings {
    first: BlockSegmentPostings,
    now: BlockSegmentPostings,
    documents: u32,
}

impl Postings {
    fn open<'a>(term: &Term, reader: &SegmentReader) -> tantivy::Result<Docs<'a>> {
        let postings = reader.inverted_index(term.field())?.read_block_postings(term, IndexRecordOption::Basic)?;
        let documents = reader.max_doc();
        Ok(match postings {
            None => Docs::Nothing,
            Some(postings) if postings.doc_freq() == documents => Docs::Everything,
            Some(first) => Docs::Postings(Box::new(Self { now: first.clone(), first, documents })),
        })
    }

    fn add(&mut self, window: Window, bits: &mut Bits) {
        let mut place = self.now.seek(window.begin);
        loop {
            let block = self.now.docs();
            let docs = block.get(place..).unwrap_or_default();
            let is_last = docs.last().is_none_or(|last| *last >= window.end);
            let docs = if is_last { &docs[..docs.partition_point(|doc| *doc < window.end)] } else { docs };
            for doc in docs {
                bits.insert(doc - window.begin);
            }
            if is_last {
                return;
            }
            self.now.advance();
            place = 0;
        }
    }

    /// Whether it costs less to look for each of these than to read what there is in the window.
    fn is_long(&self, window: Window, bits: &Bits) -> bool {
        let expected = u64::from(self.first.doc_freq()) * u64::from(window.len()) / u64::from(self.documents.max(1));
        u64::from(bits.count()) * LOOK < expected
    }

    fn has(&mut self, doc: DocId) -> bool {
        let place = self.now.seek(doc);
        self.now.doc(place) == doc
    }
}

/// Documents that tantivy looks for on the way.
pub(super) struct Walk<'a> {
    weight: &'a dyn Weight,
    reader: &'a SegmentReader,
    scorer: Box<dyn Scorer>,
    /// None of them is before this one.
    next: DocId,
    /// Whether `next` is one.
    is_one: bool,
}

impl<'a> Walk<'a> {
    fn open(weight: &'a dyn Weight, reader: &'a SegmentReader) -> tantivy::Result<Self> {
        let scorer = weight.scorer(reader, 1.0)?;
        let next = scorer.doc();
        Ok(Self { weight, reader, scorer, next, is_one: next != TERMINATED })
    }

    fn rewind(&mut self) -> tantivy::Result<()> {
        *self = Self::open(self.weight, self.reader)?;
        Ok(())
    }

    /// Not to be mixed with [`has`](Self::has).
    fn add(&mut self, window: Window, bits: &mut Bits) {
        if self.scorer.doc() < window.begin {
            self.scorer.seek(window.begin);
        }
        while self.scorer.doc() < window.end {
            bits.insert(self.scorer.doc() - window.begin);
            self.scorer.advance();
        }
    }

    /// Whether this is one of them; asked in ascending order.
    fn has(&mut self, doc: DocId) -> bool {
        if doc < self.next || (doc == self.next && self.is_one) {
            return doc == self.next;
        }
        (self.next, self.is_one) = match self.scorer.seek_danger(doc) {
            SeekDangerResult::Found => (doc, true),
            SeekDangerResult::SeekLowerBound(next) => (next, false),
        };
        self.is_one
    }
}
