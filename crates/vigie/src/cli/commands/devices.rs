//! What else is done with devices: poll, identify, ping, read by SNMP, see what belongs to them.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::metrics::{self, MetricsArgs};
use super::sought;
use super::watch::{self, WaitArgs};
use crate::cli::desk::Desk;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::resource::{ListArgs, Listing, catalogue, rows, shown_columns};
use crate::cli::show::{Quantity, columns};

/// An action on a device.
#[derive(Clone, Debug, Subcommand)]
pub enum DeviceAction {
    /// Polls a device now.
    Poll {
        /// By name, address or id.
        device: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Reads anew what a device is, and its ports, addresses and neighbours.
    Identify {
        /// By name, address or id.
        device: String,
        /// Whether to wait.
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Pings a device from the server; ends with 7 when nothing comes back.
    Ping {
        /// By name, address or id.
        device: String,
        /// Echoes to send.
        #[arg(short, long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=20))]
        count: u16,
    },
    /// Reads objects of a device by SNMP.
    SnmpGet {
        /// By name, address or id.
        device: String,
        /// Instances: numeric, or by the name of a well-known object such as sysName.0.
        #[arg(required = true, value_name = "OID")]
        oids: Vec<String>,
    },
    /// Walks a subtree of a device by SNMP.
    SnmpWalk {
        /// By name, address or id.
        device: String,
        /// Where to begin.
        #[arg(value_name = "OID")]
        oid: String,
        /// Rows to end at.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        max_rows: u32,
    },
    /// Lists the interfaces of a device.
    Interfaces(Of),
    /// Lists the addresses of a device.
    Addresses(Of),
    /// Lists what a device hears by LLDP and CDP.
    Neighbours(Of),
    /// Lists the alerts of a device.
    Alerts(Of),
    /// Lists the events of a device.
    Events(Of),
    /// Shows how a device answers each protocol, with causes and remedies.
    Access {
        /// By name, address or id.
        device: String,
    },
    /// Shows metrics of a device over time.
    Metrics {
        /// By name, address or id.
        device: String,
        /// Which, and when.
        #[command(flatten)]
        args: MetricsArgs,
    },
}

/// What belongs to a device.
#[derive(clap::Args, Clone, Debug)]
pub struct Of {
    /// By name, address or id.
    device: String,
    /// Which rows.
    #[command(flatten)]
    list: ListArgs,
}

/// Runs an action.
pub async fn run(desk: &Desk, action: &DeviceAction) -> Result<(), Failure> {
    match action {
        DeviceAction::Poll { device, wait } => job(desk, device, "poll", *wait).await,
        DeviceAction::Identify { device, wait } => job(desk, device, "identify", *wait).await,
        DeviceAction::Ping { device, count } => ping(desk, device, *count).await,
        DeviceAction::SnmpGet { device, oids } => snmp(desk, device, "snmp-get", &json!({"oids": oids})).await,
        DeviceAction::SnmpWalk { device, oid, max_rows } => snmp(desk, device, "snmp-walk", &json!({"oid": oid, "max_rows": max_rows})).await,
        DeviceAction::Interfaces(of) => belonging(desk, of, "interfaces", "name alias admin=admin_status oper=oper_status speed=speed_bps in=state.in_bps out=state.out_bps use=state.utilisation_ratio peer=peer.device_name peer_port=peer.interface_name").await,
        DeviceAction::Addresses(of) => belonging(desk, of, "addresses", "address prefix=prefix_length interface=interface_name first_seen last_seen").await,
        DeviceAction::Neighbours(of) => belonging(desk, of, "neighbours", "port=local_port protocol system=system_name remote_port=port_id device=remote_device.name interface=remote_interface.name chassis=chassis_id addresses=management_addresses last_seen").await,
        DeviceAction::Alerts(of) => belonging(desk, of, "alerts", "id severity status title value raised=raised_at acknowledged_by").await,
        DeviceAction::Events(of) => belonging(desk, of, "events", "occurred_at severity type subject=subject.name data").await,
        DeviceAction::Access { device } => access(desk, device).await,
        DeviceAction::Metrics { device, args } => {
            let found = sought(desk, "devices", device, &format!("cannot show metrics of device {device}")).await?;
            metrics::show(desk, &format!("devices/{}", found.id), &format!("device {device}"), args, "cpu_ratio,memory_used_bytes,latency_ms,loss_ratio").await
        }
    }
}

async fn job(desk: &Desk, device: &str, verb: &str, wait: WaitArgs) -> Result<(), Failure> {
    let task = format!("cannot {verb} device {device}");
    let found = sought(desk, "devices", device, &task).await?;
    let reply = desk.client.post(&format!("devices/{}/{verb}", found.id), &[], &json!({})).await.map_err(|failure| failure.on(&task))?;
    watch::started(desk, &reply.body, wait, &task).await
}

async fn ping(desk: &Desk, device: &str, count: u16) -> Result<(), Failure> {
    let task = format!("cannot ping device {device}");
    let found = sought(desk, "devices", device, &task).await?;
    let path = format!("devices/{}/ping", found.id);
    let answer = desk.client.post(&path, &[], &json!({"count": count})).await.map_err(|failure| failure.on(&task))?.body;
    if desk.screen.for_people() {
        desk.screen.put(&ping_text(&answer))?;
    } else {
        desk.screen.object(&answer)?;
    }
    if answer["received"] == 0 { Err(Failure::silent(Exit::Device)) } else { Ok(()) }
}

fn ping_text(answer: &Json) -> String {
    let ms = |value: &Json| value.as_f64().map_or("–".to_owned(), |ms| Quantity::Milliseconds.show(ms));
    let mut text = String::new();
    for reply in answer["replies"].as_array().into_iter().flatten() {
        let outcome = if reply["rtt_ms"].is_null() { "no answer".to_owned() } else { ms(&reply["rtt_ms"]) };
        let _ = writeln!(text, "{:>3}  {outcome}", reply["seq"].to_string());
    }
    let lost = Quantity::Ratio.show(answer["loss_ratio"].as_f64().unwrap_or_default());
    let (sent, received) = (&answer["sent"], &answer["received"]);
    let _ = write!(text, "{}: {sent} sent, {received} received, {lost} lost", answer["address"].as_str().unwrap_or_default());
    if received != 0 {
        let [min, mean, max, jitter] = ["min_ms", "avg_ms", "max_ms", "jitter_ms"].map(|name| ms(&answer[name]));
        let _ = write!(text, "; min {min}, mean {mean}, max {max}, jitter {jitter}");
    }
    text + "\n"
}

async fn snmp(desk: &Desk, device: &str, verb: &str, body: &Json) -> Result<(), Failure> {
    let task = format!("cannot read device {device}");
    let found = sought(desk, "devices", device, &task).await?;
    let answer = desk.client.post(&format!("devices/{}/{verb}", found.id), &[], body).await.map_err(|failure| failure.on(&task))?.body;
    let none = Vec::new();
    desk.screen.rows(&columns("name oid type value=text"), answer["results"].as_array().unwrap_or(&none))?;
    if answer["truncated"] == true {
        eprintln!("cut at {} rows; --max-rows reads more", answer["results"].as_array().map_or(0, Vec::len));
    }
    Ok(())
}

async fn belonging(desk: &Desk, of: &Of, name: &str, usual: &str) -> Result<(), Failure> {
    let found = sought(desk, "devices", &of.device, &format!("cannot list {name} of device {}", of.device)).await?;
    let columns = shown_columns(&of.list, columns(usual), desk.screen.format);
    let (path, what) = (format!("devices/{}/{name}", found.id), format!("{name} of {}", of.device));
    rows(&desk.client, &desk.screen, &Listing { path: &path, what: &what, columns: &columns, links: false }, &of.list).await
}

async fn access(desk: &Desk, device: &str) -> Result<(), Failure> {
    let task = format!("cannot show device {device}");
    let found = sought(desk, "devices", device, &task).await?;
    let path = catalogue::resource_of("devices").map_or_else(String::new, |devices| devices.one(&found.id));
    let body = desk.client.get(&path, &[]).await.map_err(|failure| failure.on(&task))?.body;
    let none = Vec::new();
    desk.screen.rows(&columns("protocol state since causes solution"), body["access"].as_array().unwrap_or(&none))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_told_as_engineers_know_it() {
        let answer = json!({"address": "192.0.2.7", "sent": 2, "received": 1, "loss_ratio": 0.5, "min_ms": 0.25, "avg_ms": 0.25, "max_ms": 0.25,
            "jitter_ms": null, "replies": [{"seq": 1, "rtt_ms": 0.25}, {"seq": 2, "rtt_ms": null}]});
        let text =
            "  1  0.25 ms\n  2  no answer\n192.0.2.7: 2 sent, 1 received, 50 % lost; min 0.25 ms, mean 0.25 ms, max 0.25 ms, jitter –\n";
        assert_eq!(ping_text(&answer), text);
    }
}
