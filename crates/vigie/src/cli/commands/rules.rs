//! What is done with alert rules.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Map, Value as Json, json};

use super::sought;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::resource::InputArgs;
use crate::cli::show::columns;

/// An action on alert rules.
#[derive(Clone, Debug, Subcommand)]
pub enum RuleAction {
    /// Puts rules in force.
    Enable {
        /// By name or id.
        #[arg(required = true)]
        rule: Vec<String>,
    },
    /// Takes rules out of force.
    Disable {
        /// By name or id.
        #[arg(required = true)]
        rule: Vec<String>,
    },
    /// Says when a rule would have fired.
    Preview {
        /// A rule that is there, by name or id; without it, --data or --set make one.
        rule: Option<String>,
        /// Changes to it.
        #[arg(short, long = "set", value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// A rule in a JSON file.
        #[arg(short, long, value_name = "FILE")]
        data: Option<PathBuf>,
        /// Since when: a time, or how long ago as -1d.
        #[arg(long, default_value = "-1d", allow_hyphen_values = true, value_name = "TIME")]
        from: String,
    },
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &RuleAction) -> Result<(), Failure> {
    match action {
        RuleAction::Enable { rule } => switch(desk, rule, true).await,
        RuleAction::Disable { rule } => switch(desk, rule, false).await,
        RuleAction::Preview { rule, set, data, from } => {
            let input = InputArgs { set: set.clone(), data: data.clone() };
            preview(desk, rule.as_deref(), &input, from).await
        }
    }
}

async fn switch(desk: &Desk, rules: &[String], enabled: bool) -> Result<(), Failure> {
    let word = if enabled { "enable" } else { "disable" };
    for rule in rules {
        let task = format!("cannot {word} alert rule {rule}");
        let found = sought(desk, "rules", rule, &task).await?;
        let path = format!("alert-rules/{}", found.id);
        let etag = desk.client.get(&path, &[]).await.map_err(|failure| failure.on(&task))?.etag;
        let reply = desk.client.patch(&path, etag.as_deref(), &json!({"enabled": enabled})).await.map_err(|failure| failure.on(&task))?;
        if desk.screen.for_people() {
            eprintln!("alert rule {} is {word}d", found.name);
        } else {
            desk.screen.object(&reply.body)?;
        }
    }
    Ok(())
}

async fn preview(desk: &Desk, rule: Option<&str>, input: &InputArgs, from: &str) -> Result<(), Failure> {
    let task = "cannot preview the alert rule";
    let mut body = match rule {
        Some(rule) => stored(desk, rule, task).await?,
        None if input.is_empty() => {
            return Err(Failure::usage("nothing says which rule").solution("name one, or make one by --data FILE or --set").on(task));
        }
        None => Map::new(),
    };
    body.extend(input.object(&desk.client).await?);
    body.insert("from".to_owned(), Json::from(from));
    let answer = desk.client.post("alert-rules/preview", &[], &Json::Object(body)).await.map_err(|failure| failure.on(task))?.body;
    if !desk.screen.for_people() {
        return desk.screen.object(&answer);
    }
    let none = Vec::new();
    desk.screen.rows(&columns("raised_at cleared_at subject=subject.name peak"), answer["firings"].as_array().unwrap_or(&none))?;
    eprintln!("would have fired {} times since {from}", answer["would_have_fired"]);
    Ok(())
}

/// A rule that is there, as one is written.
async fn stored(desk: &Desk, rule: &str, task: &str) -> Result<Map<String, Json>, Failure> {
    let found = sought(desk, "rules", rule, task).await?;
    let body = desk.client.get(&format!("alert-rules/{}", found.id), &[]).await.map_err(|failure| failure.on(task))?.body;
    let Json::Object(mut rule) = body else { return Ok(Map::new()) };
    for read_only in ["id", "version", "built_in", "created_at", "updated_at"] {
        rule.remove(read_only);
    }
    Ok(rule)
}
