//! Redis and Valkey: the tier of the cache that nodes share, with its locks, versions of tags and messages.
//!
//! Every call has a deadline of tens of milliseconds, and while the server does not answer none is made: one task asks when it is back.

mod health;
mod lanes;
mod link;
mod listener;
mod pair;
mod scripts;
mod settings;
mod tier;
mod waiting;

pub use pair::RedisPair;
pub use settings::{RedisRole, RedisSettings, SettingsFault};
pub use tier::RedisTier;
