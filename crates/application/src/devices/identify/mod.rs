//! Identifying: who a device is, which ports, addresses and neighbours it has, read by SNMP and reconciled with what is known.
//!
//! [`facts`] reads, [`reconcile`] writes, [`Identifier`] does both for a known device; discovery does both for addresses.

mod addresses;
mod agent;
mod cdp;
mod detect;
mod entity;
mod facts;
mod identifier;
mod if_type;
mod interfaces;
mod keeper;
mod lldp;
mod lldp_id;
mod lldp_v2;
mod neighbours;
pub(crate) mod port_index;
mod profile;
mod profiles;
pub(crate) mod reconcile;
mod role;
mod text;

pub use addresses::Held;
pub use facts::{Facts, read};
pub(crate) use identifier::set_access;
pub use identifier::{IDENTIFY_JOB, Identifier, IdentifyOutcome};
pub use interfaces::Port;
pub use keeper::IdentifyKeeper;
pub use neighbours::Heard;
pub use profiles::Profiles;
pub use reconcile::Reconciled;
