//! Walking all pages of a list while it changes: a row whose sort value stays appears exactly once (API, section 3).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use vigie_domain::devices::{Device, DeviceStatus, Interface, OperStatus};
use vigie_domain::query::{Cursor, Direction, Filter, ListQuery, Value};
use vigie_domain::store::{Entity, Read as _, Store};
use vigie_domain::{Id, Scope, Timestamp};

use super::{Fixture, put};
use crate::make;

/// To the end and back, with every ordering: the same rows, and the ends say that they are ends.
pub async fn pages_go_forward_and_back(store: Arc<dyn Store>) {
    let devices: Vec<_> = (0..23).map(|i| varied(i, i % 3)).collect();
    put(&*store, &devices).await;
    for field in Device::SCHEMA.orderings() {
        for descending in [false, true] {
            let query = ListQuery::all(5).order(field, descending);
            let whole = store.list::<Device>(&Scope::system(), &ListQuery { limit: 100, ..query.clone() }).await.unwrap();
            assert!(whole.next.is_none() && whole.previous.is_none());
            let whole: Vec<Id> = whole.results.iter().map(|d| d.id).collect();
            assert_eq!(whole.len(), 23);
            let (there, last) = walk::<Device>(&*store, &query, true).await;
            assert_eq!(there, whole, "{field} {descending} forward");
            let (back, first) = walk::<Device>(&*store, &ListQuery { cursor: last, ..query.clone() }, false).await;
            assert_eq!(back, whole[..20], "{field} {descending} back from the last page");
            let (again, _) = walk::<Device>(&*store, &ListQuery { cursor: first, ..query }, true).await;
            assert_eq!(again, whole[5..], "{field} {descending} forward from the first page");
        }
    }
}

/// Down an order that few places share, and one that each row has a place of in: as a sort has it, on pages of any size, there and back.
pub async fn pages_go_down_places_that_many_rows_share(store: Arc<dyn Store>) {
    let devices: Vec<_> = (0..30).map(|i| make::device(&format!("sw-{i}"), i)).collect();
    put(&*store, &devices).await;
    let mut ports = Vec::new();
    for (device, number) in devices.iter().zip(0..) {
        for index in [1, 2, 3, 100 + number] {
            let oper_status = if number % 3 == 0 { OperStatus::Down } else { OperStatus::Up };
            ports.push(Interface { oper_status, ..make::interface(device, &format!("Gi1/0/{index}"), index) });
        }
    }
    put(&*store, &ports).await;
    ports.sort_by_key(|port| (std::cmp::Reverse(port.if_index), port.id));
    let down = Filter::eq(Interface::SCHEMA, "oper_status", "down").unwrap();
    for (field, filter, limit) in [("if_index", None, 7), ("name", None, 11), ("if_index", Some(&down), 3), ("name", Some(&down), 1)] {
        let all = ListQuery::all(limit).order(field, true);
        let query = filter.map_or(all.clone(), |filter| all.clone().filter(filter.clone()));
        let fit = ports.iter().filter(|port| filter.is_none() || port.oper_status == OperStatus::Down);
        let expected: Vec<Id> = fit.map(|port| port.id).collect();
        let (there, last) = walk::<Interface>(&*store, &query, true).await;
        assert_eq!(there, expected, "-{field}, {limit} a page");
        let (back, _) = walk::<Interface>(&*store, &ListQuery { cursor: last, ..query }, false).await;
        let last_page = (expected.len() - 1) % limit + 1;
        assert_eq!(back, expected[..expected.len() - last_page], "-{field}, {limit} a page, back from the last");
    }
}

/// Rows come and go before, at and behind the cursor.
pub async fn rows_that_stay_appear_exactly_once(store: Arc<dyn Store>) {
    let devices: Vec<_> = (0..40).map(|i| varied(i, i % 4)).collect();
    put(&*store, &devices).await;
    let mut query = ListQuery::all(4).order("name", false);
    let (mut seen, mut number) = (Vec::new(), 1000);
    loop {
        let page = store.list::<Device>(&Scope::system(), &query).await.unwrap();
        seen.extend(page.results.iter().map(|d| d.id));
        let Some(next) = page.next else { break };
        let last = page.results.last().unwrap();
        // the boundary row itself goes, one before it and some around it come
        delete(&*store, last.id).await;
        put(&*store, &[varied(number, 0), varied(number + 1, 3), Device { name: last.name.clone(), ..varied(number + 2, 0) }]).await;
        number += 3;
        query.cursor = Some(next);
    }
    let mut once = seen.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "no row appears twice");
    for device in &devices {
        assert!(seen.contains(&device.id), "{} is missed", device.name);
    }
}

