//! The handlers of every resource: extract, call one use case, show.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use vigie_application::CallContext;
use vigie_application::idempotency::Answer;
use vigie_application::resources::{BulkOperation, BulkOutcome};
use vigie_domain::query::{Filter, ListQuery, Page, Schema};
use vigie_domain::store::Reader;
use vigie_domain::{Error, Id, Result};

use super::stream::{self, Form};
use super::view::Shown;
use crate::app::App;
use crate::body::{Input, JsonBody};
use crate::caller::Caller;
use crate::idempotent::give;
use crate::lists::{self, ListRequest};
use crate::problem::{Answered, Failure, problem};

/// Path with one identifier; anything else is no such object.
#[derive(Debug)]
pub struct ObjectId(pub Id);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for ObjectId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Failure> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Error::not_found("object", "of this path"))?;
        text.parse().map(ObjectId).map_err(|_| Error::not_found("object", &text).into())
    }
}

pub(super) async fn list<E: Shown>(
    State(app): State<App>,
    Caller(cx): Caller,
    uri: Uri,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answered {
    list_at::<E>(&app, &cx, ListAt { path: uri.path(), raw: raw.as_deref(), headers: &headers, fixed: Vec::new() }).await
}

/// A list at a path of its own, such as the interfaces of one device.
pub struct ListAt<'a> {
    /// The path, for references.
    pub path: &'a str,
    /// The query string.
    pub raw: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Filters the path stands for.
    pub fixed: Vec<Filter>,
}

/// Answers a list.
pub async fn list_at<E: Shown>(app: &App, cx: &CallContext, at: ListAt<'_>) -> Answered {
    let form = stream::form(at.headers)?;
    let scope = cx.principal.scope();
    let request = lists::read(app, E::SCHEMA, at.path, at.raw, at.fixed, E::INCLUDES)?;
    lists::check_fields::<E::View>(request.fields.as_deref())?;
    if form != Form::Json {
        lists::check_streamed(&request)?;
        // the right is asked for before the first byte, not within the stream
        app.resources::<E>().list(cx, &one_row(&request.query)).await?;
        lists::check_served(app, E::SCHEMA, &scope, &request.query).await?;
        let (app, cx) = (app.clone(), cx.clone());
        return Ok(stream::answer(request, form, move |query| {
            let (app, cx) = (app.clone(), cx.clone());
            async move {
                let mut page = app.resources::<E>().list(&cx, &query).await?;
                let views = E::show(&app, app.core.reader(), &cx, std::mem::take(&mut page.results)).await?;
                Ok(refill(page, views))
            }
        }));
    }
    let page = app.resources::<E>().list(cx, &request.query).await?;
    lists::check_served(app, E::SCHEMA, &scope, &request.query).await?;
    let ids: Vec<Id> = page.results.iter().map(vigie_domain::store::Entity::id).collect();
    let mut page = page;
    let entities = std::mem::take(&mut page.results);
    let views = E::show(app, app.core.reader(), cx, entities).await?;
    if request.fields.is_none() && request.include.is_empty() {
        let page = refill(page, views);
        return Ok(json_response(&lists::envelope(app, at.path, &request, page)?));
    }
    let rows = rows::<E>(app, cx, &request, &ids, views).await?;
    Ok(json_response(&lists::envelope(app, at.path, &request, refill(page, rows))?))
}

/// Answers a list whose rows are no [`Shown`] entities, of the pages that `fetch` gives.
pub async fn list_of<V, F, Fut>(app: &App, schema: &'static Schema, asked: Asked, fetch: F) -> Answered
where
    V: Serialize + ToSchema,
    F: Fn(ListQuery) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Page<V>>> + Send,
{
    let form = stream::form(&asked.headers)?;
    let request = lists::read(app, schema, asked.uri.path(), asked.uri.query(), Vec::new(), &[])?;
    lists::check_fields::<V>(request.fields.as_deref())?;
    if form == Form::Json {
        let page = fetch(request.query.clone()).await?;
        return Ok(lists::answer(app, asked.uri.path(), &request, page)?);
    }
    lists::check_streamed(&request)?;
    fetch(one_row(&request.query)).await?;
    Ok(stream::answer(request, form, fetch))
}

/// The same question, for its rights alone.
fn one_row(query: &ListQuery) -> ListQuery {
    ListQuery { limit: 1, count: false, ..query.clone() }
}

/// What a list is asked.
pub struct Asked {
    uri: Uri,
    headers: HeaderMap,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { uri: parts.uri.clone(), headers: parts.headers.clone() })
    }
}

fn refill<A, B>(page: Page<A>, results: Vec<B>) -> Page<B> {
    Page { results, next: page.next, previous: page.previous, total: page.total, total_is_exact: page.total_is_exact }
}

