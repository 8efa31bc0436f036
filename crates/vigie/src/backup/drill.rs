//! A drill: a backup is brought back for real, beside everything else, opened, counted and removed again. What a check of the file cannot tell it
//! does: that what is in it makes a state to serve from.

use std::path::Path;
use std::time::Duration;

use vigie_application::backups::SPARE;
use vigie_backup::{BackupFault, EventsKept, Manifest};
use vigie_domain::system::StateDisk as _;
use vigie_domain::{Error, Secret};
use vigie_event_store::{EmbeddedSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_host_access::FolderDisk;
use vigie_sql_store::transfer::{self, Copied, Look, Place};

use super::{Restored, Stand, Tell, aside, cannot_write, restore_within, verify, within};
use crate::StartError;

/// How long what was not searchable yet may take to be so.
const SETTLE: Duration = Duration::from_mins(10);
/// How long the store of events may take to end.
const END: Duration = Duration::from_mins(1);

/// Checks a backup, brings it back within `scratch`, into SQLite whatever it was made of and with the schema of this program, opens everything and
/// counts it. Then it is removed. Room is looked at first: for what is unpacked, for what is made of it, and for the log of that.
pub async fn drill(file: &Path, scratch: &Path, passphrase: Option<&Secret>, tell: &Tell) -> Result<Manifest, StartError> {
    must_have_room(file, scratch, passphrase).await?;
    verify(file, scratch, passphrase, tell).await?;
    let folder = within(scratch)?;
    let home = folder.path().join("state");
    std::fs::create_dir(&home).map_err(|e| cannot_write(&home, &e))?;
    let stand = Stand {
        place: Place::Folder(home.clone()),
        key_file: home.join("master.key"),
        tls_folder: home.join("tls"),
        events: EventsKept::Included,
        events_folder: home.join("events"),
    };
    let Restored { manifest, copied, .. } = restore_within(&stand, file, folder.path(), passphrase, tell).await?;
    for look in transfer::look(&stand.place).await? {
        must_hold(file, &look, &copied)?;
    }
    if stand.events_folder.exists() {
        open_events(file, &manifest, &stand.events_folder).await?;
    }
    Ok(manifest)
}

/// A database must have the newest schema, and the rows that were copied into it.
fn must_hold(file: &Path, look: &Look, copied: &Copied) -> Result<(), StartError> {
    let wrong = |reason| Err(BackupFault::Damaged { path: file.to_owned(), reason }.into());
    if look.schema != Some(look.known) {
        return wrong(format!("the schema of {} is {:?} in what was brought back, instead of {}", look.name, look.schema, look.known));
    }
    for (table, rows) in &look.rows {
        let wanted = copied.iter().find(|(copied, _)| copied == table).map_or(0, |(_, rows)| *rows);
        if *rows != wanted {
            return wrong(format!("{table} has {rows} rows in what was brought back, instead of {wanted}"));
        }
    }
    Ok(())
}

async fn must_have_room(file: &Path, scratch: &Path, passphrase: Option<&Secret>) -> Result<(), StartError> {
    let (at, passphrase) = (file.to_owned(), passphrase.cloned());
    let manifest = aside(move || vigie_backup::manifest(&at, passphrase.as_ref().map(Secret::expose))).await?;
    let free = FolderDisk(scratch.to_owned()).room()?.free_bytes;
    match missing(manifest.bytes(), free) {
        Some(missing) => Err(StartError::new(StartError::CANNOT_CREATE, format!("{missing} in {}: make room there", scratch.display()))),
        None => Ok(()),
    }
}

/// What is missing for a drill with so many octets, where so many are free.
fn missing(bytes: u64, free: u64) -> Option<String> {
    let wanted = bytes.saturating_mul(3).saturating_add(SPARE);
    let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    (free < wanted).then(|| format!("a drill needs up to {}, of which {} are missing", mb(wanted), mb(wanted - free)))
}

/// Opens the store of events as a server does, and counts them.
async fn open_events(file: &Path, manifest: &Manifest, folder: &Path) -> Result<(), StartError> {
    let tracker = Tracker::new(&["stores"]);
    // whoever lets go of this amid its work leaves nothing that goes on
    let _ended = tracker.stage("stores").token().drop_guard();
    let settings = EventStoreSettings {
        folder: folder.to_owned(),
        node: 1,
        log: WalSettings::default(),
        log_storage: None,
        engine: EngineSettings::Embedded(EmbeddedSettings::default()),
    };
    let counted = async {
        let store = vigie_event_store::open(settings, &tracker.stage("stores")).await?;
        let settled = tokio::time::timeout(SETTLE, store.settle()).await;
        settled.unwrap_or_else(|_| Err(Error::conflict("conflict", "the log of events is not carried to the end")))?;
        let status = store.status().await?;
        store.close().await?;
        Ok::<u64, StartError>(status.events)
    };
    let counted = counted.await;
    tracker.shutdown(END).await;
    let (found, told) = (counted?, manifest.events.map_or(0, |events| events.count));
    if found == told {
        return Ok(());
    }
    let reason = format!("{found} events are found in what was brought back, instead of {told}");
    Err(BackupFault::Damaged { path: file.to_owned(), reason }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_to_the_octet() {
        assert_eq!(missing(1_000_000, 3_000_000 + SPARE), None);
        let told = missing(1_000_000, 2_000_000 + SPARE).unwrap();
        assert_eq!(told, "a drill needs up to 70.1 MB, of which 1.0 MB are missing");
        assert!(missing(u64::MAX, u64::MAX - 1).is_some());
    }
}
