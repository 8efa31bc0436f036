//! Following events as they happen.

use clap::Subcommand;
use serde_json::Value as Json;

use crate::cli::connection::Stream;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::show::{Cell, Column, Format, Screen, Tone, columns, paint, table};

/// An action on events.
#[derive(Clone, Debug, Subcommand)]
pub enum EventAction {
    /// Shows events as they happen, until Ctrl-C.
    Follow {
        /// Only these types: device.status_changed, alert.*; again for more.
        #[arg(short, long = "type", value_delimiter = ',', value_name = "TYPE")]
        types: Vec<String>,
        /// Ends after so many events.
        #[arg(short = 'n', long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Lists every type of event there is.
    Types,
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &EventAction) -> Result<(), Failure> {
    match action {
        EventAction::Follow { types, limit } => follow(desk, types, *limit).await.map_err(|failure| failure.on("cannot follow events")),
        EventAction::Types => {
            let body = desk.client.get("event-types", &[]).await.map_err(|failure| failure.on("cannot list types of events"))?.body;
            let none = Vec::new();
            desk.screen.rows(&columns("type description"), body["results"].as_array().unwrap_or(&none))
        }
    }
}

async fn follow(desk: &Desk, types: &[String], limit: Option<u64>) -> Result<(), Failure> {
    let query = if types.is_empty() { Vec::new() } else { vec![("types".to_owned(), types.join(","))] };
    let mut stream = Stream::open(&desk.client, "events/stream", query).await?;
    if desk.screen.for_people() {
        eprintln!("following events of {}; Ctrl-C ends", desk.client.server());
    }
    let mut shown = 0;
    while limit.is_none_or(|limit| shown < limit) {
        let message = stream.next().await?;
        if message.event == "gap" {
            eprintln!("some events before this are no longer kept");
            continue;
        }
        let Ok(event) = serde_json::from_str::<Json>(&message.data) else { continue };
        show(&desk.screen, &event)?;
        shown += 1;
    }
    Ok(())
}

fn show(screen: &Screen, event: &Json) -> Result<(), Failure> {
    match screen.format {
        Format::Table => screen.put(&line(event, screen.colours)),
        Format::Csv => screen.rows(&columns("id occurred_at severity type subject.type subject.name"), std::slice::from_ref(event)),
        Format::Json | Format::Ndjson => screen.row(event),
        Format::Yaml => screen.put("---\n").and_then(|()| screen.object(event)),
    }
}

fn line(event: &Json, colours: bool) -> String {
    let cell = |path: &str| Column::parse(path).cell(event, None);
    let severity = cell("severity");
    let row = vec![
        cell("occurred_at"),
        Cell::new(paint(&format!("{:<8}", severity.text), severity.tone, colours), Tone::Plain),
        Cell::new(format!("{:<26}", cell("type").text), Tone::Plain),
        cell("subject.name"),
        if event["data"].is_null() { Cell::new("", Tone::Plain) } else { Cell { tone: Tone::Faint, ..cell("data") } },
    ];
    table(&[const { String::new() }; 5], &[row], None, colours)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_a_line() {
        let event = json!({"occurred_at": "2026-11-23T09:05:40.123Z", "severity": "critical", "type": "device.status_changed",
            "subject": {"type": "device", "id": "1", "name": "core-1"}, "data": {"status": "down"}});
        assert_eq!(line(&event, false), "2026-11-23 09:05:40Z  critical  device.status_changed       core-1  status=down\n");
    }
}
