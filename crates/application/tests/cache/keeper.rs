//! What changes makes fall.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vigie_application::cache::CacheKeeper;
use vigie_application::events::{EventBus, relay_once};
use vigie_application::idempotency::Answer;
use vigie_application::resources::Resources;
use vigie_application::{CallContext, Core, Settings};
use vigie_domain::cache::{Cache, CacheEntry, CacheLevel, CacheLoad, CacheStatistics, CacheValue};
use vigie_domain::devices::Site;
use vigie_domain::store::Reader;
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::{Id, Result};
use vigie_sql_store::SqlStore;
use vigie_testkit::cache::until;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::passwords::NoPasswords;
use vigie_testkit::sealer::PlainSealer;

/// Notes what falls.
#[derive(Default)]
struct Notes {
    fell: Mutex<Vec<BTreeSet<String>>>,
}

#[async_trait]
impl Cache for Notes {
    async fn get_or_load(&self, _: CacheEntry, load: CacheLoad) -> Result<CacheValue> {
        load.make.await
    }

    async fn refresh(&self, _: CacheEntry, load: CacheLoad) -> Result<CacheValue> {
        load.make.await
    }

    fn invalidate(&self, tags: &[&str]) {
        self.fell.lock().unwrap().push(tags.iter().map(|&tag| tag.to_owned()).collect());
    }

    fn invalidate_all(&self) {
        self.invalidate(&["*"]);
    }

    fn statistics(&self) -> Vec<CacheStatistics> {
        Vec::new()
    }

    async fn levels(&self) -> Vec<CacheLevel> {
        Vec::new()
    }
}

impl Notes {
    fn has(&self, tag: &str) -> bool {
        self.fell.lock().unwrap().iter().any(|tags| tags.contains(tag))
    }
}

async fn core(folder: &TempDir) -> Core {
    let clock = Arc::new(ManualClock::default());
    Core {
        store: Arc::new(SqlStore::open(&folder.path().join("vigie.db"), clock.clone()).await.unwrap()),
        clock,
        sealer: Arc::new(PlainSealer),
        passwords: Arc::new(NoPasswords),
        settings: Arc::new(Settings::default()),
        bus: Arc::new(EventBus::default()),
    }
}

struct Kept {
    notes: Arc<Notes>,
    map: watch::Sender<u64>,
    stop: CancellationToken,
}

impl Kept {
    async fn start(core: &Core) -> Self {
        let (notes, map, stop) = (Arc::new(Notes::default()), watch::Sender::new(0), CancellationToken::new());
        tokio::spawn(CacheKeeper::new(core, notes.clone(), map.subscribe()).run(stop.clone()));
        // it listens once it has heard one
        until("it listens", async || {
            core.bus.tell_change("probe");
            notes.has("probe")
        })
        .await;
        Self { notes, map, stop }
    }

    async fn falls(&self, tag: &str) {
        until(tag, async || self.notes.has(tag)).await;
    }
}

async fn happened(core: &Core, kind: &str, count: usize) {
    let cx = CallContext::system(core.now());
    let mut unit = core.unit(&cx).await.unwrap();
    for _ in 0..count {
        unit.event(Event::new(kind, cx.now, Subject::new("device", Id::new(), "core-1"), None)).await.unwrap();
    }
    unit.commit().await.unwrap();
    while relay_once(core).await.unwrap() > 0 {}
}

/// Nobody reads the answer.
fn nothing<'a>(_: &'a Site, _: &'a (dyn Reader + 'a)) -> BoxFuture<'a, Result<Answer>> {
    std::future::ready(Ok(Answer { status: 201, headers: Vec::new(), body: Vec::new() })).boxed()
}

#[tokio::test]
async fn a_change_by_a_person_an_event_and_a_new_map_make_their_tags_fall() {
    let folder = TempDir::new().unwrap();
    let core = core(&folder).await;
    let kept = Kept::start(&core).await;
    let cx = CallContext::system(core.now());
    assert!(!kept.notes.has("sites"));
    Resources::<Site>::new(&core).create(&cx, serde_json::json!({"name": "Lyon"}), &nothing).await.unwrap();
    kept.falls("sites").await;
    assert!(!kept.notes.has("alerts"));
    happened(&core, event_types::ALERT_RAISED, 1).await;
    kept.falls("alerts").await;
    assert!(!kept.notes.has("topology"));
    kept.map.send_replace(1);
    kept.falls("topology").await;
    assert!(!kept.notes.has("*") && !kept.notes.has("devices"));
}

#[tokio::test]
async fn many_events_at_once_make_values_fall_once() {
    let folder = TempDir::new().unwrap();
    let core = core(&folder).await;
    let kept = Kept::start(&core).await;
    happened(&core, event_types::DEVICE_STATUS_CHANGED, 250).await;
    kept.falls("devices").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let times = kept.notes.fell.lock().unwrap().iter().filter(|tags| tags.contains("devices")).count();
    assert_eq!(times, 1);
}

#[tokio::test]
async fn what_happened_right_before_the_end_makes_values_fall_again_at_the_start() {
    let folder = TempDir::new().unwrap();
    let core = core(&folder).await;
    let kept = Kept::start(&core).await;
    kept.stop.cancel();
    happened(&core, event_types::DEVICE_CHANGED, 1).await;
    let next = Kept::start(&core).await;
    next.falls("devices").await;
    assert!(!next.notes.has("alerts"));
}
