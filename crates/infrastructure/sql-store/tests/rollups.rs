//! What an earlier version packed, and did not roll up, is rolled up by maintenance.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use sqlx::ConnectOptions as _;
use vigie_domain::telemetry::{CHECK, KeepFrom, Resolution, SampleBatch, SampleStore as _, SeriesData, SeriesQuery, Statistic};
use vigie_domain::{Id, Timestamp};
use vigie_sql_store::SqlSampleStore;
use vigie_testkit::postgres::Server;

const HOUR: i64 = 3_600_000;
const HOURS: i64 = 30;
/// As the earlier version left it: blocks, and no rollups.
const EARLIER: [&str; 5] = [
    "UPDATE windows SET rolled = 0",
    "DELETE FROM chunks WHERE set_id IN (SELECT id FROM sets WHERE name LIKE 'check_%')",
    "DELETE FROM blocks WHERE set_id IN (SELECT id FROM sets WHERE name LIKE 'check_%')",
    "DELETE FROM windows WHERE set_id IN (SELECT id FROM sets WHERE name LIKE 'check_%')",
    "DELETE FROM sets WHERE name LIKE 'check_%'",
];

async fn fill(store: &SqlSampleStore) {
    let mut batch = SampleBatch::new(&CHECK);
    for minute in 0..HOURS * 60 {
        // more subjects than are rolled up at a time
        for subject in 0..if minute % 60 == 7 { 1_100 } else { 1 } {
            batch.push(Id::fixed(subject), Timestamp(minute * 60_000), &[1.0, (minute % 50) as f64]);
        }
    }
    store.append(batch).await.unwrap();
    store.maintain(Timestamp((HOURS + 1) * HOUR), &KeepFrom::all(Timestamp(0))).await.unwrap();
}

async fn hourly(store: &SqlSampleStore, subject: u128) -> SeriesData {
    let query = SeriesQuery {
        set: &CHECK,
        subjects: vec![Id::fixed(subject)],
        metrics: vec![1],
        from: Timestamp(0),
        to: Timestamp(HOURS * HOUR),
        step: Duration::from_hours(1),
        statistic: Statistic::Mean,
    };
    store.range(&query).await.unwrap().swap_remove(0)
}

/// Before it is rolled up it is answered from samples, after it from rollups, and when the samples are gone still.
async fn is_rolled_up(store: &SqlSampleStore) {
    let before = [hourly(store, 0).await, hourly(store, 1_099).await];
    assert_eq!(before[0].parts.iter().map(|part| part.resolution).collect::<Vec<_>>(), [Resolution::Raw]);
    assert_eq!(before[0].points.len(), HOURS as usize);
    for keep_samples_from in [0, HOURS * HOUR] {
        let kept = KeepFrom { samples: Timestamp(keep_samples_from), ..KeepFrom::all(Timestamp(0)) };
        store.maintain(Timestamp((HOURS + 1) * HOUR), &kept).await.unwrap();
        for (subject, before) in [0, 1_099].into_iter().zip(&before) {
            let after = hourly(store, subject).await;
            assert_eq!(after.parts.iter().map(|part| part.resolution).collect::<Vec<_>>(), [Resolution::Hour]);
            assert_eq!(after.points, before.points);
        }
    }
}

#[tokio::test]
async fn an_earlier_file_is_rolled_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.db");
    let store = SqlSampleStore::open(&path).await.unwrap();
    fill(&store).await;
    store.close().await;
    drop(store);
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    for sql in EARLIER {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    drop(connection);
    is_rolled_up(&SqlSampleStore::open(&path).await.unwrap()).await;
}

#[tokio::test]
async fn an_earlier_database_of_a_server_is_rolled_up() {
    let Some(server) = Server::shared() else { return };
    let database = server.database();
    let store = SqlSampleStore::connect(&database.url).await.unwrap();
    fill(&store).await;
    store.close().await;
    drop(store);
    database.sql(&format!("SET search_path = vigie_samples; {}", EARLIER.join("; ")));
    is_rolled_up(&SqlSampleStore::connect(&database.url).await.unwrap()).await;
}
