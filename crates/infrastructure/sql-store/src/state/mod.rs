//! The state store over SQL.

mod columns;
mod companion;
mod condition;
mod count;
pub(crate) mod history;
mod indexes;
mod jobs;
mod naming;
mod outbox;
mod page;
#[cfg(test)]
mod plans;
mod read;
mod scope;
mod seed;
pub(crate) mod sheets;
mod store;
mod tables;
#[cfg(test)]
mod tenants;
mod unit;
mod write;

pub(crate) use read::some_documents;
pub use store::SqlStore;
pub(crate) use store::{SCHEMA, SHARE, migrations};
