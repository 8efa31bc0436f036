//! Tells what samples and their rollups cost, as one JSON object: `sample_figures intake SUBJECTS [URL]` or `sample_figures week SUBJECTS [URL]`,
//! in a file, or with the address of an empty PostgreSQL there.
#![expect(clippy::unwrap_used, reason = "a figure that cannot be taken is not told")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{cpu_seconds, median, ms};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use vigie_domain::telemetry::{INTERFACE, KeepFrom, SampleBatch, SampleStore as _, SeriesQuery, Statistic};
use vigie_domain::{Id, Timestamp};
use vigie_sql_store::SqlSampleStore;
use vigie_testkit::make;

const MINUTE: i64 = 60_000;
/// Minutes of a window of samples.
const WINDOW: i64 = 120;
const METRICS: usize = INTERFACE.metrics.len();
/// Values a second to which processor time is scaled.
const RATE: f64 = 65_000.0;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, subjects, url @ ..] = arguments.as_slice() else { panic!("usage: sample_figures intake|week SUBJECTS [URL]") };
    let place = Place { directory: tempfile::tempdir().unwrap(), url: url.first().cloned() };
    let subjects: Vec<Id> = (0..subjects.parse::<u32>().unwrap()).map(|_| Id::new()).collect();
    let figures = match what.as_str() {
        "intake" => intake(&place, &subjects).await,
        "week" => week(&place, &subjects).await,
        other => panic!("there is no {other}: intake or week"),
    };
    println!("{figures}");
}

/// Where the samples are kept.
struct Place {
    directory: tempfile::TempDir,
    url: Option<String>,
}

impl Place {
    fn file(&self) -> std::path::PathBuf {
        self.directory.path().join("samples.db")
    }

    async fn open(&self) -> SqlSampleStore {
        match &self.url {
            Some(url) => SqlSampleStore::connect(url).await.unwrap(),
            None => SqlSampleStore::open(&self.file()).await.unwrap(),
        }
    }

    async fn number(&self, sqlite: &'static str, postgres: &'static str) -> f64 {
        match &self.url {
            Some(url) => {
                let mut connection = url.parse::<sqlx::postgres::PgConnectOptions>().unwrap().connect().await.unwrap();
                sqlx::query_scalar::<_, i64>(postgres).fetch_one(&mut connection).await.unwrap() as f64
            }
            None => number_of_file(&self.file(), sqlite).await,
        }
    }

    /// Bytes of the blocks of samples, and of those of rollups, each with its share of table and index.
    async fn blocks(&self) -> (f64, f64) {
        let pages = self.number(
            "SELECT SUM(pgsize) FROM dbstat WHERE name IN ('blocks', 'blocks_place')",
            "SELECT pg_total_relation_size('vigie_samples.blocks')",
        );
        let rows =
            self.number("SELECT SUM(LENGTH(data) + 40) FROM blocks", "SELECT SUM(LENGTH(data) + 40)::bigint FROM vigie_samples.blocks");
        let samples = self.number(
            "SELECT SUM(LENGTH(data) + 40) FROM blocks JOIN sets ON sets.id = set_id WHERE name = 'interface'",
            "SELECT SUM(LENGTH(data) + 40)::bigint FROM vigie_samples.blocks JOIN vigie_samples.sets ON sets.id = set_id WHERE name = 'interface'",
        );
        let (pages, share) = (pages.await, samples.await / rows.await);
        (pages * share, pages * (1.0 - share))
    }
}

async fn number_of_file(path: &Path, sql: &'static str) -> f64 {
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap();
    sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap() as f64
}

/// A day that begins with a window of rollups, so that each is packed as often as in a longer time.
fn begin() -> i64 {
    make::NOW.0.div_euclid(24 * 60 * MINUTE) * 24 * 60 * MINUTE
}

/// Two hours of all, in two batches a minute: what it costs to take them in, merge, pack and roll them up, and what they take.
async fn intake(place: &Place, subjects: &[Id]) -> serde_json::Value {
    let store = place.open().await;
    let start = begin();
    let (mut appending, mut merging, mut values) = (0.0, 0.0, 0_u64);
    let half = subjects.len().div_ceil(2);
    for minute in 0..WINDOW {
        for (part, some) in subjects.chunks(half).enumerate() {
            let mut batch = SampleBatch::with_capacity(&INTERFACE, some.len());
            for (i, subject) in some.iter().enumerate() {
                let number = part * half + i;
                let jitter = noise(number as u64 * 7 + minute as u64) % 40;
                batch.push(*subject, Timestamp(start + minute * MINUTE + number as i64 % 50_000 + jitter as i64), &row(number, minute));
            }
            values += (batch.len() * METRICS) as u64;
            let before = cpu_seconds();
            store.append(batch).await.unwrap();
            appending += cpu_seconds() - before;
        }
        if minute % 2 == 1 {
            merging += maintained(&store, start + minute * MINUTE).await;
        }
    }
    let packing = maintained(&store, start + 3 * WINDOW / 2 * MINUTE).await;
    // a day of rollups holds twelve windows, four days 48; here each is packed with what one brought
    let rolling = maintained(&store, start + 6 * 24 * 60 * MINUTE).await;
    let (samples, rollups) = place.blocks().await;
    let share = |seconds: f64| seconds / values as f64 * RATE;
    json!({
        "values": values,
        "core_share": share(appending + merging + packing + rolling),
        "core_share_append": share(appending),
        "core_share_merge": share(merging),
        "core_share_pack": share(packing),
        "core_share_pack_rollups": share(rolling),
        "window_bytes_a_value": samples / values as f64,
        "window_rollup_bytes_a_value": rollups / values as f64,
        "memory_mb": common::peak_memory_mb(),
    })
}

