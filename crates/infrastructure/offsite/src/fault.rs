//! What both kinds of places tell alike.

use std::time::Duration;

use vigie_domain::{Error, ErrorKind};

use crate::name::MOST;

/// What may go better another time.
pub(crate) fn passing(detail: String) -> Error {
    Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", detail)
}

/// It said nothing for so long.
pub(crate) fn silent(place: &str, limit: Duration) -> Error {
    Error::new(ErrorKind::ServiceTimeout, "service_timeout", format!("{place} said nothing for {} s", limit.as_secs()))
}

/// More are there than can be listed; a part of them would be taken for all.
pub(crate) fn too_many(place: &str, setting: &str) -> Error {
    Error::new(ErrorKind::ServiceFailed, "service_failed", format!("{place} holds more than {MOST} files"))
        .solution(format!("give each server a place of its own by {setting}, and clear this one"))
}
