//! The sample store passes the suite of its port, on both engines.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use vigie_domain::telemetry::SampleStore;
use vigie_sql_store::SqlSampleStore;
use vigie_testkit::postgres::Server;
use vigie_testkit::samples::SampleFixture;

mod sqlite {
    use super::*;

    async fn open() -> Option<SampleFixture> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("samples.db");
        let reopen = move || {
            let path = path.clone();
            Box::pin(async move { Arc::new(SqlSampleStore::open(&path).await.unwrap()) as Arc<dyn SampleStore> }) as _
        };
        Some(SampleFixture::new(Box::new(reopen), directory).await)
    }

    vigie_testkit::sample_conformance!(open);
}

mod postgres {
    use super::*;

    async fn open() -> Option<SampleFixture> {
        let database = Server::shared()?.database();
        let url = database.url.clone();
        let reopen = move || {
            let url = url.clone();
            Box::pin(async move { Arc::new(SqlSampleStore::connect(&url).await.unwrap()) as Arc<dyn SampleStore> }) as _
        };
        Some(SampleFixture::new(Box::new(reopen), database).await)
    }

    vigie_testkit::sample_conformance!(open);
}
