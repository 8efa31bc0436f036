//! The file: records by key, keys by the end of their time, versions of tags.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::State;
use super::writer::Command;

/// Key to the end of its time (ms since 1970) and its record.
const RECORDS: TableDefinition<&str, (i64, &[u8])> = TableDefinition::new("records");
/// The end of its time and the key, to the bytes of the record.
const AGES: TableDefinition<(i64, &str), u64> = TableDefinition::new("ages");
/// Tag to version.
const VERSIONS: TableDefinition<&str, u64> = TableDefinition::new("versions");
/// Numbers of the whole.
const NUMBERS: TableDefinition<&str, u64> = TableDefinition::new("numbers");
/// Bytes that an entry takes beside its record, about.
const OVERHEAD: u64 = 256;
/// Memory for pages of the file.
const PAGES: usize = 16 << 20;

pub(super) type Outcome<T> = Result<T, redb::Error>;

pub(super) struct File {
    path: PathBuf,
    database: RwLock<Option<Arc<Database>>>,
    entries: AtomicU64,
    bytes: AtomicU64,
}

/// Numbers that a transaction changes.
#[derive(Clone, Copy, Default)]
struct Size {
    entries: u64,
    bytes: u64,
}

impl File {
    /// Opens the file, or makes it anew when it cannot be read.
    pub fn open(path: &Path) -> io::Result<(Self, State)> {
        let opened = attempt(path).or_else(|why| {
            if why.kind() == io::ErrorKind::ResourceBusy {
                return Err(why);
            }
            tracing::warn!(path = %path.display(), %why, "the cache on disk cannot be read and begins empty");
            remove(path)?;
            attempt(path)
        });
        let (database, state, size) = opened?;
        let file = Self {
            path: path.to_owned(),
            database: RwLock::new(Some(Arc::new(database))),
            entries: AtomicU64::new(size.entries),
            bytes: AtomicU64::new(size.bytes),
        };
        Ok((file, state))
    }

    /// A record, with the end of its time.
    pub fn read(&self, key: &str) -> Outcome<Option<(i64, Bytes)>> {
        let Some(database) = self.database() else { return Ok(None) };
        let table = database.begin_read()?.open_table(RECORDS)?;
        Ok(table.get(key)?.map(|found| (found.value().0, Bytes::copy_from_slice(found.value().1))))
    }

