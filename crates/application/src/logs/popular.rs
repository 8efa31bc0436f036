//! Which searches people ask for often, so that their answers can be warm.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vigie_domain::{Moment, Timestamp};

use super::LogQuery;
use crate::cache::Audience;

/// Searches remembered; of more, those that weigh least are forgotten.
const MOST: usize = 256;
/// A page that asks again and again counts once in so long.
const ONCE: Duration = Duration::from_mins(1);
/// What weighs less is forgotten: it was asked for once, hours ago.
const LEAST: f64 = 0.2;

/// A search that was asked for, as those who see the same ask for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopularSearch {
    /// Who sees what it is answered with.
    pub audience: Audience,
    /// In the language of searches.
    pub text: String,
    /// Its begin, as it was written: one that moves along with now goes on moving.
    pub from: Option<Moment>,
    /// Its end, likewise.
    pub to: Option<Moment>,
    /// The oldest first.
    pub oldest_first: bool,
    /// Lines a page.
    pub limit: usize,
    /// In how many minutes it was asked for; each warming halves it.
    pub weight: f64,
    /// When it was counted last.
    pub asked_at: Timestamp,
}

impl PopularSearch {
    /// Of a search that was asked for now.
    pub fn of(audience: Audience, query: &LogQuery, now: Timestamp) -> Self {
        let LogQuery { from, to, oldest_first, limit, .. } = *query;
        Self { audience, text: query.text.trim().to_owned(), from, to, oldest_first, limit, weight: 1.0, asked_at: now }
    }

    /// Its first page.
    pub fn query(&self) -> LogQuery {
        let Self { from, to, oldest_first, limit, .. } = *self;
        LogQuery { text: self.text.clone(), from, to, oldest_first, limit, place: None }
    }
}

/// The searches that are asked for. A bounded table whose weights decay: what was asked for often stays, whatever comes by once.
#[derive(Default)]
pub struct Popular(Mutex<Book>);

#[derive(Default)]
struct Book {
    searches: HashMap<String, PopularSearch>,
    warmed: Option<(Timestamp, u64)>,
}

impl Popular {
    /// Counts a search; `key` tells it from others, however it was written.
    pub fn note(&self, key: String, now: Timestamp, search: impl FnOnce() -> PopularSearch) {
        let mut book = self.lock();
        if let Some(known) = book.searches.get_mut(&key) {
            if now.since(known.asked_at) >= ONCE {
                known.weight += 1.0;
                known.asked_at = now;
            }
            return;
        }
        if book.searches.len() >= MOST {
            book.forget_one();
        }
        book.searches.insert(key, search());
    }

    /// The searches that weigh most, the heaviest first.
    pub fn best(&self, count: usize) -> Vec<PopularSearch> {
        let mut searches: Vec<_> = self.lock().searches.values().cloned().collect();
        searches.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(b.asked_at.cmp(&a.asked_at)));
        searches.truncate(count);
        searches
    }

    /// When searches were warmed last, and how many.
    pub fn warmed(&self) -> Option<(Timestamp, u64)> {
        self.lock().warmed
    }

    /// Says how many were warmed, and halves all weights.
    pub(super) fn turn(&self, now: Timestamp, warmed: u64) {
        let mut book = self.lock();
        book.warmed = Some((now, warmed));
        for search in book.searches.values_mut() {
            search.weight /= 2.0;
        }
        book.searches.retain(|_, search| search.weight >= LEAST);
    }

    /// Everything that is known, with its keys.
    pub(super) fn all(&self) -> Vec<(String, PopularSearch)> {
        self.lock().searches.iter().map(|(key, search)| (key.clone(), search.clone())).collect()
    }

    /// Adds what was known before; what is known already stays.
    pub(super) fn recall(&self, searches: Vec<(String, PopularSearch)>) {
        let mut book = self.lock();
        for (key, search) in searches {
            if book.searches.len() < MOST {
                book.searches.entry(key).or_insert(search);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn forget_one(&mut self) {
        let weight = |search: &PopularSearch| (search.weight, search.asked_at);
        let least = self.searches.iter().min_by(|(_, a), (_, b)| {
            let (a, b) = (weight(a), weight(b));
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        });
        if let Some(key) = least.map(|(key, _)| key.clone()) {
            self.searches.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CallContext;

    const NOW: Timestamp = Timestamp(1_795_424_740_123);

    fn note(popular: &Popular, text: &str, now: Timestamp) {
        let query = LogQuery { text: text.to_owned(), from: Some(Moment::Ago(1)), to: None, oldest_first: false, limit: 25, place: None };
        popular.note(text.to_owned(), now, || PopularSearch::of(Audience::of(&CallContext::system(now)), &query, now));
    }

    fn names(popular: &Popular, count: usize) -> Vec<String> {
        popular.best(count).into_iter().map(|search| search.text).collect()
    }

    #[test]
    fn a_page_that_asks_each_three_seconds_counts_once_a_minute() {
        let popular = Popular::default();
        for second in (0..180).step_by(3) {
            note(&popular, "polled", NOW.plus(Duration::from_secs(second)));
        }
        for minute in 0..4 {
            note(&popular, "asked", NOW.plus(Duration::from_mins(minute)));
        }
        assert_eq!(
            popular.best(9).iter().map(|search| (search.text.as_str(), search.weight)).collect::<Vec<_>>(),
            [("asked", 4.0), ("polled", 3.0)]
        );
        assert_eq!(names(&popular, 1), ["asked"]);
    }

    #[test]
    fn what_is_asked_often_stays_whatever_comes_by_once() {
        let popular = Popular::default();
        note(&popular, "often", NOW);
        note(&popular, "often", NOW.plus(ONCE));
        for number in 0..10_000 {
            note(&popular, &number.to_string(), NOW.plus(Duration::from_secs(number)));
        }
        assert_eq!(popular.all().len(), MOST);
        assert_eq!(names(&popular, 2), ["often", "9999"]);
    }

    #[test]
    fn what_is_no_longer_asked_is_forgotten() {
        let popular = Popular::default();
        note(&popular, "once", NOW);
        for _ in 0..2 {
            popular.turn(NOW, 1);
            assert_eq!(names(&popular, 9), ["once"]);
        }
        popular.turn(NOW, 1);
        assert!(popular.all().is_empty());
        assert_eq!(popular.warmed(), Some((NOW, 1)));
    }

    #[test]
    fn what_was_known_comes_back_out_of_the_cache() {
        let popular = Popular::default();
        note(&popular, "host:core-1", NOW);
        let text = serde_json::to_string(&popular.all()).unwrap();
        let next = Popular::default();
        next.recall(serde_json::from_str(&text).unwrap());
        assert_eq!(next.all(), popular.all());
    }
}
