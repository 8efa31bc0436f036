//! A spool before a real store of samples that is away on command.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use vigie_domain::telemetry::{CHECK, KeepFrom, SampleBatch, SampleStore, SampleStoreInfo, SeriesData, SeriesQuery, Statistic};
use vigie_domain::{Error, ErrorKind, Id, Result, Timestamp};
use vigie_spool::{SampleSpool, SpoolSettings};
use vigie_sql_store::SqlSampleStore;

/// A store behind a switch.
struct Switched {
    store: SqlSampleStore,
    is_away: AtomicBool,
}

#[async_trait]
impl SampleStore for Switched {
    async fn append(&self, batch: SampleBatch) -> Result<()> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::StorageFailed, "storage_failed", "away"));
        }
        self.store.append(batch).await
    }

    async fn range(&self, query: &SeriesQuery) -> Result<Vec<SeriesData>> {
        self.store.range(query).await
    }

    async fn maintain(&self, now: Timestamp, keep_from: &KeepFrom) -> Result<()> {
        self.store.maintain(now, keep_from).await
    }

    async fn describe(&self) -> Result<SampleStoreInfo> {
        self.store.describe().await
    }
}

struct Scene {
    folder: tempfile::TempDir,
    store: Arc<Switched>,
    subject: Id,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlSampleStore::open(&folder.path().join("samples.db")).await.unwrap();
        Self { store: Arc::new(Switched { store, is_away: AtomicBool::new(false) }), subject: Id::new(), folder }
    }

    fn spool(&self, limit_bytes: u64) -> Arc<SampleSpool> {
        SampleSpool::open(&SpoolSettings { folder: self.spool_folder(), limit_bytes }, self.store.clone()).unwrap()
    }

    fn spool_folder(&self) -> std::path::PathBuf {
        Path::join(self.folder.path(), "spool")
    }

    fn set_away(&self, is_away: bool) {
        self.store.is_away.store(is_away, Ordering::SeqCst);
    }

    fn batch(&self, second: i64) -> SampleBatch {
        let mut batch = SampleBatch::new(&CHECK);
        batch.push(self.subject, Timestamp(second * 1_000), &[1.0, second as f64]);
        batch
    }

    /// Seconds of which the store has a sample.
    async fn stored(&self) -> Vec<i64> {
        let (from, to) = (Timestamp(0), Timestamp(10_000_000));
        let query = SeriesQuery {
            set: &CHECK,
            subjects: vec![self.subject],
            metrics: vec![1],
            from,
            to,
            step: Duration::ZERO,
            statistic: Statistic::Mean,
        };
        self.store.range(&query).await.unwrap()[0].points.iter().map(|(at, _)| at.0 / 1_000).collect()
    }
}

/// Runs the spool until nothing waits.
async fn drain(spool: &Arc<SampleSpool>) {
    let stop = CancellationToken::new();
    let running = tokio::spawn(spool.clone().run(stop.clone()));
    let empty = async {
        while spool.spooled_bytes() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), empty).await.expect("all is carried over in time");
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_store_that_is_away_cannot_take_is_carried_over_once_it_is_back() {
    let scene = Scene::new().await;
    let spool = scene.spool(1 << 30);
    spool.append(scene.batch(1)).await.unwrap();
    assert_eq!(spool.spooled_bytes(), 0, "nothing waits while the store takes it");
    scene.set_away(true);
    for second in 2..=40 {
        spool.append(scene.batch(second)).await.unwrap();
    }
    assert_eq!(scene.stored().await, [1]);
    // the process ends here, and begins anew
    drop(spool);
    let spool = scene.spool(1 << 30);
    assert!(spool.spooled_bytes() > 0);
    scene.set_away(false);
    spool.append(scene.batch(41)).await.unwrap();
    drain(&spool).await;
    assert_eq!(scene.stored().await, (1..=41).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_carried_twice_is_there_once() {
    let scene = Scene::new().await;
    let spool = scene.spool(1 << 30);
    scene.set_away(true);
    for second in 1..=10 {
        spool.append(scene.batch(second)).await.unwrap();
    }
    scene.set_away(false);
    drain(&spool).await;
    drop(spool);
    // as after a crash between the store's answer and the note of it
    std::fs::remove_file(scene.spool_folder().join("carried")).unwrap();
    let spool = scene.spool(1 << 30);
    assert!(spool.spooled_bytes() > 0, "it is carried again");
    drain(&spool).await;
    assert_eq!(scene.stored().await, (1..=10).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_is_full_says_so_and_keeps_what_it_has() {
    let scene = Scene::new().await;
    let spool = scene.spool(4_096);
    scene.set_away(true);
    let mut kept = 0;
    let refused = loop {
        match spool.append(scene.batch(kept + 1)).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1_000, "4 KiB hold no thousand batches");
    };
    assert_eq!(refused.kind(), ErrorKind::LimitExceeded);
    scene.set_away(false);
    drain(&spool).await;
    assert_eq!(scene.stored().await, (1..=kept).collect::<Vec<_>>());
}
