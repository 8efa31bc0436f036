//! Deadlines.

use std::time::Duration;

/// The time allowed has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no answer within {} s", .0.as_secs_f32())]
pub struct DeadlinePassed(pub Duration);

/// Lets a call take this long, then drops it.
pub async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> Result<T, DeadlinePassed> {
    tokio::time::timeout(limit, call).await.map_err(|_| DeadlinePassed(limit))
}
