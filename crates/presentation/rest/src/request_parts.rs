//! What sign-in looks at, as an extractor that asks for no credentials.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use vigie_application::identity::Origin;

use crate::app::App;
use crate::caller::origin;
use crate::request_id::RequestId;

/// From where a request comes.
pub struct WithOrigin {
    /// Address and user agent.
    pub origin: Origin,
    /// Id of the request.
    pub request_id: String,
    /// Its headers.
    pub headers: HeaderMap,
}

impl FromRequestParts<App> for WithOrigin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self { origin: origin(parts, app), request_id: RequestId::of(parts).to_owned(), headers: parts.headers.clone() })
    }
}