    /// Carries commands out in one transaction, then gives up what is over the limit; how many values were given up.
    pub fn apply(&self, commands: &[Command], limit: u64) -> Outcome<u64> {
        let Some(database) = self.database() else { return Ok(0) };
        let mut write = database.begin_write()?;
        write.set_quick_repair(true);
        let mut size = Size { entries: self.entries.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) };
        let given_up = {
            let mut tables = Tables {
                records: write.open_table(RECORDS)?,
                ages: write.open_table(AGES)?,
                versions: write.open_table(VERSIONS)?,
                numbers: write.open_table(NUMBERS)?,
            };
            let mut now = i64::MIN;
            for command in commands {
                tables.carry_out(command, &mut size)?;
                if let Command::Put { now: at, .. } = command {
                    now = now.max(*at);
                }
            }
            let given_up = tables.give_up(now, limit, &mut size)?;
            tables.numbers.insert("entries", size.entries)?;
            tables.numbers.insert("bytes", size.bytes)?;
            given_up
        };
        write.commit()?;
        self.entries.store(size.entries, Ordering::Relaxed);
        self.bytes.store(size.bytes, Ordering::Relaxed);
        Ok(given_up)
    }

    /// Throws the file away and begins an empty one, with what is known of tags.
    pub fn reset(&self) -> io::Result<()> {
        let mut held = self.database.write().unwrap_or_else(PoisonError::into_inner);
        *held = None;
        remove(&self.path)?;
        let (database, ..) = attempt(&self.path)?;
        *held = Some(Arc::new(database));
        self.entries.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Values, and the bytes they take.
    pub fn size(&self) -> (u64, u64) {
        (self.entries.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn database(&self) -> Option<Arc<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Tables<'a> {
    records: redb::Table<'a, &'static str, (i64, &'static [u8])>,
    ages: redb::Table<'a, (i64, &'static str), u64>,
    versions: redb::Table<'a, &'static str, u64>,
    numbers: redb::Table<'a, &'static str, u64>,
}

impl Tables<'_> {
    fn carry_out(&mut self, command: &Command, size: &mut Size) -> Outcome<()> {
        match command {
            Command::Put { key, record, keep_until, .. } => {
                self.remove(key, size)?;
                let bytes = record.len() as u64 + OVERHEAD;
                self.records.insert(key.as_str(), (*keep_until, record.as_ref()))?;
                self.ages.insert((*keep_until, key.as_str()), bytes)?;
                size.entries += 1;
                size.bytes += bytes;
            }
            Command::Remove(key, keep_until) => {
                let is_that_one = self.records.get(key.as_str())?.is_some_and(|found| found.value().0 == *keep_until);
                if is_that_one {
                    self.remove(key, size)?;
                }
            }
            Command::Version(tag, version) => drop(self.versions.insert(tag.as_str(), version)?),
            Command::Session(session) => drop(self.numbers.insert("session", session)?),
            Command::Epoch(epoch) => {
                self.numbers.insert("epoch", epoch)?;
                self.versions.retain(|_, _| false)?;
                self.records.retain(|_, _| false)?;
                self.ages.retain(|_, _| false)?;
                *size = Size::default();
            }
            Command::Reset | Command::Settle(_) => {}
        }
        Ok(())
    }

    fn remove(&mut self, key: &str, size: &mut Size) -> Outcome<()> {
        let Some(keep_until) = self.records.remove(key)?.map(|old| old.value().0) else { return Ok(()) };
        let bytes = self.ages.remove((keep_until, key))?.map_or(0, |bytes| bytes.value());
        size.entries = size.entries.saturating_sub(1);
        size.bytes = size.bytes.saturating_sub(bytes);
        Ok(())
    }

    /// First what is over, then what is over soonest.
    fn give_up(&mut self, now: i64, limit: u64, size: &mut Size) -> Outcome<u64> {
        let mut given_up = 0;
        loop {
            let first = self.ages.first()?.map(|(age, _)| (age.value().0, age.value().1.to_owned()));
            let Some((keep_until, key)) = first else { return Ok(given_up) };
            if keep_until > now && size.bytes <= limit {
                return Ok(given_up);
            }
            self.remove(&key, size)?;
            // an age without its record must not stop the others
            self.ages.remove((keep_until, key.as_str()))?;
            given_up += 1;
        }
    }
}

/// Opens or makes the file, and reads what is known of tags; a panic over a damaged file is an error. `ResourceBusy` when another process has
/// it.
fn attempt(path: &Path) -> io::Result<(Database, State, Size)> {
    let open = || -> Outcome<(Database, State, Size)> {
        let database = Database::builder().set_cache_size(PAGES).create(path)?;
        let mut write = database.begin_write()?;
        write.set_quick_repair(true);
        write.open_table(RECORDS)?;
        write.open_table(AGES)?;
        let (state, size) = {
            let (versions, numbers) = (write.open_table(VERSIONS)?, write.open_table(NUMBERS)?);
            let number = |name: &str| -> Outcome<u64> { Ok(numbers.get(name)?.map_or(0, |found| found.value())) };
            let mut state = State { epoch: number("epoch")?, session: number("session")?, ..State::default() };
            for row in versions.iter()? {
                let (tag, version) = row?;
                state.versions.insert(tag.value().to_owned(), version.value());
            }
            (state, Size { entries: number("entries")?, bytes: number("bytes")? })
        };
        write.commit()?;
        Ok((database, state, size))
    };
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Err(redb::Error::DatabaseAlreadyOpen)) => Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process has it open")),
        Ok(opened) => opened.map_err(io::Error::other),
        Err(_) => Err(io::Error::other("it is damaged")),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
