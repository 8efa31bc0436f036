//! What is done with discoveries: run, watch, cancel, see runs and results.

use std::collections::HashSet;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value as Json, json};
use tokio::signal::unix::Signal;
use vigie_domain::Timestamp;

use super::sought;
use super::watch::{Bar, TICK, WaitArgs, interrupts, is_over, took};
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::resource::{ListArgs, Listing, Sure, confirm, every_row, rows, shown_columns};
use crate::cli::show::{Column, Format, Quantity, clean, columns, left, paint};

/// How much earlier than the newest result others may have been found that were written after it.
const OVERLAP: Duration = Duration::from_secs(5);
/// Columns of a run.
const RUNS: &str = "id status done=progress.done total=progress.total devices=found.devices new=found.new changed=found.changed \
    candidates=found.candidates started_at finished_at error";
/// Columns of a result.
const RESULTS: &str = "outcome address name role vendor model os latency_ms";

/// An action on a discovery.
#[derive(Clone, Debug, Subcommand)]
pub enum DiscoveryAction {
    /// Runs a discovery again, and watches it.
    Run {
        /// By name or id.
        discovery: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Watches the last run of a discovery to its end.
    Watch {
        /// By name or id.
        discovery: String,
    },
    /// Asks the run of a discovery to stop.
    Cancel {
        /// By name or id.
        discovery: String,
    },
    /// Lists the runs of a discovery.
    Runs {
        /// By name or id.
        discovery: String,
        /// Which rows.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Lists what a run found.
    Results {
        /// By name or id.
        discovery: String,
        /// Id of the run; the last one unless given.
        #[arg(long, value_name = "ID")]
        run: Option<String>,
        /// Which rows.
        #[command(flatten)]
        list: ListArgs,
    },
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &DiscoveryAction) -> Result<(), Failure> {
    match action {
        DiscoveryAction::Run { discovery, wait } => again(desk, discovery, *wait).await,
        DiscoveryAction::Watch { discovery } => {
            let task = format!("cannot watch discovery {discovery}");
            let found = sought(desk, "discoveries", discovery, &task).await?;
            watch(desk, &found.id, &found.name, None).await.map_err(|failure| failure.on(task))
        }
        DiscoveryAction::Cancel { discovery } => {
            let task = format!("cannot cancel discovery {discovery}");
            let found = sought(desk, "discoveries", discovery, &task).await?;
            let run = cancel(desk, &found.id).await.map_err(|failure| failure.on(task))?;
            desk.screen.object(&run)
        }
        DiscoveryAction::Runs { discovery, list } => {
            let found = sought(desk, "discoveries", discovery, &format!("cannot list runs of discovery {discovery}")).await?;
            listed(desk, &format!("discoveries/{}/runs", found.id), &format!("runs of {discovery}"), RUNS, list).await
        }
        DiscoveryAction::Results { discovery, run, list } => {
            let task = format!("cannot list results of discovery {discovery}");
            let found = sought(desk, "discoveries", discovery, &task).await?;
            let run = match run {
                Some(run) => run.clone(),
                None => last_run(desk, &found.id).await.map_err(|failure| failure.on(task))?,
            };
            listed(desk, &format!("discoveries/{}/runs/{run}/results", found.id), &format!("results of {discovery}"), RESULTS, list).await
        }
    }
}

async fn listed(desk: &Desk, path: &str, what: &str, usual: &str, args: &ListArgs) -> Result<(), Failure> {
    let columns = shown_columns(args, columns(usual), desk.screen.format);
    rows(&desk.client, &desk.screen, &Listing { path, what, columns: &columns, links: false }, args).await
}

async fn again(desk: &Desk, discovery: &str, wait: WaitArgs) -> Result<(), Failure> {
    let task = format!("cannot run discovery {discovery}");
    let found = sought(desk, "discoveries", discovery, &task).await?;
    let started =
        desk.client.post(&format!("discoveries/{}/run", found.id), &[], &json!({})).await.map_err(|failure| failure.on(&task))?.body;
    if wait.detach {
        return desk.screen.object(&started);
    }
    let run = started["run_id"].as_str();
    watch(desk, &found.id, &found.name, run).await.map_err(|failure| failure.on(task))
}

async fn cancel(desk: &Desk, id: &str) -> Result<Json, Failure> {
    Ok(desk.client.post(&format!("discoveries/{id}/cancel"), &[], &json!({})).await?.body)
}

async fn last_run(desk: &Desk, id: &str) -> Result<String, Failure> {
    let body = desk.client.get(&format!("discoveries/{id}"), &[]).await?.body;
    let run = body["last_run"]["id"].as_str().map(str::to_owned);
    run.ok_or_else(|| Failure::not_found("it has not run yet").solution("`vigie discoveries run` starts it"))
}

/// Watches a run, the last unless named, to its end: what it finds as it is found, a bar, a summary. Ctrl-C asks whether to cancel.
pub async fn watch(desk: &Desk, id: &str, name: &str, run: Option<&str>) -> Result<(), Failure> {
    let run = match run {
        Some(run) => run.to_owned(),
        None => last_run(desk, id).await?,
    };
    let mut watched = Watched { desk, path: format!("discoveries/{id}/runs/{run}"), seen: HashSet::new(), newest: None, kept: Vec::new() };
    let mut interrupts = interrupts()?;
    let bar = Bar::new(name);
    let mut cancelled = false;
    loop {
        let state = desk.client.get(&watched.path, &[]).await?.body;
        watched.show_new(&bar, is_over(&state)).await?;
        bar.at(state["progress"]["done"].as_u64().unwrap_or(0), state["progress"]["total"].as_u64(), &rate(&state));
        if is_over(&state) {
            bar.clear();
            let ended = watched.end(&state);
            return if cancelled { Err(Failure::silent(Exit::Interrupted)) } else { ended };
        }
        tokio::select! {
            () = tokio::time::sleep(TICK) => continue,
            _ = interrupts.recv() => {}
        }
        match choose(&bar, name, &mut interrupts).await? {
            Choice::GoOn => {}
            Choice::Cancel => {
                cancelled = true;
                cancel(desk, id).await?;
            }
            Choice::Leave => {
                bar.clear();
                eprintln!("discovery {name} goes on; `vigie discoveries cancel '{name}'` ends it");
                return Err(Failure::silent(Exit::Interrupted));
            }
        }
    }
}

/// What to do after Ctrl-C.
enum Choice {
    GoOn,
    Cancel,
    Leave,
}

/// Asks; a second Ctrl-C leaves, as does the first where there is no terminal to ask at.
async fn choose(bar: &Bar, name: &str, interrupts: &mut Signal) -> Result<Choice, Failure> {
    if !console::user_attended_stderr() {
        return Ok(Choice::Leave);
    }
    bar.hide();
    let question = format!("\nCancel discovery {name}? (No goes on watching, Ctrl-C again leaves it running)");
    let asked = tokio::task::spawn_blocking(move || confirm(&question));
    let choice = tokio::select! {
        answer = asked => match answer {
            Ok(Ok(Sure::Yes)) => Choice::Cancel,
            Ok(Ok(Sure::No)) => Choice::GoOn,
            Ok(Err(_)) | Err(_) => Choice::Leave,
        },
        _ = interrupts.recv() => Choice::Leave,
    };
    bar.show();
    Ok(choice)
}

fn rate(run: &Json) -> String {
    let progress = &run["progress"];
    let mut parts = Vec::new();
    if let Some(rate) = progress["rate_per_second"].as_f64() {
        parts.push(Quantity::Rate.show(rate));
    }
    if let Some(eta) = progress["eta_seconds"].as_f64() {
        parts.push(format!("{} left", left(eta)));
    }
    parts.push(format!("{} devices, {} new", run["found"]["devices"], run["found"]["new"]));
    parts.join(", ")
}

/// A run that is watched.
struct Watched<'a> {
    desk: &'a Desk,
    path: String,
    seen: HashSet<String>,
    /// When the newest result that was seen was found.
    newest: Option<Timestamp>,
    /// Results to be printed at the end, in forms that have one.
    kept: Vec<Json>,
}

impl Watched<'_> {
    /// Shows the results that were not there the last time. Those found early may be written late: the last look is at all of them.
    async fn show_new(&mut self, bar: &Bar, last_look: bool) -> Result<(), Failure> {
        let mut query = vec![("ordering".to_owned(), "found_at".to_owned())];
        if !last_look {
            let since = self.newest.map(|newest| newest.minus(OVERLAP).to_string());
            query.extend(since.map(|since| ("found_at__gte".to_owned(), since)));
        }
        let rows = every_row(&self.desk.client, &format!("{}/results", self.path), query).await?;
        let found_at = |row: &Json| row["found_at"].as_str().and_then(Timestamp::parse);
        self.newest = rows.iter().filter_map(found_at).max().max(self.newest);
        let new: Vec<Json> = rows.into_iter().filter(|row| self.seen.insert(row["id"].as_str().unwrap_or_default().to_owned())).collect();
        if !new.is_empty() {
            bar.aside(|| self.print(&new))?;
            self.kept.extend(new);
        }
        Ok(())
    }

