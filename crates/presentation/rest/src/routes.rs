//! Routes and their documents in one list, so that neither can be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use vigie_domain::Permission;

use crate::app::App;
use crate::docs::patch_name;

/// An operation as the documents describe it.
pub struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) tag: &'static str,
    pub(crate) summary: String,
    pub(crate) description: String,
    pub(crate) permission: Option<Permission>,
    pub(crate) open: bool,
    pub(crate) parameters: Vec<Json>,
    pub(crate) body: Option<Json>,
    pub(crate) responses: Vec<(u16, Json)>,
    pub(crate) errors: Vec<u16>,
    pub(crate) extensions: Vec<(&'static str, Json)>,
}

impl Operation {
    /// An operation: method, path below `/api/v1` or absolute, id, tag and a summary of a few words.
    pub fn new(method: Method, path: impl Into<String>, id: impl Into<String>, tag: &'static str, summary: impl Into<String>) -> Self {
        let path = path.into();
        let path =
            if path.starts_with("/api/") || path.starts_with("/healthz") || path.starts_with("/readyz") || path.starts_with("/metrics") {
                path
            } else {
                format!("/api/v1{path}")
            };
        let parameters = path_parameters(&path);
        let mut errors = vec![401, 403];
        if !parameters.is_empty() {
            errors.push(404);
        }
        let summary = summary.into();
        Self {
            method,
            path,
            id: id.into(),
            tag,
            description: String::new(),
            summary,
            permission: None,
            open: false,
            parameters,
            body: None,
            responses: Vec::new(),
            errors,
            extensions: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(path: impl Into<String>, id: impl Into<String>, tag: &'static str, summary: impl Into<String>) -> Self {
        Self::new(Method::GET, path, id, tag, summary)
    }

    /// A POST; it takes an `Idempotency-Key`.
    pub fn post(path: impl Into<String>, id: impl Into<String>, tag: &'static str, summary: impl Into<String>) -> Self {
        Self::new(Method::POST, path, id, tag, summary)
    }

    /// More than the summary says.
    pub fn describe(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// The right it needs.
    pub fn needs(mut self, permission: Permission) -> Self {
        self.permission = Some(permission);
        self
    }

    /// Answers without sign-in.
    pub fn open(mut self) -> Self {
        self.open = true;
        self.errors.retain(|status| !matches!(status, 401 | 403));
        self
    }

    /// A query parameter with its JSON schema.
    pub fn query(mut self, name: &str, description: &str, schema: &Json) -> Self {
        self.parameters.push(json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema}));
        if !self.errors.contains(&400) {
            self.errors.push(400);
        }
        self
    }

    /// A header parameter.
    pub fn header(mut self, name: &str, description: &str, schema: &Json) -> Self {
        self.parameters.push(json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema}));
        self
    }

    /// Other statuses it can answer with a problem.
    pub fn fails(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            if !self.errors.contains(status) {
                self.errors.push(*status);
            }
        }
        self
    }

    /// The same answer in another media type.
    pub fn also_answers(mut self, media_type: &str) -> Self {
        if let Some((_, response)) = self.responses.last_mut() {
            response["content"][media_type] = json!({"schema": {"type": "string"}});
        }
        self
    }

    /// An answer that is a stream of server-sent events.
    pub fn answers_stream(mut self, status: u16, description: &str) -> Self {
        let content = json!({"text/event-stream": {"schema": {"type": "string"}}});
        self.responses.push((status, json!({"description": description, "content": content})));
        self
    }

    /// An answer that is a file of no further form.
    pub fn answers_file(mut self, status: u16, description: &str) -> Self {
        let content = json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}});
        self.responses.push((status, json!({"description": description, "content": content})));
        self
    }

    /// An extension `x-…` of the document.
    pub fn extension(mut self, name: &'static str, value: Json) -> Self {
        self.extensions.push((name, value));
        self
    }
}

fn path_parameters(path: &str) -> Vec<Json> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')));
    names.map(|name| path_parameter(name.trim_start_matches('*'))).collect()
}

fn path_parameter(name: &str) -> Json {
    let is_id = name == "id" || name.ends_with("_id");
    let (schema, example) = if is_id {
        (json!({"type": "string", "format": "uuid"}), "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d")
    } else {
        (json!({"type": "string"}), "vigie")
    };
    let description = format!("The {} of the object.", if is_id { "identifier" } else { name });
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema, "example": example})
}

/// Routes, operations and schemas.
#[derive(Default)]
pub struct Routes {
    pub(crate) router: Router<App>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) schemas: BTreeMap<String, Json>,
    /// Inputs of which merge patches are taken.
    pub(crate) patched: BTreeSet<String>,
}

impl Routes {
    /// Adds an operation with its handler.
    pub fn add<H, T>(&mut self, operation: Operation, handler: H)
    where
        H: Handler<T, App>,
        T: 'static,
    {
        if let Ok(filter) = MethodFilter::try_from(operation.method.clone()) {
            self.mount(&operation.path.clone(), on(filter, handler));
        }
        self.operations.push(operation);
    }

    /// Describes an operation without serving it: where only the document is wanted.
    pub fn describe_only(&mut self, operation: Operation) {
        self.operations.push(operation);
    }

    /// Adds a route that the OpenAPI document does not speak of.
    pub fn mount(&mut self, path: &str, route: MethodRouter<App>) {
        let router = std::mem::take(&mut self.router);
        self.router = router.route(path, route);
    }

    /// A reference to the schema of `T`, which is added with all it refers to.
    pub fn schema<T: ToSchema>(&mut self) -> Json {
        let mut all = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut all);
        for (name, schema) in all {
            let json = serde_json::to_value(schema).unwrap_or_default();
            self.schemas.entry(name).or_insert(json);
        }
        json!({"$ref": format!("#/components/schemas/{}", T::name())})
    }

    /// A body of type `T`.
    pub fn body<T: ToSchema>(&mut self, mut operation: Operation, required: bool) -> Operation {
        let schema = self.schema::<T>();
        let mut content = json!({"application/json": {"schema": schema}});
        if operation.method == Method::PATCH {
            self.patched.insert(T::name().into_owned());
            let patch = json!({"$ref": format!("#/components/schemas/{}", patch_name(&T::name()))});
            content = json!({"application/merge-patch+json": {"schema": patch}, "application/json": {"schema": patch}});
        }
        operation.body = Some(json!({"required": required, "description": "The input.", "content": content}));
        operation.fails(&[400, 413, 415, 422])
    }

    /// An answer of type `T`.
    pub fn answers<T: ToSchema>(&mut self, operation: Operation, status: u16, description: &str) -> Operation {
        let schema = self.schema::<T>();
        self.answers_schema(operation, status, description, &schema)
    }

    /// An answer with this schema.
    pub fn answers_schema(&mut self, mut operation: Operation, status: u16, description: &str, schema: &Json) -> Operation {
        operation.responses.push((status, json!({"description": description, "content": {"application/json": {"schema": schema}}})));
        operation
    }

    /// An answer without a body.
    pub fn answers_nothing(mut operation: Operation, status: u16, description: &str) -> Operation {
        operation.responses.push((status, json!({"description": description})));
        operation
    }
}
