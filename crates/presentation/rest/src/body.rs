//! Reading bodies: JSON only, every rejection a problem.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use vigie_application::resources::read_input;
use vigie_domain::{Error, ErrorKind};

use crate::app::App;
use crate::problem::{Failure, plain};

/// A JSON body.
pub struct JsonBody(pub Json);

/// A JSON body read into a type; unknown and ill-typed fields are 422.
pub struct Input<T>(pub T);

impl FromRequest<App> for JsonBody {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let patch = request.method() == axum::http::Method::PATCH;
        if !is_json(request.headers(), patch) {
            return Err(plain("unsupported_media_type", "the body is not declared as application/json"));
        }
        let bytes = read(request, app).await?;
        parse(&bytes).map(Self).map_err(|e| Failure(e).into_response())
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Input<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let JsonBody(json) = JsonBody::from_request(request, app).await?;
        read_input(json).map(Self).map_err(|e| Failure(e).into_response())
    }
}

/// A JSON body that may be left out, read into a type with defaults.
pub struct OptionalInput<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for OptionalInput<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let declared = request.headers().contains_key(header::CONTENT_TYPE);
        let json_declared = is_json(request.headers(), false);
        let bytes = read(request, app).await?;
        let json = if bytes.is_empty() {
            Json::Object(serde_json::Map::new())
        } else if declared && !json_declared {
            return Err(plain("unsupported_media_type", "the body is not declared as application/json"));
        } else {
            parse(&bytes).map_err(|e| Failure(e).into_response())?
        };
        read_input(json).map(Self).map_err(|e| Failure(e).into_response())
    }
}

async fn read(request: Request, app: &App) -> Result<Bytes, Response> {
    whole(request.into_body(), app.server.body_limit).await
}

/// The whole body, as far as the limit allows.
pub(crate) async fn whole(body: Body, limit: usize) -> Result<Bytes, Response> {
    let mut stream = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| plain("invalid_body", "the body could not be read to its end"))?;
        if whole.len() + chunk.len() > limit {
            return Err(plain("limit_exceeded", format!("the body is larger than {limit} bytes")));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn parse(bytes: &[u8]) -> Result<Json, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::new(ErrorKind::ValidationFailed, "invalid_body", format!("the body is not well-formed JSON: {error}"))
            .cause(format!("line {line}, column {column}"))
    })
}

fn is_json(headers: &HeaderMap, patch: bool) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (patch && kind == "application/merge-patch+json")
}
