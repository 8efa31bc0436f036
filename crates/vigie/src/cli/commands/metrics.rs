//! Series of a device or an interface.

use clap::Args;

use crate::cli::desk::Desk;
use crate::cli::failure::Failure;
use crate::cli::show::{Column, Format, columns, series};

/// Which metrics, and when.
#[derive(Args, Clone, Debug)]
pub struct MetricsArgs {
    /// Names with commas between them, such as cpu_ratio,latency_ms.
    #[arg(short, long, value_name = "NAMES")]
    pub metrics: Option<String>,
    /// Since when: a time, or how long ago as -1h, -7d.
    #[arg(long, default_value = "-1h", allow_hyphen_values = true, value_name = "TIME")]
    pub from: String,
    /// Until when.
    #[arg(long, default_value = "now", allow_hyphen_values = true, value_name = "TIME")]
    pub to: String,
    /// Seconds between two points; the server chooses unless given.
    #[arg(long, value_name = "SECONDS")]
    pub step: Option<u32>,
    /// Lists every point.
    #[arg(long)]
    pub points: bool,
}

/// Shows the series at `{path}/metrics`.
pub async fn show(desk: &Desk, path: &str, what: &str, args: &MetricsArgs, usual: &str) -> Result<(), Failure> {
    let mut query = vec![("metrics".to_owned(), args.metrics.clone().unwrap_or_else(|| usual.to_owned()))];
    query.push(("from".to_owned(), args.from.clone()));
    query.push(("to".to_owned(), args.to.clone()));
    query.extend(args.step.map(|step| ("step".to_owned(), step.to_string())));
    let answer = desk
        .client
        .get(&format!("{path}/metrics"), &query)
        .await
        .map_err(|failure| failure.on(format!("cannot show metrics of {what}")))?
        .body;
    if desk.screen.for_people() {
        desk.screen.put(&series(&answer, args.points, desk.screen.colours))?;
    } else if desk.screen.format == Format::Csv {
        let rows = flat(&answer);
        desk.screen.rows(
            &columns("at metric unit value")
                .into_iter()
                .map(|column| Column { heading: column.path.clone(), ..column })
                .collect::<Vec<_>>(),
            &rows,
        )?;
    } else {
        desk.screen.object(&answer)?;
    }
    for source in answer["sources"].as_array().into_iter().flatten().filter(|source| source["status"] != "ok") {
        eprintln!(
            "{}: {} {}",
            source["name"].as_str().unwrap_or("source"),
            source["status"].as_str().unwrap_or("unknown"),
            source["detail"].as_str().unwrap_or_default()
        );
    }
    Ok(())
}

/// A row a point.
fn flat(answer: &serde_json::Value) -> Vec<serde_json::Value> {
    let mut rows = Vec::new();
    for one in answer["series"].as_array().into_iter().flatten() {
        for point in one["points"].as_array().into_iter().flatten() {
            let at = point[0].as_i64().map(|ms| vigie_domain::Timestamp(ms).to_string());
            rows.push(serde_json::json!({"at": at, "metric": one["metric"], "unit": one["unit"], "value": point[1]}));
        }
    }
    rows
}
