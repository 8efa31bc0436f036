//! Searching logs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vigie_domain::cache::{Cache, cached, refreshed};
use vigie_domain::search::{Condition, EventQuery, Sort, SortMark, text};
use vigie_domain::telemetry::{EventId, EventKind, EventStore};
use vigie_domain::{Error, ErrorKind, Moment, Permission, Result, Timestamp};

use super::own::own_lines;
use super::past::{Past, hours};
use super::popular::{Popular, PopularSearch};
use super::search::{Search, ask};
use super::view::{LogId, LogView};
use crate::cache::{Audience, POPULAR_SEARCHES, SEARCH_PAGE, SEARCH_TOTAL, audience_key};
use crate::{CallContext, Core};

/// See logs.
pub const READ: Permission = Permission::new("logs", "read");
/// What Vigie says of itself is about the server.
const OWN: Permission = Permission::new("system", "read");
/// Characters of a search.
const LONGEST: usize = 2_000;
/// Searches warmed at most.
const WARMED: usize = 20;

/// What lines are asked for.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// In the language of searches ([`text`]); blank for every line.
    pub text: String,
    /// Taken in from this time on; as far back as there are any when absent.
    pub from: Option<Moment>,
    /// Taken in before this time; as far as there are any when absent.
    pub to: Option<Moment>,
    /// The oldest first.
    pub oldest_first: bool,
    /// Lines wanted.
    pub limit: usize,
    /// Where to go on.
    pub place: Option<LogPlace>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPlace {
    /// Beyond this line.
    #[serde(flatten)]
    pub mark: SortMark,
    /// Against the order that was asked for.
    #[serde(rename = "b")]
    pub is_back: bool,
}

/// A page of lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines, in the order that was asked for.
    pub lines: Vec<LogView>,
    /// Where the next page begins.
    pub next: Option<LogPlace>,
    /// Where the page before begins.
    pub previous: Option<LogPlace>,
    /// How many lines match in all.
    pub total: u64,
}

/// The use cases of logs. Cheap to clone.
#[derive(Clone)]
pub struct Logs {
    core: Core,
    events: Arc<dyn EventStore>,
    cache: Arc<dyn Cache>,
    past: Arc<Past>,
    popular: Arc<Popular>,
}

impl Logs {
    /// Over this store, whose listener it becomes; what is over is kept in the cache.
    pub fn new(core: &Core, events: Arc<dyn EventStore>, cache: Arc<dyn Cache>) -> Self {
        let past = Arc::new(Past::new(core));
        events.listen(past.clone());
        Self { core: core.clone(), events, cache, past, popular: Arc::default() }
    }

    /// A page of the lines that match.
    pub async fn list(&self, cx: &CallContext, query: &LogQuery) -> Result<LogPage> {
        self.find(cx, query, true).await
    }

    /// One line.
    pub async fn get(&self, cx: &CallContext, id: &str) -> Result<LogView> {
        let scope = cx.require(READ)?;
        let missing = || Error::not_found("log line", id);
        let LogId { at, event } = id.parse().map_err(|_| missing())?;
        // the first one beyond the one before it
        let before = EventId { position: event.position.checked_sub(1).ok_or_else(missing)?, ..event };
        let query = EventQuery {
            kinds: vec![EventKind::Log],
            sort: Sort::Oldest,
            after: Some(SortMark { value: None, at, id: before }),
            ..EventQuery::newest(at, Timestamp(at.0.saturating_add(1)), 1)
        };
        let answer = ask(&*self.events, &scope, &query.filter(shown(cx))).await?;
        answer.hits.first().filter(|hit| hit.event.id == event).map(|hit| LogView::of(&hit.event)).ok_or_else(missing)
    }

    /// The searches that are asked for often.
    pub fn popular(&self) -> &Arc<Popular> {
        &self.popular
    }

