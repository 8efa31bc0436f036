//! Topology: discoveries, their runs and results, links with their evidence, layouts.

mod discovery;
mod layout;
mod link;

pub use discovery::{Discovery, DiscoveryMode, Found, Outcome, Run, RunProgress, RunResult, RunStatus};
pub use layout::{Layout, LayoutPoint};
pub use link::{Evidence, Link, LinkEnd};