async fn rows<E: Shown>(app: &App, cx: &CallContext, request: &ListRequest, ids: &[Id], views: Vec<E::View>) -> Result<Vec<Json>> {
    let mut rows = Vec::with_capacity(views.len());
    for (view, id) in views.into_iter().zip(ids) {
        let mut row = lists::select(serde_json::to_value(view).map_err(Error::storage)?, request.fields.as_deref());
        for name in &request.include {
            row["included"][name] = E::include(app, cx, *id, name).await?;
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Query parameters of GET of one object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneQuery {
    #[serde(default)]
    include: Option<String>,
    #[serde(default)]
    fields: Option<String>,
}

pub(super) async fn get<E: Shown>(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri) -> Answered {
    let asked: OneQuery = query(&uri)?;
    let entity = app.resources::<E>().get(&cx, id).await?;
    let version = entity.version_of();
    let tag = etag(version);
    let whole = asked.include.is_none() && asked.fields.is_none();
    let view = one(&app, app.core.reader(), &cx, entity).await?;
    if whole {
        return Ok(([(header::ETAG, tag)], json_response(&view)).into_response());
    }
    let request = lists::read(&app, E::SCHEMA, uri.path(), uri.query(), Vec::new(), E::INCLUDES)?;
    lists::check_fields::<E::View>(request.fields.as_deref())?;
    let row = rows::<E>(&app, &cx, &request, &[id], vec![view]).await?.pop();
    Ok(([(header::ETAG, tag)], json_response(&row)).into_response())
}

pub(super) async fn create<E: Shown>(State(app): State<App>, Caller(cx): Caller, JsonBody(input): JsonBody) -> Answered {
    let (shown_by, caller) = (app.clone(), cx.clone());
    let answer = app
        .resources::<E>()
        .create(&cx, input, &|entity, reader| {
            let (app, cx) = (shown_by.clone(), caller.clone());
            Box::pin(async move { created::<E>(&app, reader, &cx, entity).await })
        })
        .await?;
    Ok(give(answer))
}

async fn created<E: Shown>(app: &App, reader: &dyn Reader, cx: &CallContext, entity: &E) -> Result<Answer> {
    let (id, version) = (vigie_domain::store::Entity::id(entity), entity.version_of());
    let view = one(app, reader, cx, entity.clone()).await?;
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("location".to_owned(), format!("/api/v1/{}/{id}", E::PATH)),
        ("etag".to_owned(), format!("\"{version}\"")),
    ];
    Ok(Answer { status: E::CREATED, headers, body: serde_json::to_vec(&view).map_err(Error::storage)? })
}

pub(super) async fn replace<E: Shown>(
    State(app): State<App>,
    Caller(cx): Caller,
    ObjectId(id): ObjectId,
    headers: HeaderMap,
    JsonBody(input): JsonBody,
) -> Answered {
    let entity = app.resources::<E>().replace(&cx, id, if_match(&headers), input).await?;
    changed(&app, &cx, entity).await
}

pub(super) async fn patch<E: Shown>(
    State(app): State<App>,
    Caller(cx): Caller,
    ObjectId(id): ObjectId,
    headers: HeaderMap,
    JsonBody(patch): JsonBody,
) -> Answered {
    let entity = app.resources::<E>().patch(&cx, id, if_match(&headers), patch).await?;
    changed(&app, &cx, entity).await
}

async fn changed<E: Shown>(app: &App, cx: &CallContext, entity: E) -> Answered {
    let tag = etag(entity.version_of());
    let view = one(app, app.core.reader(), cx, entity).await?;
    Ok(([(header::ETAG, tag)], json_response(&view)).into_response())
}

pub(super) async fn delete<E: Shown>(
    State(app): State<App>,
    Caller(cx): Caller,
    ObjectId(id): ObjectId,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answered {
    let mut asides = Vec::new();
    for (key, value) in lists::decode(raw.as_deref().unwrap_or_default())? {
        let known = E::ASIDES.iter().find(|(name, _)| *name == key);
        let (name, _) = known.ok_or_else(|| Error::bad_query("invalid_query", &key, format!("DELETE does not take {key}")))?;
        match value.as_str() {
            "true" => asides.push(*name),
            "false" => {}
            _ => return Err(Error::bad_query("invalid_query", &key, format!("{key} is true or false")).into()),
        }
    }
    app.resources::<E>().delete(&cx, id, if_match(&headers), &asides).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Body of a bulk request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkInput {
    /// Up to 1,000 operations, done in order.
    #[schema(min_items = 1, max_items = 1000)]
    pub operations: Vec<BulkOperation>,
    /// Whether all are done or none.
    #[serde(default)]
    pub atomic: bool,
}

/// What became of one operation.
#[derive(Serialize, ToSchema)]
pub struct BulkResult {
    /// Its place in the request.
    pub index: usize,
    /// HTTP status it would have had alone.
    #[schema(example = 201)]
    pub status: u16,
    /// The object.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub id: Option<Id>,
    /// The object as it is now; null when deleted or failed.
    #[schema(value_type = Option<Object>)]
    pub data: Option<Json>,
    /// Why it failed.
    pub error: Option<vigie_api_types::Problem>,
}

/// Answer to a bulk request.
#[derive(Serialize, ToSchema)]
pub struct BulkAnswer {
    /// A result an operation, in their order.
    pub results: Vec<BulkResult>,
    /// How many were done.
    pub succeeded: usize,
    /// How many failed.
    pub failed: usize,
}

pub(super) async fn bulk<E: Shown>(State(app): State<App>, Caller(cx): Caller, Input(input): Input<BulkInput>) -> Answered {
    let outcomes = app.resources::<E>().bulk(&cx, input.operations, input.atomic).await?;
    let mut results = Vec::with_capacity(outcomes.len());
    for (index, outcome) in outcomes.into_iter().enumerate() {
        results.push(bulk_result(&app, &cx, index, outcome).await?);
    }
    let failed = results.iter().filter(|r| r.error.is_some()).count();
    Ok(json_response(&BulkAnswer { succeeded: results.len() - failed, failed, results }))
}

async fn bulk_result<E: Shown>(app: &App, cx: &CallContext, index: usize, outcome: BulkOutcome<E>) -> Result<BulkResult> {
    let (status, entity) = match outcome {
        BulkOutcome::Created(entity) => (E::CREATED, entity),
        BulkOutcome::Updated(entity) => (200, entity),
        BulkOutcome::Deleted(id) => return Ok(BulkResult { index, status: 204, id: Some(id), data: None, error: None }),
        BulkOutcome::Failed(error) => {
            let mut problem = problem(&error);
            problem.request_id.clone_from(&cx.request_id);
            return Ok(BulkResult { index, status: problem.status, id: None, data: None, error: Some(problem) });
        }
    };
    let id = vigie_domain::store::Entity::id(&entity);
    let view = one(app, app.core.reader(), cx, entity).await?;
    let data = Some(serde_json::to_value(view).map_err(Error::storage)?);
    Ok(BulkResult { index, status, id: Some(id), data, error: None })
}

/// The view of one entity.
pub(crate) async fn one<E: Shown>(app: &App, reader: &dyn Reader, cx: &CallContext, entity: E) -> Result<E::View> {
    let id = vigie_domain::store::Entity::id(&entity);
    E::show(app, reader, cx, vec![entity]).await?.pop().ok_or_else(|| Error::not_found(E::SCHEMA.kind, id))
}

/// The query string of anything but a list, read strictly.
pub fn query<T: serde::de::DeserializeOwned>(uri: &Uri) -> Result<T> {
    let mut members = serde_json::Map::new();
    for (key, value) in lists::decode(uri.query().unwrap_or_default())? {
        members.insert(key, Json::String(value));
    }
    serde_json::from_value(Json::Object(members)).map_err(|error| {
        let message = error.to_string();
        let field = message.split('`').nth(1).unwrap_or_default().to_owned();
        Error::bad_query("invalid_query", field, message)
    })
}

/// As [`query`], for types with numbers and words of their own: each value is read as JSON where it is a number, else as text.
pub fn query_typed<T: serde::de::DeserializeOwned>(uri: &Uri) -> Result<T> {
    let mut members = serde_json::Map::new();
    for (key, value) in lists::decode(uri.query().unwrap_or_default())? {
        let number = value.parse::<u64>().ok().map(Json::from);
        members.insert(key, number.unwrap_or(Json::String(value)));
    }
    serde_path_to_error::deserialize(Json::Object(members)).map_err(|error| {
        let message = error.inner().to_string();
        let named = message.starts_with("unknown field").then(|| message.split('`').nth(1).unwrap_or_default().to_owned());
        Error::bad_query("invalid_query", named.unwrap_or_else(|| error.path().to_string()), message)
    })
}

/// A JSON answer.
pub fn json_response<T: Serialize + ?Sized>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response(),
        Err(error) => Failure(Error::storage(error)).into_response(),
    }
}

fn if_match(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok())
}

fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// `{"job_id": …}` with 202 and the job's `Location`.
pub fn accepted(job: Id) -> Response {
    let location = format!("/api/v1/jobs/{job}");
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], json_response(&json!({"job_id": job}))).into_response()
}
