//! Dashboards: figures of many sources gathered side by side, each under a deadline, and what is missing named.
//!
//! A dashboard is computed once for each audience however many ask, and kept as the bytes that travel. While somebody asks for it,
//! [`Dashboards::run`] computes it anew every five seconds.

mod gather;
mod host;
mod network;
mod ring;
mod service;
mod system;
mod top;
mod traffic;
mod views;

pub use host::HostSampler;
pub use network::{LatencyView, NetworkDashboard, SiteSummary, TopInterfaces, TopologySummary, TrafficView};
pub use service::{DashboardKind, DashboardPorts, Dashboards, Snapshot};
pub use system::{Facts, FigureView, Figures, SystemDashboard};
pub use top::TopInterface;
pub use views::{ActiveAlert, NamedView, RecentEvent, SubjectBrief};

use async_trait::async_trait;
use vigie_domain::{Permission, Result, Scope};

/// See dashboards.
pub const READ: Permission = Permission::new("dashboards", "read");

/// Tells how the map is, in numbers.
#[async_trait]
pub trait MapSummary: Send + Sync {
    /// What of the map lies in a scope.
    async fn summary(&self, scope: &Scope) -> Result<TopologySummary>;
}
