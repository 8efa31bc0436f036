//! The outbox.

use std::sync::Arc;

use vigie_domain::query::ListQuery;
use vigie_domain::store::{Entity as _, Read as _, Store, Write as _};
use vigie_domain::system::Event;
use vigie_domain::{Id, Scope};

use super::put;
use crate::make;

/// The order is that of commits, not that of ids; what was rolled back has no number.
pub async fn events_are_numbered_in_the_order_of_commits(store: Arc<dyn Store>) {
    let (early, late) = (make::event(None), make::event(None));
    put(&*store, &[late.clone(), make::event(None)]).await;
    let mut unit = store.begin().await.unwrap();
    unit.insert(&make::event(None)).await.unwrap();
    drop(unit);
    put(&*store, std::slice::from_ref(&early)).await;
    assert_eq!(store.events_after(0, 10).await.unwrap(), (Vec::new(), None), "nothing is published before it has a number");
    let first = store.stamp_outbox(2).await.unwrap();
    let second = store.stamp_outbox(2).await.unwrap();
    assert!(store.stamp_outbox(2).await.unwrap().is_empty());
    assert_eq!(seqs(&first), [1, 2]);
    assert_eq!(seqs(&second), [3]);
    assert_eq!((first[0].id, second[0].id), (late.id, early.id));
    let (after, oldest) = store.events_after(1, 10).await.unwrap();
    assert_eq!((seqs(&after), oldest), (vec![2, 3], Some(1)));
    assert_eq!(store.events_after(0, 1).await.unwrap().0, first[..1]);
}

/// A number is never used twice, even when everything was forgotten.
pub async fn numbers_survive_the_deletion_of_events(store: Arc<dyn Store>) {
    put(&*store, &[make::event(None), make::event(None)]).await;
    store.stamp_outbox(10).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    unit.delete_where(Event::SCHEMA, &[], 10).await.unwrap();
    unit.commit().await.unwrap();
    put(&*store, &[make::event(None)]).await;
    assert_eq!(seqs(&store.stamp_outbox(10).await.unwrap()), [3]);
    assert_eq!(store.events_after(0, 10).await.unwrap().1, Some(3));
}

/// Writers and relays at once: each event once, in one unbroken row of numbers.
pub async fn stamping_under_concurrency_gives_each_number_once(store: Arc<dyn Store>) {
    let write = |store: Arc<dyn Store>| async move {
        for _ in 0..10 {
            put(&*store, &[make::event(None), make::event(None)]).await;
        }
        Vec::new()
    };
    let stamp = |store: Arc<dyn Store>| async move {
        let mut stamped = Vec::new();
        for _ in 0..20 {
            stamped.extend(store.stamp_outbox(7).await.unwrap());
            tokio::task::yield_now().await;
        }
        stamped
    };
    let (writers, relays) = futures::join!(
        futures::future::join_all((0..4).map(|_| write(store.clone()))),
        futures::future::join_all((0..3).map(|_| stamp(store.clone()))),
    );
    let mut all: Vec<Event> = writers.into_iter().chain(relays).flatten().collect();
    all.extend(store.stamp_outbox(1000).await.unwrap());
    let mut numbers = seqs(&all);
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=80).collect::<Vec<i64>>());
    let mut ids: Vec<Id> = all.iter().map(|e| e.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 80);
}

/// Lists and single reads show the number too, whatever the rest of the event says.
pub async fn documents_show_the_number(store: Arc<dyn Store>) {
    let event = make::event(None).data(serde_json::json!({ "seq": null, "text": "\"seq\":null" }));
    put(&*store, std::slice::from_ref(&event)).await;
    let before: Event = store.require(&Scope::system(), event.id).await.unwrap();
    assert_eq!(before, event);
    store.stamp_outbox(1).await.unwrap();
    let expected = Event { seq: Some(1), ..event };
    assert_eq!(store.require::<Event>(&Scope::system(), expected.id).await.unwrap(), expected);
    assert_eq!(store.list::<Event>(&Scope::system(), &ListQuery::all(5)).await.unwrap().results, [expected]);
}

fn seqs(events: &[Event]) -> Vec<i64> {
    events.iter().map(|e| e.seq.unwrap()).collect()
}
