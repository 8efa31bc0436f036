//! Making a backup of a place, checking it, and bringing it back: what stands between the databases, the keys and the file.

mod drill;
mod events;
mod notes;
mod sight;
#[cfg(test)]
mod tests;
mod tls;
mod vault;

pub use drill::drill;
pub use events::EventsNote;
pub use tls::TlsNote;
pub use vault::{Vault, folder};

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use vigie_backup::{BackupFault, EventsKept, Manifest, Progress, Source, pack, unpack};
use vigie_domain::{Clock as _, Secret};
use vigie_foundation::secrets::load_or_create;
use vigie_sql_store::transfer::{self, Copied, Home, Look, Place, SAMPLES, STATE, Step};

use crate::StartError;
use crate::wiring::SystemClock;

/// The part that is the master key.
const KEY: &str = "master.key";

/// What a backup is made of, or brought back to.
#[derive(Clone)]
pub struct Stand {
    /// The databases.
    pub place: Place,
    /// The file of the master key.
    pub key_file: PathBuf,
    /// The folder of the local authority and its certificate.
    pub tls_folder: PathBuf,
    /// Whether events go into a backup and come back out of it.
    pub events: EventsKept,
    /// The folder of the events, where they are kept in files.
    pub events_folder: PathBuf,
}

impl Stand {
    /// Without the events that are kept in files.
    pub fn without_events(mut self) -> Self {
        if self.events == EventsKept::Included {
            self.events = EventsKept::LeftOut;
        }
        self
    }
}

/// How far it is: of how much, at what. Answers whether to go on.
pub type Tell = Arc<dyn Fn(u64, u64, &str) -> bool + Send + Sync>;

/// What became of the master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyNote {
    /// It is in the backup.
    In,
    /// It is not in it: it goes into those under a passphrase alone.
    Apart(PathBuf),
    /// The one that is there opens the secrets.
    Same,
    /// It was written to this file.
    Written(PathBuf),
    /// The secrets open only with this key, which must be put into this file.
    Wanted(String, PathBuf),
}

/// Writes a backup of what stands at this moment, while a server may work on it. Copies of the databases lie beside the file meanwhile and take
/// as much room as these; events are not copied.
pub async fn create(stand: &Stand, file: &Path, passphrase: Option<&Secret>, tell: &Tell) -> Result<(Manifest, KeyNote), StartError> {
    if file.exists() {
        return Err(BackupFault::Exists { path: file.to_owned() }.into());
    }
    let folder = beside(file)?;
    let looks = transfer::look(&stand.place).await?;
    let kept = Home::open(&Place::Folder(folder.path().to_owned()), Arc::new(SystemClock)).await?;
    let copied = transfer::keep(&stand.place, &kept, &|step| step_told(tell, step)).await;
    kept.close().await;
    let mut sources: Vec<Source> = [STATE, SAMPLES].map(|name| Source { name, path: folder.path().join(name) }).into();
    let mut manifest = manifest(&looks, &copied?);
    let (links, events) = aside({
        let stand = stand.clone();
        move || events::keep(&stand)
    })
    .await?;
    manifest.events = Some(events);
    sources.extend(links.as_ref().map(|links| Source { name: events::PART, path: links.path() }));
    let mut note = KeyNote::Apart(stand.key_file.clone());
    if stand.key_file.exists() {
        manifest.master_key_id = Some(key_id(&stand.key_file)?);
        if passphrase.is_some() {
            sources.push(Source { name: KEY, path: stand.key_file.clone() });
            note = KeyNote::In;
        }
    }
    if passphrase.is_some() {
        sources.extend(tls::sources(&stand.tls_folder));
    }
    let (file, passphrase) = (file.to_owned(), passphrase.cloned());
    let told = told(tell);
    let packing = move || {
        let packed = pack(&file, manifest, &sources, passphrase.as_ref().map(Secret::expose), &told);
        drop(links);
        packed
    };
    aside(packing).await.map(|manifest| (manifest, note))
}

