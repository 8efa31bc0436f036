//! `system/*`, `meta/*`, `event-types`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use vigie_api_types::Time;
use vigie_application::permissions;
use vigie_domain::Permission;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{FILTERS, json_response};
use crate::routes::{Operation, Routes};

const READ: Permission = Permission::new("system", "read");
/// How long the store of events may take to tell what it holds.
const EVENTS: Duration = Duration::from_secs(5);

/// What this server is.
#[derive(Serialize, ToSchema)]
struct SystemInfo {
    /// `Vigie`.
    name: &'static str,
    /// Version of the binary.
    version: String,
    /// Commit it was built from.
    commit: String,
    /// When it started.
    #[schema(inline)]
    started_at: Time,
    /// For how long it has run.
    uptime_seconds: f64,
    /// Name of this node.
    node_id: String,
    /// Engine of the store of state.
    database: String,
    /// Version of that engine.
    database_version: String,
    /// Last migration applied.
    schema_version: i64,
    /// Address people reach Vigie at.
    public_url: Option<String>,
}

/// What the stores take.
#[derive(Serialize, ToSchema)]
struct StorageInfo {
    /// One a store.
    stores: Vec<StoreView>,
    /// Room on the disk of the state folder, looked at every two minutes.
    disk: DiskView,
}

/// Room on the disk of the state folder.
#[derive(Serialize, ToSchema)]
struct DiskView {
    /// What is free, bytes; `null` where the disk cannot be asked.
    free_bytes: Option<u64>,
    /// All of it, bytes.
    total_bytes: Option<u64>,
    /// What stays free, bytes: when less is, the oldest samples go.
    floor_bytes: u64,
    /// `ok`, `low` (a fifth of quota or floor is left) or `shedding` (samples go, oldest first).
    #[schema(example = "ok")]
    pressure: &'static str,
    /// Days until quota or floor is reached at the growth of the last day; `null` while nothing grows or too little is known.
    days_left: Option<f64>,
}

