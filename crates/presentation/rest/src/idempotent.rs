//! `Idempotency-Key`: looked up before a POST is handled, kept after it (API, section 4).

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use vigie_application::idempotency::{Admission, Answer, Ticket, admit, finish};
use vigie_domain::Error;
use vigie_foundation::secrets::sha256_hex;

use crate::app::App;
use crate::body::whole;
use crate::caller::{Carried, origin};
use crate::problem::{Failure, Unfinished, plain};

/// The place kept for the answer, for the call context to carry.
#[derive(Clone)]
pub struct Place(pub Arc<Ticket>);

/// Nobody is known yet whom a key could belong to.
const SIGN_IN: [&str; 4] = ["/api/v1/auth/login", "/api/v1/auth/token", "/api/v1/auth/token/refresh", "/api/v1/auth/token/revoke"];

/// Handles POST requests that carry a key.
pub async fn layer(app: &App, request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let is_sign_in = SIGN_IN.contains(&request.uri().path());
    let key = request.headers().get("idempotency-key").cloned();
    match key {
        Some(key) if request.method() == Method::POST && !is_sign_in => match key.to_str() {
            Ok(text) if (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) => {
                Box::pin(keyed(app, text.to_owned(), request, next)).await
            }
            _ => plain("invalid_header", "Idempotency-Key is 1 to 255 visible characters"),
        },
        _ => next(request).await,
    }
}

async fn keyed(app: &App, key: String, request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = match whole(body, app.server.body_limit).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let caller = match who(app, &parts).await {
        Ok(Some(caller)) => caller,
        // without credentials the handler refuses; nothing is kept for nobody
        Ok(None) => return next(Request::from_parts(parts, Body::from(body))).await,
        Err(error) => return Failure(error).into_response(),
    };
    let scope = format!("{caller}\n{}\n{}\n{key}", parts.method, parts.uri.path());
    // a plan (`dry_run`) is another request than the deed
    let asked = [parts.uri.query().unwrap_or_default().as_bytes(), b"\n", &body].concat();
    match admit(&app.core, sha256_hex(scope.as_bytes()), sha256_hex(&asked)).await {
        Ok(Admission::Repeat(answer)) => repeat(answer),
        Ok(Admission::Run(ticket)) => {
            parts.extensions.insert(Place(ticket.clone()));
            let response = next(Request::from_parts(parts, Body::from(body))).await;
            keep(app, &ticket, response).await
        }
        Err(error) => Failure(error).into_response(),
    }
}

async fn who(app: &App, parts: &axum::http::request::Parts) -> Result<Option<String>, Error> {
    let Some(carried) = Carried::of(&parts.headers, &app.server)? else { return Ok(None) };
    let principal = app.identity.authenticate(carried.credentials(), &origin(parts, app)).await?;
    Ok(principal.actor.id.map(|id| id.to_string()))
}

const REPEATED: [&str; 4] = ["content-type", "location", "etag", "retry-after"];

async fn keep(app: &App, ticket: &Ticket, response: Response) -> Response {
    if ticket.is_recorded() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let unfinished = parts.extensions.get::<Unfinished>().map(|u| serde_json::to_vec(&u.0).unwrap_or_default());
    let bytes = match unfinished {
        Some(problem) => Bytes::from(problem),
        None => to_bytes(body, usize::MAX).await.unwrap_or_default(),
    };
    let headers =
        REPEATED.iter().filter_map(|name| Some(((*name).to_owned(), parts.headers.get(*name)?.to_str().ok()?.to_owned()))).collect();
    let answer = Answer { status: parts.status.as_u16(), headers, body: bytes.to_vec() };
    if let Err(error) = finish(&app.core, ticket, answer).await {
        tracing::error!(cause = error.chain(), "cannot keep the answer of an idempotent request");
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// An answer as it was given the first time.
pub fn repeat(answer: Answer) -> Response {
    let mut response = give(answer);
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

/// An answer of a use case as a response.
pub fn give(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    response.headers_mut().remove(axum::http::header::CONTENT_TYPE);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
