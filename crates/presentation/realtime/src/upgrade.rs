//! Doors: `/api/v1/ws`, `/ws/dashboards/{type}/`, `/api/v1/events/stream`.

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::json;
use vigie_application::CallContext;
use vigie_application::identity::{Credentials, Origin};
use vigie_domain::identity::Principal;
use vigie_domain::{Error, ErrorKind, Permission};
use vigie_rest::caller::{Caller, bearer, origin, same_origin, session_cookie};
use vigie_rest::problem::Failure;
use vigie_rest::{App, Operation, Routes};

use crate::connection;
use crate::shared::Realtime;
use crate::sse;

/// The largest frame taken from a client.
const LARGEST: usize = 64 * 1024;

/// Adds the doors.
pub fn mount(routes: &mut Routes, realtime: Option<&Realtime>) {
    let op = Operation::get("/events/stream", "stream_events", "logs", "Hear events as they happen")
        .describe("Server-sent events; `Last-Event-ID` resumes, and when that is older than what is kept, one `gap` event comes first.")
        .needs(Permission::new("events", "read"))
        .query("types", "Types wanted, comma-separated; `device.*` takes all of an area.", &json!({"type": "string", "maxLength": 1000}))
        .query("device_id", "Only events of these devices, comma-separated.", &json!({"type": "string", "maxLength": 4000}))
        .query("severity", "Only these severities, comma-separated.", &json!({"type": "string", "maxLength": 100}))
        .header("Last-Event-ID", "The `seq` of the last event seen.", &json!({"type": "string", "maxLength": 40}));
    let op = sse::document(op);
    let Some(realtime) = realtime.cloned() else {
        routes.describe_only(op);
        return;
    };
    let for_stream = realtime.clone();
    routes.add(op, move |caller: Caller, uri: Uri, headers: HeaderMap| sse::stream(for_stream.clone(), caller, uri, headers));
    let for_socket = realtime.clone();
    routes.mount(
        "/api/v1/ws",
        any(move |state: State<App>, asker: Asker, upgrade: Upgrade| socket(for_socket.clone(), state, asker, upgrade, None)),
    );
    let for_one = realtime.clone();
    let one = move |Path(kind): Path<String>, state: State<App>, asker: Asker, upgrade: Upgrade| {
        socket(for_one.clone(), state, asker, upgrade, Some(kind))
    };
    routes.mount("/ws/dashboards/{type}/", any(one));
}

/// The upgrade, or why it is none.
type Upgrade = Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>;

/// Who asks for a socket.
struct Asker {
    principal: Principal,
    from: Origin,
}

impl FromRequestParts<App> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let from = origin(parts, app);
        if let Some(token) = bearer(&parts.headers)? {
            let principal = app.identity.authenticate(Credentials::Bearer(&token), &from).await?;
            return Ok(Self { principal, from });
        }
        if let Some(ticket) = ticket(parts) {
            let principal = app.identity.redeem_ticket(&ticket)?;
            return Ok(Self { principal, from });
        }
        let Some(cookie) = session_cookie(&parts.headers, &app.server) else {
            return Err(Error::not_authenticated("the request carries no credentials")
                .solution("send Authorization: Bearer, a session cookie, or a ticket of auth/ws-ticket as sub-protocol")
                .into());
        };
        // browsers send the cookie along from any page: only Vigie's own may use it
        if !parts.headers.contains_key("origin") || !same_origin(&parts.headers, app) {
            return Err(
                Error::new(ErrorKind::PermissionDenied, "csrf_failed", "the socket is asked for by a page of another origin").into()
            );
        }
        let principal = app.identity.authenticate(Credentials::Cookie(&cookie), &from).await?;
        Ok(Self { principal, from })
    }
}

/// The ticket among the sub-protocols `vigie.v1, bearer.<ticket>`.
fn ticket(parts: &Parts) -> Option<String> {
    let values = parts.headers.get_all("sec-websocket-protocol").iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).find_map(|p| p.trim().strip_prefix("bearer.").map(str::to_owned))
}

async fn socket(realtime: Realtime, State(app): State<App>, asker: Asker, upgrade: Upgrade, one: Option<String>) -> Response {
    if let Some(kind) = &one
        && !matches!(kind.as_str(), "system" | "network")
    {
        return Failure(Error::not_found("dashboard", kind)).into_response();
    }
    let Ok(upgrade) = upgrade else {
        let error =
            Error::bad_query("invalid_query", "Upgrade", "this path speaks WebSocket only").solution("open it with a WebSocket client");
        return Failure(error).into_response();
    };
    let cx = CallContext { principal: asker.principal, now: app.core.now(), request_id: String::new(), address: None, ticket: None };
    let upgrade = upgrade.max_message_size(LARGEST).max_frame_size(LARGEST).protocols(["vigie.v1"]);
    upgrade.on_upgrade(move |socket| connection::run(realtime, socket, cx, asker.from, one))
}
