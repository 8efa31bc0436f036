//! `Idempotency-Key` (API, section 4): a repeated request gets the first answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vigie_domain::query::Value;
use vigie_domain::store::{Read, Write};
use vigie_domain::system::{IdempotencyRecord, IdempotencyState};
use vigie_domain::{Error, ErrorKind, FieldError, Id, Result, Scope, Sealed, Sealer, Timestamp};

use crate::Core;

const LEASE: Duration = Duration::from_mins(1);
const KEPT: Duration = Duration::from_hours(24);
const PURPOSE: &str = "idempotency";

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers worth repeating.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// The place kept for the answer of a request that runs.
pub struct Ticket {
    record: IdempotencyRecord,
    sealer: Arc<dyn Sealer>,
    recorded: AtomicBool,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ticket {}", self.record.id)
    }
}

impl Ticket {
    /// The record with the answer in it, sealed.
    pub fn complete(&self, answer: Answer, now: Timestamp) -> Result<IdempotencyRecord> {
        let body: Sealed = self.sealer.seal(PURPOSE, &answer.body)?;
        let state = IdempotencyState::Done { status: answer.status, headers: answer.headers, body };
        Ok(IdempotencyRecord { state, expires_at: now.plus(KEPT), ..self.record.clone() })
    }

    /// Says that the answer was written with the work itself.
    pub fn mark_recorded(&self) {
        self.recorded.store(true, Ordering::Release);
    }

    /// Whether the answer was written with the work itself.
    pub fn is_recorded(&self) -> bool {
        self.recorded.load(Ordering::Acquire)
    }
}

/// What to do with a request that carries a key.
pub enum Admission {
    /// It is the first: run it.
    Run(Arc<Ticket>),
    /// It was answered: say the same again.
    Repeat(Answer),
}

/// Admits a request. `key` and `body_hash` are hashes in hex.
pub async fn admit(core: &Core, key: String, body_hash: String) -> Result<Admission> {
    let now = core.now();
    let mut work = core.store.begin().await?;
    let known: Option<IdempotencyRecord> = work.find(&Scope::system(), "key", Value::Text(key.clone())).await?;
    let known = known.filter(|r| r.expires_at > now);
    if let Some(record) = &known {
        if record.body_hash != body_hash {
            return Err(Error::new(ErrorKind::ValidationFailed, "idempotency_conflict", "this key was used with another body")
                .field(FieldError::new("Idempotency-Key", "idempotency_conflict", "this key was used with another body"))
                .solution("use a new key for a new request"));
        }
        match &record.state {
            IdempotencyState::Done { status, headers, body } => {
                let body = core.sealer.open(PURPOSE, body)?;
                return Ok(Admission::Repeat(Answer { status: *status, headers: headers.clone(), body }));
            }
            IdempotencyState::Running { lease_until } if *lease_until > now => {
                return Err(Error::conflict("conflict", "the first request with this key is still running").retry_after(1));
            }
            IdempotencyState::Running { .. } => {}
        }
    }
    let state = IdempotencyState::Running { lease_until: now.plus(LEASE) };
    let id = known.map_or_else(Id::new, |r| r.id);
    let record = IdempotencyRecord { id, key: key.clone(), body_hash, state, expires_at: now.plus(KEPT) };
    let key_filter = vigie_domain::query::Filter::eq(<IdempotencyRecord as vigie_domain::store::Entity>::SCHEMA, "key", key)?;
    work.delete_where(<IdempotencyRecord as vigie_domain::store::Entity>::SCHEMA, &[key_filter], 1).await?;
    work.insert(&record).await?;
    work.commit().await?;
    Ok(Admission::Run(Arc::new(Ticket { record, sealer: core.sealer.clone(), recorded: AtomicBool::new(false) })))
}

/// Keeps the answer of a request whose use case did not do so itself. Server errors are not kept: the key is free again.
pub async fn finish(core: &Core, ticket: &Ticket, answer: Answer) -> Result<()> {
    if ticket.is_recorded() {
        return Ok(());
    }
    let mut work = core.store.begin().await?;
    if answer.status >= 500 {
        work.delete(<IdempotencyRecord as vigie_domain::store::Entity>::SCHEMA, ticket.record.id).await?;
    } else {
        work.update(&ticket.complete(answer, core.now())?).await?;
    }
    work.commit().await
}
