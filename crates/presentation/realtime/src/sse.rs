//! Server-sent events: the channel `events` for whoever has no WebSocket.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures::Stream;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use vigie_domain::Error;
use vigie_rest::Operation;
use vigie_rest::caller::Caller;
use vigie_rest::problem::Answered;
use vigie_rest::resource::query;

use crate::channel::Subscription;
use crate::channels;
use crate::frame::{Data, ServerFrame, Subscribe};
use crate::outbox::Outbox;
use crate::shared::Realtime;

/// Query parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    types: Option<String>,
    device_id: Option<String>,
    severity: Option<String>,
    filter: Option<String>,
}

pub(crate) fn document(operation: Operation) -> Operation {
    operation.answers_stream(200, "Events, one a message: `id` is its `seq`, `event` its type, `data` the event.")
}

/// Streams events.
pub(crate) async fn stream(realtime: Realtime, Caller(cx): Caller, uri: Uri, headers: HeaderMap) -> Answered {
    let wanted: Wanted = query(&uri)?;
    let channel = channels::find("events")?;
    channel.admit(&realtime, &cx).await?;
    let params = params(&wanted)?;
    let resume = headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let asked = Subscribe { id: "sse".to_owned(), channel: "events".to_owned(), params, resume: resume.clone(), delta: false };
    let (outbox, queue) = Outbox::new();
    let stop = CancellationToken::new();
    let ended = stop.clone().drop_guard();
    let subscription = Subscription { asked, cx, outbox, stop };
    tokio::spawn(async move { channel.run(&realtime, subscription).await });
    let events = frames(queue, resume.is_some(), ended);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response())
}

/// `filter=severity:critical device_id:…` beside the plain parameters.
fn params(wanted: &Wanted) -> Result<Json, Error> {
    let mut params = json!({"types": wanted.types, "device_id": wanted.device_id, "severity": wanted.severity});
    for term in wanted.filter.iter().flat_map(|f| f.split_whitespace()) {
        match term.split_once(':') {
            Some((key @ ("types" | "type" | "device_id" | "severity"), value)) => {
                params[if key == "type" { "types" } else { key }] = json!(value);
            }
            _ => return Err(Error::bad_query("invalid_query", "filter", format!("{term} is not type:…, device_id:… or severity:…"))),
        }
    }
    Ok(params)
}

fn frames(
    queue: tokio::sync::mpsc::Receiver<ServerFrame>,
    resuming: bool,
    ended: tokio_util::sync::DropGuard,
) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    futures::stream::unfold((queue, ended), move |(mut queue, ended)| async move {
        loop {
            let frame = queue.recv().await?;
            if let Some(event) = message(&frame, resuming) {
                return Some((Ok(event), (queue, ended)));
            }
        }
    })
}

/// What a frame of events tells; they are made one by one.
fn own(frame: &ServerFrame) -> Option<&Json> {
    match frame.data.as_ref()? {
        Data::Own(data) => Some(data),
        Data::Shared(_) => None,
    }
}

fn message(frame: &ServerFrame, resuming: bool) -> Option<SseEvent> {
    let event = match (frame.kind, frame.resumed) {
        // what was asked to be resumed is gone: say so before anything else
        ("subscribed", Some(false)) if resuming => SseEvent::default().event("gap").data("{}"),
        ("subscribed", _) => SseEvent::default().comment("subscribed"),
        ("gap", _) => SseEvent::default().event("gap").data(own(frame).map_or_else(|| "{}".to_owned(), Json::to_string)),
        _ => {
            let data = own(frame)?;
            SseEvent::default().event(data["type"].as_str().unwrap_or("event")).data(data.to_string())
        }
    };
    Some(match &frame.seq {
        Some(seq) => event.id(seq),
        None => event,
    })
}
