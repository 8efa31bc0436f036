//! The last answers, for when the store is away: `stale-if-error` (RFC 5861, section 4).
//!
//! Where the store is a server of its own, the last answer to each GET is kept for a while. When the store fails, the same caller is given
//! it again, with its age: `Age` (RFC 9111) and `Cache-Status` (RFC 9211) say that it is no longer fresh, and why.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::BytesMut;
use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::caller::{Carried, origin};
use crate::problem::Unfinished;

/// For how long an answer may stand in for a new one; callers who were known go on for as long.
const KEPT: Duration = Duration::from_mins(10);

/// Bytes of all answers together.
const ROOM: u64 = 32 << 20;

/// Bytes of one.
const LARGEST: u64 = 4 << 20;

/// Its name in `Cache-Status`.
const NAME: &str = "Vigie";

/// Which answer: a hash of who asked for what.
type Key = [u8; 32];

/// An answer as it was given.
#[derive(Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
    made: Instant,
}

/// The last answers; those made first go first.
#[derive(Default)]
pub struct Kept(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    answers: HashMap<Key, Answer>,
    /// Every answer that was put in, in that order; it may have been put in anew since.
    order: VecDeque<(Key, Instant)>,
    bytes: u64,
}

impl Shelf {
    fn put(&mut self, key: Key, answer: Answer) {
        self.order.push_back((key, answer.made));
        self.bytes += answer.size();
        if let Some(before) = self.answers.insert(key, answer) {
            self.bytes -= before.size();
        }
        if self.order.len() > 2 * self.answers.len() + 64 {
            let answers = &self.answers;
            self.order.retain(|(key, made)| is_current(answers, key, *made));
        }
        while let Some((key, made)) = self.order.front().copied() {
            let is_current = is_current(&self.answers, &key, made);
            if is_current && self.bytes <= ROOM && made.elapsed() < KEPT {
                return;
            }
            self.order.pop_front();
            if is_current && let Some(gone) = self.answers.remove(&key) {
                self.bytes -= gone.size();
            }
        }
    }
}

/// Whether this is how the answer was put in last.
fn is_current(answers: &HashMap<Key, Answer>, key: &Key, made: Instant) -> bool {
    answers.get(key).is_some_and(|answer| answer.made == made)
}

/// Keeps answers, and gives one again where the store failed.
pub async fn layer(app: &App, request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let Some(kept) = app.kept.as_ref().filter(|_| request.method() == Method::GET && request.uri().path().starts_with("/api/v1/")) else {
        return next(request).await;
    };
    let Ok(Some(carried)) = Carried::of(request.headers(), &app.server) else { return next(request).await };
    let (parts, body) = request.into_parts();
    let key = key(app, &carried, &parts);
    let response = next(Request::from_parts(parts.clone(), body)).await;
    if response.status() == StatusCode::OK {
        return match kind(&response) {
            Some("application/json") => kept.keep(key, response).await,
            Some("application/x-ndjson") => recorded(app.clone(), key, response),
            _ => response,
        };
    }
    let has_failed = response.extensions().get::<Unfinished>().is_some_and(|unfinished| unfinished.0.code == "storage_failed");
    let Some(answer) = kept.get(&key).filter(|_| has_failed) else { return response };
    // a folder of backups that cannot be read is no store that is away
    if app.core.store.ping().await.is_ok() {
        return response;
    }
    // a key that ended since, or that may not be used from here
    match app.identity.authenticate(carried.credentials(), &origin(&parts, app)).await {
        Ok(_) => answer.again(),
        Err(_) => response,
    }
}

/// Who asks for what, in which form. It changes when anything about users changes, so that nobody is given what they may no longer see.
fn key(app: &App, carried: &Carried, parts: &Parts) -> Key {
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
    fn get(&self, key: &Key) -> Option<Answer> {
        self.lock().answers.get(key).filter(|answer| answer.made.elapsed() < KEPT).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep(&self, key: Key, response: Response) -> Response {
        if response.body().size_hint().exact().is_none_or(|size| size > LARGEST) {
            return response;
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else { return Response::from_parts(parts, Body::empty()) };
        self.put(key, &parts.headers, body.clone());
        Response::from_parts(parts, Body::from(body))
    }

    fn put(&self, key: Key, headers: &HeaderMap, body: Bytes) {
        self.lock().put(key, Answer { headers: headers.clone(), body, made: Instant::now() });
    }
}

fn kind(response: &Response) -> Option<&str> {
    response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()
}

/// A stream of lines, kept once it has passed whole.
fn recorded(app: App, key: Key, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let headers = parts.headers.clone();
    let seen = Some(BytesMut::new());
    let passing = stream::unfold((body.into_data_stream(), seen, app), move |(mut from, seen, app)| {
        let headers = headers.clone();
        async move {
            let Some(chunk) = from.next().await else {
                if let (Some(seen), Some(kept)) = (seen.filter(|seen| is_whole(seen)), &app.kept) {
                    kept.put(key, &headers, seen.freeze());
                }
                return None;
            };
            let seen = seen.zip(chunk.as_ref().ok()).and_then(|(mut seen, chunk)| {
                seen.extend_from_slice(chunk);
                (seen.len() as u64 <= LARGEST).then_some(seen)
            });
            Some((chunk, (from, seen, app)))
        }
    });
    Response::from_parts(parts, Body::from_stream(passing))
}

/// Whether the last line says that nothing is missing (API, section 3).
fn is_whole(lines: &[u8]) -> bool {
    let last = lines.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(last).is_ok_and(|line| line["_end"]["complete"] == true)
}

impl Answer {
    /// Bytes it takes, with its key and headers.
    fn size(&self) -> u64 {
        self.body.len() as u64 + 1_024
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(size: usize) -> Answer {
        Answer { headers: HeaderMap::new(), body: Bytes::from(vec![0; size]), made: Instant::now() }
    }

    #[test]
    fn there_is_room_for_so_much_and_the_newest_stay() {
        let mut shelf = Shelf::default();
        let key = |number: u8| [number; 32];
        for number in 0..40 {
            shelf.put(key(number), answer(LARGEST as usize));
            assert!(shelf.bytes <= ROOM);
        }
        assert!(!shelf.answers.contains_key(&key(0)) && shelf.answers.contains_key(&key(39)));
        let bytes: u64 = shelf.answers.values().map(Answer::size).sum();
        assert_eq!(shelf.bytes, bytes);
    }

    #[test]
    fn a_list_that_was_cut_is_not_kept() {
        assert!(is_whole(b"{\"id\":1}\n{\"_end\":{\"complete\":true}}\n"));
        assert!(!is_whole(b"{\"id\":1}\n{\"_end\":{\"complete\":false}}\n"));
        assert!(!is_whole(b"{\"id\":1}\n") && !is_whole(b""));
    }

    #[test]
    fn an_answer_that_is_given_again_and_again_takes_the_room_of_one() {
        let mut shelf = Shelf::default();
        shelf.put([1; 32], answer(1_000));
        for _ in 0..1_000 {
            shelf.put([7; 32], answer(1_000));
        }
        assert!(shelf.answers.len() == 2 && shelf.order.len() < 100, "{}", shelf.order.len());
        assert_eq!(shelf.bytes, 2 * shelf.answers[&[7; 32]].size());
    }
}
