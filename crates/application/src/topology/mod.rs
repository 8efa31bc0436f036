//! Topology: discovering networks, links between devices, and the map.

mod graph;
pub(crate) mod hash;
mod keeper;
mod links;
pub(crate) mod node;
mod touched;

pub use touched::Touched;

use vigie_domain::Permission;

/// See the map, links and discoveries.
pub const READ: Permission = Permission::new("topology", "read");
/// Run discoveries and arrange the map.
pub const WRITE: Permission = Permission::new("topology", "write");
