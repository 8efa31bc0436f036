//! Samples as compressed blocks.
