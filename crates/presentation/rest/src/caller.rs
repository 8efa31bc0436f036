//! Who calls: from headers and cookie to a call context, as an extractor.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use vigie_application::CallContext;
use vigie_application::identity::{Credentials, Origin};
use vigie_domain::{Error, ErrorKind};

use crate::app::{App, ServerInfo};
use crate::idempotent::Place;
use crate::problem::Failure;
use crate::request_id::RequestId;

/// Name of the session cookie.
pub fn cookie_name(server: &ServerInfo) -> &'static str {
    if server.secure { "__Host-vigie" } else { "vigie" }
}

/// An authenticated caller.
pub struct Caller(pub CallContext);

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let origin = origin(parts, app);
        let Some(carried) = Carried::of(&parts.headers, &app.server)? else {
            return Err(Error::not_authenticated("the request carries no credentials")
                .solution("sign in, or send an API key as Authorization: Bearer")
                .into());
        };
        if let Carried::Cookie(cookie) = &carried {
            check_csrf(parts, app, cookie)?;
        }
        let principal = app.identity.authenticate(carried.credentials(), &origin).await?;
        Ok(Self(CallContext {
            principal,
            now: app.core.now(),
            request_id: RequestId::of(parts).to_owned(),
            address: origin.address,
            ticket: parts.extensions.get::<Place>().map(|place| place.0.clone()),
        }))
    }
}

/// What a request carries to say who calls.
pub enum Carried {
    /// An API key or an access token.
    Bearer(String),
    /// The session cookie.
    Cookie(String),
}

impl Carried {
    /// What these headers carry: where `Authorization` is present, the cookie is ignored.
    ///
    /// # Errors
    /// 401 when `Authorization` holds anything but a bearer token.
    pub fn of(headers: &HeaderMap, server: &ServerInfo) -> Result<Option<Self>, Error> {
        Ok(bearer(headers)?.map(Self::Bearer).or_else(|| session_cookie(headers, server).map(Self::Cookie)))
    }

    /// As signing in takes it.
    pub fn credentials(&self) -> Credentials<'_> {
        match self {
            Self::Bearer(token) => Credentials::Bearer(token),
            Self::Cookie(cookie) => Credentials::Cookie(cookie),
        }
    }
}

/// The bearer token, or a 401 when `Authorization` holds anything else.
pub fn bearer(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(Some(token.trim().to_owned())),
        _ => Err(Error::not_authenticated("Authorization is not of the form Bearer <key>")),
    }
}

/// The session cookie.
pub fn session_cookie(headers: &HeaderMap, server: &ServerInfo) -> Option<String> {
    let name = cookie_name(server);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn check_csrf(parts: &Parts, app: &App, cookie: &str) -> Result<(), Error> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let token = parts.headers.get("x-csrf-token").and_then(|v| v.to_str().ok());
    if !token.is_some_and(|token| app.identity.csrf_holds(cookie, token)) {
        let error = csrf("X-CSRF-Token is missing or does not belong to the session");
        return Err(error.solution("send the csrf_token of auth/me as X-CSRF-Token"));
    }
    if same_origin(&parts.headers, app) {
        return Ok(());
    }
    if from_page(&parts.headers) {
        let error = csrf("the request comes from another origin");
        return Err(error.solution("open Vigie under the address it is asked at, or set server.public_url to the one it is opened under"));
    }
    let error = csrf("the request does not say from which page it comes: it has no Origin");
    Err(error.solution("programs send an API key or a token of auth/token as `Authorization: Bearer` in place of the cookie"))
}

/// Whether a page sent this, its own or another: programs tell no origin.
pub fn from_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

fn csrf(detail: &str) -> Error {
    Error::new(ErrorKind::PermissionDenied, "csrf_failed", detail)
}

/// Whether the page that sent this is Vigie's own: by `Sec-Fetch-Site`, or by an `Origin` equal to the host or the public URL.
pub fn same_origin(headers: &HeaderMap, app: &App) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok()) {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let host = origin.split_once("://").map(|(_, rest)| rest);
    let public = app.server.public_url.as_deref().is_some_and(|url| url.starts_with(origin));
    public || (host.is_some() && host == text(header::HOST))
}

/// From where a request comes: the peer, or what a trusted proxy says.
pub fn origin(parts: &Parts, app: &App) -> Origin {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical());
    let address = match peer {
        Some(peer) if app.server.trusted_proxies.iter().any(|net| net.contains(&peer)) => forwarded(parts, app).or(Some(peer)),
        other => other,
    };
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).map(str::to_owned);
    Origin { address, user_agent }
}

/// The last address of `X-Forwarded-For` that is no trusted proxy.
fn forwarded(parts: &Parts, app: &App) -> Option<IpAddr> {
    let values = parts.headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
    let hops: Vec<IpAddr> = values.flat_map(|v| v.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    hops.into_iter().rev().find(|hop| !app.server.trusted_proxies.iter().any(|net| net.contains(hop)))
}
