//! Backups: made when they are asked for or due, checked, copied elsewhere, kept for a while, carried away. Bringing one back is no use case of a
//! running server: `vigie backup restore` does it while the server is stopped.

mod copies;
mod destination;
mod drills;
mod health;
mod name;
mod retention;
mod schedule;
mod use_cases;
mod work;

pub use copies::CopyFigures;
pub use destination::Destination;
pub use drills::{BACKUP_DRILL, DrillBackup};
pub use health::{BackupFigures, BackupState};
pub use name::{id_of, name_at};
pub use schedule::BackupScheduler;
pub use use_cases::{Backups, Begun, SPARE};
pub use work::{BACKUP_CHECK, BACKUP_MAKE, CheckBackup, MakeBackup};

use std::time::Duration;

use vigie_domain::Permission;

/// See backups.
pub const READ: Permission = Permission::new("backups", "read");
/// Make, check and delete backups.
pub const WRITE: Permission = Permission::new("backups", "write");
/// Carry backups away. Who may sees everything that is in them.
pub const DOWNLOAD: Permission = Permission::new("backups", "download");

/// When backups are made by themselves, and how long those are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRules {
    /// A cron expression of five fields, in UTC; none are made without one.
    pub schedule: Option<String>,
    /// The same for drills of the newest backup; none are made without one.
    pub drill_schedule: Option<String>,
    /// How long those are kept.
    pub retention: Retention,
}

/// How long backups that the schedule made are kept in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// So many whole ones are kept, however old they are; at least one.
    pub keep_last: usize,
    /// All that are younger are kept.
    pub keep_for: Duration,
}
