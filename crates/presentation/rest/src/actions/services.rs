//! Services.

use axum::extract::{Path, State};
use axum::routing::any;
use serde_json::json;
use vigie_application::system::ServiceView;
use vigie_domain::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::{Answered, Failure};
use crate::resource::json_response;
use crate::routes::{Operation, Routes};

const READ: Permission = Permission::new("services", "read");

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::get("/services", "list_services", "services", "List services")
        .describe("Vigie's own parts, and the services it can stand beside; those that are not configured say so.")
        .needs(READ);
    let view = routes.schema::<ServiceView>();
    let meta = routes.schema::<vigie_api_types::ListMeta>();
    let schema = json!({
        "type": "object",
        "required": ["next", "previous", "results", "meta"],
        "properties": {"next": {"type": ["string", "null"], "description": "There is one page only."}, "previous": {"type": ["string", "null"], "description": "There is one page only."}, "results": {"type": "array", "description": "The services.", "items": view}, "meta": meta},
    });
    let op = routes.answers_schema(op, 200, "The services.", &schema);
    routes.add(op, list);
    let op =
        Operation::get("/services/{name}", "get_service", "services", "Get a service").describe("By its `id` in the list.").needs(READ);
    let op = routes.answers::<ServiceView>(op, 200, "The service.");
    routes.add(op, get);
    for (kind, paths) in UNCONFIGURED {
        for path in *paths {
            routes.mount(
                &format!("/api/v1/{path}"),
                any(move |State(app): State<App>, Caller(_): Caller| async move { Failure(app.services.refuse(kind)) }),
            );
        }
    }
}

/// Data routes of the services that no version reads yet (API, section 6). They stand in no document: nothing is answered there.
const UNCONFIGURED: &[(&str, &[&str])] = &[
    ("netflow", &["flows/records", "flows/query", "flows/top/{dimension}", "flows/exporters", "flows/exporters/{id}"]),
    ("prometheus", &["prometheus/{*path}"]),
    ("grafana", &["grafana/{*path}"]),
    ("netdata", &["netdata/{*path}"]),
    ("alertmanager", &["alertmanager/{*path}"]),
    ("suricata", &["security/suricata/{*path}"]),
    ("fail2ban", &["security/fail2ban/{*path}"]),
    ("nginx", &["security/nginx/{*path}"]),
    ("traffic_control", &["traffic-control/{*path}"]),
    ("haproxy", &["haproxy/{*path}"]),
];

async fn list(State(app): State<App>, Caller(cx): Caller) -> Answered {
    let results = app.services.list(&cx).await?;
    let meta = json!({"has_next": false, "has_previous": false, "total_estimate": results.len(), "total_is_exact": true});
    Ok(json_response(&json!({"next": null, "previous": null, "results": results, "meta": meta})))
}

async fn get(State(app): State<App>, Caller(cx): Caller, Path(name): Path<String>) -> Answered {
    Ok(json_response(&app.services.get(&cx, &name).await?))
}
