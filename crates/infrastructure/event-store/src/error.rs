//! What goes wrong below, as errors of the domain.

use vigie_domain::{Error, ErrorKind};
use vigie_foundation::wal::WalFault;

/// What the log reports.
pub(crate) fn log(fault: WalFault) -> Error {
    match fault {
        WalFault::Full { .. } => {
            Error::new(ErrorKind::LimitExceeded, "limit_exceeded", "events are not taken in: the log before their store is full")
                .cause(fault.to_string())
                .solution("see in the service status why the store is behind")
                .retry_after(5)
        }
        _ => Error::storage(fault),
    }
}

/// What tantivy reports.
pub(crate) fn engine(error: tantivy::TantivyError) -> Error {
    Error::storage(error)
}

/// A task that ended in a panic, or that was dropped.
pub(crate) fn task(error: tokio::task::JoinError) -> Error {
    Error::storage(error)
}
