//! Doing a unit again that the engine undid.

use std::time::Duration;

use vigie_domain::Result;

use super::fault::is_transient;

/// How often a unit is begun at most.
const TRIES: u32 = 5;

/// Does a whole unit of work, from reading to commit, again when the engine undid it because of others beside it.
pub(crate) async fn retried<T, F: Future<Output = Result<T>>>(unit: impl Fn() -> F) -> Result<T> {
    let mut tried = 1;
    loop {
        match unit().await {
            Err(error) if tried < TRIES && error.source_as().is_some_and(is_transient) => {
                tokio::time::sleep(Duration::from_millis(10 << tried)).await;
                tried += 1;
            }
            outcome => return outcome,
        }
    }
}
