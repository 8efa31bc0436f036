//! The thread that writes the file: what waits is written in one transaction, with one flush to the disk.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::file::File;

/// Commands carried out at once, at most.
const BATCH: usize = 256;

/// What is to be done to the file.
pub(super) enum Command {
    Put {
        key: String,
        record: Bytes,
        keep_until: i64,
        now: i64,
    },
    /// A record that does not hold, by its key and the end of its time: one written since stays.
    Remove(String, i64),
    Version(String, u64),
    Session(u64),
    /// Nothing made before holds.
    Epoch(u64),
    /// The file is damaged.
    Reset,
    Settle(oneshot::Sender<()>),
}

impl Command {
    fn bytes(&self) -> u64 {
        if let Self::Put { record, .. } = self { record.len() as u64 } else { 0 }
    }
}

/// Dropping it waits until everything said is written.
pub(super) struct Writer {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    queued: Arc<AtomicU64>,
    is_well: Arc<AtomicBool>,
}

impl Writer {
    pub fn start(file: Arc<File>, limit: u64, evictions: Arc<AtomicU64>) -> io::Result<Self> {
        let (commands, heard) = channel();
        let (queued, is_well) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(true)));
        let worker = Worker { file, limit, evictions, heard, queued: Arc::clone(&queued), is_well: Arc::clone(&is_well) };
        let thread = std::thread::Builder::new().name("cache-disk".to_owned()).spawn(move || worker.run())?;
        Ok(Self { commands: Some(commands), thread: Some(thread), queued, is_well })
    }

    pub fn say(&self, command: Command) {
        self.queued.fetch_add(command.bytes(), Ordering::Relaxed);
        if let Some(commands) = &self.commands {
            // the thread ends with this sender alone
            let _ = commands.send(command);
        }
    }

    /// Bytes that wait.
    pub fn queued(&self) -> u64 {
        self.queued.load(Ordering::Relaxed)
    }

    /// Whether the last write succeeded.
    pub fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }

    pub async fn settle(&self) {
        let (done, heard) = oneshot::channel();
        self.say(Command::Settle(done));
        let _ = heard.await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // it catches its panics
            let _ = thread.join();
        }
    }
}

struct Worker {
    file: Arc<File>,
    limit: u64,
    evictions: Arc<AtomicU64>,
    heard: Receiver<Command>,
    queued: Arc<AtomicU64>,
    is_well: Arc<AtomicBool>,
}

impl Worker {
    fn run(self) {
        while let Ok(first) = self.heard.recv() {
            let mut batch = vec![first];
            batch.extend(self.heard.try_iter().take(BATCH - 1));
            self.write(&batch);
            self.queued.fetch_sub(batch.iter().map(Command::bytes).sum(), Ordering::Relaxed);
            for command in batch {
                if let Command::Settle(done) = command {
                    // who waited may have gone
                    let _ = done.send(());
                }
            }
        }
    }

    fn write(&self, batch: &[Command]) {
        if batch.iter().any(|command| matches!(command, Command::Reset)) {
            self.begin_anew();
        }
        match catch_unwind(AssertUnwindSafe(|| self.file.apply(batch, self.limit))) {
            Ok(Ok(given_up)) => {
                self.is_well.store(true, Ordering::Relaxed);
                self.evictions.fetch_add(given_up, Ordering::Relaxed);
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the cache on disk cannot be written and begins empty");
                self.begin_anew();
            }
            Err(_) => self.begin_anew(),
        }
    }

    /// What was to be written is lost, and so is everything it could contradict.
    fn begin_anew(&self) {
        let begun = self.file.reset();
        if let Err(error) = &begun {
            tracing::warn!(%error, "the cache on disk cannot be made anew");
        }
        self.is_well.store(begun.is_ok(), Ordering::Relaxed);
    }
}
