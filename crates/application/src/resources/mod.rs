//! Resources: what users list, create, change and delete, one set of use cases for all of them.

mod bulk;
mod patch;
mod read_only;
mod service;

pub use bulk::{BulkOperation, BulkOutcome, BulkVerb};
pub use patch::{merge, read_input};
pub use read_only::NoInput;
pub use service::{Render, Resources, create_in};

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use vigie_domain::store::Entity;
use vigie_domain::system::Subject;
use vigie_domain::{Error, FieldError, Id, ObjectScope, Permission, Result, Timestamp};

use crate::{CallContext, Core, Unit};

/// What a resource must declare to be managed.
#[async_trait]
pub trait Resource: Entity {
    /// Plural name in paths, audit actions and permissions: `devices`.
    const PATH: &'static str;
    /// Right to read.
    const READ: Permission;
    /// Right to write.
    const WRITE: Permission;
    /// Whether PUT, PATCH and DELETE want `If-Match`.
    const GUARDED: bool = false;
    /// Types of the events that its creation, change and removal raise.
    const EVENTS: Option<[&'static str; 3]> = None;

    /// Its writable fields: body of POST and PUT, and what a merge patch is applied to. Unknown fields are refused.
    type Input: DeserializeOwned + Serialize + Send + Sync + utoipa::ToSchema + 'static;

    /// The name people know it by.
    fn label(&self) -> String;

    /// Its writable fields as they are. Secrets are left out: an absent secret means that it stays.
    fn input(&self) -> Self::Input;

    /// What the audit shows of it: never a secret.
    fn audit(&self) -> Json {
        serde_json::to_value(self.input()).unwrap_or(Json::Null)
    }

    /// The device it belongs to, for events.
    fn device_id(&self) -> Option<Id> {
        None
    }

    /// Makes a new one, or applies an input to `current`. Validates every field, collecting all faults in `draft.faults`.
    async fn build(current: Option<&Self>, input: Self::Input, draft: &mut Draft<'_, '_>) -> Result<Self>;

    /// Refuses or prepares a deletion.
    async fn before_delete(&self, _draft: &mut Draft<'_, '_>) -> Result<()> {
        Ok(())
    }

    /// Does what a deletion was asked for besides, such as `ignore` of devices; 400 for what it does not know.
    async fn aside(&self, name: &str, _draft: &mut Draft<'_, '_>) -> Result<()> {
        Err(Error::bad_query("invalid_query", name, format!("{} are not deleted with {name}", Self::PATH)))
    }

    /// What else a creation or change writes in the same transaction.
    async fn after_write(&self, _before: Option<&Self>, _draft: &mut Draft<'_, '_>) -> Result<()> {
        Ok(())
    }

    /// What it is, as events name it.
    fn subject(&self) -> Subject {
        Subject::new(Self::SCHEMA.kind, self.id(), self.label())
    }
}

/// For `skip_serializing_if` of fields that are read and never written; `skip_serializing` would take them out of the document too.
pub fn write_only<T>(_: &T) -> bool {
    true
}

/// The entity as it is to be written: unchanged when nothing differs from `current`, else touched (version raised, time set).
pub fn touched<E: Resource>(current: Option<&E>, mut entity: E, touch: impl FnOnce(&mut E)) -> E {
    let same = current.is_some_and(|c| matches!((serde_json::to_value(c), serde_json::to_value(&entity)), (Ok(a), Ok(b)) if a == b));
    if !same && current.is_some() {
        touch(&mut entity);
    }
    entity
}

/// What `build` works with: the transaction, the caller, and the faults found so far.
pub struct Draft<'a, 'u> {
    /// Ports and settings.
    pub core: &'a Core,
    /// Who asks.
    pub cx: &'a CallContext,
    /// The transaction.
    pub unit: &'a mut Unit<'u>,
    /// What is wrong with the input.
    pub faults: Vec<FieldError>,
}

impl Draft<'_, '_> {
    /// The time of the call.
    pub fn now(&self) -> Timestamp {
        self.cx.now
    }

    /// Notes a fault.
    pub fn fault(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.faults.push(FieldError::new(field, code, message));
    }

    /// Notes a fault unless the text has 1 to `max` characters once trimmed; gives it back trimmed.
    pub fn text(&mut self, field: &str, text: &str, max: usize) -> String {
        let (count, controls) = (text.chars().count(), text.chars().any(char::is_control));
        let text = text.trim();
        if text.is_empty() {
            self.fault(field, "required", format!("{field} is empty"));
        } else if count > max {
            self.fault(field, "too_long", format!("{field} has {count} characters, at most {max} are allowed"));
        } else if controls {
            self.fault(field, "invalid_text", format!("{field} holds control characters"));
        }
        text.to_owned()
    }

    /// An optional text: trimmed, absent when empty, at most `max` characters; line breaks and tabs are allowed.
    pub fn note(&mut self, field: &str, text: Option<String>, max: usize) -> Option<String> {
        let text = text?;
        let count = text.chars().count();
        if count > max {
            self.fault(field, "too_long", format!("{field} has {count} characters, at most {max} are allowed"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') {
            self.fault(field, "invalid_text", format!("{field} holds control characters"));
        }
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// Notes a fault unless the number lies in the range.
    pub fn range(&mut self, field: &str, value: f64, range: std::ops::RangeInclusive<f64>) {
        if !range.contains(&value) {
            self.fault(field, "out_of_range", format!("{field} is {value}, allowed is {} to {}", range.start(), range.end()));
        }
    }

    /// Notes a fault unless the object exists within the caller's scope.
    pub async fn reference<E: Entity>(&mut self, field: &str, id: Id) -> Result<Option<E>> {
        use vigie_domain::store::Read;
        let scope = self.cx.principal.scope();
        let found: Option<E> = self.unit.work().get(&scope, id).await?;
        if found.is_none() {
            self.fault(field, "unknown_reference", format!("there is no {} {id}", E::SCHEMA.kind));
        }
        Ok(found)
    }

    /// Refuses what would lie outside the caller's grant, before anything tells whether it is there already. `inside` is asked of a limited one.
    pub fn placed<E: Resource>(&self, inside: impl FnOnce(&ObjectScope) -> bool) -> Result<()> {
        if self.cx.principal.scope.as_ref().is_none_or(inside) { Ok(()) } else { Err(service::outside::<E>()) }
    }

    /// Fails with all the faults noted, if any.
    pub fn finish(&mut self) -> Result<()> {
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() { Ok(()) } else { Err(Error::validation(faults)) }
    }
}
