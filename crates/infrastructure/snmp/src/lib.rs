//! SNMP v1, v2c and v3 over few sockets.
//!
//! [`SnmpEngine`] keeps the domain's port `SnmpClient`. A request walks: `engine` finds the device's session,
//! `get` or `sweep` split the work, `exchange` sends one request and waits at the device's `pace`.

mod client;
mod column;
mod credential;
mod diagnosis;
mod engine;
mod exchange;
mod fault;
mod get;
mod lane;
mod pace;
mod refusal;
mod session;
mod settings;
mod stats;
mod sweep;
mod table;
mod value;

pub use engine::SnmpEngine;
pub use settings::SnmpSettings;
pub use stats::SnmpStats;
