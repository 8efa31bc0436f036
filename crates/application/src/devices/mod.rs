//! Devices: managing them, reading them, polling them.

mod env;
pub mod manage;

pub use env::DeviceEnv;
