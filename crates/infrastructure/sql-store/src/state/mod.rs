//! The state store over SQL.

mod columns;
mod companion;
mod condition;
mod count;
mod indexes;
mod jobs;
mod outbox;
mod page;
#[cfg(test)]
mod plans;
mod read;
mod scope;
mod seed;
mod store;
mod tables;
mod unit;
mod write;

pub use store::SqlStore;
