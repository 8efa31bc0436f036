//! Documents of a window of a segment, one bit each.

use tantivy::DocId;

/// Documents of a window: few enough that their bits stay in the first cache of the processor.
pub(super) const WINDOW: u32 = 16_384;
/// Words of a window.
pub(super) const WORDS: usize = WINDOW as usize / 64;

/// A range of documents, of at most [`WINDOW`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) begin: DocId,
    pub(super) end: DocId,
}

impl Window {
    /// The window of this number in a segment with so many documents.
    pub(super) fn of(number: u32, documents: u32) -> Self {
        let begin = number * WINDOW;
        Self { begin, end: documents.min(begin + WINDOW) }
    }

    /// How many windows so many documents have.
    pub(super) fn count(documents: u32) -> u32 {
        documents.div_ceil(WINDOW)
    }

    pub(super) fn len(self) -> u32 {
        self.end - self.begin
    }
}

/// Which documents of a window are meant; the first is the lowest bit of the first word.
#[derive(Debug, Clone)]
pub(super) struct Bits(pub(super) [u64; WORDS]);

impl Bits {
    pub(super) const NONE: Self = Self([0; WORDS]);

    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Takes in the documents with these places in the window.
    #[inline]
    pub(super) fn insert(&mut self, place: u32) {
        self.0[place as usize / 64] |= 1 << (place % 64);
    }

    /// Takes in the documents up to this place.
    pub(super) fn insert_first(&mut self, places: u32) {
        let (whole, rest) = (places as usize / 64, places % 64);
        self.0[..whole].fill(u64::MAX);
        if rest > 0 {
            self.0[whole] |= (1 << rest) - 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    pub(super) fn keep(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= other);
    }

    pub(super) fn remove(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= !other);
    }

    /// Keeps the documents, by their places, of which this holds; asked in ascending order.
    pub(super) fn retain(&mut self, mut holds: impl FnMut(u32) -> bool) {
        for (number, word) in (0..).zip(&mut self.0) {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !holds(number * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    /// Appends the documents in ascending order.
    pub(super) fn list(&self, begin: DocId, documents: &mut Vec<DocId>) {
        list(&self.0, begin, documents);
    }
}

/// Appends the documents of some words, the first of which begins at this document.
pub(super) fn list(words: &[u64], begin: DocId, documents: &mut Vec<DocId>) {
    for (first, word) in (begin..).step_by(64).zip(words) {
        let mut rest = *word;
        while rest != 0 {
            documents.push(first + rest.trailing_zeros());
            rest &= rest - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_documents_are_joined_met_and_listed() {
        let mut even = Bits::NONE;
        (0..WINDOW).step_by(2).for_each(|place| even.insert(place));
        let mut first = Bits::NONE;
        first.insert_first(131);
        assert_eq!((even.count(), first.count()), (WINDOW / 2, 131));

        let mut both = first.clone();
        both.keep(&even);
        let mut documents = Vec::new();
        both.list(1000, &mut documents);
        assert_eq!(documents, (1000..1131).step_by(2).collect::<Vec<_>>());

        first.remove(&even);
        assert_eq!(first.count(), 65);
        first.add(&both);
        first.retain(|place| place % 3 == 0);
        assert_eq!(first.count(), 44);
        first.clear();
        assert!(first.is_empty());
    }

    #[test]
    fn windows_cover_a_segment() {
        let documents = 2 * WINDOW + 5;
        let windows: Vec<_> = (0..Window::count(documents)).map(|number| Window::of(number, documents)).collect();
        assert_eq!(windows.iter().map(|window| window.len()).collect::<Vec<_>>(), [WINDOW, WINDOW, 5]);
        assert_eq!(Window::count(2 * WINDOW), 2);
    }
}
