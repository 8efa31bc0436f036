//! Where events are kept: by an engine within Vigie, or in a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vigie_domain::telemetry::EventStore;
use vigie_event_store::{ClusterLogin, ClusterSettings, EmbeddedSettings, EngineSettings, EventStoreSettings, LogStorage};
use vigie_foundation::task::Stage;
use vigie_foundation::tls::{ClientTrust, chain_from_pem};
use vigie_foundation::wal::WalSettings;

use crate::StartError;
use crate::configuration::{EventStore as Section, Loaded};

/// The folder of the log of what was taken in, and of the embedded engine, in that of the state.
const FOLDER: &str = "events";

/// The file that stands there while events are moved; it names where to.
const MOVE: &str = "move";

/// What keeps events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventPlace {
    /// The engine within Vigie.
    Files,
    /// The cluster of the configuration.
    Cluster,
}

/// Opens the store of events, where it is configured to be. What it took in and did not store yet is stored before the stage ends.
pub async fn events(loaded: &Loaded, folder: &Path, stage: &Stage) -> Result<Arc<dyn EventStore>, StartError> {
    refuse_half_moved(&events_folder(folder))?;
    events_at(loaded, folder, event_place(loaded), None, stage).await
}

/// Where the configuration has events kept.
pub fn event_place(loaded: &Loaded) -> EventPlace {
    if loaded.configuration.event_store.nodes.is_empty() { EventPlace::Files } else { EventPlace::Cluster }
}

/// The folder of events in that of the state.
pub fn events_folder(state: &Path) -> PathBuf {
    state.join(FOLDER)
}

/// Fails while events are neither here nor there.
pub fn refuse_half_moved(events: &Path) -> Result<(), StartError> {
    let mark = events.join(MOVE);
    let Ok(to) = std::fs::read_to_string(&mark) else { return Ok(()) };
    let message =
        format!("a move of events was begun and not ended: finish it with vigie db move-events --to {to}, or delete {}", mark.display());
    Err(StartError::new(StartError::IN_USE, message))
}

/// The file that stands there while events are moved.
pub fn move_mark(folder: &Path) -> PathBuf {
    folder.join(FOLDER).join(MOVE)
}

/// Opens one of the two stores; with a log of its own it may be read beside the other.
pub async fn events_at(
    loaded: &Loaded,
    folder: &Path,
    place: EventPlace,
    log: Option<LogStorage>,
    stage: &Stage,
) -> Result<Arc<dyn EventStore>, StartError> {
    let section = &loaded.configuration.event_store;
    let settings = EventStoreSettings {
        folder: folder.join(FOLDER),
        node: section.node_number,
        log: WalSettings { limit_bytes: section.spool_bytes, ..WalSettings::default() },
        log_storage: log,
        engine: match place {
            EventPlace::Files => EngineSettings::Embedded(EmbeddedSettings::default()),
            EventPlace::Cluster => cluster(section)?,
        },
    };
    vigie_event_store::open(settings, stage)
        .await
        .map_err(|e| StartError::new(StartError::CANNOT_CREATE, format!("the store of events cannot be opened: {}", e.chain())))
}

fn cluster(section: &Section) -> Result<EngineSettings, StartError> {
    Ok(EngineSettings::Cluster(ClusterSettings {
        login: login(section),
        trust: trust("event_store.ca_file", section.ca_file.as_deref())?,
        prefix: section.prefix.clone(),
        shards: section.shards,
        replicas: section.replicas,
        ..ClusterSettings::of(section.nodes.clone())
    }))
}

fn login(section: &Section) -> ClusterLogin {
    match (&section.api_key, &section.username, &section.password) {
        (Some(key), ..) => ClusterLogin::ApiKey(key.0.expose().to_owned()),
        (None, Some(user), Some(password)) => ClusterLogin::Basic(user.clone(), password.0.expose().to_owned()),
        _ => ClusterLogin::None,
    }
}

/// Whom a client trusts: the authorities in this file, which `setting` names, in place of the system's.
pub(super) fn trust(setting: &str, authorities: Option<&Path>) -> Result<ClientTrust, StartError> {
    let Some(path) = authorities else { return Ok(ClientTrust::System) };
    let wrong = |why: String| StartError::new(StartError::CONFIGURATION, format!("{setting}: {why}"));
    let pem = std::fs::read(path).map_err(|e| wrong(format!("{} cannot be read: {e}", path.display())))?;
    chain_from_pem(path, &pem).map(ClientTrust::Only).map_err(|fault| wrong(fault.to_string()))
}
