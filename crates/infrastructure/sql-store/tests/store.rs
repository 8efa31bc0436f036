//! The state store passes the suite of its port.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::store::Fixture;

async fn open() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&directory.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
    Fixture::new(store, directory)
}

vigie_testkit::store_conformance!(open);
