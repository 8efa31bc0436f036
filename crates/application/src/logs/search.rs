//! Asking the store of events for lines, within a deadline.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use vigie_domain::search::{Condition, EventAnswer, EventQuery, Hit, Sort};
use vigie_domain::telemetry::{EventKind, EventStore};
use vigie_domain::{Error, ErrorKind, Result, Scope, Timestamp};

use super::use_cases::{LogPage, LogPlace};
use super::view::LogView;
use crate::hex::hex;

/// How long a search may take: less than a request.
const DEADLINE: Duration = Duration::from_secs(20);

/// A search for lines in the name of a scope.
#[derive(Clone)]
pub(super) struct Search {
    pub(super) events: Arc<dyn EventStore>,
    pub(super) scope: Scope,
    /// Of lines.
    pub(super) condition: Condition,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) oldest_first: bool,
    pub(super) limit: usize,
    pub(super) place: Option<LogPlace>,
}

impl Search {
    /// A page, with the number of all lines that match.
    pub(super) async fn page(&self) -> Result<LogPage> {
        let answer = self.lines(true).await?;
        let total = answer.total.unwrap_or(0);
        Ok(self.arranged(answer, total))
    }

    /// A page whose total somebody else tells.
    pub(super) async fn page_beside(&self, total: impl Future<Output = Result<u64>> + Send) -> Result<LogPage> {
        let (answer, total) = tokio::try_join!(self.lines(false), total)?;
        Ok(self.arranged(answer, total))
    }

    /// How many lines of a part of its range match.
    pub(super) async fn count(&self, from: Timestamp, to: Timestamp) -> Result<u64> {
        if from >= to {
            return Ok(0);
        }
        let query = EventQuery { from, to, limit: 0, after: None, ..self.query(true) };
        Ok(ask(&*self.events, &self.scope, &query).await?.total.unwrap_or(0))
    }

    /// Tells its pages from those of other searches of the same audience.
    pub(super) fn page_key(&self) -> String {
        let Self { condition, from, to, oldest_first, limit, place, .. } = self;
        digest(format_args!("{condition:?}{from:?}{to:?}{oldest_first}{limit}{place:?}"))
    }

    /// Tells its totals from those of other conditions.
    pub(super) fn condition_key(&self) -> String {
        digest(format_args!("{:?}", self.condition))
    }

    async fn lines(&self, count: bool) -> Result<EventAnswer> {
        ask(&*self.events, &self.scope, &self.query(count)).await
    }

    fn query(&self, count: bool) -> EventQuery {
        EventQuery {
            kinds: vec![EventKind::Log],
            sort: self.sort(),
            after: self.place.map(|place| place.mark),
            count,
            from: self.from,
            to: self.to,
            condition: self.condition.clone(),
            // one more tells whether there is a page after this one
            ..EventQuery::all(self.limit + 1)
        }
    }

    fn is_back(&self) -> bool {
        self.place.is_some_and(|place| place.is_back)
    }

    fn sort(&self) -> Sort {
        if self.oldest_first == self.is_back() { Sort::Newest } else { Sort::Oldest }
    }

    fn arranged(&self, mut answer: EventAnswer, total: u64) -> LogPage {
        let (sort, is_back) = (self.sort(), self.is_back());
        let has_more = answer.hits.len() > self.limit;
        answer.hits.truncate(self.limit);
        if is_back {
            answer.hits.reverse();
        }
        let place = |hit: Option<&Hit>, is_back| hit.map(|hit| LogPlace { mark: hit.mark(sort), is_back });
        let (first, last) = (answer.hits.first(), answer.hits.last());
        let (has_next, has_previous) = if is_back { (true, has_more) } else { (has_more, self.place.is_some()) };
        LogPage {
            next: place(last.filter(|_| has_next), false),
            previous: place(first.filter(|_| has_previous), true),
            total,
            lines: answer.hits.iter().map(|hit| LogView::of(&hit.event)).collect(),
        }
    }
}

/// Asks the store of events.
pub(super) async fn ask(events: &dyn EventStore, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
    let late = |_| {
        let text = format!("the store of events did not answer within {} s", DEADLINE.as_secs());
        Error::new(ErrorKind::ServiceTimeout, "service_timeout", text)
            .solution("narrow the time range or the search; services/event_store tells how the store is")
            .retry_after(5)
    };
    tokio::time::timeout(DEADLINE, events.search(scope, query)).await.map_err(late)?
}

/// SHA-256 of what is written, half of it in hex.
fn digest(what: fmt::Arguments<'_>) -> String {
    hex(&Sha256::digest(what.to_string())[..16])
}