/// Maintains as if it were that time; seconds of the processor.
async fn maintained(store: &SqlSampleStore, now: i64) -> f64 {
    let before = cpu_seconds();
    store.maintain(Timestamp(now), &KeepFrom::all(Timestamp(0))).await.unwrap();
    cpu_seconds() - before
}

/// Eight days of some interfaces a minute: what they take, and the questions for one.
async fn week(place: &Place, subjects: &[Id]) -> serde_json::Value {
    let store = place.open().await;
    let start = begin().div_euclid(4 * 24 * 60 * MINUTE) * 4 * 24 * 60 * MINUTE;
    let minutes = 8 * 24 * 60;
    for hour in 0..minutes / 60 {
        let mut batch = SampleBatch::new(&INTERFACE);
        for minute in hour * 60..(hour + 1) * 60 {
            for (i, subject) in subjects.iter().enumerate() {
                batch.push(*subject, Timestamp(start + minute * MINUTE + i as i64), &row(i, minute));
            }
        }
        store.append(batch).await.unwrap();
        store.maintain(Timestamp(start + hour * 60 * MINUTE), &KeepFrom::all(Timestamp(0))).await.unwrap();
    }
    let end = start + minutes * MINUTE;
    store.maintain(Timestamp(end + 60 * MINUTE), &KeepFrom::all(Timestamp(0))).await.unwrap();
    let (info, (samples, rollups)) = (store.describe().await.unwrap(), place.blocks().await);
    let busy = &subjects[6..];
    let of = |count: usize, step: i64| query(&busy[..count.min(busy.len())], end - 7 * 24 * 60 * MINUTE, end, step * MINUTE);
    json!({
        "week_values": info.values,
        "bytes_a_value": samples / info.values as f64,
        "rollup_bytes_a_value": rollups / info.values as f64,
        "bytes_a_value_with_everything": info.bytes as f64 / info.values as f64,
        "week_of_one_ms": asked(&store, &of(1, 10)).await,
        "week_of_one_by_the_hour_ms": asked(&store, &of(1, 60)).await,
        "week_of_one_as_sampled_ms": asked(&store, &of(1, 0)).await,
        "week_of_24_ms": asked(&store, &of(24, 10)).await,
    })
}

async fn asked(store: &SqlSampleStore, query: &SeriesQuery) -> f64 {
    let mut took = Vec::new();
    for _ in 0..30 {
        let start = std::time::Instant::now();
        let series = store.range(query).await.unwrap();
        took.push(ms(start));
        assert!(series.iter().all(|data| data.points.iter().any(|(_, value)| value.is_some())), "there are values");
    }
    median(took)
}

fn query(subjects: &[Id], from: i64, to: i64, step_ms: i64) -> SeriesQuery {
    SeriesQuery {
        set: &INTERFACE,
        subjects: subjects.to_vec(),
        metrics: vec![0, 1],
        from: Timestamp(from),
        to: Timestamp(to),
        step: Duration::from_millis(step_ms as u64),
        statistic: Statistic::Mean,
    }
}

/// What a port carries: of ten, three are unused, three quiet, four follow the day with noise; errors are rare.
fn row(port: usize, minute: i64) -> [f64; METRICS] {
    let kind = port % 10;
    if kind < 3 {
        return [0.0; METRICS];
    }
    let day = 1.0 + 0.8 * (minute as f64 / 1440.0 * std::f64::consts::TAU + port as f64).sin();
    let random = |salt: u64| noise(port as u64 * 1_000_003 + minute as u64 * 17 + salt) as f64 / u64::MAX as f64;
    let level = if kind < 6 { 20_000.0 } else { 40_000_000.0 * (1.0 + (port % 7) as f64) };
    let traffic = |salt| (level * day * (0.8 + 0.4 * random(salt))).round();
    let (input, output) = (traffic(1), traffic(2));
    let errors = if random(3) < 0.002 { (random(4) * 10.0).round() / 60.0 } else { 0.0 };
    let packets = |bits: f64, salt| bits / 8.0 / (500.0 + 300.0 * random(salt));
    let (pps_in, pps_out) = (packets(input, 5), packets(output, 6));
    let few = |salt| (random(salt) * 20.0).floor() / 60.0;
    let share = input.max(output) / 1e9;
    [input, output, pps_in, pps_out, errors, 0.0, 0.0, 0.0, share, 1.0, few(7), few(8), few(9), few(10)]
}

fn noise(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
