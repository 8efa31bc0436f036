//! Series of devices, interfaces and checks.

use axum::extract::State;
use axum::http::Uri;
use serde::Deserialize;
use serde_json::json;
use vigie_application::CallContext;
use vigie_application::devices::manage::READ;
use vigie_application::telemetry::{Series, SeriesRequest, SeriesSubject, series};
use vigie_domain::telemetry::Statistic;
use vigie_domain::{Error, Moment, Result, Timestamp};

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{ObjectId, json_response, query};
use crate::routes::{Operation, Routes};

/// A year, seconds: no step is longer.
const LONGEST_STEP: u64 = 31_536_000;

/// What a point may tell, by its word in the API.
const STATISTICS: [(&str, Statistic); 3] = [("mean", Statistic::Mean), ("min", Statistic::Min), ("max", Statistic::Max)];

/// Query parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    metrics: Option<String>,
    from: Option<String>,
    to: Option<String>,
    step: Option<String>,
    statistic: Option<String>,
}

pub(super) fn mount(routes: &mut Routes) {
    let op = document(routes, "devices", "device");
    routes.add(op, |State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri| async move {
        answer(app, cx, SeriesSubject::Device(id), uri).await
    });
    let op = document(routes, "interfaces", "interface");
    routes.add(op, |State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri| async move {
        answer(app, cx, SeriesSubject::Interface(id), uri).await
    });
    let op = document(routes, "checks", "check");
    routes.add(op, |State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, uri: Uri| async move {
        answer(app, cx, SeriesSubject::Check(id), uri).await
    });
}

fn document(routes: &mut Routes, path: &str, noun: &str) -> Operation {
    let moment = json!({"type": "string", "description": "RFC 3339, relative such as -1h, or now", "maxLength": 40});
    let op = Operation::get(
        format!("/{path}/{{id}}/metrics"),
        format!("get_{noun}_metrics"),
        "devices",
        format!("Get series of {noun} metrics"),
    )
    .describe(
        "Points are averages over `step` seconds, or with `statistic` the least or greatest value; the answer says the step it used. \
         Unknown stays null. A step of whole five minutes or hours is answered from rollups; of a time of which the samples are no longer \
         kept, the step is raised to a multiple of what is. `parts` says what was used.",
    )
    .needs(READ)
    .query("metrics", "Names of metrics, comma-separated; all when absent.", &json!({"type": "string", "maxLength": 500}))
    .query("from", "Begin; an hour before the end when absent.", &moment)
    .query("to", "End; now when absent.", &moment)
    .query("step", "Seconds a point; chosen when absent.", &json!({"type": "integer", "minimum": 1, "maximum": LONGEST_STEP}))
    .query(
        "statistic",
        "What a point tells of the samples within it; `mean` when absent.",
        &json!({"type": "string", "enum": STATISTICS.map(|(word, _)| word)}),
    );
    routes.answers::<Series>(op, 200, "The series.")
}

async fn answer(app: App, cx: CallContext, subject: SeriesSubject, uri: Uri) -> Answered {
    let request = request(&cx, query(&uri)?)?;
    Ok(json_response(&series(&app.env, &cx, subject, request).await?))
}

fn request(cx: &CallContext, wanted: Wanted) -> Result<SeriesRequest> {
    let metrics = wanted.metrics.unwrap_or_default().split(',').map(str::trim).filter(|m| !m.is_empty()).map(str::to_owned).collect();
    let step = wanted.step.map(|text| match text.parse::<u64>() {
        Ok(step) if (1..=LONGEST_STEP).contains(&step) => Ok(step),
        _ => Err(Error::bad_query("invalid_query", "step", format!("step is a whole number of seconds from 1 to {LONGEST_STEP}"))),
    });
    let (from, to) = (moment("from", wanted.from, cx.now)?, moment("to", wanted.to, cx.now)?);
    Ok(SeriesRequest { metrics, from, to, step: step.transpose()?, statistic: statistic(wanted.statistic.as_deref())? })
}

fn statistic(word: Option<&str>) -> Result<Statistic> {
    let Some(word) = word else { return Ok(Statistic::default()) };
    let found = STATISTICS.into_iter().find(|(known, _)| *known == word);
    found
        .map(|(_, statistic)| statistic)
        .ok_or_else(|| Error::bad_query("invalid_query", "statistic", format!("there is no statistic {word}; valid are mean, min and max")))
}

/// A moment of a query string: RFC 3339 or relative.
pub(super) fn moment(name: &str, text: Option<String>, now: Timestamp) -> Result<Option<Timestamp>> {
    Ok(written_moment(name, text)?.map(|moment| moment.at(now)))
}

/// A time as it was written.
pub(super) fn written_moment(name: &str, text: Option<String>) -> Result<Option<Moment>> {
    let Some(text) = text else { return Ok(None) };
    Moment::parse(&text)
        .map(Some)
        .ok_or_else(|| Error::bad_query("invalid_query", name, format!("{text} is not a time: write 2026-11-23T09:05:40Z, -1h or now")))
}