/// A writer inserts, updates, moves and deletes beside the walk: what keeps its place is seen once, in order.
pub async fn pages_hold_while_a_writer_writes(store: Arc<dyn Store>) {
    let devices: Vec<_> = (0..60).map(|i| varied(i, i % 4)).collect();
    put(&*store, &devices).await;
    let mut walks = Vec::new();
    for (field, descending) in [("name", false), ("status", true), ("id", false), ("name", true), ("status", false), ("id", true)] {
        let query = ListQuery::all(7).order(field, descending);
        let whole = store.list::<Device>(&Scope::system(), &ListQuery { limit: 100, ..query.clone() }).await.unwrap();
        walks.push((query, whole.results.iter().map(|d| d.id).collect::<Vec<_>>()));
    }
    let (done, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    let write = async {
        while !done.load(Ordering::Relaxed) {
            let round = written.load(Ordering::Relaxed) as u32;
            let passing: Vec<_> = (0..8).map(|i| varied(2000 + i, i % 4)).collect();
            put(&*store, &passing).await;
            let moved = |(device, i): (&Device, u32)| Device { id: device.id, address: device.address, ..varied(2000 + i, (i + 1) % 4) };
            put(&*store, &passing.iter().zip(0..).map(moved).collect::<Vec<_>>()).await;
            let kept = &devices[round as usize % devices.len()];
            put(&*store, &[Device { notes: Some(format!("written in round {round}")), ..kept.clone() }]).await;
            for device in &passing {
                delete(&*store, device.id).await;
            }
            written.fetch_add(1, Ordering::Relaxed);
        }
    };
    let read = async {
        // each walk, and until something was written during them
        for round in 0.. {
            if round >= walks.len() && written.load(Ordering::Relaxed) >= 3 {
                break;
            }
            let (query, expected) = &walks[round % walks.len()];
            let seen: Vec<Id> = walk::<Device>(&*store, query, true).await.0.into_iter().filter(|id| expected.contains(id)).collect();
            assert_eq!(seen, *expected, "{:?}", query.ordering);
        }
        done.store(true, Ordering::Relaxed);
    };
    futures::join!(write, read);
}

/// The rows behind the cursor went away meanwhile; so did those before it.
pub async fn a_page_that_became_empty_leads_back(store: Arc<dyn Store>) {
    for descending in [false, true] {
        for field in ["id", "name"] {
            let devices: Vec<_> = (0..4).map(|i| varied(i, i)).collect();
            put(&*store, &devices).await;
            let query = ListQuery::all(2).order(field, descending);
            let first = store.list::<Device>(&Scope::system(), &query).await.unwrap();
            let second = store.list::<Device>(&Scope::system(), &query.clone().after(first.next.clone())).await.unwrap();
            for device in &second.results {
                delete(&*store, device.id).await;
            }
            let empty = store.list::<Device>(&Scope::system(), &query.clone().after(first.next.clone())).await.unwrap();
            assert!(empty.results.is_empty() && empty.next.is_none());
            let back = store.list::<Device>(&Scope::system(), &query.clone().after(empty.previous)).await.unwrap();
            assert_eq!(ids(&back.results), ids(&first.results), "{field} {descending}");
            for device in &back.results {
                delete(&*store, device.id).await;
            }
        }
    }
}

/// Any rows, any order, any page size, any changes between pages.
pub fn property(open: impl Fn() -> Pin<Box<dyn Future<Output = Option<Fixture>>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(fixture) = runtime.block_on(open()) else { return };
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&script(), |script| runtime.block_on(play(&*fixture.store, script)));
    outcome.unwrap();
}

#[derive(Clone, Debug)]
struct Script {
    /// A sort class a row.
    rows: Vec<u32>,
    field: &'static str,
    descending: bool,
    page: usize,
    back: bool,
    /// Between two pages: the class of a row that comes, the number of one that goes.
    changes: Vec<(u32, prop::sample::Index)>,
}

