//! Configuration: a TOML file, environment variables `VIGIE__SECTION__KEY` over it, flags of the command line over both.
//!
//! Sections are declared once, in [`sections`], with their documentation and defaults; reading, `vigie config check|show|schema|reference`
//! and the example file all walk that declaration.

mod check;
mod document;
mod environment;
mod kind;
mod load;
mod node;
mod problem;
mod reference;
mod schema;
mod sections;
mod show;
mod suggest;
#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use kind::SecretText;
pub use load::{Loaded, Loader, Source};
pub use problem::{Problem, Problems};
pub use reference::{example, reference};
pub use schema::schema;
pub use sections::{
    AllowLocal, Auth, Backup, BackupS3, BackupSftp, Cache, CacheDisk, CacheRedis, Configuration, Discovery, EventStore, Limits, Log,
    LogFormat, LogLevel, Metrics, MetricsAccess, Notifications, Polling, Retention, Secrets, Server, Smtp, SmtpSecurity, State, Tls,
    TlsMode,
};
pub use show::{Entry, entries, show};
