//! Checks: pings and TCP connections apart from polling, to devices and to anything else with an address.

mod judge;
mod resource;
mod runner;

pub use resource::CheckInput;
pub use runner::CheckRunner;
