//! Topology: discovering networks, links between devices, and the map.

mod discovery;
mod export;
mod exports;
mod graph;
pub(crate) mod hash;
mod keeper;
mod layout;
mod links;
mod map;
pub(crate) mod node;
mod service;
mod summary;
mod touched;

pub use discovery::{
    DISCOVERY_JOB, Discoveries, DiscoveryFeed, DiscoveryInput, DiscoveryRunner, DiscoveryScheduler, DiscoverySuggestion,
    DiscoverySuggestions, DiscoveryUpdate, DiscoveryView, FoundView, RunProgressView, RunResultView, RunView, discovery_views,
};
pub use export::{ExportFormat, export};
pub use exports::MapExports;
pub use layout::{LayoutInput, LayoutPointInput};
pub use map::{Collapse, End, EvidenceView, LinkView, MapQuery, Named, Node, NodeKind, Topology};
pub use service::TopologyService;
pub use touched::Touched;

use vigie_domain::Permission;

/// See the map, links and discoveries.
pub const READ: Permission = Permission::new("topology", "read");
/// Run discoveries and arrange the map.
pub const WRITE: Permission = Permission::new("topology", "write");
