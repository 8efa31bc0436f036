//! Devices: managing them, reading them, polling them.

pub mod checks;
pub(crate) mod env;
pub mod identify;
pub mod manage;
mod names;
pub mod poller;
pub mod tools;

pub use env::{CREDENTIAL_PURPOSE, DeviceEnv};
