//! A simulated network: SNMP agents with LLDP and counters that live.
mod agent;
mod args;
mod campus;
mod clock;
mod control;
mod error;
mod faults;
mod hash;
mod lab;
mod mib;
mod replay;
mod run;
mod server;
mod traffic;
mod view;
mod world;

pub use agent::User;
pub use args::{LabArgs, LabCommand, Output, StartArgs, To};
pub use campus::Role;
pub use error::LabError;
pub use lab::{AUTH_PASSWORD, AUTH_USER, COMMUNITY, Lab, LabBuilder, LabHandle, PRIVACY_PASSWORD, USER, default_users};
pub use run::run;
pub use server::Binding;
pub use world::{DeviceInfo, Fault, Link, LinkEnd, Order, Reply, Status};
