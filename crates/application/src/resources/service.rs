//! The use cases every resource has: list, get, create, replace, patch, delete, bulk.

use std::marker::PhantomData;

use futures::future::BoxFuture;
use serde_json::Value as Json;
use vigie_domain::query::{ListQuery, Page, ScopeRule};
use vigie_domain::store::{Read, Reader, Write};
use vigie_domain::system::{AuditResource, Event};
use vigie_domain::{Error, FieldError, Id, Permission, Result, Scope};

use super::{BulkOperation, BulkOutcome, BulkVerb, Draft, Resource, merge, read_input};
use crate::idempotency::Answer;
use crate::{CallContext, Core, Unit};

/// Renders the answer to a creation, inside its transaction, so that it can be kept with it.
pub type Render<'r, E> = &'r (dyn for<'a> Fn(&'a E, &'a dyn Reader) -> BoxFuture<'a, Result<Answer>> + Send + Sync);

/// The use cases of one resource.
pub struct Resources<E> {
    core: Core,
    kind: PhantomData<fn() -> E>,
}

impl<E: Resource> Resources<E> {
    /// The use cases over these ports.
    pub fn new(core: &Core) -> Self {
        Self { core: core.clone(), kind: PhantomData }
    }

    /// A page of what the caller may see.
    pub async fn list(&self, cx: &CallContext, query: &ListQuery) -> Result<Page<E>> {
        let scope = grant::<E>(cx, E::READ)?;
        self.core.store.list(&scope, query).await
    }

    /// One of what the caller may see.
    pub async fn get(&self, cx: &CallContext, id: Id) -> Result<E> {
        let scope = grant::<E>(cx, E::READ)?;
        self.core.store.require(&scope, id).await
    }

    /// Creates, and answers what `render` makes of it.
    pub async fn create(&self, cx: &CallContext, input: Json, render: Render<'_, E>) -> Result<Answer> {
        grant::<E>(cx, E::WRITE)?;
        let mut unit = self.core.unit(cx).await?;
        let entity = create_in::<E>(&self.core, cx, &mut unit, input).await?;
        let answer = render(&entity, unit.work()).await?;
        unit.answer(|| Ok(answer.clone())).await?;
        unit.commit().await?;
        Ok(answer)
    }

    /// Replaces all writable fields; never creates.
    pub async fn replace(&self, cx: &CallContext, id: Id, if_match: Option<&str>, input: Json) -> Result<E> {
        self.change(cx, id, if_match, |_| Ok(input)).await
    }

    /// Merges a patch into the writable fields.
    pub async fn patch(&self, cx: &CallContext, id: Id, if_match: Option<&str>, patch: Json) -> Result<E> {
        if !patch.is_object() {
            return Err(Error::invalid("", "invalid_type", "a merge patch is a JSON object"));
        }
        self.change(cx, id, if_match, |current: &E| patched(current, patch)).await
    }

    async fn change(&self, cx: &CallContext, id: Id, if_match: Option<&str>, input: impl FnOnce(&E) -> Result<Json> + Send) -> Result<E> {
        grant::<E>(cx, E::WRITE)?;
        let mut unit = self.core.unit(cx).await?;
        let entity = update_in(&self.core, cx, &mut unit, id, if_match, input).await?;
        unit.commit().await?;
        Ok(entity)
    }

    /// Deletes. `asides` are what the resource itself understands, such as `ignore` of devices.
    pub async fn delete(&self, cx: &CallContext, id: Id, if_match: Option<&str>, asides: &[&str]) -> Result<E> {
        grant::<E>(cx, E::WRITE)?;
        let mut unit = self.core.unit(cx).await?;
        let entity = delete_in::<E>(&self.core, cx, &mut unit, id, if_match, asides).await?;
        unit.commit().await?;
        Ok(entity)
    }

    /// Up to 1,000 operations; `atomic` does all or nothing, else each stands for itself.
    pub async fn bulk(&self, cx: &CallContext, operations: Vec<BulkOperation>, atomic: bool) -> Result<Vec<BulkOutcome<E>>> {
        grant::<E>(cx, E::WRITE)?;
        if operations.is_empty() || operations.len() > 1000 {
            let message = format!("a bulk request holds 1 to 1000 operations, this one holds {}", operations.len());
            return Err(Error::new(vigie_domain::ErrorKind::LimitExceeded, "limit_exceeded", message.clone()).field(FieldError::new(
                "operations",
                "limit_exceeded",
                message,
            )));
        }
        if atomic { self.bulk_atomic(cx, operations).await } else { self.bulk_each(cx, operations).await }
    }

