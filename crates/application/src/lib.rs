//! The use cases of Vigie, by feature: each authorises, validates, decides and calls ports.
//!
//! # Adding a use case
//!
//! 1. A method on its feature's service that takes [`CallContext`] first and begins with `let scope = cx.require(PERMISSION)?`.
//! 2. The permission as a constant beside it, listed in [`permissions::CATALOGUE`].
//! 3. A write goes through [`Core::unit`]: state, audit entry, event, job and idempotency record in one transaction.

pub mod cache;
pub mod context;
pub mod core;
pub mod events;
mod hex;
pub mod idempotency;
pub mod onlooker;
pub mod permissions;
pub mod resources;
pub mod schedule;
pub mod settings;
pub mod unit;

pub mod alerts;
pub mod backups;
mod beat;
pub mod dashboards;
pub mod devices;
pub mod identity;
pub mod jobs;
pub mod logs;
pub mod system;
pub mod telemetry;
pub mod topology;

pub use context::CallContext;
pub use core::Core;
pub use settings::Settings;
pub use unit::Unit;