fn script() -> impl Strategy<Value = Script> {
    let field = prop::sample::select(Device::SCHEMA.orderings().collect::<Vec<_>>());
    let changes = prop::collection::vec((0..5_u32, any::<prop::sample::Index>()), 0..12);
    (prop::collection::vec(0..5_u32, 1..40), field, any::<bool>(), 1..9_usize, any::<bool>(), changes)
        .prop_map(|(rows, field, descending, page, back, changes)| Script { rows, field, descending, page, back, changes })
}

async fn play(store: &dyn Store, script: Script) -> Result<(), TestCaseError> {
    for device in store.all::<Device>(&Scope::system(), Vec::new()).await.unwrap() {
        delete(store, device.id).await;
    }
    let mut stay: Vec<_> = script.rows.iter().zip(0..).map(|(class, i)| varied(i, *class)).collect();
    put(store, &stay).await;
    let mut query = ListQuery::all(script.page).order(script.field, script.descending);
    if script.back {
        query.cursor = Some(end(script.field, script.descending));
    }
    let (mut seen, mut changes) = (Vec::new(), script.changes.iter().zip(1000..));
    loop {
        let page = store.list::<Device>(&Scope::system(), &query).await.unwrap();
        prop_assert!(page.results.len() <= script.page);
        if script.back {
            seen.splice(0..0, page.results)
        } else {
            seen.splice(seen.len().., page.results)
        };
        let Some(cursor) = (if script.back { page.previous } else { page.next }) else { break };
        query.cursor = Some(cursor);
        if let Some(((class, gone), number)) = changes.next() {
            put(store, &[varied(number, *class)]).await;
            delete(store, stay.swap_remove(gone.index(stay.len())).id).await;
            if stay.is_empty() {
                break;
            }
        }
    }
    let mut once = ids(&seen);
    once.sort_unstable();
    once.dedup();
    prop_assert_eq!(once.len(), seen.len(), "a row appears twice");
    let whole = store.list::<Device>(&Scope::system(), &ListQuery { limit: 100, cursor: None, ..query }).await.unwrap();
    let stayed = |all: &[Device]| ids(all).into_iter().filter(|id| stay.iter().any(|d| d.id == *id)).collect::<Vec<_>>();
    prop_assert_eq!(stayed(&seen), stayed(&whole.results), "rows that stay are seen, in order");
    Ok(())
}

/// A cursor behind the last row.
fn end(field: &str, descending: bool) -> Cursor {
    let value = match (field, descending) {
        ("id", _) => Value::Null,
        ("name" | "status", false) => "\u{10ffff}".into(),
        ("name" | "status", true) => "".into(),
        (_, false) => i64::MAX.into(),
        (_, true) => i64::MIN.into(),
    };
    let digit = if field == "id" && descending { "0" } else { "f" };
    let id = digit.repeat(32).parse().unwrap();
    Cursor { value, id, direction: Direction::Previous, made_at: make::NOW }
}

async fn walk<E: Entity>(store: &dyn Store, query: &ListQuery, forward: bool) -> (Vec<Id>, Option<Cursor>) {
    let (mut query, mut pages) = (query.clone(), Vec::new());
    loop {
        let page = store.list::<E>(&Scope::system(), &query).await.unwrap();
        let found: Vec<Id> = page.results.iter().map(Entity::id).collect();
        pages.insert(if forward { pages.len() } else { 0 }, found);
        let (on, back) = if forward { (page.next, page.previous) } else { (page.previous, page.next) };
        let Some(on) = on else { return (pages.concat(), back) };
        query.cursor = Some(on);
    }
}

async fn delete(store: &dyn Store, id: Id) {
    let mut unit = store.begin().await.unwrap();
    unit.delete(Device::SCHEMA, id).await.unwrap();
    unit.commit().await.unwrap();
}

fn ids(devices: &[Device]) -> Vec<Id> {
    devices.iter().map(|d| d.id).collect()
}

/// A device whose sort values are those of its class: many tie.
fn varied(number: u32, class: u32) -> Device {
    let status = [DeviceStatus::Up, DeviceStatus::Down, DeviceStatus::Pending, DeviceStatus::Degraded, DeviceStatus::Unreachable];
    let at = Timestamp(make::NOW.0 + i64::from(class));
    Device {
        name: format!("sw-{}", class * 4),
        status: status[class as usize % status.len()],
        created_at: at,
        updated_at: at,
        ..make::device("", number)
    }
}