    fn print(&self, new: &[Json]) -> Result<(), Failure> {
        let screen = &self.desk.screen;
        match screen.format {
            Format::Ndjson => new.iter().try_for_each(|row| screen.row(row)),
            Format::Table => screen.put(&new.iter().map(|row| result_line(row, screen.colours)).collect::<String>()),
            Format::Json | Format::Csv | Format::Yaml => Ok(()),
        }
    }

    fn end(&self, run: &Json) -> Result<(), Failure> {
        let screen = &self.desk.screen;
        match screen.format {
            Format::Json | Format::Yaml => screen.object(&json!({"run": run, "results": self.kept}))?,
            Format::Csv => screen.rows(&columns(RESULTS), &self.kept)?,
            Format::Ndjson | Format::Table => {}
        }
        let found = &run["found"];
        let status = run["status"].as_str().unwrap_or("unknown");
        let time = took(run).map(|took| format!(" in {took}")).unwrap_or_default();
        let counts = format!(
            "{} devices ({} new, {} changed), {} candidates",
            found["devices"], found["new"], found["changed"], found["candidates"]
        );
        let summary = format!("{status}: {} addresses{time}, {counts}", run["progress"]["done"]);
        match status {
            "succeeded" => {
                eprintln!("{summary}");
                Ok(())
            }
            "cancelled" => Err(Failure::new(Exit::Failed, summary)),
            _ => Err(Failure::new(Exit::Failed, run["error"].as_str().unwrap_or(&summary)).because(counts)),
        }
    }
}

