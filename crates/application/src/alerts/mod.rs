//! Alerts: rules, the engine that walks them, what people do with what it raised, and whom it tells.

mod actions;
mod channel;
mod delivery;
mod engine;
mod phase;
mod preview;
mod recall;
mod rule;
mod rulebook;
mod run;
mod shipped;
mod words;
mod write;

pub use channel::ChannelInput;
pub use delivery::DeliveryWorker;
pub use engine::{Action, AlertEngine, Due, Key, Observed};
pub use preview::{Firing, FiringSubject, Preview, PreviewRequest};
pub use rule::AlertRuleInput;
pub use shipped::{seed_rules, shipped_rules};
pub use words::POLLER;

use vigie_domain::Permission;

/// See alerts and rules.
pub const READ: Permission = Permission::new("alerts", "read");
/// Acknowledge, resolve, silence and comment on alerts.
pub const ACT: Permission = Permission::new("alerts", "act");
/// Change rules.
pub const WRITE: Permission = Permission::new("alerts", "write");
/// See channels and deliveries.
pub const CHANNELS_READ: Permission = Permission::new("notifications", "read");
/// Change and test channels.
pub const CHANNELS_WRITE: Permission = Permission::new("notifications", "write");
