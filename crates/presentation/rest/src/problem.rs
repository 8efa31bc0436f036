//! The one error body (RFC 9457), and the one table from the domain's errors to HTTP.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vigie_api_types::{FieldErrorView, Problem};
use vigie_domain::{Error, ErrorKind, FieldError};

/// What handlers fail with.
#[derive(Debug)]
pub struct Failure(pub Error);

/// The outcome of a handler.
pub type Answered<T = Response> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// What the pages and the OpenAPI document say of a code.
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// Its HTTP status.
    pub status: u16,
    /// What it means.
    pub title: &'static str,
    /// When it is answered, and what to do.
    pub help: &'static str,
}

const fn code(code: &'static str, status: u16, title: &'static str, help: &'static str) -> Code {
    Code { code, status, title, help }
}

/// Every code there is.
pub const CODES: &[Code] = &[
    code(
        "not_authenticated",
        401,
        "Nobody is signed in",
        "The request carries no credentials, or they do not hold. Sign in, or send a valid API key as Authorization: Bearer.",
    ),
    code(
        "permission_denied",
        403,
        "The right is missing",
        "The caller is known, but may not do this. The detail names the permission; an administrator can grant it.",
    ),
    code(
        "csrf_failed",
        403,
        "The request does not come from Vigie's own page",
        "Unsafe requests with the session cookie need the X-CSRF-Token of auth/me and Vigie's own Origin. Programs use API keys instead.",
    ),
    code("not_found", 404, "There is no such object", "The object does not exist, or lies outside what the caller may see."),
    code("no_such_path", 404, "There is no such path", "The path is not part of the API. The documents list all paths."),
    code("method_not_allowed", 405, "The path does not take this method", "The Allow header lists the methods it takes."),
    code(
        "not_acceptable",
        406,
        "The answer cannot be given in this form",
        "The Accept header asks for a form or version that this path does not have.",
    ),
    code("request_timeout", 408, "The request took too long", "The request did not arrive, or was not answered, in time."),
    code("conflict", 409, "The state of the object forbids it", "The detail says what stands in the way."),
    code("already_exists", 409, "It exists already", "Another object has the same unique value; the fields say which."),
    code("not_configured", 409, "The service is not configured", "Nobody configured this service; the solution says what to set."),
    code(
        "precondition_failed",
        412,
        "The object was changed in the meantime",
        "If-Match names another version than the current one. Read the object again and repeat the change.",
    ),
    code("limit_exceeded", 413, "A limit was passed", "The request is larger or costlier than allowed; the detail names the limit."),
    code("unsupported_media_type", 415, "The body has another form", "Send application/json, or application/merge-patch+json with PATCH."),
    code(
        "validation_failed",
        422,
        "The request has invalid fields",
        "Each entry of errors names a field, what is wrong with it and what to write instead.",
    ),
    code(
        "needs_confirmation",
        422,
        "It is larger than usual",
        "Repeat the request with the confirmation that the solution names, if that is what you want.",
    ),
    code("idempotency_conflict", 422, "The Idempotency-Key was used with another body", "Use a new key for a new request."),
    code("unsupported", 422, "It cannot be done here", "This kernel, version or device cannot do it."),
    code(
        "precondition_required",
        428,
        "If-Match is needed",
        "The resource is guarded: read it, and send its ETag as If-Match with the change.",
    ),
    code(
        "invalid_filter",
        400,
        "A filter or ordering is not valid",
        "The errors name the parameter and list what is valid; GET meta/filters holds the whole grammar.",
    ),
    code(
        "invalid_cursor",
        400,
        "The cursor is not valid",
        "A cursor is used as it was given, with the same filters and ordering. Begin again without it.",
    ),
    code("cursor_expired", 400, "The cursor has expired", "A cursor holds for 24 hours. Begin again without it."),
    code("invalid_query", 400, "A query parameter is not valid", "The errors name the parameter and what it takes."),
    code("invalid_body", 400, "The body cannot be read", "The body is not well-formed JSON; the detail gives line and column."),
    code("invalid_header", 400, "A header is not valid", "The errors name the header."),
    code("rate_limited", 429, "Too many requests", "Wait for as long as Retry-After says."),
    code("internal", 500, "A fault in Vigie", "This is a bug. The request_id finds it in the log."),
    code("device_unreachable", 502, "The device does not answer", "The causes tell what the side probes showed."),
    code("device_refused", 502, "The device refuses", "The device answers, but credentials or privileges do not do."),
    code("service_failed", 502, "The service failed", "The service answered with an error or nonsense."),
    code(
        "service_unavailable",
        503,
        "The service is not there",
        "The service is configured but absent, or it failed so often that it is left alone for a while.",
    ),
    code(
        "standing_by",
        503,
        "This server stands by",
        "Another server works on the same database. This one answers when that one has ended; the cause names it.",
    ),
    code("storage_failed", 503, "The store failed", "Vigie's own store could not answer. The log says why."),
    code("service_timeout", 504, "The service did not answer in time", "The service is there, but slow."),
];

