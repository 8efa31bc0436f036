//! `logs`.

use axum::extract::{Path, State};
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema as _;
use vigie_api_types::{ListMeta, ListOf};
use vigie_application::logs::{LogPlace, LogQuery, LogView, READ};
use vigie_domain::{Error, Result, Timestamp};

use super::series::written_moment;
use crate::app::App;
use crate::caller::Caller;
use crate::lists;
use crate::problem::Answered;
use crate::resource::{envelope_of, json_response, query};
use crate::routes::{Operation, Routes};

const PATH: &str = "/api/v1/logs";
/// Orders, by their names.
const NEWEST: &str = "-at";
const OLDEST: &str = "at";

/// Query parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    q: Option<String>,
    from: Option<String>,
    to: Option<String>,
    ordering: Option<String>,
    page_size: Option<String>,
    cursor: Option<String>,
}

/// Where a page begins, and when that was told.
#[derive(Deserialize, Serialize)]
struct Cursor {
    made_at: Timestamp,
    place: LogPlace,
}

pub(super) fn mount(routes: &mut Routes) {
    let moment = json!({"type": "string", "description": "RFC 3339, relative such as -1h, or now", "maxLength": 40});
    let op = Operation::get("/logs", "list_logs", "logs", "Search logs")
        .describe(
            "A page of the lines that match. `q` takes words (`down`, `Gi1/0/7`, `10.0.0.1`), `\"several words\"`, beginnings (`chang*`), fields \
             (`host:core-1`, `severity:<=error`, `program:vigie`, `attrs.module:vigie_rest`), ranges (`at:[-1h TO now]`), `AND`, `OR`, `NOT` and \
             parentheses. A line is found within about a second after it was taken in. What Vigie says of itself is shown to who may read `system`. The order is total: a walk sees each line once.",
        )
        .needs(READ)
        .query("q", "What is looked for; every line when absent.", &json!({"type": "string", "maxLength": 2000}))
        .query("from", "Begin; as far back as lines are kept when absent.", &moment)
        .query("to", "End; as far as there are any when absent.", &moment)
        .query("ordering", "The newest or the oldest first.", &json!({"type": "string", "enum": [NEWEST, OLDEST], "default": NEWEST}))
        .query("page_size", "Lines a page, 1 to 100.", &json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 25}))
        .query(
            "cursor",
            "Where the page begins: out of `next` or `previous`, used as it was given.",
            &json!({"type": "string", "maxLength": 2048}),
        );
    let view = routes.schema::<LogView>();
    let schema = envelope_of(routes, &LogView::name(), &view);
    let op = routes.answers_schema(op, 200, "A page.", &schema).fails(&[400, 502, 503, 504]);
    routes.add(op, list);
    let op = Operation::get("/logs/{name}", "get_log", "logs", "Get a log line").describe("By its `id` in the list.").needs(READ);
    let op = routes.answers::<LogView>(op, 200, "The line.").fails(&[502, 503, 504]);
    routes.add(op, get);
}

async fn list(State(app): State<App>, Caller(cx): Caller, uri: Uri) -> Answered {
    let wanted: Wanted = query(&uri)?;
    let kept: Vec<_> = lists::decode(uri.query().unwrap_or_default())?.into_iter().filter(|(key, _)| key != "cursor").collect();
    let bound: Vec<_> = kept.iter().filter(|(key, _)| key != "page_size").cloned().collect();
    let binding = lists::binding(PATH, &bound);
    let cursor = wanted.cursor.map(|text| lists::open_cursor(&app, &binding, &text, |cursor: &Cursor| cursor.made_at)).transpose()?;
    let query = LogQuery {
        text: wanted.q.unwrap_or_default(),
        from: written_moment("from", wanted.from)?,
        to: written_moment("to", wanted.to)?,
        oldest_first: is_oldest_first(wanted.ordering.as_deref())?,
        limit: wanted.page_size.map_or(Ok(lists::DEFAULT_PAGE_SIZE), |text| lists::page_size(&text))?,
        place: cursor.map(|cursor| cursor.place),
    };
    let page = app.logs.list(&cx, &query).await?;
    let parameters = lists::encode(&kept);
    let link = |place: Option<LogPlace>| -> Result<Option<String>> {
        let Some(place) = place else { return Ok(None) };
        let sealed = lists::seal_cursor(&app, &binding, &Cursor { made_at: cx.now, place })?;
        Ok(Some(lists::page_link(&app, PATH, &parameters, &sealed)))
    };
    let (next, previous) = (link(page.next)?, link(page.previous)?);
    let meta = ListMeta { has_next: next.is_some(), has_previous: previous.is_some(), total_estimate: page.total, total_is_exact: true };
    Ok(json_response(&ListOf { next, previous, results: page.lines, meta }))
}

async fn get(State(app): State<App>, Caller(cx): Caller, Path(id): Path<String>) -> Answered {
    Ok(json_response(&app.logs.get(&cx, &id).await?))
}

fn is_oldest_first(ordering: Option<&str>) -> Result<bool> {
    match ordering {
        None | Some(NEWEST) => Ok(false),
        Some(OLDEST) => Ok(true),
        Some(other) => {
            Err(Error::bad_query("invalid_query", "ordering", format!("there is no ordering {other}; valid are {NEWEST} and {OLDEST}")))
        }
    }
}
