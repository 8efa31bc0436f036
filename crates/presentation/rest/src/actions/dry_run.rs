//! `?dry_run=true`: the same validation and rights, the plan as the answer, and nothing changed (API, section 4).

use axum::http::Uri;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use vigie_api_types::Named;
use vigie_domain::{Error, Id, Result};

use crate::lists;
use crate::resource::json_response;
use crate::routes::{Operation, Routes};

/// What an action would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Plan {
    /// Always true: nothing was done.
    #[schema(example = true)]
    dry_run: bool,
    /// The action.
    #[schema(example = "poll")]
    action: &'static str,
    /// What it would be done to.
    target: Named,
    /// What would happen, in order.
    steps: Vec<String>,
}

/// Adds the parameter and the answer to the document of an action.
pub(crate) fn document(routes: &mut Routes, operation: Operation) -> Operation {
    let schema = json!({"type": "boolean", "default": false});
    let operation = operation.query("dry_run", "Answer what would be done, with the same validation and rights, and do nothing.", &schema);
    routes.answers::<Plan>(operation, 200, "With `dry_run=true`: what would be done.")
}

/// Whether the request asks for the plan alone; no other parameter is known.
pub(crate) fn asked(uri: &Uri) -> Result<bool> {
    let mut dry = false;
    for (key, value) in lists::decode(uri.query().unwrap_or_default())? {
        dry = match (key.as_str(), value.as_str()) {
            ("dry_run", "true") => true,
            ("dry_run", "false") => false,
            ("dry_run", _) => return Err(Error::bad_query("invalid_query", "dry_run", "dry_run is true or false")),
            _ => return Err(Error::bad_query("invalid_query", &key, format!("there is no parameter {key}; valid is dry_run"))),
        };
    }
    Ok(dry)
}

/// The answer.
pub(crate) fn plan(action: &'static str, id: Id, name: &str, steps: Vec<String>) -> Response {
    json_response(&Plan { dry_run: true, action, target: Named::new(id, name), steps })
}
