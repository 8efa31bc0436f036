//! What cannot be stored now waits on the disk.
//!
//! A [`SampleSpool`] stands before a store of samples at a server. What that store cannot take, as it is away, goes into a write-ahead log
//! beside it and is carried over when it is back. A batch may be carried twice after a crash: the store keeps one row for a subject and a
//! moment, so nothing is there twice.

mod record;
mod samples;

pub use samples::{SampleSpool, SpoolFault, SpoolSettings};