/// Reads a backup to its end, opens the databases and the events in it, and compares their numbers with what the manifest tells. They are unpacked
/// within `scratch`.
pub async fn verify(file: &Path, scratch: &Path, passphrase: Option<&Secret>, tell: &Tell) -> Result<Manifest, StartError> {
    let folder = within(scratch)?;
    let manifest = opened(file, passphrase, &folder, tell).await?;
    for look in transfer::look(&Place::Folder(folder.path().to_owned())).await? {
        compare(file, &manifest, &look)?;
    }
    check_events(file, manifest, folder.path()).await
}

/// What was brought back.
pub struct Restored {
    /// What the backup tells of itself.
    pub manifest: Manifest,
    /// Rows by table.
    pub copied: Copied,
    /// What became of the master key.
    pub key: KeyNote,
    /// What became of authority and certificate.
    pub tls: TlsNote,
    /// What became of the events.
    pub events: EventsNote,
}

/// Brings a backup back into databases that are empty, and events to where there are none; the master key, and authority and certificate, to their
/// files where there are none.
pub async fn restore(stand: &Stand, file: &Path, passphrase: Option<&Secret>, tell: &Tell) -> Result<Restored, StartError> {
    restore_within(stand, file, folder_of(file), passphrase, tell).await
}

/// The same, unpacked within `scratch`.
async fn restore_within(
    stand: &Stand,
    file: &Path,
    scratch: &Path,
    passphrase: Option<&Secret>,
    tell: &Tell,
) -> Result<Restored, StartError> {
    // the databases are read twice, the file once: what cannot be opened is told before anything is touched
    let folder = within(scratch)?;
    let manifest = opened(file, passphrase, &folder, tell).await?;
    let note = key_note(stand, &manifest)?;
    let manifest = check_events(file, manifest, folder.path()).await?;
    let (from, to) = (Place::Folder(folder.path().to_owned()), &stand.place);
    let (source, target) = (Home::open(&from, Arc::new(SystemClock)).await?, Home::open(to, Arc::new(SystemClock)).await?);
    let poured = async {
        let staged = stage_events(stand, &manifest, folder.path()).await?;
        let copied = transfer::copy(&source, &target, &|step| step_told(tell, step)).await?;
        let events = events::note(stand, &manifest, staged.is_some());
        staged.map_or(Ok(()), events::Staged::put)?;
        Ok::<_, StartError>((copied, events))
    };
    let poured = poured.await;
    source.close().await;
    target.close().await;
    let (copied, events) = poured?;
    if let KeyNote::Written(to) = &note {
        let key = std::fs::read(folder.path().join(KEY)).map_err(|e| cannot_write(to, &e))?;
        vigie_foundation::files::create(to, vigie_foundation::files::PRIVATE, &key).map_err(|e| cannot_write(to, &e))?;
    }
    let tls = tls::restore(&stand.tls_folder, folder.path(), &manifest)?;
    Ok(Restored { manifest, copied, key: note, tls, events })
}

fn manifest(looks: &[Look; 2], copied: &Copied) -> Manifest {
    Manifest {
        created_at: SystemClock.now().0,
        vigie: env!("CARGO_PKG_VERSION").to_owned(),
        engine: looks[0].engine.to_owned(),
        schemas: looks.iter().map(|look| (look.name.to_owned(), look.known)).collect(),
        rows: copied.iter().filter(|(_, rows)| *rows > 0).map(|(table, rows)| ((*table).to_owned(), *rows)).collect(),
        ..Manifest::default()
    }
}

async fn opened(file: &Path, passphrase: Option<&Secret>, folder: &TempDir, tell: &Tell) -> Result<Manifest, StartError> {
    let (file, folder, passphrase) = (file.to_owned(), folder.path().to_owned(), passphrase.cloned());
    let told = told(tell);
    let manifest = aside(move || unpack(&file, passphrase.as_ref().map(Secret::expose), &folder, &told)).await?;
    Ok(manifest)
}

