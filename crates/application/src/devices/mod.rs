//! Devices: managing them, reading them, polling them.

mod env;

pub use env::DeviceEnv;
