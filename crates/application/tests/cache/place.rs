//! What a use case needs, over a real store, with a clock driven by hand.

use std::sync::Arc;

use tempfile::TempDir;
use vigie_application::events::EventBus;
use vigie_application::{Core, Settings};
use vigie_sql_store::SqlStore;
use vigie_testkit::clock::ManualClock;
use vigie_testkit::passwords::NoPasswords;
use vigie_testkit::sealer::PlainSealer;

pub struct Place {
    pub core: Core,
    pub clock: Arc<ManualClock>,
    pub folder: TempDir,
}

impl Place {
    pub async fn new() -> Self {
        let (folder, clock) = (TempDir::new().unwrap(), Arc::new(ManualClock::default()));
        let core = Core {
            store: Arc::new(SqlStore::open(&folder.path().join("vigie.db"), clock.clone()).await.unwrap()),
            clock: clock.clone(),
            sealer: Arc::new(PlainSealer),
            passwords: Arc::new(NoPasswords),
            settings: Arc::new(Settings::default()),
            bus: Arc::new(EventBus::default()),
        };
        Self { core, clock, folder }
    }
}
