//! Backups: one file that holds everything, compressed, with a checksum of each part, under a passphrase where one is given.
//!
//! It is a tar archive in a zstd frame (RFC 8878); under a passphrase the whole is sealed as
//! [`vigie_foundation::secrets::SealingWriter`] tells. The first entry is `manifest.json` ([`Manifest`]), then come the parts it names, in
//! its order; a folder is a part that is a tar archive itself, `NAME.tar`. Without a passphrase `tar --zstd -xf` opens it, should there be no Vigie at hand.

mod fault;
mod manifest;
mod read;
mod sum;
mod tree;
mod write;

pub use fault::BackupFault;
pub use manifest::{Events, EventsKept, Manifest, Part, Source};
pub use read::{Sight, check, look, manifest, unpack};
pub use write::pack;

/// How far it is, in octets of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Octets done.
    pub done: u64,
    /// Octets there are.
    pub of: u64,
}

/// Who hears of the progress, and answers whether to go on.
pub type Tell<'a> = &'a (dyn Fn(Progress) -> bool + Sync);

/// The name of the first entry.
const MANIFEST: &str = "manifest.json";
