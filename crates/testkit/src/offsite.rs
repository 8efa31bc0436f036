//! The conformance suite of what backups are copied to, and real services for it: OpenSSH, and a gateway of S3.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};
use vigie_domain::system::{Offsite, OffsiteContent, OffsiteFile};
use vigie_domain::{Error, ErrorKind, Result};

use crate::cluster::{KEEPER, SERVICES};
use crate::service::missing;

/// A service for one test, that ends with it.
#[derive(Debug)]
pub struct OffsiteServer {
    keeper: Child,
    folder: PathBuf,
    /// Its address, as a URL.
    pub url: String,
}

impl OffsiteServer {
    /// Starts `sftp` or `s3`. `None` where it cannot be had, which is said; under `CI=true` that is a failure.
    pub fn start(service: &str) -> Option<Self> {
        let (address, folder) = (crate::redis::free_address(), tempfile::tempdir().unwrap().keep());
        let mut keeper = Command::new("bash")
            .args(["-c", KEEPER, SERVICES, service])
            .env("VIGIE_RUN_DIR", &folder)
            .env(format!("VIGIE_{}_ADDRESS", service.to_uppercase()), address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            let output = keeper.wait_with_output().unwrap();
            missing(&format!("no {service} for the tests: {}", String::from_utf8_lossy(&output.stderr).trim()));
            return None;
        }
        Some(Self { keeper, folder: folder.join(service), url: url.trim().to_owned() })
    }

    /// Address and port.
    pub fn host(&self) -> &str {
        self.url.rsplit(['/', '@']).next().unwrap()
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The text of a file of it, without the end of its last line.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap().trim_end().to_owned()
    }
}

impl Drop for OffsiteServer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }
}

/// A place for one case, empty, and where its files lie.
pub struct Place {
    /// The place. It compares what was written with the sum that it was told.
    pub offsite: Box<dyn Offsite>,
    /// The folder on this host that holds all of it.
    pub folder: PathBuf,
    /// What it stands on.
    pub server: OffsiteServer,
}

/// So many octets, of which none stands where it could be taken for another.
pub fn octets(size: usize) -> Bytes {
    (0..size as u64).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect::<Vec<_>>().into()
}

/// What is to be sent, in pieces of no round length.
pub fn content(octets: &Bytes) -> OffsiteContent {
    content_of(octets, octets.len(), stream::empty())
}

/// What is to be sent, of which only so much comes; then this.
fn content_of(octets: &Bytes, most: usize, then: impl Stream<Item = Result<Bytes>> + Send + 'static) -> OffsiteContent {
    let pieces = stream::unfold(octets.slice(..most), |mut rest| async move {
        let piece = rest.split_to(rest.len().min(100_003));
        (!piece.is_empty()).then_some((Ok(piece), rest))
    });
    OffsiteContent { size_bytes: octets.len() as u64, sha256: Sha256::digest(octets).into(), pieces: pieces.chain(then).boxed() }
}

async fn read(offsite: &dyn Offsite, name: &str) -> Result<Bytes> {
    let content = offsite.get(name).await?;
    let octets: Vec<Bytes> = content.pieces.try_collect().await?;
    let octets = Bytes::from(octets.concat());
    assert_eq!(content.size_bytes, octets.len() as u64);
    Ok(octets)
}

async fn listed(offsite: &dyn Offsite) -> Vec<(String, u64)> {
    let mut files: Vec<OffsiteFile> = offsite.list().await.unwrap();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(files.iter().all(|file| file.modified_at.is_some_and(|at| at.0 > 1_500_000_000_000)), "{files:?}");
    files.into_iter().map(|file| (file.name, file.size_bytes)).collect()
}

/// Names of all files in a folder and the folders in it.
fn left(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = entries
        .flat_map(|path| if path.is_dir() { left(&path) } else { vec![path.file_name().unwrap().to_string_lossy().into_owned()] })
        .collect();
    names.sort();
    names
}

