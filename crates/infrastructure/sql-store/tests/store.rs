//! The state store passes the suite of its port, on both engines.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use tokio::sync::OnceCell;
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::postgres::Server;
use vigie_testkit::store::Fixture;

mod sqlite {
    use super::*;

    async fn open() -> Option<Fixture> {
        let directory = tempfile::tempdir().unwrap();
        let store = SqlStore::open(&directory.path().join("vigie.db"), Arc::new(ManualClock::default())).await.unwrap();
        Some(Fixture::new(store, directory))
    }

    vigie_testkit::store_conformance!(open);
}

mod postgres {
    use super::*;

    /// The schema is made once, and each test begins with a copy of it.
    static PREPARED: OnceCell<()> = OnceCell::const_new();

    async fn open() -> Option<Fixture> {
        let server = Server::shared()?;
        let prepare = async || {
            server.sql("CREATE DATABASE prepared");
            let store = SqlStore::connect(&server.url_of("prepared"), Arc::new(ManualClock::default())).await.unwrap();
            store.close().await;
        };
        PREPARED.get_or_init(prepare).await;
        let database = server.copy_of("prepared");
        let store = SqlStore::connect(&database.url, Arc::new(ManualClock::default())).await.unwrap();
        Some(Fixture::new(store, database))
    }

    vigie_testkit::store_conformance!(open);
}
