//! Vigie itself: events, audit, jobs, idempotency, settings, and what the host tells.

mod audit;
mod backup;
mod disk;
mod event;
mod host;
mod idempotency;
mod job;
mod network;
mod offsite;
mod seen;

pub use audit::{AuditEntry, AuditOutcome, AuditResource};
pub use backup::{Backup, BackupCheck, BackupContent, BackupEvents, BackupEventsKept, BackupFolder, BackupOrigin, BackupWatch};
pub use disk::{DiskRoom, StateDisk};
pub use event::{Event, Subject, event_types};
pub use host::{Figure, HostProbe};
pub use idempotency::{IdempotencyRecord, IdempotencyState};
pub use job::{Job, JobLogLine, JobProgress, JobResult, JobStatus};
pub use network::{HostNetwork, HostNetworks};
pub use offsite::{BackupCopy, CopyState, Offsite, OffsiteContent, OffsiteFile};
pub use seen::Beyond;