/// HTTP status of an error.
pub fn status_of(error: &Error) -> StatusCode {
    match error.kind() {
        ErrorKind::NotAuthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::ResourceNotFound => StatusCode::NOT_FOUND,
        ErrorKind::ValidationFailed => match error.code() {
            "invalid_filter" | "invalid_cursor" | "cursor_expired" | "invalid_query" | "invalid_body" | "invalid_header" => {
                StatusCode::BAD_REQUEST
            }
            "not_acceptable" => StatusCode::NOT_ACCEPTABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        },
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PreconditionFailed if error.code() == "precondition_required" => StatusCode::PRECONDITION_REQUIRED,
        ErrorKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::LimitExceeded if error.fields().is_empty() => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::LimitExceeded | ErrorKind::Unsupported => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::DeviceUnreachable | ErrorKind::DeviceRefused | ErrorKind::ServiceFailed => StatusCode::BAD_GATEWAY,
        ErrorKind::ServiceUnavailable | ErrorKind::StorageFailed => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::ServiceTimeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// The body of an error. `instance` and `request_id` are filled on the way out, where they are known.
pub fn problem(error: &Error) -> Problem {
    let status = status_of(error).as_u16();
    make(error.code(), status, error.detail(), error.fields(), error)
}

fn make(code: &str, status: u16, detail: &str, fields: &[FieldError], error: &Error) -> Problem {
    let known = CODES.iter().find(|c| c.code == code);
    Problem {
        kind: format!("/api/views/docs/errors/{code}"),
        code: code.to_owned(),
        title: known.map_or("The request failed", |c| c.title).to_owned(),
        status,
        detail: detail.to_owned(),
        instance: String::new(),
        request_id: String::new(),
        errors: fields.iter().map(field_view).collect(),
        cause: error.cause_text().map(str::to_owned),
        solution: error.solution_text().map(str::to_owned),
        retry_after_seconds: error.retry_after_seconds(),
    }
}

fn field_view(field: &FieldError) -> FieldErrorView {
    FieldErrorView {
        field: field.field.clone(),
        code: field.code.clone().into_owned(),
        message: field.message.clone(),
        solution: field.solution.clone(),
    }
}

/// A problem of the HTTP layer itself, which no domain error stands for.
pub fn plain(code: &'static str, detail: impl Into<String>) -> Response {
    let status = CODES.iter().find(|c| c.code == code).map_or(500, |c| c.status);
    let error = Error::new(ErrorKind::ValidationFailed, code, detail);
    respond(make(code, status, error.detail(), &[], &error))
}

/// What the outermost layer still fills in.
#[derive(Clone)]
pub struct Unfinished(pub Problem);

fn respond(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vigie\""));
    }
    let wait =
        problem.retry_after_seconds.or((status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS).then_some(5));
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(Unfinished(problem));
    response
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let chain = self.0.chain();
        if !chain.is_empty() {
            tracing::warn!(code = self.0.code(), detail = self.0.detail(), cause = chain, "request failed");
        }
        respond(problem(&self.0))
    }
}