    /// Asks for the searches that were asked for most, in the name of those who did, with ranges that moved along; how many were answered.
    pub async fn warm(&self) -> usize {
        let mut warmed = 0;
        for search in self.popular.best(WARMED) {
            let cx = search.audience.context(self.core.now());
            match self.find(&cx, &search.query(), false).await {
                Ok(_) => warmed += 1,
                Err(error) => {
                    tracing::debug!(cause = error.chain(), "cannot warm a search");
                    if matches!(error.kind(), ErrorKind::ServiceUnavailable | ErrorKind::ServiceTimeout) {
                        break;
                    }
                }
            }
        }
        self.popular.turn(self.core.now(), warmed as u64);
        warmed
    }

    /// Keeps what is known of popular searches for the next start.
    pub async fn remember_popular(&self) -> Result<()> {
        let all = self.popular.all();
        refreshed(&*self.cache, POPULAR_SEARCHES.entry(&*self.core.settings.node), async move { Ok(all) }).await.map(drop)
    }

    /// Takes up what was known of popular searches before the start.
    pub async fn recall_popular(&self) -> Result<()> {
        let known = cached(&*self.cache, POPULAR_SEARCHES.entry(&*self.core.settings.node), async { Ok(Vec::new()) }).await?;
        self.popular.recall(known.to_vec());
        Ok(())
    }

    async fn find(&self, cx: &CallContext, query: &LogQuery, is_asked: bool) -> Result<LogPage> {
        let scope = cx.require(READ)?;
        if query.text.chars().count() > LONGEST {
            return Err(Error::bad_query("invalid_query", "q", format!("a search takes at most {LONGEST} characters")));
        }
        let condition = text::parse(&query.text, cx.now)?;
        // `at:>-1h` is another search a moment later, and no answer to it is asked for again
        let stays = text::parse(&query.text, Timestamp(cx.now.0.saturating_add(1)))? == condition;
        let all = EventQuery::all(query.limit);
        let search = Search {
            events: self.events.clone(),
            scope,
            condition: condition.and(shown(cx)),
            from: query.from.map_or(all.from, |from| from.at(cx.now).max(all.from)),
            to: query.to.map_or(all.to, |to| to.at(cx.now)),
            oldest_first: query.oldest_first,
            limit: query.limit,
            place: query.place,
        };
        if !stays {
            return search.page().await;
        }
        let audience = audience_key(cx);
        if is_asked && query.place.is_none() {
            let key =
                format!("{audience}:{:?}:{:?}:{}:{}:{}", query.from, query.to, query.oldest_first, query.limit, search.condition_key());
            self.popular.note(key, cx.now, || PopularSearch::of(Audience::of(cx), query, cx.now));
        }
        self.answer(search, query, &audience, self.past.end(cx.now)).await
    }

    /// A page of what is over is kept whole. Of a range that still grows or moves, the number of lines in its past hours is kept, and the lines
    /// are always those of now.
    async fn answer(&self, search: Search, query: &LogQuery, audience: &str, end: Timestamp) -> Result<LogPage> {
        let is_fixed = query.from.is_none_or(is_fixed) && query.to.is_some_and(is_fixed);
        if is_fixed && search.to <= end {
            let entry = SEARCH_PAGE.entry(format!("{audience}:{}", search.page_key()));
            let page = cached(&*self.cache, entry, async move { search.page().await }).await?;
            return Ok(Arc::unwrap_or_clone(page));
        }
        let Some((begin, until)) = hours(search.from, search.to, end) else { return search.page().await };
        let entry = SEARCH_TOTAL.entry(format!("{audience}:{}:{}:{}", begin.0, until.0, search.condition_key()));
        let (past, own) = (search.clone(), search);
        let past = cached(&*self.cache, entry, async move { past.count(begin, until).await });
        let total = async {
            let (before, past, after) = tokio::try_join!(own.count(own.from, begin), past, own.count(until, own.to))?;
            Ok(before + *past + after)
        };
        own.page_beside(total).await
    }
}

fn is_fixed(moment: Moment) -> bool {
    matches!(moment, Moment::At(_))
}

/// The lines that a caller may see of those in its scope.
fn shown(cx: &CallContext) -> Condition {
    if cx.principal.permissions.allows(OWN) { Condition::Everything } else { Condition::Not(Box::new(own_lines())) }
}
