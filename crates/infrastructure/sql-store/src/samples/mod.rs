//! Samples as compressed blocks.
//!
//! A batch is written at once as chunks: sorted, in whole steps of the metrics, each column packed. Chunks gather until `maintain` merges
//! those of some minutes, and packs a window of two hours that is over into blocks, one a subject; what comes later for such a window is
//! merged into its blocks. A query reads the blocks of its windows and the chunks that may hold its subject. Nothing is kept in memory.

mod append;
mod bytes;
mod column;
mod loose;
mod maintain;
mod pack;
mod place;
mod range;
mod rows;
mod store;

pub use store::SqlSampleStore;
pub(crate) use store::{SCHEMA, migrations, sheets};
