//! The domain of Vigie: entities, value objects, the fifteen errors and the ports. No input or output, no runtime, no product.
//!
//! # Defining a new kind of object
//!
//! 1. A struct in its column's folder, with serde, a `SCHEMA` that names its table and the columns lists may use, and `impl Entity`.
//! 2. A migration in `sql-store` with those columns.
//! 3. Where users manage it: a `Resource` in the presentation, which gives it routes, documents and a command.

pub mod alerts;
pub mod cache;
pub mod dashboards;
pub mod devices;
mod error;
mod id;
pub mod identity;
pub mod permission;
pub mod query;
mod scope;
pub mod search;
mod secret;
pub mod store;
pub mod system;
pub mod telemetry;
mod time;
pub mod topology;

pub use error::{Error, ErrorKind, FieldError, Result};
pub use id::Id;
pub use permission::{Permission, PermissionSet};
pub use scope::{ObjectScope, Scope};
pub use secret::{Sealed, Sealer, Secret};
pub use time::{Clock, Moment, Timestamp};
