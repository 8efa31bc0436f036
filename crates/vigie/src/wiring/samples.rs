//! Where samples are kept: in a file, or at a server with a spool before it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vigie_application::Core;
use vigie_application::system::{Limits, StorageKeeper};
use vigie_domain::telemetry::SampleStore;
use vigie_host_access::FolderDisk;
use vigie_spool::{SampleSpool, SpoolSettings};
use vigie_sql_store::transfer::SAMPLES;
use vigie_sql_store::{OpenError, SqlSampleStore};

use super::store_url;
use crate::StartError;
use crate::configuration::Loaded;

/// The folder of the spool, in that of the state.
const SPOOL: &str = "spool";

/// How long a server that lost its database may take to end.
const LETTING_GO: Duration = Duration::from_secs(30);

/// The store of samples.
pub struct Samples {
    /// What takes samples in and answers them.
    pub store: Arc<dyn SampleStore>,
    /// What waits for a server; it is to be run.
    pub spool: Option<Arc<SampleSpool>>,
}

/// Keeps room for samples, on the disk of the state folder.
pub fn storage(loaded: &Loaded, folder: &Path, core: &Core) -> StorageKeeper {
    let store = &loaded.configuration.store;
    let events_quota = loaded.configuration.event_store.quota_bytes;
    let limits = Limits { samples_quota: store.samples_quota_bytes, events_quota, floor: store.free_floor_bytes };
    StorageKeeper::new(core, Arc::new(FolderDisk(folder.to_owned())), limits)
}

/// Connects to the samples; who takes over waits for the one before to let go of them.
async fn at_server(url: &str, takes_over: bool) -> Result<SqlSampleStore, OpenError> {
    let until = Instant::now() + LETTING_GO;
    loop {
        match SqlSampleStore::connect(url).await {
            Err(OpenError::Owned { .. }) if takes_over && Instant::now() < until => {}
            other => return other,
        }
    }
}

/// Opens the store of samples, and the spool where it is at a server.
pub async fn samples(loaded: &Loaded, folder: &Path) -> Result<Samples, StartError> {
    let Some(url) = store_url(loaded) else {
        return Ok(Samples { store: Arc::new(SqlSampleStore::open(&folder.join(SAMPLES)).await?), spool: None });
    };
    let server = Arc::new(at_server(url, loaded.configuration.store.standby).await?);
    let settings = SpoolSettings { folder: folder.join(SPOOL), limit_bytes: loaded.configuration.store.spool_bytes };
    let spool = SampleSpool::open(&settings, server).map_err(|e| StartError::new(StartError::CANNOT_CREATE, e.to_string()))?;
    Ok(Samples { store: spool.clone(), spool: Some(spool) })
}
