//! Searches of logs: what of them is kept, for whom, and what makes it fall.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use vigie_application::CallContext;
use vigie_application::cache::{CacheKeeper, SearchWarming};
use vigie_application::logs::{LogPage, LogQuery, Logs};
use vigie_cache::{Disk, Parts, TieredCache};
use vigie_domain::cache::{LEVELS, SharedTier};
use vigie_domain::search::{EventAnswer, EventQuery};
use vigie_domain::telemetry::event::{MESSAGE, SEEN_BY};
use vigie_domain::telemetry::{EventBatch, EventKind, EventListener, EventStore, EventStoreStatus, Promise, Retention};
use vigie_domain::{ErrorKind, Id, Moment, ObjectScope, Result, Scope, Timestamp};
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_redis::RedisTier;
use vigie_testkit::cache::until;
use vigie_testkit::redis::Server;

use crate::node::patient;
use crate::place::Place;

const HOUR: Duration = Duration::from_hours(1);

/// A store of events that counts how often it is searched.
struct Counted {
    store: Arc<dyn EventStore>,
    searches: AtomicU32,
}

#[async_trait]
impl EventStore for Counted {
    async fn append(&self, batch: &EventBatch, promise: Promise) -> Result<()> {
        self.store.append(batch, promise).await
    }

    async fn search(&self, scope: &Scope, query: &EventQuery) -> Result<EventAnswer> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        self.store.search(scope, query).await
    }

    async fn settle(&self) -> Result<()> {
        self.store.settle().await
    }

    async fn retain(&self, now: Timestamp, rules: &[Retention]) -> Result<usize> {
        self.store.retain(now, rules).await
    }

    fn listen(&self, listener: Arc<dyn EventListener>) {
        self.store.listen(listener);
    }

    async fn status(&self) -> Result<EventStoreStatus> {
        self.store.status().await
    }

    async fn close(&self) -> Result<()> {
        self.store.close().await
    }
}

/// A node whose logs are searched.
struct Node {
    place: Place,
    events: Arc<Counted>,
    logs: Logs,
    cache: TieredCache,
}

