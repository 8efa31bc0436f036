//! Places elsewhere that backups are copied to. Beside a copy `NAME.json` keeps what is known of it: written last, it says that the copy is whole.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vigie_domain::system::{Backup, BackupCheck, BackupContent, BackupFolder, BackupWatch, Offsite, OffsiteContent, OffsiteFile};
use vigie_domain::{Error, ErrorKind, Result, Timestamp};

use super::retention::superfluous;
use super::{Retention, id_of};
use crate::hex::hex;

/// What names of backups end in.
const ENDING: &str = ".vigie";
/// Between the tries of a copy.
const PAUSES: &[Duration] = &[Duration::from_secs(5), Duration::from_secs(30), Duration::from_mins(2)];
/// How long clearing up after a copy that failed may take.
const CLEARING: Duration = Duration::from_secs(15);
/// Labels that are read at a time.
const AT_A_TIME: usize = 8;
/// The longest label that is read, in octets.
const LONGEST_LABEL: u64 = 64 << 10;

/// A place elsewhere. Cheap to clone.
#[derive(Clone)]
pub struct Destination {
    /// What it is called in the configuration.
    pub name: String,
    /// The place.
    pub offsite: Arc<dyn Offsite>,
    /// How long copies are kept there.
    pub retention: Retention,
    /// Between the tries of a copy.
    pub pauses: &'static [Duration],
}

/// What lies beside a copy.
#[derive(Debug, Serialize, Deserialize)]
struct Label {
    /// Of the file, in hex.
    sha256: String,
    /// What was known of it where it was made.
    backup: Backup,
}

impl Destination {
    /// Of this name.
    pub fn new(name: &str, offsite: Arc<dyn Offsite>, retention: Retention) -> Self {
        Self { name: name.to_owned(), offsite, retention, pauses: PAUSES }
    }

    /// Copies a backup of this folder. What may pass by itself is tried again, which `say` is told; what was begun and not ended is cleared away.
    pub async fn send(
        &self,
        folder: &dyn BackupFolder,
        backup: &Backup,
        watch: &Arc<dyn BackupWatch>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<()> {
        let sent = tokio::select! {
            sent = self.try_to_send(folder, backup, watch, say) => sent,
            () = watch.stopped() => Err(Error::conflict("conflict", "the copying was ended before it was done")),
        };
        if sent.is_err() {
            self.clear(&backup.name).await;
        }
        sent
    }

    async fn try_to_send(
        &self,
        folder: &dyn BackupFolder,
        backup: &Backup,
        watch: &Arc<dyn BackupWatch>,
        say: &(dyn Fn(String) + Sync),
    ) -> Result<()> {
        let sum = sum_of(folder.open(&backup.name).await?).await?;
        // of a process that ended amid its work
        self.clear(&backup.name).await;
        let mut pauses = self.pauses.iter();
        loop {
            let Err(error) = self.put(folder, backup, sum, watch).await else { return Ok(()) };
            let Some(pause) = pauses.next().filter(|_| may_pass(&error)) else { return Err(error) };
            self.clear(&backup.name).await;
            say(format!("{} was not copied to {}, trying again in {} s: {error}", backup.name, self.name, pause.as_secs()));
            tokio::time::sleep(*pause).await;
        }
    }

    async fn put(&self, folder: &dyn BackupFolder, backup: &Backup, sha256: [u8; 32], watch: &Arc<dyn BackupWatch>) -> Result<()> {
        let BackupContent { size_bytes, pieces } = folder.open(&backup.name).await?;
        let (watch, what, mut done) = (watch.clone(), format!("copy to {}", self.name), 0);
        let pieces = pieces.inspect_ok(move |piece| {
            done += piece.len() as u64;
            watch.at(done, size_bytes, &what);
        });
        self.offsite.put(&backup.name, OffsiteContent { size_bytes, sha256, pieces: Box::pin(pieces) }).await?;
        let label = Label { sha256: hex(&sha256), backup: Backup { copies: Vec::new(), ..backup.clone() } };
        let label = Bytes::from(serde_json::to_vec_pretty(&label).map_err(Error::storage)?);
        let sha256 = Sha256::digest(&label).into();
        let content =
            OffsiteContent { size_bytes: label.len() as u64, sha256, pieces: Box::pin(stream::once(std::future::ready(Ok(label)))) };
        self.offsite.put(&label_of(&backup.name), content).await
    }

    async fn clear(&self, name: &str) {
        let clearing = async {
            self.offsite.discard(name).await?;
            self.offsite.discard(&label_of(name)).await
        };
        let cleared = tokio::time::timeout(CLEARING, clearing).await;
        if !matches!(cleared, Ok(Ok(()))) {
            tracing::warn!(destination = self.name, name, "what is left of an unfinished copy could not be cleared away");
        }
    }

    /// What lies there. A copy is known to be whole by what lies beside it.
    pub async fn list(&self) -> Result<Vec<Backup>> {
        let files = self.offsite.list().await?;
        let names: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
        let backups: Vec<OffsiteFile> = files.into_iter().filter(|file| file.name.ends_with(ENDING)).collect();
        let looks = backups.into_iter().map(|file| {
            let is_labelled = names.contains(&label_of(&file.name));
            self.look(file, is_labelled).boxed()
        });
        let looks: Vec<_> = looks.collect();
        stream::iter(looks).buffer_unordered(AT_A_TIME).try_collect().await
    }

    async fn look(&self, file: OffsiteFile, is_labelled: bool) -> Result<Backup> {
        let label = if is_labelled { self.label(&file.name).await? } else { None };
        Ok(seen(&file, label))
    }

    /// The newest that is whole.
    pub async fn newest(&self) -> Result<Backup> {
        let whole = self.list().await?.into_iter().filter(|backup| backup.check == BackupCheck::Passed);
        let newest = whole.max_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.name.cmp(&b.name)));
        newest.ok_or_else(|| Error::not_found("whole backup at", self.offsite.place()))
    }

    /// Opens a copy. Its octets end with an error where they are not those that were sent.
    pub async fn fetch(&self, name: &str) -> Result<BackupContent> {
        let content = self.offsite.get(name).await?;
        let label = self.label(name).await?;
        Ok(compared(content, name, label.map(|label| label.sha256)))
    }

    async fn label(&self, name: &str) -> Result<Option<Label>> {
        let content = match self.offsite.get(&label_of(name)).await {
            Err(error) if error.kind() == ErrorKind::ResourceNotFound => return Ok(None),
            content => content?,
        };
        if content.size_bytes > LONGEST_LABEL {
            return Ok(None);
        }
        let text: Vec<Bytes> = content.pieces.try_collect().await?;
        Ok(serde_json::from_slice(&text.concat()).ok())
    }

    /// Deletes those that were kept for long enough; what it deleted.
    pub async fn sweep(&self, now: Timestamp) -> Result<Vec<Backup>> {
        let all = self.list().await?;
        let old: Vec<Backup> = superfluous(&all, self.retention, now).into_iter().cloned().collect();
        for Backup { name, .. } in &old {
            self.offsite.remove(name).await?;
            self.offsite.remove(&label_of(name)).await?;
        }
        Ok(old)
    }
}

