//! The dashboards of the system and the network.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use crate::cli::connection::ConnectionArgs;
use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::show::{Cell, OutputArgs, Quantity, Tone, cell, clean, columns, course, paint, table};

/// A dashboard.
#[derive(Args, Clone, Debug)]
pub struct DashboardsArgs {
    /// Which.
    #[arg(value_enum)]
    pub which: Which,
    /// Which server.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// In which form.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Rows of a section at most.
const MOST: usize = 10;

/// Which dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// The host that Vigie runs on, and Vigie itself.
    System,
    /// The network.
    Network,
}

impl DashboardsArgs {
    /// Shows it.
    pub async fn run(&self) -> Result<(), Failure> {
        show(self).await
    }
}

async fn show(args: &DashboardsArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.connection, &args.output)?;
    let name = if args.which == Which::System { "system" } else { "network" };
    let body = desk
        .client
        .get(&format!("dashboards/{name}"), &[])
        .await
        .map_err(|failure| failure.on(format!("cannot show the {name} dashboard")))?
        .body;
    if !desk.screen.for_people() {
        return desk.screen.object(&body);
    }
    desk.screen.put(&if args.which == Which::System { system(&body, desk.screen.colours) } else { network(&desk, &body) })?;
    for source in body["sources"].as_array().into_iter().flatten().filter(|source| source["status"] != "ok") {
        let text = |name: &str| source[name].as_str().map(clean).unwrap_or_default();
        eprintln!("{}: {} {}", text("name"), text("status").replace('_', " "), text("detail"));
    }
    Ok(())
}

fn system(body: &Json, colours: bool) -> String {
    let headings = ["FIGURE", "VALUE", "SOURCE", "COURSE"].map(str::to_owned);
    let mut rows = Vec::new();
    for (name, figure) in body["metrics"].as_object().into_iter().flatten() {
        match figure {
            Json::Array(several) => rows.extend(several.iter().map(|one| figure_row(name, one))),
            one => rows.push(figure_row(name, one)),
        }
    }
    table(&headings, &rows, None, colours)
}

fn figure_row(name: &str, figure: &Json) -> Vec<Cell> {
    let unit = figure["unit"].as_str().filter(|unit| !unit.is_empty());
    let label = figure["label"].as_str().map(|label| format!(" {}", clean(label))).unwrap_or_default();
    let points: Vec<Option<f64>> = figure["series"].as_array().into_iter().flatten().map(|point| point[1].as_f64()).collect();
    vec![
        Cell::new(format!("{name}{label}"), Tone::Plain),
        cell(name, &figure["value"], unit.filter(|unit| Quantity::of_unit(unit).is_some()), None),
        Cell::new(figure["source"].as_str().map(clean).unwrap_or_default(), Tone::Faint),
        Cell::new(course(&points), Tone::Plain),
    ]
}

fn network(desk: &Desk, body: &Json) -> String {
    let colours = desk.screen.colours;
    let mut text = String::new();
    let counts = |value: &Json| {
        let parts = value.as_object().into_iter().flatten().filter(|(_, count)| **count != 0);
        parts.map(|(word, count)| format!("{count} {}", paint(word, Tone::of(word), colours))).collect::<Vec<_>>().join(", ")
    };
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{}  {value}", paint(&format!("{name:<12}"), Tone::Heading, colours));
    };
    line("devices", or_none(counts(&body["devices_by_status"])));
    line("interfaces", or_none(counts(&body["interfaces_by_status"])));
    line("open alerts", or_none(counts(&body["alerts_by_severity"])));
    line("availability", cell("ratio", &body["availability_ratio"], None, None).text);
    let latency = |name: &str| cell("ms", &body["latency_ms"][name], None, None).text;
    line("latency", format!("median {}, 95th percentile {}", latency("p50"), latency("p95")));
    let topology = &body["topology"];
    line("topology", format!("{} nodes, {} links, {} of them down", topology["nodes"], topology["links"], topology["links_down"]));
    let traffic =
        |name: &str| course(&body["traffic"][name].as_array().into_iter().flatten().map(|point| point[1].as_f64()).collect::<Vec<_>>());
    line("traffic in", traffic("in_bps"));
    line("traffic out", traffic("out_bps"));
    let none = Vec::new();
    let mut section = |title: &str, spec: &str, rows: &Json| {
        let rows = rows.as_array().unwrap_or(&none);
        let rows = &rows[..rows.len().min(MOST)];
        if !rows.is_empty() {
            let _ = write!(text, "\n{}\n{}", paint(title, Tone::Heading, colours), desk.screen.render_rows(&columns(spec), rows));
        }
    };
    section(
        "busiest interfaces",
        "device=device_name name alias use=utilisation_ratio in=in_bps out=out_bps speed=speed_bps",
        &body["top_interfaces"]["by_utilisation"],
    );
    section("open alerts", "severity status title device=device.name raised=raised_at", &body["active_alerts"]);
    section("last events", "occurred_at severity type subject=subject.name", &body["recent_events"]);
    section("sites", "name devices down degraded", &sites(&body["sites"]));
    text
}

/// Devices without a site stand under a dash, not under an empty name.
fn sites(sites: &Json) -> Json {
    let named = |site: &Json| {
        let mut site = site.clone();
        if site["id"].is_null() {
            site["name"] = json!("without a site");
        }
        site
    };
    sites.as_array().into_iter().flatten().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_with_units_and_course() {
        let body = json!({"metrics": {"cpu_ratio": {"value": 0.25, "unit": "ratio", "source": "host", "series": [[0, 0.1], [1, 0.3]]},
            "disk_used_ratio": [{"value": 0.5, "unit": "ratio", "source": "host", "label": "/", "series": []}]}});
        let text = system(&body, false);
        assert!(text.lines().any(|line| line == "cpu_ratio           25 %  host    ▁█"), "{text}");
        assert!(text.lines().any(|line| line == "disk_used_ratio /   50 %  host"), "{text}");
    }
}
