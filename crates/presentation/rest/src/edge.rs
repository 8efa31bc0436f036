//! What stands around every request: id, problems for everything that fails, no panic without an answer, idempotency, headers.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use tower::ServiceBuilder;

use crate::accept::{self, Accept};
use crate::app::App;
use crate::problem::{Unfinished, plain};
use crate::{drain, idempotent, kept, limit, request_id};

/// Puts everything around the routes: around all of them together, and as one layer. Each layer of axum allocates, and copies all that lie
/// below it at each request.
pub fn wrap(router: Router<App>, app: App) -> Router {
    let routes = router.fallback(|| async { plain("no_such_path", "there is nothing at this path") }).with_state(app.clone());
    let around = ServiceBuilder::new()
        // what changes the path stands before the route is chosen
        .map_request(accept::with_version)
        .layer(middleware::from_fn_with_state(app, around))
        .service(routes);
    Router::new().fallback_service(around)
}

/// From the inside out.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let app = &app;
    let next = async move |request| idempotent::layer(app, request, async move |request| next.run(request).await).await;
    let next = async move |request| kept::layer(app, request, next).await;
    let next = async move |request| deadline(app, request, next).await;
    let next = async move |request| unbroken(request, next).await;
    let next = async move |request| problems(request, next).await;
    let next = async move |request| form(request, next).await;
    let next = async move |request| version(request, next).await;
    let next = async move |request| limit::layer(app, request, next).await;
    let next = async move |request| request_id::assign(request, next).await;
    let next = async move |request| headers(request, next).await;
    let next = async move |request| measure(request, next).await;
    drain::layer(app, request, next).await
}

async fn deadline(app: &App, request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let longest = app.server.request_timeout;
    match tokio::time::timeout(longest, next(request)).await {
        Ok(response) => response,
        Err(_) => plain("request_timeout", format!("the request was not answered within {} s", longest.as_secs())),
    }
}

/// A panic is an answer too.
async fn unbroken(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    AssertUnwindSafe(next(request)).catch_unwind().await.unwrap_or_else(|cause| panicked(&*cause))
}

fn panicked(cause: &(dyn Any + Send)) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(cause = text, "a handler panicked");
    metrics::counter!("panics_total").increment(1);
    plain("internal", "a fault in Vigie; the request_id finds it in the log")
}

/// Turns what the HTTP layer itself refuses into problems.
async fn problems(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let method = request.method().clone();
    let response = next(request).await;
    let status = response.status();
    let has_body = response.extensions().get::<Unfinished>().is_some() || response.headers().contains_key(header::CONTENT_TYPE);
    if status.is_success() || status.is_redirection() || status.is_informational() || (has_body && !is_plain_text(&response)) {
        return response;
    }
    let problem = match status {
        StatusCode::METHOD_NOT_ALLOWED => plain("method_not_allowed", format!("this path does not take {method}")),
        StatusCode::NOT_FOUND => plain("no_such_path", "there is nothing at this path"),
        StatusCode::PAYLOAD_TOO_LARGE => plain("limit_exceeded", "the body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => plain("unsupported_media_type", "the body has a form that this path does not take"),
        StatusCode::BAD_REQUEST => plain("invalid_query", "the request cannot be read"),
        _ => return response,
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut problem = problem;
    if let Some(allow) = allow {
        problem.headers_mut().insert(header::ALLOW, allow);
    }
    problem
}

fn is_plain_text(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    kind.is_some_and(|k| k.starts_with("text/plain"))
}

/// The path decides the version; an `Accept` that contradicts it is 406 (API, section 1).
async fn version(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    match accept::version(request.headers()).filter(|_| request.uri().path().starts_with("/api/")) {
        Some(version) if version != "v1" => {
            plain("not_acceptable", format!("there is no version {version} of the API; v1 is the current one"))
        }
        _ => next(request).await,
    }
}

/// An answer in a form that the request does not accept is 406. What writes is refused before it is done; its answers are JSON.
async fn form(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    if !request.uri().path().starts_with("/api/v1/") {
        return next(request).await;
    }
    let accept = Accept::of(request.headers());
    if !request.method().is_safe() && !accept.admits("application/json") {
        return not_acceptable("application/json");
    }
    let response = next(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).and_then(|v| v.split(';').next());
    match kind {
        Some(kind) if response.status().is_success() && !accept.admits(kind) => not_acceptable(kind),
        _ => response,
    }
}

fn not_acceptable(kind: &str) -> Response {
    plain("not_acceptable", format!("the answer is given as {kind}, which the Accept header does not name"))
}

static SECURITY: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self'; connect-src 'self'; \
                      frame-ancestors 'none'";

async fn headers(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let is_api = request.uri().path().starts_with("/api/v");
    let mut response = next(request).await;
    let headers = response.headers_mut();
    for (name, value) in &SECURITY {
        headers.insert(name, value.clone());
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if is_api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    response
}

/// Its name as a label: those that nobody knows are one, as a client may make up any number of them.
fn method(request: &Request) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == request.method().as_str()).unwrap_or("other")
}

async fn measure(request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let started = std::time::Instant::now();
    let method = method(&request);
    let response = next(request).await;
    let class = match response.status().as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    };
    metrics::counter!("http_requests_total", "method" => method, "status" => class).increment(1);
    metrics::histogram!("http_request_seconds").record(started.elapsed().as_secs_f64());
    response.into_response()
}