/// Whether it may go better another time.
fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ServiceUnavailable | ErrorKind::ServiceTimeout)
}

/// The name of what lies beside a copy.
fn label_of(name: &str) -> String {
    format!("{name}.json")
}

/// A copy as it is seen there.
fn seen(file: &OffsiteFile, label: Option<Label>) -> Backup {
    let (id, name, size_bytes) = (id_of(&file.name), file.name.clone(), file.size_bytes);
    let Some(Label { backup, .. }) = label else {
        return Backup {
            id,
            name,
            created_at: file.modified_at.unwrap_or(Timestamp(0)),
            size_bytes,
            encrypted: false,
            origin: None,
            engine: None,
            schema_version: None,
            vigie_version: None,
            rows: None,
            events: None,
            has_master_key: None,
            check: BackupCheck::Unknown,
            checked_at: None,
            problem: None,
            drill: BackupCheck::Unknown,
            drilled_at: None,
            drill_problem: None,
            copies: Vec::new(),
        };
    };
    let is_whole = backup.size_bytes == size_bytes;
    let problem = (!is_whole).then(|| format!("it has {size_bytes} octets instead of {}", backup.size_bytes));
    let check = if is_whole { BackupCheck::Passed } else { BackupCheck::Failed };
    Backup { id, name, size_bytes, check, problem, ..backup }
}

async fn sum_of(mut content: BackupContent) -> Result<[u8; 32]> {
    let mut sum = Sha256::new();
    while let Some(piece) = content.pieces.try_next().await? {
        sum.update(&piece);
    }
    Ok(sum.finalize().into())
}

/// The same octets, which end with an error where length or sum is another.
fn compared(content: BackupContent, name: &str, wanted: Option<String>) -> BackupContent {
    let (size_bytes, name) = (content.size_bytes, name.to_owned());
    let damaged = move |why: &str| Error::conflict("conflict", format!("the copy of {name} is damaged: {why}"));
    let begun = (content.pieces, Sha256::new(), 0, damaged, wanted);
    let pieces = stream::try_unfold(begun, move |(mut pieces, mut sum, done, damaged, wanted)| async move {
        if let Some(piece) = pieces.try_next().await? {
            sum.update(&piece);
            let done = done + piece.len() as u64;
            return Ok(Some((piece, (pieces, sum, done, damaged, wanted))));
        }
        if done != size_bytes {
            return Err(damaged(&format!("it ends after {done} of {size_bytes} octets")));
        }
        let sum = hex(&sum.finalize());
        match wanted {
            Some(wanted) if wanted != sum => Err(damaged(&format!("its SHA-256 is {sum} instead of {wanted}"))),
            _ => Ok(None),
        }
    });
    BackupContent { size_bytes, pieces: Box::pin(pieces) }
}