    async fn bulk_atomic(&self, cx: &CallContext, operations: Vec<BulkOperation>) -> Result<Vec<BulkOutcome<E>>> {
        let mut unit = self.core.unit(cx).await?;
        let mut done = Vec::with_capacity(operations.len());
        for (index, operation) in operations.into_iter().enumerate() {
            done.push(one(&self.core, cx, &mut unit, operation).await.map_err(|e| at_index(index, &e))?);
        }
        unit.commit().await?;
        Ok(done)
    }

    async fn bulk_each(&self, cx: &CallContext, operations: Vec<BulkOperation>) -> Result<Vec<BulkOutcome<E>>> {
        let mut done = Vec::with_capacity(operations.len());
        for operation in operations {
            let mut unit = self.core.unit(cx).await?;
            let outcome = match one(&self.core, cx, &mut unit, operation).await {
                Ok(outcome) => unit.commit().await.map(|()| outcome),
                Err(error) => Err(error),
            };
            done.push(outcome.unwrap_or_else(BulkOutcome::Failed));
        }
        Ok(done)
    }
}

async fn one<E: Resource>(core: &Core, cx: &CallContext, unit: &mut Unit<'_>, operation: BulkOperation) -> Result<BulkOutcome<E>> {
    let BulkOperation { op, id, if_match, data } = operation;
    let id = || id.ok_or_else(|| Error::invalid("id", "required", "update and delete need the id of the object"));
    let data = || data.map(Json::Object).ok_or_else(|| Error::invalid("data", "required", "create and update need data"));
    match op {
        BulkVerb::Create => Ok(BulkOutcome::Created(create_in(core, cx, unit, data()?).await?)),
        BulkVerb::Update => {
            let patch = data()?;
            let entity = update_in(core, cx, unit, id()?, if_match.as_deref(), |current: &E| patched(current, patch)).await?;
            Ok(BulkOutcome::Updated(entity))
        }
        BulkVerb::Delete => Ok(BulkOutcome::Deleted(delete_in::<E>(core, cx, unit, id()?, if_match.as_deref(), &[]).await?.id())),
    }
}

fn patched<E: Resource>(current: &E, patch: Json) -> Result<Json> {
    let mut input = serde_json::to_value(current.input()).map_err(Error::storage)?;
    let nulls = patch.as_object().into_iter().flatten().filter(|(_, change)| change.is_null()).map(|(name, _)| name.clone());
    let absent: Vec<String> = nulls.filter(|name| input.get(name).is_none()).collect();
    merge(&mut input, patch);
    // null removes what is there; where nothing is, reading the input tells whether there is such a field at all
    for name in absent {
        input[name] = Json::Null;
    }
    Ok(input)
}

fn at_index(index: usize, error: &Error) -> Error {
    let mut placed = Error::new(error.kind(), error.code().to_owned(), format!("operation {index}: {}", error.detail()));
    for field in error.fields() {
        let mut field = field.clone();
        let of_operation = ["id", "data"].contains(&field.field.as_str());
        field.field =
            if of_operation { format!("operations[{index}].{}", field.field) } else { format!("operations[{index}].data.{}", field.field) };
        placed = placed.field(field);
    }
    if error.fields().is_empty() {
        placed = placed.field(FieldError::new(format!("operations[{index}]"), error.code().to_owned(), error.detail()));
    }
    placed
}

/// Creates within a unit of work: for `Resources`, and for use cases that create more than one thing.
pub async fn create_in<E: Resource>(core: &Core, cx: &CallContext, unit: &mut Unit<'_>, input: Json) -> Result<E> {
    let input = read_input::<E::Input>(input)?;
    let mut draft = Draft { core, cx, unit, faults: Vec::new() };
    let entity = E::build(None, input, &mut draft).await?;
    draft.finish()?;
    draft.unit.work().insert(&entity).await?;
    entity.after_write(None, &mut draft).await?;
    draft.finish()?;
    stays_visible(draft.unit, &grant::<E>(cx, E::WRITE)?, &entity).await?;
    record(draft.unit, cx, "create", 0, &entity, None, Some(entity.audit())).await?;
    Ok(entity)
}

