//! Sign-in of browsers, the caller's own account and sessions.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use vigie_api_types::{Me, SessionView, SignedInView, TicketView};
use vigie_application::identity::{PasswordChange, SignIn, csrf_token};
use vigie_application::permissions;
use vigie_domain::identity::Session;
use vigie_domain::store::{Entity, Read};
use vigie_domain::{Error, ErrorKind, Scope, Secret};

use crate::app::{App, ServerInfo};
use crate::body::Input;
use crate::caller::{Caller, bearer, cookie_name, from_page, same_origin, session_cookie};
use crate::problem::Answered;
use crate::request_parts::WithOrigin;
use crate::resource::{Asked, ObjectId, json_response, list_of, named_list};
use crate::routes::{Operation, Routes};

/// Body of a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "admin", "password": "the one-time password"}))]
pub(super) struct LoginInput {
    /// Name.
    #[schema(max_length = 64)]
    username: String,
    /// Password.
    #[schema(max_length = 1024)]
    password: String,
    /// One-time code, where the user has a second factor.
    #[serde(default)]
    #[schema(max_length = 16)]
    totp: Option<String>,
}

impl LoginInput {
    pub(super) fn sign_in(self) -> SignIn {
        // no user has a second factor yet, so a code given beside a right password is not wrong
        drop(self.totp);
        SignIn { username: self.username, password: Secret::new(self.password) }
    }
}

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::post("/auth/login", "sign_in", "auth", "Sign in")
        .describe("Sets the session cookie. The token in the answer goes with every unsafe request of the session as `X-CSRF-Token`.")
        .open()
        .fails(&[401, 403]);
    let op = routes.body::<LoginInput>(op, true);
    let op = routes.answers::<SignedInView>(op, 200, "Signed in.");
    routes.add(op, login);
    let op = Operation::post("/auth/logout", "sign_out", "auth", "Sign out")
        .describe("Ends the session or token of the request, and takes the cookie back.");
    routes.add(Routes::answers_nothing(op, 204, "Signed out."), logout);
    let op = Operation::get("/auth/me", "get_me", "auth", "See who calls").describe("User, permissions with wildcards resolved, and scope. For sessions also the `csrf_token` that unsafe requests send as `X-CSRF-Token`.");
    let op = routes.answers::<Me>(op, 200, "Who calls, and what they may do.");
    routes.add(op, me);
    let op = Operation::post("/auth/me/password", "change_own_password", "auth", "Change the own password")
        .describe("Ends all other sessions of the user.");
    let op = routes.body::<PasswordChange>(op, true);
    routes.add(Routes::answers_nothing(op, 204, "Changed."), change_password);
    let op = Operation::get("/auth/sessions", "list_own_sessions", "auth", "List the own sessions")
        .describe("Sessions of browsers and tokens of programs that still hold, with from where and when they were last used.");
    let op = named_list::<SessionView>(routes, op, Session::SCHEMA);
    routes.add(op, sessions);
    let op = Operation::new(Method::DELETE, "/auth/sessions/{id}", "end_own_session", "auth", "End one of the own sessions")
        .describe("It ceases to hold at once; open WebSockets of it are closed.");
    routes.add(Routes::answers_nothing(op, 204, "Ended."), end_session);
    let op = Operation::post("/auth/ws-ticket", "create_ws_ticket", "auth", "Get a ticket for one WebSocket")
        .describe("For clients that cannot send a header: the ticket goes as sub-protocol `bearer.<ticket>` within 30 seconds, once.");
    let op = routes.answers::<TicketView>(op, 200, "A ticket.");
    routes.add(op, ws_ticket);
}

async fn login(
    State(app): State<App>,
    WithOrigin { origin, request_id, headers }: WithOrigin,
    Input(input): Input<LoginInput>,
) -> Answered {
    // a foreign page must not sign a browser in to an account of its own
    if from_page(&headers) && !same_origin(&headers, &app) {
        return Err(Error::new(ErrorKind::PermissionDenied, "csrf_failed", "the sign-in comes from another origin").into());
    }
    let signed_in = app.identity.login(input.sign_in(), &origin, &request_id).await?;
    let cookie = set_cookie(&app.server, &signed_in.cookie, app.core.settings.session_absolute.as_secs());
    let view = SignedInView { user: signed_in.user.into(), csrf_token: signed_in.csrf_token };
    Ok(([(header::SET_COOKIE, cookie)], json_response(&view)).into_response())
}

async fn logout(State(app): State<App>, Caller(cx): Caller) -> Answered {
    app.identity.logout(&cx).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(&app.server, "", 0))]).into_response())
}

fn set_cookie(server: &ServerInfo, value: &str, seconds: u64) -> HeaderValue {
    let secure = if server.secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", cookie_name(server));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

async fn me(State(app): State<App>, Caller(cx): Caller, headers: HeaderMap) -> Answered {
    let user = match cx.principal.user_id {
        Some(_) => Some(app.identity.me(&cx).await?.into()),
        None => None,
    };
    let session: Option<Session> = match cx.principal.session_id {
        Some(id) => app.core.store.get(&Scope::system(), id).await?,
        None => None,
    };
    let cookie = if bearer(&headers)?.is_none() { session_cookie(&headers, &app.server) } else { None };
    let method = if cookie.is_some() {
        "session"
    } else if session.is_some() {
        "token"
    } else {
        "api_key"
    };
    let allowed = permissions::all().filter(|p| cx.principal.permissions.allows(**p)).map(ToString::to_string).collect();
    Ok(json_response(&Me {
        user,
        permissions: allowed,
        scope: cx.principal.scope.clone().map(Into::into),
        csrf_token: cookie.as_deref().map(csrf_token),
        expires_at: session.map(|s| s.expires_at.into()),
        method: method.to_owned(),
    }))
}

async fn change_password(State(app): State<App>, Caller(cx): Caller, Input(change): Input<PasswordChange>) -> Answered {
    app.identity.change_password(&cx, change).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn sessions(State(app): State<App>, Caller(cx): Caller, asked: Asked) -> Answered {
    let identity = app.identity.clone();
    let fetch = move |query| {
        let (identity, cx) = (identity.clone(), cx.clone());
        async move {
            let page = identity.sessions(&cx, query).await?;
            Ok(page.map(|session| {
                let own = Some(session.id) == cx.principal.session_id;
                SessionView::new(session, own)
            }))
        }
    };
    list_of(&app, Session::SCHEMA, asked, fetch).await
}

async fn end_session(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    app.identity.end_session(&cx, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn ws_ticket(State(app): State<App>, Caller(cx): Caller) -> Response {
    let (ticket, expires_in_seconds) = app.identity.issue_ticket(&cx);
    json_response(&TicketView { ticket, expires_in_seconds })
}
