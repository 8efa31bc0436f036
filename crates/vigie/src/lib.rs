//! Configuration, wiring, lifecycle and command line.

pub mod configuration;
