//! The disk below the memory: what survives a restart, and what damage does.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redb::ReadableTable as _;
use tempfile::TempDir;
use vigie_cache::{Disk, Parts, TieredCache};
use vigie_domain::cache::{Cache, CacheEntry, LEVELS, cached};
use vigie_domain::{Result, Sealed, Sealer};
use vigie_testkit::clock::ManualClock;

const ROOM: u64 = 10_000_000;

/// Seals by writing backwards: enough to see whether something was sealed.
struct Backwards;

impl Sealer for Backwards {
    fn seal(&self, purpose: &str, clear: &[u8]) -> Result<Sealed> {
        assert_eq!(purpose, "cache");
        Ok(Sealed(String::from_utf8_lossy(clear).chars().rev().collect()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Vec<u8>> {
        Ok(sealed.0.chars().rev().collect::<String>().into_bytes())
    }
}

struct Node {
    cache: TieredCache,
    clock: Arc<ManualClock>,
    made: Arc<AtomicU32>,
}

impl Node {
    fn start(folder: &Path) -> Self {
        Self::with_room(folder, ROOM)
    }

    fn with_room(folder: &Path, room: u64) -> Self {
        let clock = Arc::new(ManualClock::default());
        let parts = Parts {
            memory_bytes: 1_000_000,
            namespace: "test".to_owned(),
            defaults: LEVELS,
            clock: clock.clone(),
            sealer: Some(Arc::new(Backwards)),
            shared: None,
            disk: Some(Disk::open(folder, room).unwrap()),
        };
        Self { cache: TieredCache::new(parts), clock, made: Arc::default() }
    }

    /// Asks for a value of ten minutes; it tells how many were made here before, and itself.
    async fn ask(&self, key: &str) -> String {
        self.ask_for(CacheEntry::new("topology", key).ttl(Duration::from_mins(10)).tags(["devices"])).await
    }

    async fn ask_for(&self, entry: CacheEntry) -> String {
        let (made, key) = (self.made.clone(), entry.key.clone());
        let load = async move { Ok(format!("{key} {}", made.fetch_add(1, Ordering::SeqCst) + 1)) };
        cached(&self.cache, entry, load).await.unwrap().to_string()
    }

    fn made(&self) -> u32 {
        self.made.load(Ordering::SeqCst)
    }

    async fn stop(self) {
        self.cache.settle().await;
    }
}

#[tokio::test]
async fn what_was_made_survives_a_restart_until_its_time_or_its_tags_end() {
    let folder = TempDir::new().unwrap();
    let first = Node::start(folder.path());
    assert_eq!((first.ask("a").await, first.ask("b").await), ("a 1".to_owned(), "b 2".to_owned()));
    first.stop().await;

    let second = Node::start(folder.path());
    assert_eq!((second.ask("a").await, second.made()), ("a 1".to_owned(), 0));
    let rows = second.cache.statistics();
    let disk = rows.iter().find(|row| row.level == "l3").unwrap();
    assert_eq!((disk.operation, disk.hits, disk.misses), ("topology", 1, 0));
    second.cache.invalidate(&["sites"]);
    second.clock.advance(Duration::from_secs(31));
    assert_eq!(second.ask("a").await, "a 1", "out of memory, still on disk");
    second.cache.invalidate(&["devices"]);
    second.stop().await;

    let third = Node::start(folder.path());
    assert_eq!((third.ask("a").await, third.ask("b").await), ("a 1".to_owned(), "b 2".to_owned()), "made here");
    assert_eq!(third.made(), 2);
    third.clock.advance(Duration::from_mins(10));
    assert_eq!(third.ask("a").await, "a 3");
    third.cache.invalidate_all();
    third.stop().await;

    let fourth = Node::start(folder.path());
    fourth.ask("b").await;
    assert_eq!(fourth.made(), 1);
}

#[tokio::test]
async fn only_what_holds_for_five_minutes_and_may_leave_the_memory_is_written() {
    let folder = TempDir::new().unwrap();
    let entry = |key: &str, minutes: u64| CacheEntry::new("topology", key).ttl(Duration::from_mins(minutes));
    let entries = [
        entry("short", 4),
        entry("long", 5),
        CacheEntry { leaves_memory: false, ..entry("own", 10) },
        CacheEntry::new("topology", "unset"),
    ];
    let first = Node::start(folder.path());
    for entry in &entries {
        first.ask_for(entry.clone()).await;
    }
    first.cache.settle().await;
    assert_eq!(first.cache.levels().await[2].entries, Some(2));
    first.stop().await;
    let second = Node::start(folder.path());
    for entry in entries {
        second.ask_for(entry).await;
    }
    assert_eq!(second.made(), 2);
}

/// Every byte of the files in a folder.
fn bytes(folder: &Path) -> Vec<u8> {
    std::fs::read_dir(folder).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_secret_is_written_sealed() {
    let folder = TempDir::new().unwrap();
    let secret = |is_secret| CacheEntry { is_secret, ..CacheEntry::new("keys", "hunter2").ttl(Duration::from_mins(10)) };
    for is_secret in [true, false] {
        let folder = folder.path().join(is_secret.to_string());
        let first = Node::start(&folder);
        first.ask_for(secret(is_secret)).await;
        first.stop().await;
        assert_eq!(holds(&bytes(&folder), "\"hunter2 1\""), !is_secret);
        let second = Node::start(&folder);
        assert_eq!((second.ask_for(secret(is_secret)).await.as_str(), second.made()), ("hunter2 1", 0));
    }
}

#[tokio::test]
async fn a_bad_entry_is_dropped_and_the_others_are_served() {
    let folder = TempDir::new().unwrap();
    let first = Node::start(folder.path());
    first.ask("good").await;
    first.ask("bad").await;
    first.stop().await;
    let file = folder.path().join("cache.redb");
    {
        let table: redb::TableDefinition<&str, (i64, &[u8])> = redb::TableDefinition::new("records");
        let database = redb::Database::open(&file).unwrap();
        let write = database.begin_write().unwrap();
        {
            let mut table = write.open_table(table).unwrap();
            let (until, mut record) = {
                let found = table.get("test:topology:bad").unwrap().unwrap();
                (found.value().0, found.value().1.to_vec())
            };
            // a digit of the value itself
            let at = record.len() - 2;
            record[at] ^= 1;
            table.insert("test:topology:bad", (until, record.as_slice())).unwrap();
        }
        write.commit().unwrap();
    }
    let second = Node::start(folder.path());
    assert_eq!((second.ask("good").await, second.made()), ("good 1".to_owned(), 0));
    assert_eq!((second.ask("bad").await, second.made()), ("bad 1".to_owned(), 1));
    second.stop().await;
    let third = Node::start(folder.path());
    assert_eq!((third.ask("bad").await, third.made()), ("bad 1".to_owned(), 0));
}

#[tokio::test]
async fn a_damaged_file_is_never_served_and_keeps_nobody_from_starting() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("cache.redb");
    let first = Node::start(folder.path());
    for number in 0..200 {
        first.ask(&number.to_string()).await;
    }
    first.stop().await;
    let whole = std::fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let step = 1_021;
    (4_096..damaged.len()).step_by(step).for_each(|at| damaged[at] ^= 0xa5);
    for bytes in [b"no database".to_vec(), Vec::new(), whole[..whole.len() / 2].to_vec(), vec![0; whole.len()], damaged] {
        std::fs::write(&file, &bytes).unwrap();
        let node = Node::start(folder.path());
        for number in 0..200 {
            let told = node.ask(&number.to_string()).await;
            let as_first = format!("{number} {}", number + 1);
            assert!(told == as_first || told == format!("{number} {}", node.made()), "{told}");
        }
        node.ask("new").await;
        node.stop().await;
        let after = Node::start(folder.path());
        after.ask("new").await;
        assert_eq!(after.made(), 0, "what is written after the damage holds");
        after.stop().await;
    }
}

#[tokio::test]
async fn it_stays_within_its_bytes_and_gives_up_what_ends_first() {
    let folder = TempDir::new().unwrap();
    let node = Node::with_room(folder.path(), 100_000);
    for number in 0..100 {
        let entry = CacheEntry::new("topology", number.to_string()).ttl(Duration::from_secs(600 + number));
        cached(&node.cache, entry, async { Ok("x".repeat(5_000)) }).await.unwrap();
    }
    node.cache.settle().await;
    let level = node.cache.levels().await.remove(2);
    assert!(level.bytes.unwrap() <= 100_000 && level.entries.unwrap() >= 15, "{level:?}");
    assert_eq!(level.evictions, Some(100 - level.entries.unwrap()));
    node.stop().await;
    let next = Node::with_room(folder.path(), 100_000);
    let ask = async |number: u64| {
        let made = next.made.clone();
        let load = async move {
            made.fetch_add(1, Ordering::SeqCst);
            Ok(String::new())
        };
        cached(&next.cache, CacheEntry::new("topology", number.to_string()).ttl(Duration::from_secs(600 + number)), load).await.unwrap();
    };
    ask(99).await;
    assert_eq!(next.made(), 0);
    ask(0).await;
    assert_eq!(next.made(), 1);
}

#[tokio::test]
async fn a_file_that_another_holds_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let first = Node::start(folder.path());
    first.ask("a").await;
    let second = Disk::open(folder.path(), ROOM).err().unwrap();
    assert_eq!(second.kind(), std::io::ErrorKind::ResourceBusy);
    first.stop().await;
    let third = Node::start(folder.path());
    assert_eq!((third.ask("a").await.as_str(), third.made()), ("a 1", 0));
}