/// A store.
#[derive(Serialize, ToSchema)]
struct StoreView {
    /// `state`, `samples` or `events`.
    name: &'static str,
    /// Its engine.
    engine: String,
    /// Bytes on disk; `null` where the store does not answer.
    size_bytes: Option<u64>,
    /// Values kept, for samples; events kept, for events.
    values: Option<u64>,
    /// The oldest of them.
    #[schema(inline)]
    oldest: Option<Time>,
    /// How long things are kept.
    retention_seconds: u64,
    /// The most it may take, bytes; `null` where nothing limits it.
    quota_bytes: Option<u64>,
}

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::get("/system/info", "get_system_info", "system", "See what this server is")
        .describe("Version, commit, start, node and store. Needs a grant without limits.")
        .needs(READ);
    let op = routes.answers::<SystemInfo>(op, 200, "Version, uptime, store.");
    routes.add(op, info);
    let op = Operation::get("/system/configuration", "get_configuration", "system", "See the configuration, secrets masked")
        .describe("Every setting in force; secrets are masked. Needs a grant without limits.")
        .needs(READ);
    let op =
        routes.answers_schema(op, 200, "Each value with where it comes from.", &json!({"type": "object", "additionalProperties": true}));
    routes.add(op, configuration);
    let op = Operation::get("/system/storage", "get_storage", "system", "See what the stores take")
        .describe("Size on disk, quota, retention, and the oldest value of each store; room on the disk, and for how many days it does.")
        .needs(READ);
    let op = routes.answers::<StorageInfo>(op, 200, "Sizes and retention.");
    routes.add(op, storage);
    let op = Operation::get("/meta/filters", "get_filter_grammar", "system", "See the filters of every list").describe(
        "Of each list, by its path: fields with kind, operators, whether they are indexed and sortable; orderings and relations.",
    );
    let op = routes.answers_schema(op, 200, "The grammar by resource.", &json!({"type": "object", "additionalProperties": true}));
    routes.describe_only(op);
    let op = Operation::get("/meta/permissions", "get_permissions", "system", "See every permission there is")
        .describe("The words of roles and API keys, with what each allows.");
    let item = json!({"type": "object", "required": ["permission", "description"], "properties": {"permission": {"type": "string", "description": "The permission."}, "description": {"type": "string", "description": "What it allows."}}});
    let op = routes.answers_schema(op, 200, "The catalogue.", &json!({"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "description": "The permissions.", "items": item}}}));
    routes.add(op, all_permissions);
    let op = Operation::get("/event-types", "list_event_types", "logs", "See every type of event there is")
        .describe("The catalogue that WebSocket, server-sent events and lists share.");
    let item = json!({"type": "object", "required": ["type", "description"], "properties": {"type": {"type": "string", "description": "The type."}, "description": {"type": "string", "description": "What it says."}}});
    let op = routes.answers_schema(op, 200, "The catalogue.", &json!({"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "description": "The types.", "items": item}}}));
    routes.add(op, event_types);
}

async fn info(State(app): State<App>, Caller(cx): Caller) -> Answered {
    cx.require_unscoped(READ)?;
    let store = app.core.store.describe().await?;
    Ok(json_response(&SystemInfo {
        name: "Vigie",
        version: app.server.version.clone(),
        commit: app.server.commit.clone(),
        started_at: app.server.started_at.into(),
        uptime_seconds: cx.now.since(app.server.started_at).as_secs_f64(),
        node_id: app.core.settings.node.clone(),
        database: store.engine,
        database_version: store.version,
        schema_version: store.schema_version,
        public_url: app.server.public_url.clone(),
    }))
}

async fn configuration(State(app): State<App>, Caller(cx): Caller) -> Answered {
    cx.require_unscoped(READ)?;
    Ok(json_response(&app.server.configuration))
}

async fn storage(State(app): State<App>, Caller(cx): Caller) -> Answered {
    cx.require_unscoped(READ)?;
    let state = app.core.store.describe().await?;
    let samples = app.env.samples.describe().await?;
    let events = tokio::time::timeout(EVENTS, app.events.status()).await.ok().and_then(Result::ok).unwrap_or_default();
    let is_known = events.problem.is_none() && !events.engine.is_empty();
    let settings = &app.core.settings;
    let (room, limits) = (app.storage.seen(), app.storage.limits());
    let stores = vec![
        StoreView {
            name: "state",
            engine: state.engine.clone(),
            size_bytes: Some(state.size_bytes),
            values: None,
            oldest: None,
            retention_seconds: settings.keep_audit.as_secs(),
            quota_bytes: None,
        },
        StoreView {
            name: "samples",
            engine: state.engine,
            size_bytes: Some(samples.bytes),
            values: Some(samples.values),
            oldest: samples.oldest.map(Into::into),
            retention_seconds: settings.keep_samples.as_secs(),
            quota_bytes: Some(limits.samples_quota).filter(|quota| *quota > 0),
        },
        StoreView {
            name: "events",
            engine: events.engine,
            size_bytes: is_known.then_some(events.bytes),
            values: is_known.then_some(events.events),
            oldest: events.oldest.map(Into::into),
            retention_seconds: settings.keep_logs.as_secs(),
            quota_bytes: Some(limits.events_quota).filter(|quota| *quota > 0),
        },
    ];
    let disk = DiskView {
        free_bytes: room.disk.map(|disk| disk.free_bytes),
        total_bytes: room.disk.map(|disk| disk.total_bytes),
        floor_bytes: limits.floor,
        pressure: room.pressure.word(),
        days_left: room.days_left,
    };
    Ok(json_response(&StorageInfo { stores, disk }))
}

/// Adds `meta/filters`: the grammar of every list that the routes have.
pub(crate) fn mount_filters(routes: &mut Routes) {
    let grammars = routes.operations.iter().filter_map(|operation| {
        let (_, grammar) = operation.extensions.iter().find(|(name, _)| *name == FILTERS)?;
        Some((operation.path.trim_start_matches("/api/v1/").to_owned(), grammar.clone()))
    });
    let all: Arc<serde_json::Map<String, Json>> = Arc::new(grammars.collect());
    routes.mount("/api/v1/meta/filters", get(move |Caller(_): Caller| async move { Answered::Ok(json_response(&*all)) }));
}

async fn all_permissions(Caller(_): Caller) -> Answered {
    let rows: Vec<Json> =
        permissions::CATALOGUE.iter().map(|(p, text)| json!({"permission": p.to_string(), "description": text})).collect();
    Ok(json_response(&json!({"results": rows})))
}

async fn event_types(Caller(_): Caller) -> Answered {
    let rows: Vec<Json> = vigie_domain::system::event_types::ALL.iter().map(|(t, text)| json!({"type": t, "description": text})).collect();
    Ok(json_response(&json!({"results": rows})))
}
