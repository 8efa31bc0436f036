//! The conformance suite of [`vigie_domain::telemetry::EventStore`].

pub mod corpus;
pub mod figures;
pub mod finds;
pub mod model;
pub mod orders;
pub mod scopes;
pub mod writes;

use std::any::Any;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::Scope;
use vigie_domain::search::{EventAnswer, EventQuery, text};
use vigie_domain::telemetry::event::{BYTES, MESSAGE};
use vigie_domain::telemetry::{EventBatch, EventKind, EventStore, Promise};

use self::corpus::Dice;
use crate::make::NOW;

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// Opens the store anew, in the same place, after it was closed.
pub type Reopen = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Arc<dyn EventStore>> + Send>> + Send + Sync>;

/// A store of events, how to open it again, and what must live as long as it.
pub struct EventFixture {
    /// The store.
    pub store: Arc<dyn EventStore>,
    /// Opens it again.
    pub reopen: Reopen,
    /// Dropped last.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl EventFixture {
    /// A store that `open` opens, with what it needs.
    pub async fn new(open: Reopen, keep: impl Any + Send + Sync) -> Self {
        Self { store: open().await, reopen: open, keep: Box::new(keep) }
    }

    /// Closes the store and opens it again.
    pub async fn restart(&mut self) {
        self.store.close().await.unwrap();
        self.store = (self.reopen)().await;
    }
}

/// Every case of the suite as a test: `event_conformance!(open)` where `open` is an `async fn() -> Option<EventFixture>`, `None` where what
/// it needs is not installed.
#[macro_export]
macro_rules! event_conformance {
    ($open:path) => {
        $crate::event_conformance! { @cases $open;
            writes::events_are_read_back_whole
            writes::a_restart_loses_nothing_and_doubles_nothing
            writes::days_are_dropped_whole
            writes::a_listener_hears_what_lands_and_what_is_dropped
            writes::the_store_tells_what_it_holds
            finds::words_are_found_as_people_type_them
            finds::fields_take_typed_values
            finds::messages_are_marked_where_they_match
            orders::ranges_include_their_begin_and_not_their_end
            orders::pages_walk_all_events_once
            orders::the_best_come_first
            orders::impossible_searches_are_refused
            figures::facets_and_timelines_are_exact
            figures::percentiles_and_different_values_are_close
            figures::nothing_has_figures_too
            scopes::a_scope_shows_what_it_may_see
            model::a_corpus_is_answered_as_by_a_model
        }

        #[test]
        fn answers_are_those_of_a_model() {
            $crate::events::model::property(|| Box::pin($open()));
        }
    };
    (@cases $open:path; $($module:ident :: $case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(fixture) = $open().await else { return };
                $crate::events::$module::$case(fixture).await;
            }
        )*
    };
}

/// Takes a batch in and waits until it is searchable.
pub async fn put(store: &dyn EventStore, batch: &EventBatch) {
    store.append(batch, Promise::Process).await.unwrap();
    store.settle().await.unwrap();
}

/// Everything of some days around the tests, with this typed text.
pub fn typed(query: &str) -> EventQuery {
    let all = EventQuery { count: true, ..EventQuery::newest(NOW.minus(10 * DAY), NOW.plus(DAY), 1000) };
    all.filter(text::parse(query, NOW).unwrap_or_else(|error| panic!("{query}: {error}")))
}

/// Events of some of the kinds over two days, up to 41 at a time, numbered on.
pub fn mixed(dice: &mut Dice, kinds: u64, next: &mut i64) -> EventBatch {
    let mut batch = EventBatch::new();
    for _ in 0..=dice.below(40) {
        let kind = EventKind::ALL[dice.below(kinds) as usize];
        batch.begin(kind, NOW.minus(DAY * dice.below(2) as u32)).integer(BYTES, *next).text(MESSAGE, "Interface Gi1/0/7 is down");
        *next += 1;
    }
    batch
}

/// The numbers (`bytes`) of all events that a typed search finds, in ascending order; fails when an event is there twice.
pub async fn numbers(store: &dyn EventStore, query: &str) -> Vec<i64> {
    let (mut numbers, mut ids) = (Vec::new(), BTreeSet::new());
    let mut query = EventQuery { limit: 5000, ..typed(query) };
    loop {
        let answer = ask(store, &query).await;
        for hit in &answer.hits {
            assert!(ids.insert(hit.event.id), "{} is there twice", hit.event.id);
            numbers.push(hit.event.value(BYTES).unwrap().number().unwrap());
        }
        assert!(answer.total.unwrap() >= numbers.len() as u64);
        let Some(next) = answer.next else { break };
        query.after = Some(next);
    }
    numbers.sort_unstable();
    numbers
}

/// Searches all.
pub async fn ask(store: &dyn EventStore, query: &EventQuery) -> EventAnswer {
    store.search(&Scope::system(), query).await.unwrap_or_else(|error| panic!("{:?}: {error:?}", query.condition))
}
