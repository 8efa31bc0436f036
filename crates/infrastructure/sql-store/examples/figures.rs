//! Prints what the stores cost on this machine: `cargo run --release -p vigie-sql-store --example figures [state|samples|week]`.
//! With an address behind it, `figures state postgres://…`, state and week are taken there, in an empty database.
#![expect(clippy::unwrap_used, reason = "a figure that cannot be taken is not printed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vigie_domain::devices::{Device, Interface, OperStatus};
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity as _, Read as _, Reader as _, Store as _};
use vigie_domain::telemetry::{INTERFACE, SampleBatch, SampleStore as _, SeriesQuery};
use vigie_domain::{Id, ObjectScope, Scope, Timestamp};
use vigie_sql_store::{SqlSampleStore, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::{make, store::put};

const MINUTE: i64 = 60_000;

#[tokio::main]
async fn main() {
    let what = std::env::args().nth(1);
    let wanted = |name: &str| what.as_deref().is_none_or(|w| w == name);
    if wanted("state") {
        state().await;
    }
    if wanted("samples") {
        samples().await;
    }
    if wanted("week") {
        week().await;
    }
    println!("memory at most {} MB", peak_memory_mb());
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

/// Two hours of 13,000 interfaces, in batches of 6,500: what it costs to take them in, merge and pack them, and what they take.
async fn samples() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("samples.db");
    let store = SqlSampleStore::open(&path).await.unwrap();
    let subjects: Vec<Id> = (0..13_000).map(|_| Id::new()).collect();
    let start_at = make::NOW.0.div_euclid(7_200_000) * 7_200_000;
    let (mut appending, mut maintaining, mut values) = (0.0, 0.0, 0_u64);
    for minute in 0..120 {
        for (half, some) in subjects.chunks(6_500).enumerate() {
            let mut batch = SampleBatch::new(&INTERFACE);
            for (i, subject) in some.iter().enumerate() {
                let number = half * 6_500 + i;
                let jitter = noise(number as u64 * 7 + minute as u64) % 40;
                batch.push(*subject, Timestamp(start_at + minute * MINUTE + number as i64 % 50_000 + jitter as i64), &row(number, minute));
            }
            values += (batch.len() * INTERFACE.metrics.len()) as u64;
            let before = cpu_seconds();
            store.append(batch).await.unwrap();
            appending += cpu_seconds() - before;
        }
        if minute % 5 == 4 {
            let before = cpu_seconds();
            store.maintain(Timestamp(start_at + minute * MINUTE), Timestamp(0)).await.unwrap();
            maintaining += cpu_seconds() - before;
        }
    }
    let of_one = query(&subjects[..1], start_at, start_at + 120 * MINUTE, MINUTE);
    let open = each(10, || store.range(&of_one)).await;
    let loose = store.describe().await.unwrap().bytes;
    let before = cpu_seconds();
    let started = Instant::now();
    store.maintain(Timestamp(start_at + 180 * MINUTE), Timestamp(0)).await.unwrap();
    let closing = cpu_seconds() - before;
    println!("close the window: {:.1} s", started.elapsed().as_secs_f64());
    let per_second = |cpu: f64| 100.0 * cpu / values as f64 * 65_000.0;
    println!(
        "65,000 values a second take {:.1} % of a core (append {:.1}, merge {:.1}, pack {:.1})",
        per_second(appending + maintaining + closing),
        per_second(appending),
        per_second(maintaining),
        per_second(closing)
    );
    println!("two hours of an interface while its window is open: {open:.2} ms ({:.2} bytes a value loose)", loose as f64 / values as f64);
    let packed = each(10, || store.range(&of_one)).await;
    println!("the same packed: {packed:.2} ms");
    println!(
        "bytes a value in blocks: {:.2}, with table and index {:.2}",
        block_bytes(&path, false).await / values as f64,
        block_bytes(&path, true).await / values as f64
    );
}

/// Seven days of 300 interfaces a minute, and the question for one.
async fn week() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("samples.db");
    let store = sample_store(&path).await;
    let subjects: Vec<Id> = (0..300).map(|_| Id::new()).collect();
    let start_at = make::NOW.0.div_euclid(7_200_000) * 7_200_000;
    let minutes = 7 * 24 * 60;
    for hour in 0..minutes / 60 {
        let mut batch = SampleBatch::new(&INTERFACE);
        for minute in hour * 60..(hour + 1) * 60 {
            for (i, subject) in subjects.iter().enumerate() {
                batch.push(*subject, Timestamp(start_at + minute * MINUTE + i as i64), &row(i, minute));
            }
        }
        store.append(batch).await.unwrap();
        store.maintain(Timestamp(start_at + hour * 60 * MINUTE), Timestamp(0)).await.unwrap();
    }
    let end = start_at + minutes * MINUTE;
    let info = store.describe().await.unwrap();
    println!("a week of 300 interfaces: {} values, {:.2} bytes each with everything", info.values, info.bytes as f64 / info.values as f64);
    for (what, count, step) in [("one interface", 1, 10), ("one interface, as sampled", 1, 0), ("24 interfaces", 24, 10)] {
        let query = query(&subjects[40..40 + count], start_at, end, step * MINUTE);
        println!("seven days of {what}: {:.1} ms", each(10, || store.range(&query)).await);
    }
}

