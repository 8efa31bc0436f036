//! Memory tier of the cache.
