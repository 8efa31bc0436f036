//! Searching logs.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vigie_domain::search::{Condition, EventAnswer, EventQuery, Hit, Sort, SortMark, text};
use vigie_domain::telemetry::{EventId, EventKind, EventStore};
use vigie_domain::{Error, ErrorKind, Permission, Result, Scope, Timestamp};

use super::own::own_lines;
use super::view::{LogId, LogView};
use crate::CallContext;

/// See logs.
pub const READ: Permission = Permission::new("logs", "read");
/// What Vigie says of itself is about the server.
const OWN: Permission = Permission::new("system", "read");
/// How long a search may take: less than a request.
const DEADLINE: Duration = Duration::from_secs(20);
/// Characters of a search.
const LONGEST: usize = 2_000;

/// What lines are asked for.
#[derive(Clone, Debug)]
pub struct LogQuery {
    /// In the language of searches ([`text`]); blank for every line.
    pub text: String,
    /// Taken in from this time on; as far back as there are any when absent.
    pub from: Option<Timestamp>,
    /// Taken in before this time; as far as there are any when absent.
    pub to: Option<Timestamp>,
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
#[derive(Clone, Debug)]
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
    events: Arc<dyn EventStore>,
}

impl Logs {
    /// Over this store.
    pub fn new(events: Arc<dyn EventStore>) -> Self {
        Self { events }
    }

    /// A page of the lines that match.
    pub async fn list(&self, cx: &CallContext, query: &LogQuery) -> Result<LogPage> {
        let scope = cx.require(READ)?;
        if query.text.chars().count() > LONGEST {
            return Err(Error::bad_query("invalid_query", "q", format!("a search takes at most {LONGEST} characters")));
        }
        let is_back = query.place.is_some_and(|place| place.is_back);
        let sort = if query.oldest_first == is_back { Sort::Newest } else { Sort::Oldest };
        // one more tells whether there is a page after this one
        let all = EventQuery::all(query.limit + 1);
        let asked = EventQuery {
            kinds: vec![EventKind::Log],
            sort,
            after: query.place.map(|place| place.mark),
            count: true,
            from: query.from.map_or(all.from, |from| from.max(all.from)),
            to: query.to.unwrap_or(all.to),
            ..all
        };
        let asked = asked.filter(text::parse(&query.text, cx.now)?).filter(shown(cx));
        let mut answer = self.search(&scope, &asked).await?;
        let has_more = answer.hits.len() > query.limit;
        answer.hits.truncate(query.limit);
        if is_back {
            answer.hits.reverse();
        }
        let place = |hit: Option<&Hit>, is_back| hit.map(|hit| LogPlace { mark: hit.mark(sort), is_back });
        let (first, last) = (answer.hits.first(), answer.hits.last());
        let (has_next, has_previous) = if is_back { (true, has_more) } else { (has_more, query.place.is_some()) };
        Ok(LogPage {
            next: place(last.filter(|_| has_next), false),
            previous: place(first.filter(|_| has_previous), true),
            total: answer.total.unwrap_or(0),
            lines: answer.hits.iter().map(|hit| LogView::of(&hit.event)).collect(),
        })
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
        let answer = self.search(&scope, &query.filter(shown(cx))).await?;
        answer.hits.first().filter(|hit| hit.event.id == event).map(|hit| LogView::of(&hit.event)).ok_or_else(missing)
    }

    async fn search(&self, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
        let late = |_| {
            let text = format!("the store of events did not answer within {} s", DEADLINE.as_secs());
            Error::new(ErrorKind::ServiceTimeout, "service_timeout", text)
                .solution("narrow the time range or the search; services/event_store tells how the store is")
                .retry_after(5)
        };
        tokio::time::timeout(DEADLINE, self.events.search(scope, query)).await.map_err(late)?
    }
}

/// The lines that a caller may see of those in its scope.
fn shown(cx: &CallContext) -> Condition {
    if cx.principal.permissions.allows(OWN) { Condition::Everything } else { Condition::Not(Box::new(own_lines())) }
}
