//! When each tag was last invalidated, in a sequence of its own: a value holds as long as none of its tags was invalidated after its making began.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tags remembered one by one; beyond that all values are given up, which costs time and is never wrong.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Tags(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    sequence: u64,
    /// Everything made before this no longer holds.
    floor: u64,
    invalidated: HashMap<String, u64>,
}

/// The moment at which the making of a value began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(u64);

impl Tags {
    pub fn mark(&self) -> Mark {
        Mark(self.lock().sequence)
    }

    pub fn hold(&self, made: Mark, tags: &[String]) -> bool {
        let book = self.lock();
        book.floor <= made.0 && tags.iter().all(|tag| book.invalidated.get(tag).is_none_or(|&at| at <= made.0))
    }

    pub fn invalidate(&self, tags: &[&str]) {
        let mut book = self.lock();
        book.sequence += 1;
        let sequence = book.sequence;
        for tag in tags {
            book.invalidated.insert((*tag).to_owned(), sequence);
        }
        if book.invalidated.len() > REMEMBERED {
            book.forget();
        }
    }

    pub fn invalidate_all(&self) {
        self.lock().forget();
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn forget(&mut self) {
        self.sequence += 1;
        self.floor = self.sequence;
        self.invalidated.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forgetting_tags_gives_values_up_and_never_keeps_a_stale_one() {
        let tags = Tags::default();
        let made = tags.mark();
        for number in 0..=REMEMBERED {
            tags.invalidate(&[&format!("device:{number}")]);
        }
        assert!(!tags.hold(made, &["device:0".to_owned()]));
        assert!(!tags.hold(made, &[]));
        assert!(tags.hold(tags.mark(), &["device:0".to_owned()]));
    }

    proptest! {
        #[test]
        fn a_value_holds_unless_one_of_its_tags_fell_later(steps in prop::collection::vec((any::<bool>(), 0_u8..4), 1..40)) {
            let tags = Tags::default();
            let mut values: Vec<(Mark, String, bool)> = Vec::new();
            for (invalidate, tag) in steps {
                let tag = tag.to_string();
                if invalidate {
                    tags.invalidate(&[&tag]);
                    values.iter_mut().filter(|(_, own, _)| *own == tag).for_each(|(_, _, holds)| *holds = false);
                } else {
                    values.push((tags.mark(), tag, true));
                }
                for (mark, own, holds) in &values {
                    prop_assert_eq!(tags.hold(*mark, std::slice::from_ref(own)), *holds);
                }
            }
        }
    }
}
