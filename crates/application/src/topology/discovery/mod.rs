//! Discovering networks: discoveries as users manage them, their schedule, their runs.

mod credentials;
mod feed;
mod queue;
mod resource;
mod run;
mod scheduler;
mod span;
mod suggest;
mod targets;
mod use_cases;
mod view;

pub use feed::{DiscoveryFeed, DiscoveryUpdate};
pub use queue::DISCOVERY_JOB;
pub use resource::DiscoveryInput;
pub use run::DiscoveryRunner;
pub use scheduler::DiscoveryScheduler;
pub use suggest::{DiscoverySuggestion, DiscoverySuggestions};
pub use use_cases::Discoveries;
pub use view::{DiscoveryView, FoundView, RunProgressView, RunResultView, RunView, discovery_views};
