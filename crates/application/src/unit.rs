//! The unit of work: state, audit, events and jobs in one transaction.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use vigie_domain::identity::ActorKind;
use vigie_domain::store::{UnitOfWork, Write};
use vigie_domain::system::{AuditEntry, AuditOutcome, AuditResource, Event, Job, Subject, event_types};
use vigie_domain::{Id, Result};

use crate::CallContext;
use crate::cache::tags_of;
use crate::events::EventBus;

/// A transaction in the name of a caller. Dropping it undoes everything.
#[must_use = "nothing is written before commit"]
pub struct Unit<'a> {
    cx: &'a CallContext,
    work: Box<dyn UnitOfWork>,
    bus: &'a EventBus,
    wrote_event: bool,
    wrote_job: bool,
    touched_identity: bool,
    changed: BTreeSet<&'static str>,
}

impl<'a> Unit<'a> {
    pub(crate) fn new(cx: &'a CallContext, work: Box<dyn UnitOfWork>, bus: &'a EventBus) -> Self {
        Self { cx, work, bus, wrote_event: false, wrote_job: false, touched_identity: false, changed: BTreeSet::new() }
    }

    /// The transaction itself, to read and write entities.
    pub fn work(&mut self) -> &mut dyn UnitOfWork {
        &mut *self.work
    }

    /// Writes an audit entry: what was done to what, before and after (secrets left out by the caller).
    pub async fn audit(&mut self, action: &str, resource: AuditResource, before: Option<Json>, after: Option<Json>) -> Result<()> {
        self.audit_outcome(action, resource, before, after, AuditOutcome::Success).await
    }

    /// Writes an audit entry with its outcome.
    pub async fn audit_outcome(
        &mut self,
        action: &str,
        resource: AuditResource,
        before: Option<Json>,
        after: Option<Json>,
        outcome: AuditOutcome,
    ) -> Result<()> {
        let entry = AuditEntry {
            id: Id::new(),
            at: self.cx.now,
            actor: self.cx.principal.actor.clone(),
            action: action.to_owned(),
            resource,
            before,
            after,
            address: self.cx.address.map(|a| a.to_string()),
            request_id: Some(self.cx.request_id.clone()).filter(|r| !r.is_empty()),
            outcome,
        };
        self.work.insert(&entry).await
    }

    /// Writes an event to the outbox.
    pub async fn event(&mut self, event: Event) -> Result<()> {
        self.wrote_event = true;
        self.changed.extend(tags_of(&event.kind));
        self.work.insert(&event).await
    }

    /// Queues a job, with its event.
    pub async fn job(&mut self, job: &Job) -> Result<()> {
        self.wrote_job = true;
        self.work.insert(job).await?;
        let event = Event::new(event_types::JOB_CREATED, job.created_at, Subject::new("job", job.id, &job.kind), None);
        self.event(event).await
    }

    /// Keeps the answer of an idempotent request in the same transaction.
    pub async fn answer(&mut self, answer: impl FnOnce() -> Result<crate::idempotency::Answer>) -> Result<()> {
        let Some(ticket) = self.cx.ticket.clone() else { return Ok(()) };
        let record = ticket.complete(answer()?, self.cx.now)?;
        self.work.update(&record).await?;
        ticket.mark_recorded();
        Ok(())
    }

    /// Says that users, roles, keys or sessions change: what was authenticated a moment ago is forgotten after the commit.
    pub fn touch_identity(&mut self) {
        self.touched_identity = true;
    }

    /// Says that objects of this table change: what was made from them falls with the commit, as it does with what events tell.
    pub fn changes(&mut self, table: &'static str) {
        self.changed.insert(table);
    }

    /// Makes it permanent, and wakes whoever waits for events and jobs.
    pub async fn commit(self) -> Result<()> {
        self.work.commit().await?;
        if self.touched_identity {
            self.bus.touch_identity();
        }
        self.bus.fall(self.changed);
        if self.wrote_event {
            self.bus.wake_relay();
        }
        if self.wrote_job {
            self.bus.wake_jobs();
        }
        Ok(())
    }

    /// Whether the caller is Vigie itself.
    pub fn is_system(&self) -> bool {
        self.cx.principal.actor.kind == ActorKind::System
    }
}