/// What is sent comes back, is listed, replaced and deleted.
pub async fn files_go_and_come_back(place: Place) {
    let offsite = &*place.offsite;
    assert_eq!(listed(offsite).await, [], "before anything was written");
    for (name, size) in [("small.vigie", 10), ("small.vigie.json", 0), ("b.vigie", 5_000_000)] {
        let octets = octets(size);
        offsite.put(name, content(&octets)).await.unwrap();
        assert!(read(offsite, name).await.unwrap() == octets, "{name}");
    }
    let all = [("b.vigie", 5_000_000), ("small.vigie", 10), ("small.vigie.json", 0)].map(|(name, size)| (name.to_owned(), size));
    assert_eq!(listed(offsite).await, all);
    let octets = octets(70_000);
    offsite.put("small.vigie", content(&octets)).await.unwrap();
    assert!(read(offsite, "small.vigie").await.unwrap() == octets, "it is replaced");
    for _ in 0..2 {
        offsite.remove("small.vigie").await.unwrap();
    }
    assert_eq!(listed(offsite).await.len(), 2);
    let none = read(offsite, "small.vigie").await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::ResourceNotFound, "{none}");
}

/// A file that does not fit into a request goes in many, and comes back.
pub async fn a_large_file_goes_in_parts(place: Place) {
    let (offsite, octets) = (&*place.offsite, octets((64 << 20) + (5 << 20) + 12_345));
    offsite.put("large.vigie", content(&octets)).await.unwrap();
    assert_eq!(listed(offsite).await, [("large.vigie".to_owned(), octets.len() as u64)]);
    assert!(read(offsite, "large.vigie").await.unwrap() == octets);
    assert_eq!(left(&place.folder), ["large.vigie"], "parts are cleared away");
}

/// What breaks off or is let go of is not seen, and nothing is left of it once it is discarded; a file that has its name stays.
pub async fn what_is_not_whole_is_not_seen(place: Place) {
    let (offsite, old) = (&*place.offsite, octets(1_000));
    offsite.put("kept.vigie", content(&old)).await.unwrap();
    for size in [1 << 20, 80 << 20] {
        let new = octets(size);
        let gone = || stream::once(async { Err(Error::new(ErrorKind::StorageFailed, "storage_failed", "the disk is gone")) });
        let failed = offsite.put("kept.vigie", content_of(&new, size / 2, gone())).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::StorageFailed, "what cannot be read here is no fault of the place: {failed}");
        let hung = offsite.put("new.vigie", content_of(&new, size / 2, stream::pending()));
        tokio::time::timeout(Duration::from_secs(3), hung).await.unwrap_err();
        assert_eq!(listed(offsite).await, [("kept.vigie".to_owned(), 1_000)]);
        for name in ["kept.vigie", "new.vigie", "new.vigie"] {
            offsite.discard(name).await.unwrap();
        }
        assert_eq!(left(&place.folder), ["kept.vigie"]);
    }
    assert_eq!(read(offsite, "kept.vigie").await.unwrap(), old);
}

/// Octets that are not those of their sum are not taken for the file.
pub async fn what_is_altered_on_its_way_is_refused(place: Place) {
    let offsite = &*place.offsite;
    for size in [100_000, 66 << 20] {
        let (octets, mut altered) = (octets(size), vec![0; size]);
        altered.copy_from_slice(&octets);
        altered[size / 2] ^= 1;
        let content = OffsiteContent { sha256: Sha256::digest(&octets).into(), ..content(&altered.into()) };
        let refused = offsite.put("altered.vigie", content).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ServiceUnavailable, "it may go better another time: {refused}");
        offsite.discard("altered.vigie").await.unwrap();
        assert_eq!(listed(offsite).await, []);
    }
}

/// No name leads out of the folder.
pub async fn names_stay_in_the_folder(place: Place) {
    let offsite = &*place.offsite;
    for name in ["../out.vigie", "a/b.vigie", "", "..", ".hidden.vigie", "x.part", "a\nb.vigie"] {
        let refused = [
            offsite.put(name, content(&octets(1))).await.unwrap_err(),
            offsite.get(name).await.err().unwrap(),
            offsite.remove(name).await.unwrap_err(),
            offsite.discard(name).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|error| error.kind() == ErrorKind::ResourceNotFound), "{refused:?}");
    }
}

/// All cases. `open` is an `async fn() -> Option<Place>`.
#[macro_export]
macro_rules! offsite_conformance {
    ($open:expr) => {
        $crate::offsite_conformance!(@ $open;
            files_go_and_come_back, a_large_file_goes_in_parts, what_is_not_whole_is_not_seen,
            what_is_altered_on_its_way_is_refused, names_stay_in_the_folder);
    };
    (@ $open:expr; $($case:ident),*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(place) = $open().await {
                    $crate::offsite::$case(place).await;
                }
            }
        )*
    };
}
