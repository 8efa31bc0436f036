//! What changes makes fall.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use vigie_application::cache::{CacheKeeper, TABLE};
use vigie_application::events::relay_once;
use vigie_application::idempotency::Answer;
use vigie_application::resources::Resources;
use vigie_application::{CallContext, Core};
use vigie_domain::cache::{Cache, CacheEntry, CacheLevel, CacheLoad, CacheStatistics, CacheValue};
use vigie_domain::devices::Site;
use vigie_domain::store::Reader;
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::{Id, Result};

use crate::place::Place;

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
    /// What fell since it was asked last.
    fn take(&self) -> Vec<BTreeSet<String>> {
        std::mem::take(&mut *self.fell.lock().unwrap())
    }
}

fn kept(core: &Core) -> Arc<Notes> {
    let notes = Arc::new(Notes::default());
    drop(CacheKeeper::new(core, notes.clone()));
    notes
}

async fn commit(core: &Core, kind: &str, count: usize) {
    let cx = CallContext::system(core.now());
    let mut unit = core.unit(&cx).await.unwrap();
    for _ in 0..count {
        unit.event(Event::new(kind, cx.now, Subject::new("device", Id::new(), "core-1"), None)).await.unwrap();
    }
    unit.commit().await.unwrap();
}

/// Nobody reads the answer.
fn nothing<'a>(_: &'a Site, _: &'a (dyn Reader + 'a)) -> BoxFuture<'a, Result<Answer>> {
    std::future::ready(Ok(Answer { status: 201, headers: Vec::new(), body: Vec::new() })).boxed()
}

#[tokio::test]
async fn at_the_start_everything_of_the_table_falls() {
    let place = Place::new().await;
    let fell = kept(&place.core).take();
    for tag in TABLE.iter().flat_map(|policy| policy.tags) {
        assert!(fell.iter().any(|tags| tags.contains(*tag)), "{tag}");
    }
}

#[tokio::test]
async fn a_change_by_a_person_makes_its_tag_fall_before_it_is_answered() {
    let place = Place::new().await;
    let notes = kept(&place.core);
    notes.take();
    let cx = CallContext::system(place.core.now());
    Resources::<Site>::new(&place.core).create(&cx, serde_json::json!({"name": "Lyon"}), &nothing).await.unwrap();
    assert_eq!(notes.take(), [BTreeSet::from(["sites".to_owned()])]);
}

#[tokio::test]
async fn an_event_makes_its_tags_fall_with_its_commit_and_before_anybody_hears_it() {
    let place = Place::new().await;
    let (core, notes) = (&place.core, kept(&place.core));
    notes.take();
    let mut heard = core.bus.subscribe();
    commit(core, event_types::ALERT_RAISED, 1).await;
    let alerts = [BTreeSet::from(["alerts".to_owned()])];
    assert_eq!(notes.take(), alerts, "whoever reads the store sees it now");
    assert!(heard.try_recv().is_err());
    // here it could come from another node
    relay_once(core).await.unwrap();
    assert_eq!((notes.take().as_slice(), heard.try_recv().is_ok()), (&alerts[..], true));
}

#[tokio::test]
async fn a_unit_that_is_undone_makes_nothing_fall() {
    let place = Place::new().await;
    let notes = kept(&place.core);
    notes.take();
    let cx = CallContext::system(place.core.now());
    let mut unit = place.core.unit(&cx).await.unwrap();
    unit.event(Event::new(event_types::ALERT_RAISED, cx.now, Subject::new("alert", Id::new(), "a"), None)).await.unwrap();
    unit.changes("sites");
    drop(unit);
    assert!(notes.take().is_empty());
}

#[tokio::test]
async fn many_events_at_once_make_values_fall_a_few_times() {
    let place = Place::new().await;
    let notes = kept(&place.core);
    notes.take();
    commit(&place.core, event_types::DEVICE_STATUS_CHANGED, 250).await;
    while relay_once(&place.core).await.unwrap() > 0 {}
    let fell = notes.take();
    assert!(fell.len() <= 3 && fell.iter().all(|tags| tags.contains("devices")), "{fell:?}");
}
