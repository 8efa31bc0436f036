//! Tells how long pages of a long list take, as one JSON object: `list_figures INTERFACES PAGE [URL]`: the first page and the one of that
//! number, of 100 interfaces each, in some orders, through the port that the REST lists use; in a file, or with the address of an empty
//! PostgreSQL there.
#![expect(clippy::unwrap_used, reason = "a figure that cannot be taken is not told")]

mod common;

use std::sync::Arc;
use std::time::Instant;

use common::{median, ms};
use serde_json::json;
use vigie_domain::devices::{Device, Interface, OperStatus};
use vigie_domain::query::{Cursor, Filter, ListQuery};
use vigie_domain::store::{Entity as _, Reader as _};
use vigie_domain::{Id, Scope};
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::{make, store::put};

/// Rows of a page, the most that the API gives.
const PAGE: usize = 100;
/// Ports of a device.
const PORTS: u32 = 50;
/// Times each page is read, in turn with the other.
const TIMES: usize = 200;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [interfaces, page, url @ ..] = arguments.as_slice() else { panic!("usage: list_figures INTERFACES PAGE [URL]") };
    let (interfaces, page): (u32, usize) = (interfaces.parse().unwrap(), page.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let store = match url.first() {
        Some(url) => SqlStore::connect(url, clock).await.unwrap(),
        None => SqlStore::open(&directory.path().join("vigie.db"), clock).await.unwrap(),
    };
    let start = Instant::now();
    fill(&store, interfaces / PORTS).await;
    let filled = start.elapsed().as_secs_f64();
    let (mut orders, mut worst) = (serde_json::Map::new(), 0.0_f64);
    for (name, query) in queries() {
        let (near, far, walk) = compare(&store, &query, page).await;
        worst = worst.max(far / near);
        orders.insert(name.to_owned(), json!({"first_ms": near, "far_ms": far, "walked_s": walk}));
    }
    println!("{}", json!({"interfaces": interfaces, "page": page, "worst_ratio": worst, "filled_s": filled, "orders": orders}));
}

/// As the list is first shown, by its own columns, and with a filter that half of the rows pass.
fn queries() -> Vec<(&'static str, ListQuery)> {
    let all = ListQuery::all(PAGE);
    let down = Filter::eq(Interface::SCHEMA, "oper_status", "down").unwrap();
    vec![
        ("id", all.clone()),
        ("name", all.clone().order("name", false)),
        ("-if_index", all.clone().order("if_index", true)),
        ("oper_status", all.clone().order("oper_status", false)),
        ("down by name", all.order("name", false).filter(down)),
    ]
}

async fn fill(store: &SqlStore, devices: u32) {
    let devices: Vec<Device> = (0..devices).map(|i| make::device(&format!("sw-{i}"), i)).collect();
    for some in devices.chunks(500) {
        put(store, some).await;
    }
    for some in devices.chunks(20) {
        let ports: Vec<Interface> = some.iter().flat_map(|device| (1..=PORTS).map(|number| port(device, number))).collect();
        put(store, &ports).await;
    }
}

fn port(device: &Device, number: u32) -> Interface {
    let oper_status = if number.is_multiple_of(2) { OperStatus::Down } else { OperStatus::Up };
    Interface { id: Id::new(), oper_status, ..make::interface(device, &format!("Gi1/0/{number}"), number) }
}

/// Medians of the first page and of the far one, in milliseconds, and how long the walk there took, in seconds.
async fn compare(store: &SqlStore, query: &ListQuery, page: usize) -> (f64, f64, f64) {
    let start = Instant::now();
    let cursor = walk(store, query, page).await;
    let walked = start.elapsed().as_secs_f64();
    let far = query.clone().after(Some(cursor));
    let (mut near_ms, mut far_ms) = (Vec::new(), Vec::new());
    for round in 0..TIMES + 5 {
        for (query, took) in [(query, &mut near_ms), (&far, &mut far_ms)] {
            let start = Instant::now();
            let rows = store.page(Interface::SCHEMA, &Scope::system(), query).await.unwrap().results.len();
            if round >= 5 {
                took.push(ms(start));
            }
            assert_eq!(rows, PAGE, "both pages are full");
        }
    }
    (median(near_ms), median(far_ms), walked)
}

/// The cursor of a page, come by as a reader comes by it: page after page. With fewer pages there are, that of the last full one.
async fn walk(store: &SqlStore, query: &ListQuery, page: usize) -> Cursor {
    let mut asked = query.clone();
    let mut cursor = None;
    for _ in 1..page {
        let Some(next) = store.page(Interface::SCHEMA, &Scope::system(), &asked).await.unwrap().next else { break };
        asked = asked.after(Some(next.clone()));
        cursor = Some(next);
    }
    cursor.unwrap()
}
