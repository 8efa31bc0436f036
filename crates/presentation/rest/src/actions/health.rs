//! `/healthz`, `/readyz`, `/metrics`.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use vigie_domain::Error;

use crate::app::App;
use crate::caller::bearer;
use crate::problem::{Answered, Failure};
use crate::resource::json_response;
use crate::routes::Routes;

pub(super) fn mount(routes: &mut Routes) {
    routes.mount("/healthz", get(|| async { json_response(&json!({"status": "ok"})) }));
    routes.mount("/readyz", get(ready));
}

/// 200 when the store answers.
async fn ready(State(app): State<App>) -> Response {
    match app.core.store.ping().await {
        Ok(()) => json_response(&json!({"status": "ready"})),
        Err(error) => Failure(error).into_response(),
    }
}

/// Adds `/metrics`: to loopback, or to whoever has the scrape key.
pub fn mount_metrics(routes: &mut Routes, handle: PrometheusHandle) {
    let scrape = move |State(app): State<App>, ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap| {
        let handle = handle.clone();
        async move {
            allow(&app, peer, &headers)?;
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            Answered::Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)], handle.render()).into_response())
        }
    };
    routes.mount("/metrics", get(scrape));
}

fn allow(app: &App, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Error> {
    let direct = !headers.contains_key("x-forwarded-for") && !headers.contains_key("forwarded");
    if app.server.metrics_on_loopback && direct && peer.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let token = bearer(headers)?;
    match (&app.server.metrics_key, token) {
        (Some(key), Some(token)) if constant_time_eq(key.expose(), &token) => Ok(()),
        _ => Err(Error::not_authenticated("metrics are given to loopback or to the holder of the scrape key")
            .solution("set metrics.scrape_key_file and send the key as Authorization: Bearer")),
    }
}

fn constant_time_eq(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}
