//! The memory tier of the cache: values as `Arc`, fresh by our clock, one flight a key, tags that take effect at once.

mod flight;
mod memory;
mod tags;
mod tally;

pub use memory::MemoryCache;
