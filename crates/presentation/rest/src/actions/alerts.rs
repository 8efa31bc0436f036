//! Actions on alerts, previews of rules, tests of channels.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use vigie_api_types::{AlertView, DeliveryView, Time};
use vigie_application::CallContext;
use vigie_application::alerts::{ACT, CHANNELS_WRITE, Preview, PreviewRequest, READ};
use vigie_domain::alerts::Alert;

use crate::app::App;
use crate::body::{Input, JsonBody, OptionalInput};
use crate::caller::Caller;
use crate::problem::Answered;
use crate::resource::{ObjectId, json_response, one};
use crate::routes::{Operation, Routes};

/// Body of `acknowledge`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"note": "on it"}))]
struct AcknowledgeInput {
    /// A note.
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// Until when; then it is active again. For good when absent.
    #[schema(inline)]
    until: Option<Time>,
}

/// Body of `resolve`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"note": "cable replaced"}))]
struct ResolveInput {
    /// A note.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Body of `silence`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": "2099-01-01T00:00:00Z"}))]
struct SilenceInput {
    /// Until when nobody is told of it.
    #[schema(inline)]
    until: Time,
    /// A note.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Body of `comment`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "the carrier knows"}))]
struct CommentInput {
    /// The note.
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

pub(super) fn mount(routes: &mut Routes) {
    let op = action(
        routes,
        "acknowledge",
        "Take an alert",
        "Says that somebody works on it: for good, or until a time, after which it is active again.",
    );
    let op = routes.body::<AcknowledgeInput>(op, false);
    routes.add(op, acknowledge);
    let op = action(routes, "resolve", "End an alert by hand", "It is raised anew when its condition comes back.");
    let op = routes.body::<ResolveInput>(op, false);
    routes.add(op, resolve);
    let op = action(
        routes,
        "silence",
        "Let nobody be told of an alert for a while",
        "It stays open and visible; its channels say nothing until then.",
    );
    let op = routes.body::<SilenceInput>(op, true);
    routes.add(op, silence);
    let op = action(routes, "comment", "Write a note on an alert", "Notes are kept with their time and author, and are never changed.");
    let op = routes.body::<CommentInput>(op, true);
    routes.add(op, comment);
    let op = Operation::post("/alert-rules/preview", "preview_alert_rule", "alerts", "See what a rule would have done")
        .describe("The rule as it would be created, and `from`: tried on what was measured since then.")
        .needs(READ);
    let op = routes.body::<PreviewRequest>(op, true);
    let op = routes.answers::<Preview>(op, 200, "What it would have done.");
    routes.add(op, preview);
    let op = Operation::post("/notifications/channels/{id}/test", "test_channel", "notifications", "Send a test through a channel")
        .describe("Sends a message now, past enabled and severity, and answers how it went.")
        .needs(CHANNELS_WRITE);
    let op = routes.answers::<DeliveryView>(op, 200, "How it went.");
    routes.add(op, test);
}

fn action(routes: &mut Routes, verb: &str, summary: &str, text: &str) -> Operation {
    let op = Operation::post(format!("/alerts/{{id}}/{verb}"), format!("{verb}_alert"), "alerts", summary)
        .describe(text)
        .needs(ACT)
        .fails(&[409]);
    routes.answers::<AlertView>(op, 200, "The alert as it is now.")
}

async fn acknowledge(
    State(app): State<App>,
    Caller(cx): Caller,
    ObjectId(id): ObjectId,
    OptionalInput(input): OptionalInput<AcknowledgeInput>,
) -> Answered {
    let alert = app.alerts.acknowledge(&cx, id, input.note.as_deref(), input.until.map(|t| t.0)).await?;
    shown(&app, &cx, alert).await
}

async fn resolve(
    State(app): State<App>,
    Caller(cx): Caller,
    ObjectId(id): ObjectId,
    OptionalInput(input): OptionalInput<ResolveInput>,
) -> Answered {
    let alert = app.alerts.resolve(&cx, id, input.note.as_deref()).await?;
    shown(&app, &cx, alert).await
}

async fn silence(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, Input(input): Input<SilenceInput>) -> Answered {
    let alert = app.alerts.silence(&cx, id, input.until.0, input.note.as_deref()).await?;
    shown(&app, &cx, alert).await
}

async fn comment(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId, Input(input): Input<CommentInput>) -> Answered {
    let alert = app.alerts.comment(&cx, id, &input.text).await?;
    shown(&app, &cx, alert).await
}

async fn shown(app: &App, cx: &CallContext, alert: Alert) -> Answered {
    Ok(json_response(&one(app, app.core.reader(), cx, alert).await?))
}

async fn preview(State(app): State<App>, Caller(cx): Caller, JsonBody(body): JsonBody) -> Answered {
    Ok(json_response(&app.alerts.preview(&cx, &*app.env.samples, body).await?))
}

async fn test(State(app): State<App>, Caller(cx): Caller, ObjectId(id): ObjectId) -> Answered {
    Ok(json_response(&DeliveryView::from(app.alerts.test_channel(&cx, id, &*app.mailer).await?)))
}
