//! The map: whole, its links, and for other programs.

use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use vigie_application::topology::{ExportFormat, LinkView, MapQuery, READ, Topology};
use vigie_domain::store::Entity;
use vigie_domain::topology::Link;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{Asked, ObjectId, json_response, list_of, named_list, query_typed};
use crate::routes::{Operation, Routes};

/// Query parameters of the export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default = "as_json")]
    format: ExportFormat,
}

fn as_json() -> ExportFormat {
    ExportFormat::Json
}

pub(super) fn mount(routes: &mut Routes) {
    let id = json!({"type": "string", "format": "uuid"});
    let op = Operation::get("/topology", "get_topology", "topology", "Get the map")
        .describe("Nodes and links with their evidence. Above 5,000 nodes the map is folded by site, and says so in `folded`.")
        .needs(READ)
        .query("around", "Only what is near this node.", &id)
        .query("depth", "With `around`: how many links away; 1 when absent.", &json!({"type": "integer", "minimum": 0, "maximum": 16}))
        .query("site", "Only this site, with what hangs on it.", &id)
        .query("collapse", "What is folded.", &json!({"type": "string", "enum": ["none", "site", "building"]}));
    let op = routes.answers::<Topology>(op.fails(&[404]), 200, "The map as the caller sees it.");
    routes.add(op, map);
    let op = Operation::get("/topology/links", "list_links", "topology", "List links")
        .describe("Links with their evidence, those that nobody tells of any more among them until they are forgotten.")
        .needs(READ);
    let op = named_list::<LinkView>(routes, op, Link::SCHEMA);
    routes.add(op, links);
    let op = Operation::get("/topology/links/{id}", "get_link", "topology", "Get a link")
        .describe("With the evidence of both ends.")
        .needs(READ);
    let op = routes.answers::<LinkView>(op, 200, "The link.");
    routes.add(op, link);
    let formats = json!({"type": "string", "enum": ["json", "graphml", "dot", "mermaid", "svg"], "default": "json"});
    let op = Operation::get("/topology/export", "export_topology", "topology", "Get the map for other programs")
        .describe("The whole map of what the caller sees, as a file.")
        .needs(READ)
        .query("format", "The format.", &formats);
    let mut op = routes.answers::<Topology>(op, 200, "The map in the format asked for.");
    for kind in [ExportFormat::Graphml, ExportFormat::Dot, ExportFormat::Mermaid, ExportFormat::Svg] {
        op = op.also_answers(kind.media_type());
    }
    routes.add(op, exported);
}

async fn map(State(app): State<App>, Caller(cx): Caller, uri: Uri) -> Answered {
    let query: MapQuery = query_typed(&uri)?;
    Ok(json_response(&app.topology.get(&cx, &query).await?))
}

async fn links(State(app): State<App>, Caller(cx): Caller, asked: Asked) -> Answered {
    let topology = app.topology.clone();
    let fetch = move |query| {
        let (topology, cx) = (topology.clone(), cx.clone());
        async move { topology.links(&cx, &query).await }
    };
    list_of(&app, Link::SCHEMA, asked, fetch).await
}

async fn link(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&app.topology.link(&cx, id).await?))
}

async fn exported(State(app): State<App>, Caller(cx): Caller, uri: Uri) -> Answered {
    let wanted: Wanted = query_typed(&uri)?;
    let text = app.exports.get(&cx, wanted.format).await?;
    let kind = HeaderValue::from_static(wanted.format.media_type());
    let name = format!("attachment; filename=\"{}\"", wanted.format.file_name());
    Ok((
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"))),
        ],
        text.as_str().to_owned(),
    )
        .into_response())
}
