//! State, outbox, jobs and sample blocks in SQL.
//!
//! Two stores, each with a database file of SQLite or a schema of PostgreSQL of its own:
//! - [`SqlStore`]: the entities of the domain, their outbox and jobs. A commit is on the disk when it returns.
//! - [`SqlSampleStore`]: samples in compressed blocks.
//!
//! `engine` is the only place that knows which of the two is below (ADR 7); everything above it is written once, in `sea-query` or in the
//! SQL that both share: identifiers as UUID, times as whole milliseconds, documents as text. [`transfer`] carries all of it from one to the
//! other.
//!
//! # Adding a kind of object
//!
//! A migration for each engine with `id`, `version`, the columns of its schema, `<name>_key` for each name, `search` where the schema
//! searches, and `document`; and a line in `state/tables.rs`. Its indexes follow from its schema, and the tests there say what is missing.

mod bulk;
mod engine;
mod error;
mod lock;
mod open;
mod samples;
mod state;
pub mod transfer;

pub use open::{NodeNumber, OpenError, take_node_number, wait_for_turn};
pub use samples::SqlSampleStore;
pub use state::SqlStore;
