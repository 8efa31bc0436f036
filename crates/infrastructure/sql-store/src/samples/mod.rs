//! Samples as compressed blocks.
//!
//! A batch is written at once as chunks: sorted, in whole steps of the metrics, each column packed. Chunks gather until `maintain` merges
//! those of some minutes, and packs a window of two hours that is over into blocks, one a subject; what comes later for such a window is
//! merged into its blocks. A query reads the blocks of its windows and the chunks that may hold its subject. Nothing is kept in memory.
//!
//! What is packed is rolled up in the same transaction: the rollups of a window of samples are a function of its blocks, and are written as
//! chunks of sets of their own, in which the later of two rows of one subject and time counts, as everywhere. So a window that is packed
//! again, because of late samples or a process that died, has its rollups replaced and nothing is counted twice.

mod append;
mod backfill;
mod bytes;
mod choice;
mod column;
mod derive;
mod forget;
mod layer;
mod loose;
mod maintain;
mod pack;
mod place;
mod range;
mod rollup;
mod rows;
mod store;

pub use store::SqlSampleStore;
pub(crate) use store::{SCHEMA, migrations, sheets};
