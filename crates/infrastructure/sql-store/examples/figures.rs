//! Prints what the store of state costs on this machine: `cargo run --release -p vigie-sql-store --example figures`.
//! With an address behind it, `figures postgres://…`, it is taken there, in an empty database.
#![expect(clippy::unwrap_used, reason = "a figure that cannot be taken is not printed")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use common::{each, ms};
use vigie_domain::devices::{Device, Interface, OperStatus};
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity as _, Read as _, Reader as _, Store as _};
use vigie_domain::{Id, ObjectScope, Scope};
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::{make, store::put};

#[tokio::main]
async fn main() {
    state().await;
    println!("memory at most {} MB", common::peak_memory_mb());
}

/// 10,000 devices with 30 ports each: writing them, pages, counts.
async fn state() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vigie.db");
    let start = Instant::now();
    let store = state_store(&path).await;
    println!("open a new database: {:.1} ms", ms(start));

    let site = make::site("lyon", None);
    put(&store, std::slice::from_ref(&site)).await;
    let devices: Vec<Device> = (0..10_000).map(|i| device(i, (i % 50 == 0).then_some(site.id))).collect();
    let start = Instant::now();
    for some in devices.chunks(500) {
        put(&store, some).await;
    }
    println!("insert 10,000 devices, 500 a unit: {:.0} ms", ms(start));
    let start = Instant::now();
    let mut ports = 0;
    for some in devices.chunks(20) {
        let of = |d: &Device| (1..=30).map(|p| port(d, p)).collect::<Vec<_>>();
        let all: Vec<Interface> = some.iter().flat_map(of).collect();
        ports += all.len();
        put(&store, &all).await;
    }
    println!("insert {ports} interfaces, 600 a unit: {:.1} s", ms(start) / 1000.0);
    let start = Instant::now();
    for device in devices.iter().take(500) {
        put(&store, &[Device { notes: Some("polled".into()), ..device.clone() }]).await;
    }
    println!("update one device, commit on disk: {:.2} ms", ms(start) / 500.0);
    let states: Vec<_> = devices.iter().take(1000).map(make::state).collect();
    put(&store, &states).await;
    let start = Instant::now();
    put(&store, &states).await;
    println!("update 1,000 states in one unit: {:.1} ms", ms(start));
    println!("on disk: {} MB", store.describe().await.unwrap().size_bytes / 1_000_000);

    let by_name = ListQuery::all(100).order("name", false);
    let counted = ListQuery { count: true, ..by_name.clone() };
    let down = by_name.clone().filter(Filter::eq(Device::SCHEMA, "status", "down").unwrap());
    let searched = ListQuery { search: Some("sw-99".into()), ..by_name.clone() };
    let everything = Scope::system();
    let scoped = Scope::of(Some(ObjectScope { sites: vec![site.id], ..ObjectScope::default() }));
    let mut deep = by_name.clone();
    for _ in 0..90 {
        deep.cursor = store.page(Device::SCHEMA, &everything, &deep).await.unwrap().next;
    }
    for (what, scope, query) in [
        ("page of 100 devices by name", &everything, &by_name),
        ("the same, 91st page", &everything, &deep),
        ("the same with its count", &everything, &counted),
        ("filtered by a status none has", &everything, &down),
        ("searched for a word", &everything, &searched),
        ("in the scope of a site with 200", &scoped, &by_name),
    ] {
        println!("{what}: {:.3} ms", each(200, || store.page(Device::SCHEMA, scope, query)).await);
    }
    let broad = Scope::of(Some(ObjectScope { realms: vec![vigie_domain::devices::Realm::DEFAULT], ..ObjectScope::default() }));
    let start = Instant::now();
    let typed: Vec<Device> = store.list(&everything, &by_name).await.unwrap().results;
    println!("the same, typed: {:.3} ms for {}", ms(start), typed.len());
    let ports = ListQuery::all(100).order("name", false);
    let faulty = ports.clone().filter(Filter::eq(Interface::SCHEMA, "oper_status", "down").unwrap());
    let of_device = ports.clone().filter(Filter::eq(Interface::SCHEMA, "device_id", devices[5_000].id).unwrap());
    for (what, scope, query) in [
        ("page of 100 of 300,000 interfaces by name", &everything, &ports),
        ("those that are down (300)", &everything, &faulty),
        ("those of one device", &everything, &of_device),
        ("those in the scope of a site with 200 devices", &scoped, &ports),
        ("those in the scope of the realm of all", &broad, &ports),
    ] {
        println!("{what}: {:.3} ms", each(50, || store.page(Interface::SCHEMA, scope, query)).await);
    }
    println!("count by status: {:.3} ms", each(50, || store.count_by(Device::SCHEMA, &everything, "status", &[])).await);
    store.close().await;
    let start = Instant::now();
    drop(store);
    let store = state_store(&path).await;
    store.page(Device::SCHEMA, &everything, &by_name).await.unwrap();
    println!("open it again and list: {:.1} ms", ms(start));
}

fn device(number: u32, site_id: Option<Id>) -> Device {
    let mut device = Device { site_id, ..make::device(&format!("sw-{number}"), number) };
    device.identity.vendor = Some(["Cisco", "Juniper", "Arista"][number as usize % 3].into());
    device.identity.model = Some("WS-C3750X-48P".into());
    device.identity.sys_descr = Some("Cisco IOS Software, C3750E Software (C3750E-UNIVERSALK9-M), Version 15.0(2)SE".into());
    device.identity.serial = Some(format!("FCW{number:08}"));
    device
}

fn port(device: &Device, number: u32) -> Interface {
    let mut port = make::interface(device, &format!("Gi1/0/{number}"), number);
    if number == 7 && device.name.ends_with("33") {
        port.oper_status = OperStatus::Down;
    }
    port
}

/// The address of the database to use in place of files.
fn address() -> Option<String> {
    std::env::args().nth(1)
}

async fn state_store(path: &Path) -> SqlStore {
    let clock = Arc::new(ManualClock::default());
    match address() {
        Some(url) => SqlStore::connect(&url, clock).await.unwrap(),
        None => SqlStore::open(path, clock).await.unwrap(),
    }
}
