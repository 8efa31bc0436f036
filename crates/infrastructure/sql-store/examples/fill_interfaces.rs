//! Fills a store with devices nobody watches and their interfaces, half of which are down: `fill_interfaces INTERFACES PLACE`. The place is a
//! file that is not there yet, or the address of an empty PostgreSQL.
#![expect(clippy::unwrap_used, reason = "what cannot be filled is not measured")]

use std::path::Path;
use std::sync::Arc;

use vigie_domain::Id;
use vigie_domain::devices::{Device, Interface, OperStatus};
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::{make, store::put};

/// Ports of a device.
const PORTS: u32 = 50;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [interfaces, place] = arguments.as_slice() else { panic!("usage: fill_interfaces INTERFACES PLACE") };
    let clock = Arc::new(ManualClock::default());
    let opened = if place.contains("://") { SqlStore::connect(place, clock).await } else { SqlStore::open(Path::new(place), clock).await };
    let store = opened.unwrap();
    fill(&store, interfaces.parse::<u32>().unwrap() / PORTS).await;
    store.close().await;
}

async fn fill(store: &SqlStore, devices: u32) {
    let devices: Vec<Device> = (0..devices).map(|i| Device { monitored: false, ..make::device(&format!("sw-{i}"), i) }).collect();
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
