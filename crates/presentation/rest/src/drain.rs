//! What a client sends is read to its end even where it is refused at once: else the connection is cut while the client still sends,
//! and the answer, or the next request on that connection, is lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use futures::{StreamExt, stream};

use crate::app::App;

/// How many times the limit of a body is read away before the connection is cut after all.
const LIMITS: usize = 8;
/// For how long a client that goes on sending is listened to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body that is still there when its reader has let it go.
#[derive(Clone)]
struct Lent(Arc<Mutex<BodyDataStream>>);

impl Lent {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }

    /// Reads on to the end, or to a bound.
    async fn drain(self, most: usize) {
        let mut size = 0_usize;
        while let Some(Ok(chunk)) = std::future::poll_fn(|cx| self.poll(cx)).await {
            size = size.saturating_add(chunk.len());
            if size > most {
                return;
            }
        }
    }
}

/// Answers once the body is read, by the handler or by nobody.
pub async fn layer(app: &App, request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    if request.body().is_end_stream() {
        return next(request).await;
    }
    let (parts, body) = request.into_parts();
    let lent = Lent(Arc::new(Mutex::new(body.into_data_stream())));
    let reader = lent.clone();
    let body = Body::from_stream(stream::poll_fn(move |cx| reader.poll(cx)));
    let response = next(Request::from_parts(parts, body)).await;
    let most = app.server.body_limit.saturating_mul(LIMITS);
    // who is too slow or sends too much loses the connection, not the server its patience
    tokio::time::timeout(PATIENCE, lent.drain(most)).await.ok();
    response
}
