//! The fifteen errors of Vigie. Adapters map to them once; one table in the presentation maps them to HTTP, GraphQL and WebSocket.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The outcome of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong; the public `code` refines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nobody is signed in, or the credentials do not hold.
    NotAuthenticated,
    /// Signed in, but the right is missing.
    PermissionDenied,
    /// The object does not exist within the caller's scope.
    ResourceNotFound,
    /// A body, a parameter or a cursor is not valid.
    ValidationFailed,
    /// The state of the object forbids it.
    Conflict,
    /// `If-Match` does not hold, or is missing on a guarded resource.
    PreconditionFailed,
    /// Too many requests.
    RateLimited,
    /// A size, depth, cost or quota was passed.
    LimitExceeded,
    /// This kernel, version or device cannot do it.
    Unsupported,
    /// The device did not answer.
    DeviceUnreachable,
    /// The device answered, and refused: credentials or privileges.
    DeviceRefused,
    /// A configured service is absent, or its breaker is open.
    ServiceUnavailable,
    /// A service did not answer in time.
    ServiceTimeout,
    /// A service answered with an error or nonsense.
    ServiceFailed,
    /// Vigie's own store failed.
    StorageFailed,
}

/// One field that is wrong: where, what, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field, such as `targets[1]`.
    pub field: String,
    /// Stable code, such as `invalid_cidr`.
    pub code: Cow<'static, str>,
    /// What is wrong with it, in one sentence.
    pub message: String,
    /// What to write instead, where that can be said.
    pub solution: Option<String>,
}

impl FieldError {
    /// A field error without a proposed solution.
    pub fn new(field: impl Into<String>, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into(), solution: None }
    }

    /// Says what to write instead.
    pub fn solution(mut self, solution: impl Into<String>) -> Self {
        self.solution = Some(solution.into());
        self
    }
}

/// An error with its public half (code, detail, cause, solution) and its internal half (source), which only the log sees.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    code: Cow<'static, str>,
    detail: String,
    cause: Option<String>,
    solution: Option<String>,
    fields: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind with a stable code and a public sentence.
    pub fn new(kind: ErrorKind, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code: code.into(),
            detail: detail.into(),
            cause: None,
            solution: None,
            fields: Vec::new(),
            retry_after_seconds: None,
            source: None,
        }))
    }

    /// 401: nobody is signed in.
    pub fn not_authenticated(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotAuthenticated, "not_authenticated", detail)
    }

    /// 403: the right `permission` is missing.
    pub fn permission_denied(permission: &str) -> Self {
        Self::new(ErrorKind::PermissionDenied, "permission_denied", format!("this needs the permission {permission}"))
            .solution(format!("ask an administrator for {permission}"))
    }

    /// 404: no such object in the caller's scope.
    pub fn not_found(kind: &str, id: impl fmt::Display) -> Self {
        Self::new(ErrorKind::ResourceNotFound, "not_found", format!("there is no {kind} {id}"))
    }

    /// 422: the body has invalid fields.
    pub fn validation(fields: Vec<FieldError>) -> Self {
        let count = fields.len();
        let detail = if count == 1 { "1 field is invalid".to_owned() } else { format!("{count} fields are invalid") };
        let mut error = Self::new(ErrorKind::ValidationFailed, "validation_failed", detail);
        error.0.fields = fields;
        error
    }

    /// 422 for one field.
    pub fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::validation(vec![FieldError::new(field, code, message)])
    }

    /// 400 for a query parameter: `code` is `invalid_filter`, `invalid_cursor`, `cursor_expired` or `invalid_query`.
    pub fn bad_query(code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(ErrorKind::ValidationFailed, code, message.clone());
        error.0.fields = vec![FieldError::new(field, code, message)];
        error
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, detail)
    }

    /// 412 (`precondition_failed`) or 428 (`precondition_required`).
    pub fn precondition(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::PreconditionFailed, code, detail)
    }

    /// 503: the store failed; the source goes to the log.
    pub fn storage(source: impl StdError + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::StorageFailed, "storage_failed", "the store could not answer").source(source)
    }

    /// Adds why it happened.
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds what to do about it.
    pub fn solution(mut self, solution: impl Into<String>) -> Self {
        self.0.solution = Some(solution.into());
        self
    }

    /// Adds a field error.
    pub fn field(mut self, field: FieldError) -> Self {
        self.0.fields.push(field);
        self
    }

    /// Adds after how many seconds a retry makes sense.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Keeps the internal cause for the log.
    pub fn source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Which of the fifteen it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable public code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The public sentence.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Why, where known.
    pub fn cause_text(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// What to do, where known.
    pub fn solution_text(&self) -> Option<&str> {
        self.0.solution.as_deref()
    }

    /// The fields that are wrong.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// After how many seconds a retry makes sense.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after_seconds
    }

    /// The internal cause, where it is of this type.
    pub fn source_as<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// The chain of internal causes, for the log only.
    pub fn chain(&self) -> String {
        let mut text = String::new();
        let mut next: Option<&(dyn StdError + 'static)> = self.0.source.as_deref().map(|e| e as _);
        while let Some(error) = next {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)?;
        for field in &self.0.fields {
            if field.message != self.0.detail {
                write!(f, "; {}: {}", field.field, field.message)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({}): {self} [{}]", self.0.kind, self.0.code, self.chain())
    }
}

impl StdError for Error {}
