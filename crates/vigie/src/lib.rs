//! Configuration, wiring, lifecycle and command line.

mod backup;
pub mod cli;
pub mod commands;
pub mod configuration;
mod lifecycle;
mod listen;
mod logging;
mod signals;
mod standby;
mod start_error;
mod wiring;

pub use start_error::StartError;
