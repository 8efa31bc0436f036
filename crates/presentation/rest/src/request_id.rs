//! Every request has an id, and every problem says it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::problem::Unfinished;

/// The id of a request.
#[derive(Clone)]
pub struct RequestId(String);

impl RequestId {
    /// The id of this request.
    pub fn of(parts: &Parts) -> &str {
        parts.extensions.get::<Self>().map_or("", |id| &id.0)
    }
}

/// Gives the request an id (the caller's own where it is a sane one), and finishes problems on the way out.
pub async fn assign(mut request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let given = request.headers().get("x-request-id").and_then(|v| v.to_str().ok()).filter(|v| is_sane(v));
    let id = given.map_or_else(|| vigie_domain::Id::new().to_string(), str::to_owned);
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next(request).await;
    if let Some(Unfinished(mut problem)) = response.extensions_mut().remove::<Unfinished>() {
        problem.instance = path;
        problem.request_id.clone_from(&id);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn is_sane(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}
