//! Places elsewhere that backups are copied to. Beside a copy `NAME.json` keeps what is known of it: written last, it says that the copy is whole.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vigie_domain::system::{
    Backup, BackupCheck, BackupContent, BackupEvents, BackupFolder, BackupOrigin, BackupWatch, Offsite, OffsiteContent, OffsiteFile,
};
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

/// What lies beside a copy, as it is written.
#[derive(Serialize)]
struct Label<'a> {
    /// Of the file, in hex.
    sha256: String,
    /// What was known of it where it was made.
    backup: &'a Backup,
}

/// The same as it is read: another version may have written it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Labelled {
    sha256: Option<String>,
    backup: Known,
}

/// What is taken over of a backup.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Known {
    created_at: Option<Timestamp>,
    size_bytes: Option<u64>,
    encrypted: bool,
    origin: Option<BackupOrigin>,
    engine: Option<String>,
    schema_version: Option<i64>,
    vigie_version: Option<String>,
    rows: Option<u64>,
    events: Option<BackupEvents>,
    has_master_key: Option<bool>,
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
            self.take_away(&backup.name).await;
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
        let label = Label { sha256: hex(&sha256), backup };
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

    /// Removes a copy that has nothing beside it which says that it is whole: nobody would take it for a backup, and it would stay.
    async fn take_away(&self, name: &str) {
        let taking = async {
            match self.offsite.get(&label_of(name)).await {
                Err(error) if error.kind() == ErrorKind::ResourceNotFound => self.offsite.remove(name).await,
                other => other.map(drop),
            }
        };
        if !matches!(tokio::time::timeout(CLEARING, taking).await, Ok(Ok(()))) {
            tracing::warn!(destination = self.name, name, "a copy that was not ended may still be there");
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

    /// Opens a copy. Its octets end with an error where they are not those that were sent; one that nothing tells the sum of is refused.
    pub async fn fetch(&self, name: &str) -> Result<BackupContent> {
        let content = self.offsite.get(name).await?;
        let Some(sum) = self.label(name).await?.and_then(|label| label.sha256) else {
            let detail = format!("nothing beside {name} at {} tells its SHA-256: it cannot be compared", self.offsite.place());
            let solution =
                format!("carry the file over by other means and look at it with vigie backup verify; {} is missing", label_of(name));
            return Err(Error::conflict("conflict", detail).solution(solution));
        };
        Ok(compared(content, name, sum))
    }

    async fn label(&self, name: &str) -> Result<Option<Labelled>> {
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

    /// Those that were kept for long enough.
    pub async fn superfluous(&self, now: Timestamp) -> Result<Vec<Backup>> {
        let all = self.list().await?;
        Ok(superfluous(&all, self.retention, now).into_iter().cloned().collect())
    }

    /// Deletes one, and what lies beside it: that first, so that what is left where this breaks off is no copy any more.
    pub async fn remove(&self, name: &str) -> Result<()> {
        self.offsite.remove(&label_of(name)).await?;
        self.offsite.remove(name).await
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

/// A copy as it is seen there. What lies beside it says that it was sent whole.
fn seen(file: &OffsiteFile, label: Option<Labelled>) -> Backup {
    let is_labelled = label.as_ref().is_some_and(|label| label.sha256.is_some());
    let Known { created_at, size_bytes, encrypted, origin, engine, schema_version, vigie_version, rows, events, has_master_key } =
        label.unwrap_or_default().backup;
    let problem =
        size_bytes.filter(|sent| *sent != file.size_bytes).map(|sent| format!("it has {} octets instead of {sent}", file.size_bytes));
    let check = match &problem {
        Some(_) => BackupCheck::Failed,
        None if is_labelled => BackupCheck::Passed,
        None => BackupCheck::Unknown,
    };
    Backup {
        id: id_of(&file.name),
        name: file.name.clone(),
        created_at: created_at.or(file.modified_at).unwrap_or(Timestamp(0)),
        size_bytes: file.size_bytes,
        encrypted,
        origin,
        engine,
        schema_version,
        vigie_version,
        rows,
        events,
        has_master_key,
        check,
        checked_at: None,
        problem,
        drill: BackupCheck::Unknown,
        drilled_at: None,
        drill_problem: None,
        copies: Vec::new(),
    }
}

async fn sum_of(mut content: BackupContent) -> Result<[u8; 32]> {
    let mut sum = Sha256::new();
    while let Some(piece) = content.pieces.try_next().await? {
        sum.update(&piece);
    }
    Ok(sum.finalize().into())
}

/// The same octets, which end with an error where length or sum is another.
fn compared(content: BackupContent, name: &str, wanted: String) -> BackupContent {
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
        if sum == wanted { Ok(None) } else { Err(damaged(&format!("its SHA-256 is {sum} instead of {wanted}"))) }
    });
    BackupContent { size_bytes, pieces: Box::pin(pieces) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;

    const NAME: &str = "vigie-2026-11-28T03-00-00-018Z.vigie";

    /// A place in memory, that takes everything but what ends in this.
    #[derive(Default)]
    struct Shelf {
        files: Mutex<BTreeMap<String, Bytes>>,
        refuses: Option<&'static str>,
    }

    #[async_trait]
    impl Offsite for Shelf {
        fn place(&self) -> String {
            "shelf://".to_owned()
        }

        async fn list(&self) -> Result<Vec<OffsiteFile>> {
            let files = self.files.lock().unwrap();
            let file =
                |(name, octets): (&String, &Bytes)| OffsiteFile { name: name.clone(), size_bytes: octets.len() as u64, modified_at: None };
            Ok(files.iter().map(file).collect())
        }

        async fn put(&self, name: &str, content: OffsiteContent) -> Result<()> {
            if self.refuses.is_some_and(|ending| name.ends_with(ending)) {
                return Err(Error::new(ErrorKind::ServiceFailed, "service_failed", "no room"));
            }
            let octets: Vec<Bytes> = content.pieces.try_collect().await?;
            self.files.lock().unwrap().insert(name.to_owned(), octets.concat().into());
            Ok(())
        }

        async fn discard(&self, _: &str) -> Result<()> {
            Ok(())
        }

        async fn get(&self, name: &str) -> Result<BackupContent> {
            let octets = self.files.lock().unwrap().get(name).cloned().ok_or_else(|| Error::not_found("file", name))?;
            let size_bytes = octets.len() as u64;
            Ok(BackupContent { size_bytes, pieces: Box::pin(stream::once(std::future::ready(Ok(octets)))) })
        }

        async fn remove(&self, name: &str) -> Result<()> {
            self.files.lock().unwrap().remove(name);
            Ok(())
        }
    }

    /// A folder that has one backup.
    struct Folder;

    #[async_trait]
    impl BackupFolder for Folder {
        fn place(&self) -> String {
            "folder".to_owned()
        }

        async fn list(&self) -> Result<Vec<Backup>> {
            Ok(Vec::new())
        }

        async fn free_bytes(&self) -> Result<u64> {
            Ok(0)
        }

        async fn make(&self, name: &str, _: BackupOrigin, _: Arc<dyn BackupWatch>) -> Result<Backup> {
            panic!("{name} is made")
        }

        async fn check(&self, name: &str, _: Arc<dyn BackupWatch>) -> Result<Backup> {
            panic!("{name} is checked")
        }

        async fn drill(&self, name: &str, _: Arc<dyn BackupWatch>) -> Result<Backup> {
            panic!("{name} is drilled")
        }

        async fn note_copy(&self, _: &str, _: vigie_domain::system::BackupCopy) -> Result<()> {
            Ok(())
        }

        async fn open(&self, _: &str) -> Result<BackupContent> {
            let octets = Bytes::from_static(b"a backup");
            Ok(BackupContent { size_bytes: 8, pieces: Box::pin(stream::once(std::future::ready(Ok(octets)))) })
        }

        async fn remove(&self, name: &str) -> Result<()> {
            panic!("{name} is removed")
        }
    }

    struct Nobody;

    #[async_trait]
    impl BackupWatch for Nobody {
        fn at(&self, _: u64, _: u64, _: &str) {}

        fn is_stopped(&self) -> bool {
            false
        }

        async fn stopped(&self) {
            std::future::pending().await
        }
    }

    fn destination(shelf: &Arc<Shelf>) -> Destination {
        Destination { pauses: &[], ..Destination::new("shelf", shelf.clone(), Retention { keep_last: 1, keep_for: Duration::ZERO }) }
    }

    async fn send(shelf: &Arc<Shelf>) -> Result<()> {
        let backup = seen(&OffsiteFile { name: NAME.to_owned(), size_bytes: 8, modified_at: Some(Timestamp(5)) }, None);
        let backup = Backup { origin: Some(BackupOrigin::Schedule), rows: Some(7), ..backup };
        let watch: Arc<dyn BackupWatch> = Arc::new(Nobody);
        destination(shelf).send(&Folder, &backup, &watch, &|_| ()).await
    }

    async fn fetched(shelf: &Arc<Shelf>) -> Result<Vec<Bytes>> {
        destination(shelf).fetch(NAME).await?.pieces.try_collect().await
    }

    #[tokio::test]
    async fn what_is_sent_is_seen_and_comes_back() {
        let shelf = Arc::<Shelf>::default();
        send(&shelf).await.unwrap();
        assert_eq!(fetched(&shelf).await.unwrap().concat(), b"a backup");
        let newest = destination(&shelf).newest().await.unwrap();
        assert!(
            newest.check == BackupCheck::Passed && newest.rows == Some(7) && newest.origin == Some(BackupOrigin::Schedule),
            "{newest:?}"
        );
        destination(&shelf).remove(NAME).await.unwrap();
        assert_eq!(shelf.list().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_copy_whose_label_cannot_be_written_does_not_stay() {
        let shelf = Arc::new(Shelf { refuses: Some(".json"), ..Shelf::default() });
        send(&shelf).await.unwrap_err();
        assert_eq!(shelf.list().await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_copy_without_a_sum_is_not_fetched() {
        let shelf = Arc::<Shelf>::default();
        send(&shelf).await.unwrap();
        let label = label_of(NAME);
        shelf.files.lock().unwrap().insert(label.clone(), Bytes::from_static(b"{}"));
        let refused = fetched(&shelf).await.unwrap_err();
        assert!(refused.detail().contains("tells its SHA-256"), "{refused}");
        assert_eq!(destination(&shelf).list().await.unwrap()[0].check, BackupCheck::Unknown);
        shelf.files.lock().unwrap().insert(label, Bytes::from(format!("{{\"sha256\": \"{}\"}}", "0".repeat(64))));
        assert!(fetched(&shelf).await.unwrap_err().detail().contains("is damaged: its SHA-256 is"));
    }

    #[tokio::test]
    async fn labels_of_other_versions_are_read() {
        let shelf = Arc::<Shelf>::default();
        send(&shelf).await.unwrap();
        let label = label_of(NAME);
        let sent: serde_json::Value = serde_json::from_slice(&shelf.files.lock().unwrap()[&label]).unwrap();
        let later = serde_json::json!({"sha256": sent["sha256"], "backup": {"created_at": Timestamp(9), "size_bytes": 8, "check": "a new word", "more": [1]}});
        shelf.files.lock().unwrap().insert(label, serde_json::to_vec(&later).unwrap().into());
        let listed = destination(&shelf).list().await.unwrap();
        assert!(listed[0].check == BackupCheck::Passed && listed[0].created_at == Timestamp(9), "{listed:?}");
        assert_eq!(fetched(&shelf).await.unwrap().concat(), b"a backup");
    }
}
