//! The folder of backups. Work in progress lies in `.work` within it; what is whole is linked into the folder in one step.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use futures::StreamExt as _;
use tokio::sync::Mutex;
use tokio_util::io::ReaderStream;
use vigie_backup::EventsKept;
use vigie_domain::system::{Backup, BackupCheck, BackupContent, BackupCopy, BackupFolder, BackupOrigin, BackupWatch, StateDisk as _};
use vigie_domain::{Clock as _, Error, ErrorKind, Result, Secret};
use vigie_host_access::FolderDisk;

use super::notes::{self, Notes};
use super::sight::{open_file, path_of, see, see_all, unusable};
use super::{Stand, Tell, create, drill, events, verify};
use crate::StartError;
use crate::configuration::Loaded;
use crate::wiring::SystemClock;

/// The folder of what is not whole yet.
const WORK: &str = ".work";
/// Octets read at a time when one is carried away.
const PIECE: usize = 64 << 10;

/// Where this configuration keeps backups; `state` is the folder of the state.
pub fn folder(loaded: &Loaded, state: &Path) -> PathBuf {
    loaded.configuration.backup.folder.clone().unwrap_or_else(|| state.join("backups"))
}

/// The folder of backups of a place.
pub struct Vault {
    folder: PathBuf,
    stand: Stand,
    passphrase: Option<Secret>,
    /// Held while one is made or checked: each takes the room of the databases meanwhile.
    pub(super) busy: Mutex<()>,
    /// Held while notes are read and written again.
    noting: std::sync::Mutex<()>,
}

impl Vault {
    /// Over this folder, which is made when something is to be written; backups are of `stand`, under the passphrase where there is one.
    pub fn new(folder: PathBuf, stand: Stand, passphrase: Option<Secret>) -> Self {
        Self { folder, stand, passphrase, busy: Mutex::default(), noting: std::sync::Mutex::default() }
    }

    /// Without the events that are kept in files.
    pub fn without_events(self) -> Self {
        Self { stand: self.stand.without_events(), ..self }
    }

    /// Whether events go into backups.
    pub fn events(&self) -> EventsKept {
        self.stand.events
    }

    /// Another folder, of the same place.
    pub fn elsewhere(&self, folder: &Path) -> Self {
        Self::new(folder.to_owned(), self.stand.clone(), self.passphrase.clone())
    }

    /// One of them, as it lies there.
    pub fn one(&self, name: &str) -> Result<Backup> {
        see(&self.folder, name)
    }

    /// Whether both are one folder.
    pub fn is_same(&self, other: &Self) -> bool {
        fs::canonicalize(&self.folder).is_ok_and(|folder| fs::canonicalize(&other.folder).is_ok_and(|other| other == folder))
    }

    /// Removes what a process left that was ended amid its work. Nobody may work in the folder.
    pub fn tidy(&self) {
        events::tidy(&self.stand.events_folder);
        let work = self.folder.join(WORK);
        match fs::remove_dir_all(&work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, folder = %work.display(), "what is left of unfinished backups cannot be removed");
            }
            _ => {}
        }
    }

    /// The folder of unfinished work, made where it is not there.
    fn work(&self) -> Result<PathBuf> {
        let work = self.folder.join(WORK);
        DirBuilder::new().recursive(true).mode(0o700).create(&work).map_err(|e| unusable(&self.folder, &e))?;
        Ok(work)
    }

    /// Makes one in the folder of unfinished work, then puts it in its place.
    async fn make_new(&self, path: &Path, name: &str, origin: BackupOrigin, tell: &Tell) -> Result<()> {
        let draft = self.work()?.join(name);
        // of a try that was ended between being whole and being put in its place
        remove_if_there(&draft)?;
        let (manifest, _) = create(&self.stand, &draft, self.passphrase.as_ref(), tell).await.map_err(of_start)?;
        fs::hard_link(&draft, path).map_err(|e| unusable(path, &e))?;
        let noted = Notes { origin: Some(origin), about: Some((&manifest).into()), ..Notes::default() }.write(path);
        remove_if_there(&draft)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|e| unusable(&self.folder, &e))?;
        noted
    }

    async fn check_now(&self, path: &Path, tell: &Tell) -> Result<()> {
        let work = self.work()?;
        let checked = verify(path, &work, self.passphrase.as_ref(), tell).await;
        self.note(path, |notes| {
            match checked {
                Ok(manifest) => (notes.about, notes.check, notes.problem) = (Some((&manifest).into()), BackupCheck::Passed, None),
                Err(error) if error.code == StartError::DATA => (notes.check, notes.problem) = (BackupCheck::Failed, Some(error.message)),
                Err(error) => return Err(of_start(error)),
            }
            notes.checked_at = Some(SystemClock.now());
            Ok(())
        })
    }

    async fn drill_now(&self, path: &Path, watch: &Arc<dyn BackupWatch>) -> Result<()> {
        let work = self.work()?;
        let drilled = drill(path, &work, self.passphrase.as_ref(), &told(watch)).await;
        self.note(path, |notes| {
            match drilled {
                Ok(manifest) => (notes.about, notes.drill, notes.drill_problem) = (Some((&manifest).into()), BackupCheck::Passed, None),
                Err(error) if error.code == StartError::DATA => {
                    (notes.drill, notes.drill_problem) = (BackupCheck::Failed, Some(error.message));
                }
                Err(error) => return Err(of_start(error)),
            }
            notes.drilled_at = Some(SystemClock.now());
            Ok(())
        })
    }

    /// Changes what is known of a backup.
    fn note(&self, path: &Path, change: impl FnOnce(&mut Notes) -> Result<()>) -> Result<()> {
        let _turn = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, of) = open_file(path)?;
        let mut notes = Notes::read(path, &of);
        change(&mut notes)?;
        notes.write(path)
    }

    /// Does it as the only one, until it is to end.
    async fn alone<T>(&self, watch: &Arc<dyn BackupWatch>, work: impl Future<Output = Result<T>>) -> Result<T> {
        let turn = async {
            let _turn = self.busy.lock().await;
            work.await
        };
        tokio::select! {
            done = turn => done,
            () = watch.stopped() => Err(Error::conflict("conflict", "the work on the backup was ended before it was done")),
        }
    }
}