/// A result on a line of its own: lines come one by one, so their columns are fixed.
fn result_line(row: &Json, colours: bool) -> String {
    let cell = |path: &str| Column::parse(path).cell(row, None);
    let padded = |path: &str, width: usize| {
        let cell = cell(path);
        console::pad_str(&paint(&cell.text, cell.tone, colours), width, console::Alignment::Left, None).into_owned()
    };
    let model = ["vendor", "model"].map(|path| row[path].as_str().map(clean)).into_iter().flatten().collect::<Vec<_>>().join(" ");
    let why = row["access"].as_array().into_iter().flatten().find(|access| access["protocol"] == "snmp" && access["state"] != "ok");
    let why =
        why.and_then(|access| access["state"].as_str()).map(|state| format!("  snmp {}", state.replace('_', " "))).unwrap_or_default();
    let line = format!("{}  {}  {}  {}  {model}{why}", padded("outcome", 9), padded("address", 15), padded("name", 24), padded("role", 12));
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_a_line() {
        let row = json!({"outcome": "new", "address": "127.0.10.1", "name": "lyo-core-1", "role": "core", "vendor": "Cisco", "model": "C9500", "access": [{"protocol": "snmp", "state": "ok"}]});
        assert_eq!(result_line(&row, false), "new        127.0.10.1       lyo-core-1                core          Cisco C9500\n");
        let row = json!({"outcome": "candidate", "address": "10.0.0.9", "name": null, "role": null, "access": [{"protocol": "snmp", "state": "no_answer"}]});
        assert!(result_line(&row, false).ends_with("snmp no answer\n"));
    }

    #[test]
    fn progress_tells_rate_and_time_left() {
        let run = json!({"progress": {"rate_per_second": 198.4, "eta_seconds": 75.2}, "found": {"devices": 3, "new": 2}});
        assert_eq!(rate(&run), "198/s, 1 min 15 s left, 3 devices, 2 new");
    }
}
