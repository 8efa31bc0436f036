//! Jobs: list, get, log, cancel, retry.

use axum::extract::State;
use serde_json::json;
use vigie_application::jobs::{ACT, JobLogLineView, JobView, READ};
use vigie_domain::store::Entity;
use vigie_domain::system::Job;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{Asked, ObjectId, json_response, list_of, named_list};
use crate::routes::{Operation, Routes};

pub(super) fn mount(routes: &mut Routes) {
    let op = Operation::get("/jobs", "list_jobs", "jobs", "List jobs").describe("A caller with a limited grant sees its own.").needs(READ);
    let op = named_list::<JobView>(routes, op, Job::SCHEMA);
    routes.add(op, list);
    let op = Operation::get("/jobs/{id}", "get_job", "jobs", "Get a job")
        .describe("Status, progress, and where its result is once it has one.")
        .needs(READ);
    let op = routes.answers::<JobView>(op, 200, "The job.");
    routes.add(op, get);
    let op = Operation::get("/jobs/{id}/log", "get_job_log", "jobs", "See the log of a job")
        .describe("The last 500 lines, oldest first.")
        .needs(READ);
    let line = routes.schema::<JobLogLineView>();
    let schema = json!({"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "description": "Its last lines.", "items": line}}});
    let op = routes.answers_schema(op, 200, "The last 500 lines.", &schema);
    routes.add(op, log);
    for (verb, summary, text) in [
        ("cancel", "Ask a job to stop", "A queued job ends at once, a running one within about a second; what it found stays."),
        ("retry", "Queue a failed or cancelled job again", "It begins anew, with its attempts counted from none. 409 for any other job."),
    ] {
        let op =
            Operation::post(format!("/jobs/{{id}}/{verb}"), format!("{verb}_job"), "jobs", summary).describe(text).needs(ACT).fails(&[409]);
        let op = routes.answers::<JobView>(op, 200, "The job.");
        if verb == "cancel" {
            routes.add(op, cancel);
        } else {
            routes.add(op, retry);
        }
    }
}

async fn list(State(app): State<App>, Caller(cx): Caller, asked: Asked) -> Answered {
    let jobs = app.jobs.clone();
    let fetch = move |query| {
        let (jobs, cx) = (jobs.clone(), cx.clone());
        async move { Ok(jobs.list(&cx, &query).await?.map(|job| JobView::from(&job))) }
    };
    list_of(&app, Job::SCHEMA, asked, fetch).await
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
