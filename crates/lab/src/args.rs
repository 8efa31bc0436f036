//! `vigie lab`: the command line.

use std::path::PathBuf;

use async_snmp::{AuthProtocol, PrivProtocol};
use clap::{Args, Subcommand, ValueEnum};
use ipnet::Ipv4Net;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::agent::User;
use crate::lab::{Lab, LabBuilder, default_users};
use crate::server::Binding;
use crate::world::Order;

/// Simulates a campus of SNMP devices on loopback addresses, and breaks it on command.
///
/// Every device answers SNMPv1 and v2c (community `public`) and v3 (user `vigie`, SHA-256 `vigie-auth-secret`,
/// AES-128 `vigie-priv-secret`; user `vigie-auth` authenticates alone, with the same password).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LabArgs {
    /// What to do with a running lab; without it, one is started.
    #[command(subcommand)]
    pub command: Option<LabCommand>,
    /// How to start one.
    #[command(flatten)]
    pub start: StartArgs,
}

/// How to start a lab.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// Loopback prefix whose addresses the devices take, in order.
    #[arg(long, default_value = "127.0.10.0/24", value_name = "PREFIX")]
    pub listen: Ipv4Net,
    /// UDP port of every device; 0 takes a free one.
    #[arg(long, default_value_t = 1161)]
    pub port: u16,
    /// Devices to simulate; 200, or none with --replay.
    #[arg(long, value_name = "N")]
    pub devices: Option<usize>,
    /// Replays every *.snmprec and *.snmprec.gz of a directory, an address each.
    #[arg(long, value_name = "DIR")]
    pub replay: Option<PathBuf>,
    /// What makes this campus differ from another.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where uptimes and counters start (RFC 3339, or seconds since 1970); the beginning of the year unless given.
    #[arg(long, value_parser = parse_epoch, value_name = "TIME")]
    pub epoch: Option<OffsetDateTime>,
    /// How many times faster than real the simulated day passes.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// Community of SNMPv1 and v2c.
    #[arg(long, default_value = crate::lab::COMMUNITY)]
    pub community: String,
    /// User of SNMPv3, instead of the built-in ones; can be given again.
    #[arg(long = "user", value_parser = parse_user, value_name = "NAME[,AUTH,PASSWORD[,PRIV,PASSWORD]]")]
    pub users: Vec<User>,
    /// How the addresses are taken.
    #[arg(long, value_enum, default_value_t = Binding::Auto)]
    pub bind: Binding,
    /// Threads that answer.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: u16,
    /// Unix socket for orders; vigie-lab.sock in the user's run directory unless given.
    #[arg(long, value_name = "PATH")]
    pub control: Option<PathBuf>,
}

impl StartArgs {
    /// The lab that was asked for.
    pub fn builder(&self) -> LabBuilder {
        let devices = self.devices.unwrap_or(if self.replay.is_some() { 0 } else { 200 });
        let users = if self.users.is_empty() { default_users() } else { self.users.clone() };
        let builder = Lab::builder()
            .prefix(self.listen)
            .port(self.port)
            .devices(devices)
            .seed(self.seed)
            .epoch(self.epoch)
            .speed(self.speed)
            .community(self.community.clone())
            .users(users)
            .binding(self.bind)
            .threads(usize::from(self.threads));
        match &self.replay {
            Some(directory) => builder.replay(directory),
            None => builder,
        }
    }
}

