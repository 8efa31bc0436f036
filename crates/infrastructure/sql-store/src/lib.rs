//! State, outbox, jobs and sample blocks in SQL.
//!
//! Two stores, each with its own database file:
//! - [`SqlStore`]: the entities of the domain, their outbox and jobs. A commit is on the disk when it returns.
//!
//! One engine is here, SQLite; `engine` is the only place that knows it, and everything above it is written once in `sea-query` or in the
//! SQL that SQLite and PostgreSQL share: identifiers as UUID, times as whole milliseconds, documents as text.
//!
//! # Adding a kind of object
//!
//! A migration with `id`, `version`, the columns of its schema, `<name>_key` for each name, `search` where the schema searches, and
//! `document`; and a line in `state/tables.rs`. Its indexes follow from its schema, and the tests there say what is missing.

mod bulk;
mod engine;
mod error;
mod lock;
mod open;
mod samples;
mod state;

pub use open::OpenError;
pub use samples::SqlSampleStore;
pub use state::SqlStore;
