//! The sample store passes the suite of its port.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vigie_domain::telemetry::SampleStore;
use vigie_sql_store::SqlSampleStore;
use vigie_testkit::samples::SampleFixture;

async fn open() -> SampleFixture {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("samples.db");
    let store = open_at(&path).await;
    SampleFixture { store, reopen: Box::new(move || Box::pin(reopen(path.clone()))), keep: Box::new(directory) }
}

async fn open_at(path: &Path) -> Arc<dyn SampleStore> {
    Arc::new(SqlSampleStore::open(path).await.unwrap())
}

async fn reopen(path: PathBuf) -> Arc<dyn SampleStore> {
    open_at(&path).await
}

vigie_testkit::sample_conformance!(open);