/// Lines: how long ago they were taken in, what they say, and which site shows them.
type Lines<'a> = &'a [(Duration, &'a str, Option<Id>)];

impl Node {
    /// A node over a store that has these lines.
    async fn start(lines: Lines<'_>) -> Self {
        let place = Place::new().await;
        let settings = EventStoreSettings {
            folder: place.folder.path().join("events"),
            node: 1,
            log: WalSettings { sync_every: Duration::from_millis(1), ..WalSettings::default() },
            log_storage: None,
            engine: EngineSettings::Embedded(EmbeddedSettings { commit_every: Duration::from_millis(20), ..EmbeddedSettings::default() }),
        };
        let store = vigie_event_store::open(settings, &Tracker::new(&["stores"]).stage("stores")).await.unwrap();
        put(&*store, place.core.now(), lines).await;
        Self::over(place, Arc::new(Counted { store, searches: AtomicU32::new(0) }), None)
    }

    fn over(place: Place, events: Arc<Counted>, shared: Option<Arc<dyn SharedTier>>) -> Self {
        // the file of a cache is its own
        let folder = place.folder.path().join(if shared.is_some() { "shared" } else { "cache" });
        let cache = TieredCache::new(Parts {
            memory_bytes: 10_000_000,
            namespace: "test".to_owned(),
            defaults: LEVELS,
            clock: place.clock.clone(),
            sealer: Some(place.core.sealer.clone()),
            shared,
            disk: Some(Disk::open(&folder, 10_000_000).unwrap()),
        });
        drop(CacheKeeper::new(&place.core, Arc::new(cache.clone())));
        let logs = Logs::new(&place.core, events.clone(), Arc::new(cache.clone()));
        Self { place, events, logs, cache }
    }

    /// A line that lands now, and was taken in so long ago.
    async fn line(&self, ago: Duration, message: &str) {
        put(&*self.events, self.now(), &[(ago, message, None)]).await;
    }

    fn now(&self) -> Timestamp {
        self.place.core.now()
    }

    fn cx(&self) -> CallContext {
        CallContext::system(self.now())
    }

    fn cx_of(&self, site: Id) -> CallContext {
        let mut cx = self.cx();
        cx.principal.permissions = ["logs:read"].into_iter().collect();
        cx.principal.scope = Some(ObjectScope { sites: vec![site], ..ObjectScope::default() });
        cx
    }

    /// The answer, and how often the store was searched for it.
    async fn ask(&self, cx: &CallContext, query: &LogQuery) -> (LogPage, u32) {
        let before = self.events.searches.load(Ordering::SeqCst);
        let page = self.logs.list(cx, query).await.unwrap();
        (page, self.events.searches.load(Ordering::SeqCst) - before)
    }

    async fn totals(&self, query: &LogQuery) -> (u64, u32) {
        let (page, searches) = self.ask(&self.cx(), query).await;
        (page.total, searches)
    }
}

async fn put(store: &dyn EventStore, now: Timestamp, lines: Lines<'_>) {
    let mut batch = EventBatch::new();
    for (ago, message, site) in lines {
        let writer = batch.begin(EventKind::Log, now.minus(*ago)).text(MESSAGE, message);
        drop(match site {
            Some(site) => writer.text(SEEN_BY, &site.to_string()),
            None => writer,
        });
    }
    store.append(&batch, Promise::Process).await.unwrap();
    store.settle().await.unwrap();
}

fn query(text: &str, from: &str, to: Option<Moment>) -> LogQuery {
    LogQuery { text: text.to_owned(), from: Moment::parse(from), to, oldest_first: false, limit: 25, place: None }
}

/// The three hours that ended two hours ago.
fn over(node: &Node) -> LogQuery {
    let (from, to) = (node.now().minus(5 * HOUR), node.now().minus(2 * HOUR));
    LogQuery { from: Some(Moment::At(from)), ..query("down", "", Some(Moment::At(to))) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_that_is_over_is_searched_once_for_all_who_see_the_same() {
    let (lyon, nice) = (Id::fixed(1), Id::fixed(2));
    let node = Node::start(&[(3 * HOUR, "a is down", Some(lyon)), (4 * HOUR, "b is down", Some(nice))]).await;
    let asked = over(&node);
    let (first, searches) = node.ask(&node.cx(), &asked).await;
    assert_eq!((first.total, first.lines.len(), searches), (2, 2, 1));
    assert_eq!(node.ask(&node.cx(), &asked).await, (first.clone(), 0));
    // beyond the memory, on the disk
    node.cache.settle().await;
    node.place.clock.advance(Duration::from_secs(31));
    assert_eq!(node.ask(&node.cx(), &asked).await, (first.clone(), 0));
    // another page is another answer
    let next = LogQuery { limit: 1, ..asked.clone() };
    let (page, _) = node.ask(&node.cx(), &next).await;
    let second = LogQuery { place: page.next, ..next.clone() };
    let (page, searches) = node.ask(&node.cx(), &second).await;
    assert_eq!((page.lines[0].message.as_str(), page.total, searches), ("b is down", 2, 1));
    assert_eq!(node.ask(&node.cx(), &second).await.1, 0);

    for (site, message) in [(lyon, "a is down"), (nice, "b is down")] {
        let (page, searches) = node.ask(&node.cx_of(site), &asked).await;
        assert_eq!((page.total, page.lines[0].message.as_str(), searches), (1, message, 1), "each sees its own, and has it searched");
        assert_eq!(node.ask(&node.cx_of(site), &asked).await.1, 0);
    }
    let mut other = node.cx();
    other.principal.permissions = ["devices:read"].into_iter().collect();
    assert_eq!(node.logs.list(&other, &asked).await.unwrap_err().kind(), ErrorKind::PermissionDenied);

    // it holds for five minutes
    node.place.clock.advance(Duration::from_mins(5));
    assert_eq!(node.ask(&node.cx(), &asked).await, (first, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lands_late_makes_the_past_fall_and_what_is_in_time_does_not() {
    let node = Node::start(&[(3 * HOUR, "a is down", None)]).await;
    let asked = over(&node);
    assert_eq!((node.totals(&asked).await, node.totals(&asked).await), ((1, 1), (1, 0)));
    node.line(Duration::ZERO, "c is down").await;
    node.line(Duration::from_secs(20), "d is down").await;
    assert_eq!(node.totals(&asked).await, (1, 0), "lines of now change nothing of what is over");
    node.line(3 * HOUR, "b is down").await;
    let (page, searches) = node.ask(&node.cx(), &asked).await;
    assert_eq!((page.total, page.lines.len(), searches), (2, 2, 1));

    // days that go make it fall too
    until("it is kept again", async || node.totals(&asked).await == (2, 0)).await;
    node.events.retain(node.now().plus(48 * HOUR), &[Retention { kind: EventKind::Log, keep: Duration::ZERO }]).await.unwrap();
    assert_eq!(node.totals(&asked).await, (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_that_ends_now_shows_each_new_line_at_once() {
    let node = Node::start(&[(3 * HOUR, "a is down", None), (Duration::from_mins(1), "b is down", None)]).await;
    for to in [None, Moment::parse("now"), Some(Moment::At(node.now().plus(HOUR)))] {
        let asked = query("down", "-24h", to);
        let (before, _) = node.ask(&node.cx(), &asked).await;
        node.line(Duration::ZERO, "new and down").await;
        node.place.clock.advance(Duration::from_millis(1));
        let (after, searches) = node.ask(&node.cx(), &asked).await;
        assert_eq!((after.total, after.lines[0].message.as_str()), (before.total + 1, "new and down"), "{to:?}");
        assert_eq!(searches, 3, "the lines, and the hours at both ends: those between are known");
        node.place.clock.advance(Duration::from_secs(1));
    }
    // what was taken in within the last minute is not over, though its end is written
    let asked = query("down", "-1h", Some(Moment::At(node.now().minus(Duration::from_secs(30)))));
    assert_eq!((node.totals(&asked).await.1, node.totals(&asked).await.1), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_of_ranges_that_move_are_those_of_a_search_of_all() {
    let lines: Vec<_> = (0..60 * 30).step_by(7).map(|minutes| (Duration::from_mins(minutes), "down", None)).collect();
    let node = Node::start(&lines).await;
    for step in 0..40 {
        for hours in [1, 3, 24] {
            let from = node.now().minus(hours * HOUR);
            let (total, _) = node.totals(&query("down", &format!("-{hours}h"), None)).await;
            let all = EventQuery { count: true, ..EventQuery::newest(from, node.now().plus(HOUR), 0) };
            let all = node.events.store.search(&Scope::system(), &all).await.unwrap();
            assert_eq!(Some(total), all.total, "{hours} h, step {step}");
        }
        node.place.clock.advance(Duration::from_mins(3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_condition_that_moves_along_is_asked_anew() {
    let node = Node::start(&[(3 * HOUR, "down", None)]).await;
    let asked = LogQuery { text: "down at:>-4h".to_owned(), ..over(&node) };
    assert_eq!((node.totals(&asked).await, node.totals(&asked).await), ((1, 1), (1, 1)));
    assert!(node.logs.popular().best(9).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_brings_no_old_answer() {
    let node = Node::start(&[]).await;
    let asked = query("down", "-1d", Some(Moment::At(node.now().minus(Duration::from_secs(90)))));
    let asked = LogQuery { from: Some(Moment::At(Timestamp(0))), ..asked };
    assert_eq!((node.totals(&asked).await, node.totals(&asked).await), ((0, 1), (0, 0)));
    let now = node.now();
    node.place.clock.set(now.minus(Duration::from_secs(120)));
    node.line(Duration::ZERO, "down").await;
    node.place.clock.set(now.plus(Duration::from_secs(1)));
    assert_eq!(node.totals(&asked).await, (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn popular_searches_are_warmed_with_their_range_moved_along_and_outlive_the_process() {
    let site = Id::fixed(1);
    let node = Node::start(&[(3 * HOUR, "down", Some(site))]).await;
    let asked = query("down", "-24h", None);
    for minute in [0, 1, 2] {
        node.place.clock.advance(Duration::from_mins(minute));
        node.ask(&node.cx(), &asked).await;
    }
    node.ask(&node.cx_of(site), &query("  down ", "-1d", None)).await;
    let best = node.logs.popular().best(9);
    assert_eq!(
        best.iter().map(|search| (search.weight, search.audience.sees_everything())).collect::<Vec<_>>(),
        [(3.0, true), (1.0, false)]
    );

    node.place.clock.advance(HOUR);
    let warming = SearchWarming::new(&node.place.core, &node.logs, Some("0 * * * *".to_owned()));
    assert_eq!(warming.turn().await, 2);
    for cx in [node.cx(), node.cx_of(site)] {
        let (page, searches) = node.ask(&cx, &asked).await;
        assert_eq!((page.total, searches), (1, 3), "the hours between are known");
    }
    // and known until the next turn, as long as nothing lands in them
    node.cache.settle().await;
    node.place.clock.advance(Duration::from_mins(10));
    assert_eq!(node.ask(&node.cx(), &asked).await.0.total, 1);

    node.logs.remember_popular().await.unwrap();
    node.cache.settle().await;
    let known = node.logs.popular().best(9);
    let next = Logs::new(&node.place.core, node.events.clone(), Arc::new(node.cache.clone()));
    next.recall_popular().await.unwrap();
    assert_eq!(next.popular().best(9), known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lands_late_on_one_node_makes_the_past_fall_on_the_other() {
    let Some(server) = Server::start(&[]) else { return };
    let tier = || async {
        let tier = RedisTier::new(patient(&server.url())).unwrap();
        tokio::spawn(tier.clone().run(tokio_util::sync::CancellationToken::new()));
        until("it answers", async || tier.is_available() && tier.health().version.is_some()).await;
        Arc::new(tier) as Arc<dyn SharedTier>
    };
    // two nodes over one store: the second carries what lands
    let a = Node::start(&[(3 * HOUR, "down", None)]).await;
    let a = Node::over(a.place, a.events, Some(tier().await));
    let b = Node::over(Place::new().await, a.events.clone(), Some(tier().await));
    until("both hear", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('2')).await;
    a.cache.settle().await;
    b.cache.settle().await;
    let asked = over(&a);
    until("it is kept", async || a.totals(&asked).await == (1, 0)).await;
    until("the other has it", async || b.totals(&asked).await == (1, 0)).await;
    b.line(4 * HOUR, "down").await;
    assert_eq!(b.totals(&asked).await.0, 2, "at once where it lands");
    until("and on the other", async || a.totals(&asked).await.0 == 2).await;
}
