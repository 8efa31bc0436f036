//! The signals that a server hears.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::StartError;

/// Signals, heard from the moment this is made: none that comes later is lost, and none ends the process by itself.
pub struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// SIGTERM, SIGINT: to end in order.
    End,
    /// SIGHUP: to read again what may have changed.
    Refresh,
}

impl Signals {
    /// Begins to hear.
    pub fn hear() -> Result<Self, StartError> {
        let failed = |e: io::Error| StartError::new(StartError::SOFTWARE, format!("cannot hear signals: {e}"));
        let hear = |kind| signal(kind).map_err(failed);
        Ok(Self { term: hear(SignalKind::terminate())?, int: hear(SignalKind::interrupt())?, hup: hear(SignalKind::hangup())? })
    }

    /// The next one.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.term.recv() => Wish::End,
            _ = self.int.recv() => Wish::End,
            _ = self.hup.recv() => Wish::Refresh,
        }
    }
}