/// An order to a running lab. A DEVICE is a name (`lyo-b2-acc-2`), an alias (`sw-3`, the third switch) or an
/// address; a PORT is its number, its ifIndex or its name.
#[derive(Debug, Subcommand)]
pub enum LabCommand {
    /// Cuts a port at both ends, or takes the power from a device.
    Fail {
        /// Device.
        device: String,
        /// Port to cut.
        #[arg(long, conflicts_with = "agent_only")]
        port: Option<String>,
        /// Silences the SNMP agent alone: cables stay up.
        #[arg(long)]
        agent_only: bool,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Mends a port, a device with all of its ports, or `all`.
    Heal {
        /// Device, or `all`.
        device: String,
        /// Port to mend.
        #[arg(long)]
        port: Option<String>,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Starts a device anew: uptime and counters from zero.
    Reboot {
        /// Device.
        device: String,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Loses a share of the requests to a device and delays the answers to the others.
    Degrade {
        /// Device.
        device: String,
        /// Share of requests lost, from 0 to 1.
        #[arg(long, default_value_t = 0.0)]
        loss: f64,
        /// Delay of answers, in milliseconds.
        #[arg(long, default_value_t = 0)]
        delay_ms: u32,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Loads a port in both directions.
    Load {
        /// Device.
        device: String,
        /// Port.
        #[arg(long)]
        port: String,
        /// Share of the speed, from 0 to 1.
        #[arg(long)]
        ratio: f64,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Counts errors at a port.
    Errors {
        /// Device.
        device: String,
        /// Port.
        #[arg(long)]
        port: String,
        /// Errors a second; 0 ends them.
        #[arg(long)]
        per_second: f64,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Shows what is broken, and how much was answered.
    Status {
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Shows how often each device was polled, and the longest time from one poll to the next.
    Polls {
        /// Begins anew afterwards.
        #[arg(long)]
        forget: bool,
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
    /// Shows the devices and where their cables go.
    List {
        /// Which lab, and how it replies.
        #[command(flatten)]
        to: To,
    },
}

/// Which lab, and how its reply is shown.
#[derive(Debug, Clone, Args)]
pub struct To {
    /// Unix socket of the lab.
    #[arg(long, value_name = "PATH")]
    pub control: Option<PathBuf>,
    /// How the reply is shown.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// How a reply is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl LabCommand {
    /// The order, and where it goes.
    pub fn into_order(self) -> (Order, To) {
        match self {
            Self::Fail { device, port, agent_only, to } => (Order::Fail { device, port, agent_only }, to),
            Self::Heal { device, port, to } => (Order::Heal { device, port }, to),
            Self::Reboot { device, to } => (Order::Reboot { device }, to),
            Self::Degrade { device, loss, delay_ms, to } => (Order::Degrade { device, loss, delay_ms }, to),
            Self::Load { device, port, ratio, to } => (Order::Load { device, port, ratio }, to),
            Self::Errors { device, port, per_second, to } => (Order::Errors { device, port, per_second }, to),
            Self::Status { to } => (Order::Status, to),
            Self::List { to } => (Order::List, to),
            Self::Polls { forget, to } => (Order::Polls { forget }, to),
        }
    }
}

fn parse_epoch(text: &str) -> Result<OffsetDateTime, String> {
    if let Ok(seconds) = text.parse() {
        return OffsetDateTime::from_unix_timestamp(seconds).map_err(|e| e.to_string());
    }
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "neither seconds since 1970 nor a time such as 2026-01-01T00:00:00Z".to_owned())
}

/// Names as net-snmp has them: AES-256 extends keys as Blumenthal proposed, AES-256-C as Cisco does.
fn privacy(name: &str) -> Result<PrivProtocol, String> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "AES-192" | "AES192" => PrivProtocol::Aes192Blumenthal,
        "AES-256" | "AES256" => PrivProtocol::Aes256Blumenthal,
        "AES-192-C" => PrivProtocol::Aes192Reeder,
        "AES-256-C" => PrivProtocol::Aes256Reeder,
        other => return other.parse::<PrivProtocol>().map_err(|e| e.to_string()),
    })
}

fn parse_user(text: &str) -> Result<User, String> {
    let auth = |name: &str| name.parse::<AuthProtocol>().map_err(|e| e.to_string());
    let fields: Vec<&str> = text.split(',').collect();
    let (name, keys) = fields.split_first().filter(|(name, _)| !name.is_empty()).ok_or("a user has a name")?;
    let (auth, privacy) = match keys {
        [] => (None, None),
        [a, secret] => (Some((auth(a)?, (*secret).to_owned())), None),
        [a, secret, p, other] => (Some((auth(a)?, (*secret).to_owned())), Some((privacy(p)?, (*other).to_owned()))),
        _ => return Err("NAME, NAME,AUTH,PASSWORD or NAME,AUTH,PASSWORD,PRIV,PASSWORD".to_owned()),
    };
    Ok(User { name: (*name).to_owned(), auth, privacy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_epochs_are_read() {
        let user = parse_user("bob,SHA-512,authpass1,AES-256,privpass1").expect("user");
        assert_eq!(user.auth, Some((AuthProtocol::Sha512, "authpass1".to_owned())));
        assert!(user.privacy.is_some());
        assert!(parse_user("").is_err() && parse_user("bob,SHA").is_err() && parse_user("bob,ROT13,xxxxxxxx").is_err());
        assert_eq!(parse_epoch("0"), Ok(OffsetDateTime::UNIX_EPOCH));
        assert_eq!(parse_epoch("1970-01-01T00:00:00Z"), Ok(OffsetDateTime::UNIX_EPOCH));
        assert!(parse_epoch("yesterday").is_err());
    }
}
