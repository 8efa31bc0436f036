//! A simulated network: a campus of SNMP devices on loopback addresses, to try, test and measure against.
//!
//! Each address of a prefix is a device: routers, core, distribution and access switches, access points and
//! servers of several makers, in sites and buildings, cabled as a campus is. They answer SNMPv1, v2c and v3 as
//! real ones do, from MIBs whose cells are computed when they are asked for: uptime and counters are functions
//! of time and seed, so that ten thousand devices cost some megabytes and no work while nobody asks.
//!
//! Things break on command ([`LabHandle::fail`] and its siblings, or `vigie lab fail …`), and recorded walks are
//! replayed beside or instead of the campus.
//!
//! ```no_run
//! # async fn example() -> Result<(), vigie_lab::LabError> {
//! let lab = vigie_lab::Lab::builder().devices(20).port(0).start().await?;
//! let truth = lab.links(); // what discovery has to find
//! lab.fail("sw-3", Some("7"))?; // both ends go down, both neighbours vanish
//! lab.heal("all", None)?;
//! lab.stop().await;
//! # Ok(())
//! # }
//! ```

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
pub use world::{DeviceInfo, Fault, Link, LinkEnd, Order, Polls, Reply, Status};
