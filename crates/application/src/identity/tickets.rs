//! Tickets: open one WebSocket within thirty seconds, for clients that cannot send a header.

use std::time::Duration;

use vigie_domain::identity::Principal;
use vigie_domain::{Error, Result};

use super::{Identity, secrets};
use crate::CallContext;

/// How long a ticket holds.
pub(super) const HOLDS: Duration = Duration::from_secs(30);

impl Identity {
    /// A ticket for the caller, and how many seconds it holds.
    pub fn issue_ticket(&self, cx: &CallContext) -> (String, u64) {
        let ticket = secrets::token("");
        let now = self.core.now();
        let mut tickets = self.tickets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        tickets.retain(|_, (_, until)| *until > now);
        tickets.insert(secrets::hash(&ticket), (cx.principal.clone(), now.plus(HOLDS)));
        (ticket, HOLDS.as_secs())
    }

    /// Who holds the ticket, which is used up by it.
    pub fn redeem_ticket(&self, ticket: &str) -> Result<Principal> {
        let now = self.core.now();
        let held = self.tickets.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&secrets::hash(ticket));
        match held {
            Some((principal, until)) if until > now => Ok(principal),
            _ => Err(Error::not_authenticated("this ticket was used, has expired or never was")),
        }
    }
}
