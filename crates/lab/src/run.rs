//! `vigie lab`: starts a lab, or gives an order to the one that runs.

use std::fmt::Write as _;
use std::future::Future;
use std::io::Write as _;
use std::path::Path;

use crate::args::{LabArgs, LabCommand, Output, StartArgs};
use crate::control::{self, Control};
use crate::error::LabError;
use crate::lab::LabHandle;
use crate::world::{DeviceInfo, Polls, Reply, Status};

/// Runs the command. A lab that was started runs until `shutdown`.
pub async fn run(args: LabArgs, shutdown: impl Future<Output = ()>) -> Result<(), LabError> {
    match args.command {
        Some(command) => give_order(command).await,
        None => serve(&args.start, shutdown).await,
    }
}

async fn serve(start: &StartArgs, shutdown: impl Future<Output = ()>) -> Result<(), LabError> {
    let lab = start.builder().start().await?;
    let path = start.control.clone().unwrap_or_else(control::default_path);
    let control = match Control::listen(&path, lab.world().clone()).await {
        // another lab has the usual place: this one can do without, the user named none
        Err(error @ LabError::ControlTaken(_)) if start.control.is_none() => {
            tracing::warn!(%error, "no orders to this lab");
            None
        }
        listening => Some(listening?),
    };
    greet(&lab, control.is_some().then_some(&path))?;
    shutdown.await;
    drop(control);
    lab.stop().await;
    Ok(())
}

fn greet(lab: &LabHandle, control: Option<&Path>) -> Result<(), LabError> {
    let status = lab.status();
    let mut text = format!(
        "lab: {} devices on {} to {}, port {}, {} sites, {} links\n",
        status.devices,
        status.first,
        status.last,
        lab.port(),
        status.sites,
        status.links
    );
    if status.malformed_lines > 0 {
        writeln!(text, "lab: {} malformed lines skipped", status.malformed_lines).map_err(std::io::Error::other)?;
    }
    if let Some(path) = control {
        writeln!(text, "lab: orders at {}", path.display()).map_err(std::io::Error::other)?;
    }
    show(&text)
}

async fn give_order(command: LabCommand) -> Result<(), LabError> {
    let (order, to) = command.into_order();
    let path = to.control.unwrap_or_else(control::default_path);
    let reply = control::order(&path, &order).await?;
    let text = match to.output {
        Output::Json => json(&reply)?,
        Output::Table => table(&reply),
    };
    show(&text)
}

/// The content alone: a program knows what it asked for.
fn json(reply: &Reply) -> Result<String, LabError> {
    let text = match reply {
        Reply::Devices { devices } => serde_json::to_string_pretty(devices),
        Reply::Polls { devices } => serde_json::to_string_pretty(devices),
        Reply::Status(status) => serde_json::to_string_pretty(status),
        other => serde_json::to_string_pretty(other),
    };
    text.map(|text| text + "\n").map_err(|e| LabError::Io(e.into()))
}

fn table(reply: &Reply) -> String {
    match reply {
        Reply::Done { message } | Reply::Refused { reason: message } => format!("{message}\n"),
        Reply::Status(status) => status_table(status),
        Reply::Devices { devices } => device_table(devices),
        Reply::Polls { devices } => poll_table(devices),
    }
}

fn status_table(status: &Status) -> String {
    let mut rows = vec![
        ["devices".to_owned(), format!("{} ({} to {})", status.devices, status.first, status.last)],
        ["sites".to_owned(), status.sites.to_string()],
        ["links".to_owned(), status.links.to_string()],
        ["seed".to_owned(), status.seed.to_string()],
        ["requests".to_owned(), format!("{} received, {} answered, {} lost on command", status.received, status.answered, status.lost)],
        ["dropped".to_owned(), status.dropped.to_string()],
    ];
    for (n, fault) in status.faults.iter().enumerate() {
        let place = fault.port.as_ref().map_or_else(|| fault.device.clone(), |port| format!("{} {port}", fault.device));
        rows.push([if n == 0 { "broken".to_owned() } else { String::new() }, format!("{place}: {}", fault.what)]);
    }
    columns(&rows)
}

fn device_table(devices: &[DeviceInfo]) -> String {
    let mut rows = vec![["NAME", "ALIAS", "ADDRESS", "ROLE", "SITE", "MODEL", "LINKS"].map(str::to_owned)];
    rows.extend(devices.iter().map(|d| {
        let links: Vec<String> = d.links.iter().map(|l| format!("{}{}={}", if l.up { "" } else { "!" }, l.a.port, l.b.device)).collect();
        let name = if d.answers { d.name.clone() } else { format!("{} (silent)", d.name) };
        [name, d.alias.clone(), d.address.to_string(), d.role.tag().to_owned(), d.site.clone(), d.model.clone(), links.join(" ")]
    }));
    columns(&rows)
}

fn poll_table(devices: &[Polls]) -> String {
    let mut rows = vec![["ADDRESS", "POLLS", "REQUESTS", "LONGEST INTERVAL"].map(str::to_owned)];
    rows.extend(devices.iter().map(|d| {
        let longest = format!("{}.{:03} s", d.longest_interval_ms / 1000, d.longest_interval_ms % 1000);
        [d.address.to_string(), d.polls.to_string(), d.requests.to_string(), longest]
    }));
    columns(&rows)
}

/// Left-aligned columns, two blanks apart.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|n| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn show(text: &str) -> Result<(), LabError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
