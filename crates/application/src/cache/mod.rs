//! What is cached: the one table of keys, lifetimes, deadlines, audiences and tags. Whoever caches asks here.

mod audience;
mod keeper;
mod table;
mod use_cases;
mod views;
mod warming;

pub use audience::{Audience, audience_key};
pub use keeper::CacheKeeper;
pub(crate) use keeper::tags_of;
pub use table::{
    DEVICE_POLLING, DEVICE_STATUS, MAP_EXPORT, MAP_SUMMARY, NETWORK_DASHBOARD, POPULAR_SEARCHES, Policy, REALTIME, SEARCH_PAGE,
    SEARCH_TOTAL, SEMI_STATIC, SITE_STATUS, STATIC, SYSTEM_DASHBOARD, TABLE, TOP_SERIES, USER_CONTEXT,
};
pub use use_cases::{CacheAdmin, READ, WRITE};
pub use views::{CacheLevelView, CacheOperationView, CacheStatsView, PopularSearchView, SearchWarmingView};
pub use warming::{SearchWarming, Warming};