#[async_trait]
impl BackupFolder for Vault {
    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    async fn list(&self) -> Result<Vec<Backup>> {
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || see_all(&folder)).await.map_err(Error::storage)?
    }

    async fn free_bytes(&self) -> Result<u64> {
        let work = self.work()?;
        let unusable = |e: io::Error| unusable(&self.folder, &e);
        // what the mode of the folder says is not all there is: the disk may be read-only
        tempfile::tempfile_in(&work).map_err(unusable)?;
        FolderDisk(work).room().map(|room| room.free_bytes)
    }

    async fn make(&self, name: &str, origin: BackupOrigin, watch: Arc<dyn BackupWatch>) -> Result<Backup> {
        let path = path_of(&self.folder, name)?;
        let making = async {
            match open_file(&path) {
                // the work was done, and maybe ended before that was written down
                Ok(_) => self.note(&path, |notes| {
                    notes.origin = Some(origin);
                    Ok(())
                })?,
                Err(_) => self.make_new(&path, name, origin, &told(&watch)).await?,
            }
            see(&self.folder, name)
        };
        self.alone(&watch, Box::pin(making)).await
    }

    async fn check(&self, name: &str, watch: Arc<dyn BackupWatch>) -> Result<Backup> {
        let path = path_of(&self.folder, name)?;
        let checking = async {
            self.check_now(&path, &told(&watch)).await?;
            see(&self.folder, name)
        };
        self.alone(&watch, checking).await
    }

    async fn drill(&self, name: &str, watch: Arc<dyn BackupWatch>) -> Result<Backup> {
        let path = path_of(&self.folder, name)?;
        let drilling = async {
            self.drill_now(&path, &watch).await?;
            see(&self.folder, name)
        };
        self.alone(&watch, Box::pin(drilling)).await
    }

    async fn note_copy(&self, name: &str, copy: BackupCopy) -> Result<()> {
        self.note(&path_of(&self.folder, name)?, |notes| {
            notes.copies.retain(|known| known.destination != copy.destination);
            notes.copies.push(copy);
            Ok(())
        })
    }

    async fn open(&self, name: &str) -> Result<BackupContent> {
        let path = path_of(&self.folder, name)?;
        let (opened, of) = open_file(&path)?;
        let pieces = ReaderStream::with_capacity(tokio::fs::File::from_std(opened), PIECE);
        let pieces = pieces.map(move |piece| piece.map_err(|e| unusable(&path, &e)));
        Ok(BackupContent { size_bytes: of.len(), pieces: Box::pin(pieces) })
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let path = path_of(&self.folder, name)?;
        fs::remove_file(&path).map_err(|e| unusable(&path, &e))?;
        remove_if_there(&notes::path(&path))
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(path, &error)),
        _ => Ok(()),
    }
}

fn told(watch: &Arc<dyn BackupWatch>) -> Tell {
    let watch = watch.clone();
    Arc::new(move |done, of, what| {
        watch.at(done, of, what);
        !watch.is_stopped()
    })
}

fn of_start(error: StartError) -> Error {
    Error::new(ErrorKind::StorageFailed, "storage_failed", error.message)
}
