//! Backups, as configured.

use std::path::Path;
use std::sync::Arc;

use vigie_application::backups::{BackupRules, Backups};
use vigie_application::devices::DeviceEnv;
use vigie_backup::EventsKept;
use vigie_domain::telemetry::EventStore;

use crate::StartError;
use crate::backup::{self, Stand, Vault};
use crate::configuration::Loaded;

use super::offsite::retention;
use super::{EventPlace, destinations, event_place, events_folder, master_key_file, place};

/// Databases, keys and certificates of this configuration; `state` is the folder of the state.
pub fn stand(loaded: &Loaded, state: &Path) -> Result<Stand, StartError> {
    let events = match event_place(loaded) {
        EventPlace::Cluster => EventsKept::Cluster,
        EventPlace::Files if loaded.configuration.backup.events => EventsKept::Included,
        EventPlace::Files => EventsKept::LeftOut,
    };
    Ok(Stand {
        place: place(loaded, Some(state.to_owned()))?,
        key_file: master_key_file(loaded, state),
        tls_folder: state.join("tls"),
        events,
        events_folder: events_folder(state),
    })
}

/// The folder of backups of this configuration.
pub fn vault(loaded: &Loaded, state: &Path) -> Result<Vault, StartError> {
    let passphrase = loaded.configuration.backup.passphrase.as_ref().map(|text| text.0.clone());
    Ok(Vault::new(backup::folder(loaded, state), stand(loaded, state)?, passphrase))
}

/// The use cases of backups; `events` is where these are kept.
pub async fn backups(loaded: &Loaded, state: &Path, env: &DeviceEnv, events: &Arc<dyn EventStore>) -> Result<Backups, StartError> {
    let backup = &loaded.configuration.backup;
    let vault = vault(loaded, state)?;
    let holds_events = vault.events() == EventsKept::Included;
    vault.tidy();
    let rules = BackupRules {
        schedule: backup.schedule.clone(),
        drill_schedule: backup.drill_schedule.clone(),
        retention: retention(backup.keep_last, backup.keep_days),
    };
    let backups = Backups::new(&env.core, env.samples.clone(), Arc::new(vault), rules).copied_to(destinations(loaded)?);
    let backups = if holds_events { backups.with_events(events.clone()) } else { backups };
    backups.begin().await;
    Ok(backups)
}