fn query(subjects: &[Id], from: i64, to: i64, step_ms: i64) -> SeriesQuery {
    SeriesQuery {
        set: &INTERFACE,
        subjects: subjects.to_vec(),
        metrics: vec![0, 1],
        from: Timestamp(from),
        to: Timestamp(to),
        step: Duration::from_millis(step_ms as u64),
    }
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

/// What a port carries: of ten, three are unused, three quiet, four follow the day with noise; errors are rare.
fn row(port: usize, minute: i64) -> [f64; 10] {
    let kind = port % 10;
    if kind < 3 {
        return [0.0; 10];
    }
    let day = 1.0 + 0.8 * (minute as f64 / 1440.0 * std::f64::consts::TAU + port as f64).sin();
    let random = |salt: u64| noise(port as u64 * 1_000_003 + minute as u64 * 17 + salt) as f64 / u64::MAX as f64;
    let level = if kind < 6 { 20_000.0 } else { 40_000_000.0 * (1.0 + (port % 7) as f64) };
    let traffic = |salt| (level * day * (0.8 + 0.4 * random(salt))).round();
    let (input, output) = (traffic(1), traffic(2));
    let errors = if random(3) < 0.002 { (random(4) * 10.0).round() / 60.0 } else { 0.0 };
    let packets = |bits: f64, salt| bits / 8.0 / (500.0 + 300.0 * random(salt));
    [input, output, packets(input, 5), packets(output, 6), errors, 0.0, 0.0, 0.0, input.max(output) / 1e9, 1.0]
}

fn noise(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

async fn each<T, F: Future<Output = vigie_domain::Result<T>>>(times: u32, run: impl Fn() -> F) -> f64 {
    for _ in 0..5 {
        run().await.unwrap();
    }
    let start = Instant::now();
    for _ in 0..times {
        run().await.unwrap();
    }
    ms(start) / f64::from(times)
}

async fn block_bytes(path: &Path, with_table: bool) -> f64 {
    use sqlx::ConnectOptions as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = options.connect().await.unwrap();
    let sql = if with_table {
        "SELECT SUM(pgsize) FROM dbstat WHERE name IN ('blocks', 'blocks_place')"
    } else {
        "SELECT SUM(LENGTH(data)) FROM blocks"
    };
    sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut connection).await.unwrap() as f64
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// The address of the database to use in place of files.
fn address() -> Option<String> {
    std::env::args().nth(2)
}

async fn state_store(path: &Path) -> SqlStore {
    let clock = Arc::new(ManualClock::default());
    match address() {
        Some(url) => SqlStore::connect(&url, clock).await.unwrap(),
        None => SqlStore::open(path, clock).await.unwrap(),
    }
}

async fn sample_store(path: &Path) -> SqlSampleStore {
    match address() {
        Some(url) => SqlSampleStore::connect(&url).await.unwrap(),
        None => SqlSampleStore::open(path).await.unwrap(),
    }
}

/// Seconds of processor time of this process (proc(5), clock ticks of 10 ms).
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_memory_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