async fn check_events(file: &Path, manifest: Manifest, unpacked: &Path) -> Result<Manifest, StartError> {
    let (file, unpacked) = (file.to_owned(), unpacked.to_owned());
    aside(move || events::check(&file, &manifest, &unpacked).map(|()| manifest)).await
}

async fn stage_events(stand: &Stand, manifest: &Manifest, unpacked: &Path) -> Result<Option<events::Staged>, StartError> {
    let (stand, manifest, unpacked) = (stand.clone(), manifest.clone(), unpacked.to_owned());
    aside(move || events::stage(&stand, &manifest, &unpacked)).await
}

fn compare(file: &Path, manifest: &Manifest, look: &Look) -> Result<(), StartError> {
    let told = manifest.schemas.get(look.name).copied();
    let mut wrong = (look.schema != told).then(|| format!("the schema of {} is {:?} instead of {told:?}", look.name, look.schema));
    for (table, rows) in &look.rows {
        if manifest.rows.get(*table) != Some(rows) {
            wrong.get_or_insert_with(|| format!("{table} has {rows} rows instead of {}", manifest.rows.get(*table).unwrap_or(&0)));
        }
    }
    match wrong {
        Some(reason) => Err(BackupFault::Damaged { path: file.to_owned(), reason }.into()),
        None => Ok(()),
    }
}

/// What is to become of the master key; refused when another stands where it belongs.
fn key_note(stand: &Stand, manifest: &Manifest) -> Result<KeyNote, StartError> {
    let Some(wanted) = &manifest.master_key_id else { return Ok(KeyNote::Same) };
    let file = &stand.key_file;
    if !file.exists() {
        let written = manifest.has(KEY);
        return Ok(if written { KeyNote::Written(file.clone()) } else { KeyNote::Wanted(wanted.clone(), file.clone()) });
    }
    let found = key_id(file)?;
    if found == *wanted {
        return Ok(KeyNote::Same);
    }
    let message = format!(
        "the master key in {} is {found}, the secrets of this backup open with {wanted} alone: move that file away{}",
        file.display(),
        if manifest.has(KEY) { ", the backup brings its own" } else { " and put the right one there" },
    );
    Err(StartError::new(StartError::CONFIGURATION, message))
}

fn key_id(file: &Path) -> Result<String, StartError> {
    let (key, _) = load_or_create(file).map_err(|e| StartError::new(StartError::CONFIGURATION, e.to_string()))?;
    Ok(key.id().to_owned())
}

/// A folder for the databases while they are copied, on the disk of the file, which its owner alone may look into.
fn beside(file: &Path) -> Result<TempDir, StartError> {
    within(folder_of(file))
}

/// The folder that a file is in.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn within(folder: &Path) -> Result<TempDir, StartError> {
    tempfile::Builder::new()
        .prefix(".vigie-backup-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(folder)
        .map_err(|e| cannot_write(folder, &e))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> StartError {
    StartError::new(StartError::CANNOT_CREATE, format!("{} cannot be written: {error}", path.display()))
}

fn step_told(tell: &Tell, step: Step) {
    // a copy between databases is left by letting go of it
    tell(step.done, step.of, step.table);
}

fn told(tell: &Tell) -> impl Fn(Progress) -> bool + Sync + Send + 'static {
    let tell = tell.clone();
    move |at| tell(at.done, at.of, "file")
}

/// Runs what keeps a thread busy.
async fn aside<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, StartError>
where
    T: Send + 'static,
    E: Send + 'static,
    StartError: From<E>,
{
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|e| StartError::new(StartError::SOFTWARE, format!("the backup broke off: {e}")))??)
}

impl From<BackupFault> for StartError {
    fn from(fault: BackupFault) -> Self {
        let code = match fault {
            BackupFault::File { .. } | BackupFault::Exists { .. } => Self::CANNOT_CREATE,
            BackupFault::NeedsPassphrase { .. } => Self::CONFIGURATION,
            BackupFault::Stopped { .. } => Self::SOFTWARE,
            _ => Self::DATA,
        };
        Self::new(code, fault.to_string())
    }
}
