//! What is done with alerts: take, end, silence, comment.

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::sought;
use crate::cli::desk::{Desk, now};
use crate::cli::failure::Failure;
use crate::cli::resource::{catalogue, moment_in};

/// An action on alerts.
#[derive(Clone, Debug, Subcommand)]
pub enum AlertAction {
    /// Takes alerts: somebody works on them.
    #[command(visible_alias = "acknowledge")]
    Ack {
        /// Their ids.
        #[arg(required = true)]
        alert: Vec<String>,
        /// Why, or what is being done.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Until when: a time, or a length as 2h.
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Ends alerts.
    Resolve {
        /// Their ids.
        #[arg(required = true)]
        alert: Vec<String>,
        /// What it was.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Keeps alerts from telling people for a while.
    Silence {
        /// Their ids.
        #[arg(required = true)]
        alert: Vec<String>,
        /// Until when: a time, or a length as 2h.
        #[arg(long, alias = "for", value_name = "TIME")]
        until: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Adds a note to an alert.
    Comment {
        /// Its id.
        alert: String,
        /// The note.
        text: String,
    },
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &AlertAction) -> Result<(), Failure> {
    let time = |until: &String| moment_in(until, now());
    match action {
        AlertAction::Ack { alert, note, until } => {
            let until = until.as_ref().map(time).transpose()?;
            act(desk, alert, "acknowledge", "take", &without_nulls(json!({"note": note, "until": until}))).await
        }
        AlertAction::Resolve { alert, note } => act(desk, alert, "resolve", "end", &without_nulls(json!({"note": note}))).await,
        AlertAction::Silence { alert, until, note } => {
            let until = time(until)?;
            act(desk, alert, "silence", "silence", &without_nulls(json!({"until": until, "note": note}))).await
        }
        AlertAction::Comment { alert, text } => act(desk, std::slice::from_ref(alert), "comment", "comment", &json!({"text": text})).await,
    }
}

fn without_nulls(mut body: Json) -> Json {
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    body
}

async fn act(desk: &Desk, alerts: &[String], verb: &str, word: &str, body: &Json) -> Result<(), Failure> {
    let mut done = Vec::with_capacity(alerts.len());
    for alert in alerts {
        let task = format!("cannot {word} alert {alert}");
        let found = sought(desk, "alerts", alert, &task).await?;
        let path = format!("alerts/{}/{verb}", found.id);
        done.push(desk.client.post(&path, &[], body).await.map_err(|failure| failure.on(task))?.body);
    }
    match done.as_slice() {
        [one] if !desk.screen.for_people() => desk.screen.object(one),
        several => desk.screen.rows(&catalogue::resource_of("alerts").map(catalogue::Resource::table).unwrap_or_default(), several),
    }
}
