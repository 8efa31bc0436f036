//! What Vigie says of itself, kept among the logs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_util::sync::CancellationToken;
use vigie_domain::Timestamp;
use vigie_domain::search::Condition;
use vigie_domain::telemetry::event::{ATTRS, HOST, MESSAGE, PROGRAM, SEVERITY};
use vigie_domain::telemetry::{EventBatch, EventKind, EventStore, EventValue, Promise};

/// Lines that may wait; beyond that they are dropped and counted.
const WAITING: usize = 4_096;
/// Lines stored together.
const TOGETHER: usize = 512;
/// What wrote them.
const OWN: &str = "vigie";
/// The attribute that names the part of Vigie that wrote a line; each has it.
pub const MODULE: &str = "module";
/// Pause after a line could not be taken in.
const PAUSE: Duration = Duration::from_secs(1);

/// A line that Vigie wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLine {
    /// When.
    pub at: Timestamp,
    /// 0 (emergency) to 7 (debug), RFC 5424 section 6.2.1.
    pub severity: u8,
    /// What it says.
    pub message: String,
    /// The part of Vigie that wrote it, and what else it tells, by name.
    pub attributes: Vec<(&'static str, String)>,
}

/// Where lines are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OwnLog(Sender<OwnLine>);

/// Takes lines to the store.
#[derive(Debug)]
pub struct OwnLogWriter(Receiver<OwnLine>);

impl OwnLog {
    /// A place to hand lines in, and what is to take them to the store; until then they wait.
    pub fn new() -> (Self, OwnLogWriter) {
        let (lines, waiting) = mpsc::channel(WAITING);
        (Self(lines), OwnLogWriter(waiting))
    }

    /// Hands a line in; it is dropped and counted when too many wait.
    pub fn put(&self, line: OwnLine) {
        if self.0.try_send(line).is_err() {
            drop_lines(1);
        }
    }
}

impl OwnLogWriter {
    /// Takes lines to the store, as those of this host, until `stop`; then those that still wait. It writes no line about itself: each would
    /// follow the one before.
    pub async fn run(mut self, store: Arc<dyn EventStore>, host: String, stop: CancellationToken) {
        let (mut lines, mut batch) = (Vec::with_capacity(TOGETHER), EventBatch::new());
        loop {
            let count = tokio::select! {
                count = self.0.recv_many(&mut lines, TOGETHER) => count,
                () = stop.cancelled() => {
                    self.0.close();
                    self.0.recv_many(&mut lines, WAITING).await
                }
            };
            if count == 0 {
                return;
            }
            batch.clear();
            lines.drain(..).for_each(|line| write(&mut batch, &host, &line));
            if store.append(&batch, Promise::Process).await.is_err() {
                drop_lines(count as u64);
                // lines wait meanwhile, and are dropped when too many do
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }
}

/// What is true of these lines.
pub(super) fn own_lines() -> Condition {
    let module = Condition::StartsWith(ATTRS, format!("{MODULE}="));
    Condition::is(PROGRAM, EventValue::Text(OWN.to_owned())).and(module)
}

fn write(batch: &mut EventBatch, host: &str, line: &OwnLine) {
    let writer = batch.begin(EventKind::Log, line.at).text(MESSAGE, &line.message).text(HOST, host).text(PROGRAM, OWN);
    let writer = writer.integer(SEVERITY, line.severity.into());
    drop(line.attributes.iter().fold(writer, |writer, (key, value)| writer.attr(key, value)));
}

fn drop_lines(count: u64) {
    metrics::counter!("own_log_lines_dropped_total").increment(count);
}
