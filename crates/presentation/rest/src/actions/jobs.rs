//! Jobs: list, get, log, cancel, retry.

use axum::extract::{RawQuery, State};
use axum::http::Uri;
use serde_json::json;
use vigie_application::jobs::{ACT, JobLogLineView, JobView, READ};
use vigie_domain::store::Entity;
use vigie_domain::system::Job;

use crate::app::App;
use crate::caller::Caller;
use crate::lists;
use crate::problem::Answered;
use crate::resource::{ObjectId, json_response, named_list};
use crate::routes::{Operation, Routes};

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::get("/jobs", "list_jobs", "jobs", "List jobs").describe("A caller with a limited grant sees its own.").needs(READ);
    let op = named_list::<JobView>(routes, op, Job::SCHEMA);
    routes.add(op, list);
    let op = Operation::get("/jobs/{id}", "get_job", "jobs", "Get a job").needs(READ);
    let op = routes.answers::<JobView>(op, 200, "The job.");
    routes.add(op, get);
    let op = Operation::get("/jobs/{id}/log", "get_job_log", "jobs", "See the log of a job").needs(READ);
    let line = routes.schema::<JobLogLineView>();
    let schema = json!({"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "description": "Its last lines.", "items": line}}});
    let op = routes.answers_schema(op, 200, "The last 500 lines.", &schema);
    routes.add(op, log);
    for (verb, summary) in [("cancel", "Ask a job to stop"), ("retry", "Queue a failed or cancelled job again")] {
        let op = Operation::post(format!("/jobs/{{id}}/{verb}"), format!("{verb}_job"), "jobs", summary).needs(ACT).fails(&[409]);
        let op = routes.answers::<JobView>(op, 200, "The job.");
        if verb == "cancel" {
            routes.add(op, cancel);
        } else {
            routes.add(op, retry);
        }
    }
}

async fn list(State(app): State<App>, Caller(cx): Caller, uri: Uri, RawQuery(raw): RawQuery) -> Answered {
    let request = lists::read(&app, Job::SCHEMA, uri.path(), raw.as_deref(), Vec::new(), &[])?;
    let page = app.jobs.list(&cx, &request.query).await?;
    let page = page.map(|job| JobView::from(&job));
    Ok(lists::answer(&app, uri.path(), &request, page)?)
}

async fn get(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&JobView::from(&app.jobs.get(&cx, id).await?)))
}

async fn log(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    let lines: Vec<JobLogLineView> = app.jobs.log(&cx, id).await?.iter().map(Into::into).collect();
    Ok(json_response(&json!({"results": lines})))
}

async fn cancel(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&JobView::from(&app.jobs.cancel(&cx, id).await?)))
}

async fn retry(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&JobView::from(&app.jobs.retry(&cx, id).await?)))
}
