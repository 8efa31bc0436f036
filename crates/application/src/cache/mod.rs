//! What is cached: the one table of keys, lifetimes, deadlines, audiences and tags. Whoever caches asks here.

mod audience;
mod keeper;
mod table;
mod use_cases;
mod views;
mod warming;

pub use audience::{Audience, audience_key};
pub use keeper::CacheKeeper;
pub use table::{MAP_SUMMARY, NETWORK_DASHBOARD, Policy, REALTIME, SYSTEM_DASHBOARD, TABLE, TOP_SERIES};
pub use use_cases::{CacheAdmin, READ, WRITE};
pub use views::{CacheLevelView, CacheOperationView, CacheStatsView};
pub use warming::Warming;
