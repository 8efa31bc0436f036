//! The OpenAPI 3.1 document, made of the registered operations. What is common to all is added here, in one pass.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};

use super::{examples, samples, tidy};
use crate::problem::CODES;
use crate::routes::{Operation, Routes};

const TAGS: &[(&str, &str)] = &[
    ("auth", "Sign-in, own account, users, roles and API keys."),
    ("devices", "Devices, interfaces, addresses, neighbours, credentials, checks and what devices are gathered by."),
    ("topology", "Discoveries, the map, links and layouts."),
    ("dashboards", "The system and network dashboards."),
    ("alerts", "Alerts and the rules that raise them."),
    ("notifications", "Channels that tell people, and what was told."),
    ("logs", "Events."),
    ("services", "The services Vigie stands on and beside."),
    ("jobs", "Long work."),
    ("audit", "Who did what."),
    ("system", "Vigie itself."),
];

/// The whole document.
pub fn document(routes: &Routes, version: &str) -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for operation in &routes.operations {
        let item = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        item[operation.method.as_str().to_ascii_lowercase()] = describe(operation);
    }
    let mut schemas = tidy::schemas(&routes.schemas, &routes.patched);
    for (path, item) in &mut paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            show_examples(operation, &schemas);
            echo(operation);
            operation["x-codeSamples"] = samples::of(method, path, operation);
        }
    }
    let paths = Json::Object(paths);
    tidy::prune(&paths, &mut schemas);
    let used: Vec<_> = TAGS.iter().filter(|(tag, _)| routes.operations.iter().any(|o| o.tag == *tag)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vigie",
            "version": version,
            "summary": "Discovers a network, watches it, and explains what broke.",
            "description": "One contract for REST, WebSocket, the command line and the web application. Lists, writes, errors and streams follow the same rules everywhere.",
            "contact": {"name": "Vigie", "url": "https://localhost:8000/api/views/docs/"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server."}],
        "tags": used.iter().map(|(name, description)| json!({"name": name, "description": description})).collect::<Vec<_>>(),
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key (vgk_…) or an access token of auth/token."},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-vigie", "description": "The session of the web page; unsafe methods need X-CSRF-Token besides."},
            },
        },
    })
}

fn describe(operation: &Operation) -> Json {
    let mut out = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": if operation.description.is_empty() { format!("{}.", operation.summary) } else { operation.description.clone() },
        "parameters": operation.parameters,
        "responses": {},
    });
    if operation.method == Method::POST && !operation.open {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"});
        let description = "Makes a repeated request answer as the first did (24 hours).";
        if let Json::Array(parameters) = &mut out["parameters"] {
            parameters
                .push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "description": description, "schema": schema}));
        }
    }
    if let Some(body) = &operation.body {
        out["requestBody"] = body.clone();
    }
    if operation.open {
        out["security"] = json!([]);
    }
    if let Some(permission) = operation.permission {
        out["x-permission"] = json!(permission.to_string());
    }
    for (name, value) in &operation.extensions {
        out[*name] = value.clone();
    }
    for (status, response) in &operation.responses {
        out["responses"][status.to_string()] = response.clone();
    }
    for status in errors_of(operation) {
        let slot = &mut out["responses"][status.to_string()];
        if slot.is_null() {
            *slot = json!({"$ref": format!("#/components/responses/Problem{status}")});
        }
    }
    out
}

/// What every operation can answer besides its own errors.
fn errors_of(operation: &Operation) -> Vec<u16> {
    let mut all = operation.errors.clone();
    all.extend([400, 406, 408, 429, 500, 503]);
    if operation.method == Method::POST && !operation.open {
        all.extend([409, 413, 422]);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn responses() -> Json {
    let mut out = Map::new();
    let mut statuses: Vec<u16> = CODES.iter().map(|c| c.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    // no operation is described under a method that its path does not take
    for status in statuses.into_iter().filter(|status| *status != 405) {
        let codes: Vec<_> = CODES.iter().filter(|c| c.status == status).collect();
        let text = codes.iter().map(|c| format!("`{}`: {}", c.code, c.title)).collect::<Vec<_>>().join("; ");
        let example = codes.first().map_or("internal", |c| c.code);
        out.insert(
            format!("Problem{status}"),
            json!({
                "description": format!("{text}."),
                "content": {"application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": example_problem(example, status),
                }},
            }),
        );
    }
    Json::Object(out)
}

fn example_problem(code: &str, status: u16) -> Json {
    let known = CODES.iter().find(|c| c.code == code);
    json!({
        "type": format!("/api/views/docs/errors/{code}"),
        "code": code,
        "title": known.map_or("", |c| c.title),
        "status": status,
        "detail": known.map_or("", |c| c.help),
        "instance": "/api/v1/devices",
        "request_id": "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d",
        "errors": [],
        "cause": null,
        "solution": null,
        "retry_after_seconds": null,
    })
}

/// Tidies the schemas that stand in an operation, and puts an example beside each JSON body that has none.
fn show_examples(operation: &mut Json, schemas: &Map<String, Json>) {
    let mut contents = Vec::new();
    for (name, member) in operation.as_object_mut().into_iter().flatten() {
        match name.as_str() {
            "requestBody" => contents.extend(member.get_mut("content")),
            "responses" => {
                contents.extend(member.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(|r| r.get_mut("content")));
            }
            _ => {}
        }
    }
    for (kind, body) in contents.into_iter().filter_map(Json::as_object_mut).flatten() {
        tidy::tidy(&mut body["schema"]);
        if kind.contains("json") && kind != "application/x-ndjson" && body.get("example").is_none() {
            body["example"] = examples::of(&body["schema"], schemas);
        }
    }
}

/// The answer to a body shows what the body says: their examples tell one story.
fn echo(operation: &mut Json) {
    let content = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    let Some(sent) = content.and_then(|body| body["example"].as_object()).cloned() else { return };
    for status in ["200", "201", "202"] {
        let shown = operation.pointer_mut(&format!("/responses/{status}/content/application~1json/example"));
        for (name, value) in shown.and_then(Json::as_object_mut).into_iter().flatten() {
            if let Some(sent) = sent.get(name).filter(|sent| is_like(sent, value)) {
                value.clone_from(sent);
            }
        }
    }
}

/// Whether both are the same kind of JSON, their first items too.
fn is_like(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => a.first().zip(b.first()).is_none_or(|(a, b)| is_like(a, b)),
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
