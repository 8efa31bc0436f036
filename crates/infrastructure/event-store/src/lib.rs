//! Logs, security events, traps and flows: kept and searched by tantivy in this process, or by Elasticsearch or OpenSearch.
//!
//! [`open`] gives a [`EventStore`](vigie_domain::telemetry::EventStore). Under both engines lies the same order:
//! - `journal`: events go to the write-ahead log; one task, the carrier, reads them there and takes them to the engine. What the engine has
//!   is released. A restart replays the rest, exactly: an event's position in the log is its id.
//! - `embedded` or `remote`: the engine, with a partition for each kind and day.
//! - `snapshot`: the folder of the embedded engine as it is at one moment, for backups.
//! - `tokens`, `wire`: what both index of a text, and the figures that both are asked for.

mod embedded;
mod error;
mod journal;
mod remote;
mod settings;
mod slot;
mod snapshot;
mod tokens;
mod wire;

pub use settings::{ClusterLogin, ClusterSettings, EmbeddedSettings, EngineSettings, EventStoreSettings, LogStorage};
pub use snapshot::{AtRest, LOG, PARTITIONS, at_rest, snapshot};

use std::sync::Arc;

use vigie_domain::Result;
use vigie_domain::telemetry::EventStore;
use vigie_foundation::task::Stage;

/// Opens the store. Its task runs in the stage, and ends with it after all that was taken in is stored.
pub async fn open(settings: EventStoreSettings, stage: &Stage) -> Result<Arc<dyn EventStore>> {
    match settings.engine.clone() {
        EngineSettings::Embedded(engine) => Ok(Arc::new(embedded::EmbeddedStore::open(settings, engine, stage).await?)),
        EngineSettings::Cluster(cluster) => Ok(Arc::new(remote::ClusterStore::open(settings, cluster, stage).await?)),
    }
}
