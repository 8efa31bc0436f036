//! How many requests a caller may send: a bucket of tokens for each credential that held, and one an address for all the others.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vigie_domain::{Error, ErrorKind};

use crate::app::App;
use crate::caller::{origin, session_cookie};
use crate::problem::Failure;

/// Buckets kept at most; full ones are forgotten first.
const MOST: usize = 20_000;

/// Whom a bucket belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whom {
    /// The hash of a credential that was accepted before.
    Credential(u64),
    /// Everything else from this address.
    Address(Option<IpAddr>),
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

/// The buckets.
pub struct Limiter {
    /// Requests a minute, and the size of a bucket.
    per_minute: u32,
    /// `RateLimit-Policy`.
    policy: Option<HeaderValue>,
    hasher: RandomState,
    buckets: Mutex<HashMap<Whom, Bucket>>,
}

/// What a bucket says of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Verdict {
    allowed: bool,
    remaining: u64,
    /// Seconds until the bucket is full again, or, refused, until the next token.
    seconds: u64,
}

impl Limiter {
    /// So many requests a minute.
    pub fn new(per_minute: u32) -> Self {
        let per_minute = per_minute.max(1);
        let policy = HeaderValue::try_from(format!("\"default\";q={per_minute};w=60")).ok();
        Self { per_minute, policy, hasher: RandomState::new(), buckets: Mutex::default() }
    }

    fn take(&self, whom: Whom, now: Instant) -> Verdict {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let size = f64::from(self.per_minute);
        let a_second = size / 60.0;
        if buckets.len() >= MOST && !buckets.contains_key(&whom) {
            buckets.retain(|_, bucket| bucket.tokens + now.duration_since(bucket.filled_at).as_secs_f64() * a_second < size);
        }
        let filled = buckets.get(&whom).map_or(size, |b| (b.tokens + now.duration_since(b.filled_at).as_secs_f64() * a_second).min(size));
        let allowed = filled >= 1.0;
        let tokens = if allowed { filled - 1.0 } else { filled };
        if buckets.len() < MOST || buckets.contains_key(&whom) {
            buckets.insert(whom, Bucket { tokens, filled_at: now });
        }
        let missing = if allowed { size - tokens } else { 1.0 - tokens };
        Verdict { allowed, remaining: whole(tokens.floor()), seconds: whole((missing / a_second).ceil()).max(1) }
    }

    fn knows(&self, whom: Whom) -> bool {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&whom)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of at most a million tokens or seconds")]
fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// Takes a token for every request below `/api/`; without one the answer is 429.
pub async fn layer(app: &App, request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    if !request.uri().path().starts_with("/api/v") {
        return next(request).await;
    }
    let (parts, body) = request.into_parts();
    let address = Whom::Address(origin(&parts, app).address);
    let credential = credential(app, &parts.headers);
    let now = Instant::now();
    let known = credential.filter(|whom| app.limiter.knows(*whom));
    let verdict = app.limiter.take(known.unwrap_or(address), now);
    if !verdict.allowed {
        metrics::counter!("http_requests_limited_total").increment(1);
        let text = format!("more than {} requests in a minute", app.limiter.per_minute);
        let error = Error::new(ErrorKind::RateLimited, "rate_limited", text).retry_after(verdict.seconds);
        return tell(app, verdict, Failure(error).into_response());
    }
    let response = next(Request::from_parts(parts, body)).await;
    if let (None, Some(whom), true) = (known, credential, response.status() != StatusCode::UNAUTHORIZED) {
        app.limiter.take(whom, now);
    }
    tell(app, verdict, response)
}

/// The credential a request carries, hashed with a key of this process.
fn credential(app: &App, headers: &HeaderMap) -> Option<Whom> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        return Some(Whom::Credential(app.limiter.hasher.hash_one(value.as_bytes())));
    }
    session_cookie(headers, &app.server).map(|cookie| Whom::Credential(app.limiter.hasher.hash_one(cookie)))
}

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
fn tell(app: &App, verdict: Verdict, mut response: Response) -> Response {
    let state = HeaderValue::try_from(format!("\"default\";r={};t={}", verdict.remaining, verdict.seconds)).ok();
    for (name, value) in [("ratelimit-policy", app.limiter.policy.clone()), ("ratelimit", state)] {
        if let Some(value) = value {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limiter = Limiter::new(60);
        let (whom, start) = (Whom::Address(None), Instant::now());
        for left in (0..60).rev() {
            let verdict = limiter.take(whom, start);
            assert!(verdict.allowed);
            assert_eq!(verdict.remaining, left);
        }
        assert_eq!(limiter.take(whom, start), Verdict { allowed: false, remaining: 0, seconds: 1 });
        assert!(limiter.take(Whom::Credential(1), start).allowed, "another caller has a bucket of its own");
        assert!(limiter.take(whom, start + Duration::from_secs(1)).allowed);
        assert!(!limiter.take(whom, start + Duration::from_secs(1)).allowed);
    }

    #[test]
    fn the_buckets_are_bounded() {
        let limiter = Limiter::new(60);
        let start = Instant::now();
        for credential in 0..MOST as u64 + 10 {
            assert!(limiter.take(Whom::Credential(credential), start).allowed);
        }
        assert!(limiter.buckets.lock().unwrap().len() <= MOST);
    }
}
