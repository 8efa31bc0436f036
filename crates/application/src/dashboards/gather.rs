//! One source among others: it gets a deadline, and its failure is a line in `sources`, never an error of the whole.

use std::time::Duration;

use vigie_domain::dashboards::{Source, SourceStatus};
use vigie_domain::{ErrorKind, Result};

use crate::telemetry::SourceView;

/// How long a source may take.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Asks a source; what it said, if anything, and how it did.
pub async fn ask<T>(name: &str, source: impl Future<Output = Result<T>> + Send) -> (Option<T>, SourceView) {
    match tokio::time::timeout(DEADLINE, source).await {
        Ok(Ok(answer)) => (Some(answer), Source::ok(name).into()),
        Ok(Err(error)) => {
            let status = match (error.kind(), error.code()) {
                (_, "not_configured") => SourceStatus::NotConfigured,
                (ErrorKind::ServiceTimeout, _) => SourceStatus::Timeout,
                _ => SourceStatus::Error,
            };
            if error.kind() != ErrorKind::PermissionDenied {
                tracing::warn!(source = name, %error, cause = error.chain(), "a source of a dashboard failed");
            }
            (None, missing(name, status, error.detail()))
        }
        Err(_) => (None, missing(name, SourceStatus::Timeout, &format!("no answer within {} s", DEADLINE.as_secs()))),
    }
}

/// A source that says nothing, and why.
pub fn missing(name: &str, status: SourceStatus, detail: &str) -> SourceView {
    Source { name: name.to_owned(), status, age_seconds: None, detail: Some(detail.to_owned()) }.into()
}

#[cfg(test)]
mod tests {
    use vigie_domain::Error;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_source_that_fails_or_hangs_is_named() {
        let (answer, source) = ask("quick", async { Ok(7) }).await;
        assert_eq!((answer, source.status), (Some(7), SourceStatus::Ok));
        let (answer, source) = ask("broken", async { Err::<(), _>(Error::storage(std::fmt::Error)) }).await;
        assert_eq!((answer, source.status, source.name.as_str()), (None, SourceStatus::Error, "broken"));
        let (_, source) = ask("absent", async { Err::<(), _>(Error::conflict("not_configured", "nobody set it")) }).await;
        assert_eq!((source.status, source.detail.as_deref()), (SourceStatus::NotConfigured, Some("nobody set it")));
        let (_, source) = ask("hanging", std::future::pending::<Result<()>>()).await;
        assert_eq!(source.status, SourceStatus::Timeout);
    }
}
