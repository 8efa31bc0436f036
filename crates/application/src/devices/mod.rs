//! Devices: managing them, reading them, polling them.

mod env;
pub mod manage;
mod names;
pub mod tools;

pub use env::DeviceEnv;
