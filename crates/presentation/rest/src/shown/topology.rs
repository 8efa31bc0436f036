//! Discoveries with their runs, and layouts.

use async_trait::async_trait;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;
use vigie_api_types::{Time, Uid};
use vigie_application::CallContext;
use vigie_application::topology::{DiscoverySuggestions, DiscoveryView, READ, RunResultView, RunView, WRITE, discovery_views};
use vigie_domain::store::{Entity, Reader};
use vigie_domain::topology::{Discovery, Layout, LayoutPoint, Run, RunResult};
use vigie_domain::{Error, Id, Result};

use crate::actions::{dry_run_asked, dry_run_document, dry_run_plan};
use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{Asked, ObjectId, Shown, Verbs, json_response, list_of, mount as mount_resource, named_list};
use crate::routes::{Operation, Routes};

#[async_trait]
impl Shown for Discovery {
    type View = DiscoveryView;
    const TAG: &'static str = "topology";
    const NOUN: &'static str = "a discovery";
    const CREATED: u16 = 202;

    async fn show(_app: &App, reader: &dyn Reader, _cx: &CallContext, entities: Vec<Self>) -> Result<Vec<DiscoveryView>> {
        discovery_views(&entities, reader).await
    }
}

/// Positions under a name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LayoutView {
    /// Its id.
    #[schema(inline)]
    pub id: Uid,
    /// Version of its writable fields; the `ETag`.
    pub version: i64,
    /// Name; `default` is what `GET topology` shows.
    pub name: String,
    /// Place of each node by its id.
    #[schema(value_type = Object)]
    pub positions: std::collections::BTreeMap<Id, LayoutPoint>,
    /// When it was made.
    #[schema(inline)]
    pub created_at: Time,
    /// When it was last changed.
    #[schema(inline)]
    pub updated_at: Time,
}

impl From<Layout> for LayoutView {
    fn from(x: Layout) -> Self {
        Self {
            id: x.id.into(),
            version: x.version,
            name: x.name,
            positions: x.positions,
            created_at: x.created_at.into(),
            updated_at: x.updated_at.into(),
        }
    }
}

super::shown_as_is!(Layout, LayoutView, "topology", "a layout");

pub(super) fn mount(routes: &mut Routes) {
    mount_resource::<Discovery>(routes, Verbs::All);
    mount_resource::<Layout>(routes, Verbs::All);
    let op = Operation::get("/discoveries/suggestions", "suggest_discoveries", "topology", "See where to look first")
        .describe(
            "The IPv4 networks that this host is in, without loopback and link-local ones. Larger than a /22: the part around the host, with \
             the reason. Nothing is started. Needs a grant without limits.",
        )
        .needs(WRITE);
    let op = routes.answers::<DiscoverySuggestions>(op, 200, "Targets for a first discovery.");
    routes.add(op, suggestions);
    let op = Operation::post("/discoveries/{id}/run", "run_discovery", "topology", "Run a discovery now")
        .describe("Queues a run beside the schedule. 409 while one is queued or running.")
        .needs(WRITE)
        .fails(&[409]);
    let op = routes.answers::<RunView>(op, 202, "The run that was queued; `job_id` names its job.");
    let op = dry_run_document(routes, op);
    routes.add(op, run);
    let op = Operation::post("/discoveries/{id}/cancel", "cancel_discovery", "topology", "Stop the run of a discovery")
        .describe("What was found so far stays.")
        .needs(WRITE)
        .fails(&[409]);
    let op = routes.answers::<RunView>(op, 200, "The run.");
    routes.add(op, cancel);
    let op = Operation::get("/discoveries/{id}/runs", "list_discovery_runs", "topology", "List the runs of a discovery")
        .describe("What each run looked at, how far it came and what it found.")
        .needs(READ);
    let op = named_list::<RunView>(routes, op, Run::SCHEMA);
    routes.add(op, runs);
    let op = Operation::get("/discoveries/{id}/runs/{run_id}", "get_discovery_run", "topology", "Get a run of a discovery")
        .describe("Its progress while it runs, and what it found so far.")
        .needs(READ);
    let op = routes.answers::<RunView>(op, 200, "The run.");
    routes.add(op, one_run);
    let op = Operation::get("/discoveries/{id}/runs/{run_id}/results", "list_discovery_results", "topology", "List what a run found").describe("One row an address that answered: a device, new or known, or a candidate with the causes of its silence. Rows appear while the run goes on.")
        .needs(READ);
    let op = named_list::<RunResultView>(routes, op, RunResult::SCHEMA);
    routes.add(op, results);
}

async fn suggestions(State(app): State<App>, Caller(cx): Caller) -> Answered {
    Ok(json_response(&app.discoveries.suggestions(&cx).await?))
}

async fn run(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri) -> Answered {
    if dry_run_asked(&uri)? {
        let discovery = app.discoveries.check_run(&cx, id).await?;
        let steps = discovery.targets.iter().map(|target| format!("{} {target}", discovery.mode.word())).collect();
        return Ok(dry_run_plan("run", id, &discovery.name, steps));
    }
    let run = app.discoveries.run(&cx, id).await?;
    let location = format!("/api/v1/discoveries/{id}/runs/{}", run.id);
    let headers = [(axum::http::header::LOCATION, location)];
    Ok(axum::response::IntoResponse::into_response((axum::http::StatusCode::ACCEPTED, headers, json_response(&RunView::from(&run)))))
}

async fn cancel(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&RunView::from(&app.discoveries.cancel(&cx, id).await?)))
}

async fn runs(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, asked: Asked) -> Answered {
    let discoveries = app.discoveries.clone();
    let fetch = move |query| {
        let (discoveries, cx) = (discoveries.clone(), cx.clone());
        async move { Ok(discoveries.runs(&cx, id, &query).await?.map(|run| RunView::from(&run))) }
    };
    list_of(&app, Run::SCHEMA, asked, fetch).await
}

/// Two identifiers of a path.
fn pair(path: Path<(String, String)>) -> Result<(Id, Id)> {
    let Path((first, second)) = path;
    match (first.parse(), second.parse()) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        _ => Err(Error::not_found("run", second)),
    }
}

async fn one_run(State(app): State<App>, Caller(cx): Caller, path: Path<(String, String)>) -> Answered {
    let (id, run) = pair(path)?;
    Ok(json_response(&RunView::from(&app.discoveries.run_of(&cx, id, run).await?)))
}

async fn results(State(app): State<App>, Caller(cx): Caller, path: Path<(String, String)>, asked: Asked) -> Answered {
    let (id, run) = pair(path)?;
    let discoveries = app.discoveries.clone();
    let fetch = move |query| {
        let (discoveries, cx) = (discoveries.clone(), cx.clone());
        async move { Ok(discoveries.results(&cx, id, run, &query).await?.map(|result| RunResultView::from(&result))) }
    };
    list_of(&app, RunResult::SCHEMA, asked, fetch).await
}
