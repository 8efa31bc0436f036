//! The cache: memory, then what nodes share, then the disk. Values are `Arc` in memory, fresh by our clock, made in one flight a key, and
//! held by tags that take effect at once.

mod cache;
mod disk;
mod fill;
mod flight;
mod memory;
mod record;
mod tags;
mod tally;
mod together;

pub use cache::{Parts, TieredCache};
pub use disk::{Disk, room};
