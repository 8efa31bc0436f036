//! The last answers, for when the store is away: `stale-if-error` (RFC 5861, section 4).
//!
//! Where the store is a server of its own, the last answer to each GET is kept for a while. When the store fails, the same caller is given
//! it again, with its age: `Age` (RFC 9111) and `Cache-Status` (RFC 9211) say that it is no longer fresh, and why.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use moka::future::Cache;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::caller::{Carried, origin};
use crate::problem::Unfinished;

/// For how long an answer may stand in for a new one; callers who were known go on for as long.
const KEPT: Duration = Duration::from_mins(10);

/// Bytes of all answers together.
const ROOM: u64 = 32 << 20;

/// Bytes of one.
const LARGEST: u64 = 1 << 20;

/// Its name in `Cache-Status`.
const NAME: &str = "Vigie";

/// An answer as it was given.
#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
    made: Instant,
}

/// The last answers. Cheap to clone.
#[derive(Clone)]
pub struct Kept(Cache<[u8; 32], Answer>);

impl Default for Kept {
    fn default() -> Self {
        // what a key and the headers take beside a body
        let weigh = |_: &[u8; 32], answer: &Answer| u32::try_from(answer.body.len() + 1_024).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(ROOM).weigher(weigh).time_to_live(KEPT).build())
    }
}

/// Keeps answers, and gives one again where the store failed.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(kept) = app.kept.as_ref().filter(|_| request.method() == Method::GET && request.uri().path().starts_with("/api/v1/")) else {
        return next.run(request).await;
    };
    let Ok(Some(carried)) = Carried::of(request.headers(), &app.server) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let key = key(&app, &carried, &parts);
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    if response.status() == StatusCode::OK {
        return kept.keep(key, response).await;
    }
    let is_away = response.extensions().get::<Unfinished>().is_some_and(|unfinished| unfinished.0.code == "storage_failed");
    if !is_away {
        return response;
    }
    let Some(answer) = kept.0.get(&key).await else { return response };
    // a key that ended since, or that may not be used from here
    match app.identity.authenticate(carried.credentials(), &origin(&parts, &app)).await {
        Ok(_) => answer.again(),
        Err(_) => response,
    }
}

/// Who asks for what, in which form. It changes when anything about users changes, so that nobody is given what they may no longer see.
fn key(app: &App, carried: &Carried, parts: &Parts) -> [u8; 32] {
    let (kind, secret) = match carried {
        Carried::Bearer(secret) => (b'b', secret),
        Carried::Cookie(secret) => (b'c', secret),
    };
    let mut hash = Sha256::new();
    hash.update([kind]);
    hash.update(app.core.bus.identity_generation().to_le_bytes());
    for part in [secret.as_bytes(), parts.uri.to_string().as_bytes()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    for name in [header::ACCEPT, header::ACCEPT_LANGUAGE] {
        hash.update(parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes));
        hash.update([0]);
    }
    hash.finalize().into()
}

impl Kept {
    async fn keep(&self, key: [u8; 32], response: Response) -> Response {
        let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        // a stream has no size, and is not waited for
        if !is_json || response.body().size_hint().exact().is_none_or(|size| size > LARGEST) {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else { return Response::from_parts(parts, Body::empty()) };
        self.0.insert(key, Answer { headers: parts.headers.clone(), body: body.clone(), made: Instant::now() }).await;
        Response::from_parts(parts, Body::from(body))
    }
}

impl Answer {
    fn again(self) -> Response {
        let age = self.made.elapsed().as_secs();
        metrics::counter!("http_answers_kept_total").increment(1);
        let mut response = Response::new(Body::from(self.body));
        *response.headers_mut() = self.headers;
        let status = HeaderValue::try_from(format!("{NAME}; hit; ttl=-{age}; detail=storage_failed"));
        for (name, value) in [(header::AGE, Ok(HeaderValue::from(age))), (HeaderName::from_static("cache-status"), status)] {
            if let Ok(value) = value {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