async fn update_in<E: Resource>(
    core: &Core,
    cx: &CallContext,
    unit: &mut Unit<'_>,
    id: Id,
    if_match: Option<&str>,
    input: impl FnOnce(&E) -> Result<Json> + Send,
) -> Result<E> {
    let scope = grant::<E>(cx, E::WRITE)?;
    let before: E = unit.work().require(&scope, id).await?;
    is_own::<E>(unit, &scope, id).await?;
    check_version(&before, if_match)?;
    let input = read_input::<E::Input>(input(&before)?)?;
    let mut draft = Draft { core, cx, unit, faults: Vec::new() };
    let entity = E::build(Some(&before), input, &mut draft).await?;
    draft.finish()?;
    if entity.version() == before.version() {
        return Ok(before);
    }
    draft.unit.work().update(&entity).await?;
    entity.after_write(Some(&before), &mut draft).await?;
    draft.finish()?;
    stays_visible(draft.unit, &scope, &entity).await?;
    record(draft.unit, cx, "update", 1, &entity, Some(before.audit()), Some(entity.audit())).await?;
    Ok(entity)
}

async fn delete_in<E: Resource>(
    core: &Core,
    cx: &CallContext,
    unit: &mut Unit<'_>,
    id: Id,
    if_match: Option<&str>,
    asides: &[&str],
) -> Result<E> {
    let scope = grant::<E>(cx, E::WRITE)?;
    let entity: E = unit.work().require(&scope, id).await?;
    is_own::<E>(unit, &scope, id).await?;
    check_version(&entity, if_match)?;
    let mut draft = Draft { core, cx, unit, faults: Vec::new() };
    entity.before_delete(&mut draft).await?;
    for aside in asides {
        entity.aside(aside, &mut draft).await?;
    }
    draft.finish()?;
    draft.unit.work().delete(E::SCHEMA, id).await?;
    record(draft.unit, cx, "delete", 2, &entity, Some(entity.audit()), None).await?;
    Ok(entity)
}

/// The scope in which the caller may do this; what belongs to no device needs an unscoped grant.
fn grant<E: Resource>(cx: &CallContext, permission: Permission) -> Result<Scope> {
    if matches!(E::SCHEMA.scope, ScopeRule::Unscoped) { cx.require_unscoped(permission) } else { cx.require(permission) }
}

/// Nobody writes what they would not see.
async fn stays_visible<E: Resource>(unit: &mut Unit<'_>, scope: &Scope, entity: &E) -> Result<()> {
    if scope.is_everything() || unit.work().get::<E>(scope, entity.id()).await?.is_some() {
        return Ok(());
    }
    Err(outside::<E>())
}

/// Nobody changes what others use too, or what the own grant is made of.
async fn is_own<E: Resource>(unit: &mut Unit<'_>, scope: &Scope, id: Id) -> Result<()> {
    if scope.is_everything() || unit.work().get::<E>(&scope.wholly(), id).await?.is_some() {
        return Ok(());
    }
    Err(Error::permission_denied(&E::WRITE.to_string())
        .cause(format!("this {} is not only of the sites, groups and realms of your grant", E::SCHEMA.kind))
        .solution("ask an administrator for a grant without limits"))
}

/// What is refused to a caller who would not see it.
pub(super) fn outside<E: Resource>() -> Error {
    Error::permission_denied(&E::WRITE.to_string())
        .cause(format!("this {} would lie outside the sites, groups and realms of your grant", E::SCHEMA.kind))
        .solution("place it in a site, group or realm of yours")
}

async fn record<E: Resource>(
    unit: &mut Unit<'_>,
    cx: &CallContext,
    verb: &str,
    event: usize,
    entity: &E,
    before: Option<Json>,
    after: Option<Json>,
) -> Result<()> {
    let resource = AuditResource { kind: E::SCHEMA.kind.to_owned(), id: Some(entity.id()), name: Some(entity.label()) };
    unit.changes(E::SCHEMA.table);
    if let Some(types) = E::EVENTS {
        let mut happened = Event::new(types[event], cx.now, entity.subject(), entity.device_id());
        happened.data.clone_from(&after);
        happened.previous.clone_from(&before);
        unit.event(happened).await?;
    }
    unit.audit(&format!("{}.{verb}", E::PATH), resource, before, after).await
}

/// `If-Match` (RFC 9110, section 13.1.1): one of the listed entity tags, or `*`.
fn check_version<E: Resource>(entity: &E, if_match: Option<&str>) -> Result<()> {
    let current = format!("\"{}\"", entity.version());
    match if_match {
        None if E::GUARDED => Err(Error::precondition("precondition_required", format!("{} are changed with If-Match only", E::PATH))
            .solution(format!("send If-Match: {current} after reading the object"))),
        None => Ok(()),
        Some(tags)
            if tags
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag == current || tag.trim_matches('"') == current.trim_matches('"')) =>
        {
            Ok(())
        }
        Some(tags) => Err(Error::precondition("precondition_failed", format!("the object is at version {current}, not {tags}"))
            .cause("somebody else changed it in the meantime")
            .solution("read it again, and repeat the change on what it is now")),
    }
}
