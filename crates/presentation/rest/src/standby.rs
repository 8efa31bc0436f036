//! What a server answers that stands by: that it lives, and to everything else that another one works.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::sync::watch;
use vigie_domain::{Error, ErrorKind};

use crate::problem::{Failure, plain};
use crate::request_id;
use crate::resource::json_response;

/// Seconds after which a client may ask again: taking over takes about as long.
const RETRY: u64 = 2;

/// The routes of a server that stands by; `reason` is why, in words.
pub fn router(reason: watch::Receiver<String>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { json_response(&json!({"status": "ok"})) }))
        .method_not_allowed_fallback(|| async { plain("method_not_allowed", "this path takes GET") })
        .fallback(refuse)
        .layer(middleware::from_fn(identified))
        .with_state(reason)
}

async fn refuse(State(reason): State<watch::Receiver<String>>) -> Response {
    let reason = reason.borrow().clone();
    let error = Error::new(ErrorKind::ServiceUnavailable, "standing_by", "this server stands by")
        .cause(reason)
        .solution("ask the server that works, or the proxy before both; this one takes over when that one ends")
        .retry_after(RETRY);
    Failure(error).into_response()
}

async fn identified(request: Request, next: Next) -> Response {
    request_id::assign(request, async move |request| next.run(request).await).await
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{StatusCode, header};
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str) -> (StatusCode, Option<String>, serde_json::Value) {
        let reason = watch::Sender::new("vigie (process 7) works on the database".to_owned());
        let answer = router(reason.subscribe()).oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let wait = answer.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, wait, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn it_lives_and_is_not_ready() {
        assert_eq!(ask("/healthz").await, (StatusCode::OK, None, json!({"status": "ok"})));
        for path in ["/readyz", "/api/v1/devices", "/"] {
            let (status, wait, body) = ask(path).await;
            assert_eq!((status, wait.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("2")), "{path}");
            assert_eq!((&body["code"], &body["instance"]), (&json!("standing_by"), &json!(path)));
            assert!(body["cause"].as_str().unwrap().contains("process 7") && body["request_id"].is_string(), "{body}");
        }
    }
}
