//! The system's clock: the only place that reads it. Everything else is handed the time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z; zero when the system's clock stands before that.
#[expect(clippy::disallowed_methods, reason = "this is the house way that the rule points to")]
pub fn system_now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
