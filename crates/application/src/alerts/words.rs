//! What alerts say: whoever is woken by one should know what, where, since when and how bad without opening anything.

use std::fmt::Write;
use std::time::Duration;

use vigie_domain::alerts::{Alert, AlertRule, Condition, Mail, RuleSubject};
use vigie_domain::devices::{Device, DeviceStatus};
use vigie_domain::system::{Beyond, event_types};
use vigie_domain::telemetry::Metric;
use vigie_domain::{Id, Timestamp};

use super::write::About;

/// The collector that polls devices.
pub const POLLER: Id = Id::fixed(201);

/// Name of a collector.
pub fn collector_name(id: Id) -> &'static str {
    if id == POLLER { "poller" } else { "collector" }
}

/// One sentence: what is wrong with what.
pub fn title(rule: &AlertRule, about: &About, metric: Option<&Metric>, value: Option<f64>) -> String {
    let whose = name(about);
    match &rule.condition {
        Condition::Threshold { metric: wanted, .. } => {
            let value = value.map_or_else(|| "unknown".to_owned(), |v| amount(v, metric.map_or("", |m| m.unit)));
            format!("{whose}: {} {value}", measured(wanted))
        }
        Condition::Event { event } if event == event_types::DEVICE_REBOOTED => format!("{whose} rebooted"),
        Condition::Event { event } => format!("{whose}: {event}"),
        Condition::State { .. } => match rule.subject {
            RuleSubject::Device => match (about.device.as_ref(), rule_states(rule)) {
                (_, [only]) if only == "snmp_silent" => format!("{whose} no longer answers SNMP"),
                (device, _) => format!("{whose} is {}", device.map_or("down", |d| d.status.word())),
            },
            RuleSubject::Interface => {
                let word = about.interface.as_ref().map_or("down", |i| i.oper_status.word()).replace('_', " ");
                format!("{whose} is {word}")
            }
            RuleSubject::Check => format!("check {whose} fails"),
            RuleSubject::Collector => format!("the {whose} is silent: no device answers"),
        },
    }
}

/// What else is known at once.
pub fn detail(rule: &AlertRule, about: &About, metric: Option<&Metric>, threshold: Option<f64>, since: Timestamp) -> Option<String> {
    match (&rule.condition, rule.subject) {
        (Condition::Threshold { operator, .. }, _) => {
            let limit = amount(threshold?, metric.map_or("", |m| m.unit));
            Some(format!("{} {} {limit} since {}", measured(metric?.name), operator.sign(), clock(since)))
        }
        (Condition::State { .. }, RuleSubject::Device) => about.device.as_ref()?.status_reason.clone(),
        (Condition::State { .. }, RuleSubject::Interface) => {
            about.interface.as_ref()?.alias.as_ref().map(|alias| format!("it is described as {alias}"))
        }
        (Condition::State { .. }, RuleSubject::Check) => about.check.as_ref()?.state.message.clone(),
        _ => None,
    }
}

/// The same where another device is to be named, for those who see that one too.
pub fn beyond(rule: &AlertRule, about: &About) -> Option<Beyond> {
    match (&rule.condition, rule.subject) {
        (Condition::State { .. }, RuleSubject::Device) => about.device.as_ref()?.status_beyond.clone(),
        (Condition::State { .. }, RuleSubject::Interface) => {
            let interface = about.interface.as_ref()?;
            let peer = interface.peer.as_ref()?;
            let to = [peer.device_name.as_deref(), peer.interface_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let alias = interface.alias.as_ref().map(|alias| format!("; it is described as {alias}")).unwrap_or_default();
            (!to.is_empty()).then(|| Beyond { device_id: peer.device_id, text: format!("it leads to {to}{alias}") })
        }
        _ => None,
    }
}

fn rule_states(rule: &AlertRule) -> &[String] {
    if let Condition::State { states } = &rule.condition { states } else { &[] }
}

fn name(about: &About) -> String {
    let subject = about.subject.name.as_deref().unwrap_or("it");
    match (&about.device, &about.interface) {
        (Some(device), Some(interface)) => format!("{} port {}", device.name, interface.name),
        _ => subject.to_owned(),
    }
}

/// A metric in words: `in_errors_per_second` is what a database calls it.
fn measured(metric: &str) -> String {
    let known = match metric {
        "utilisation_ratio" => "utilisation",
        "cpu_ratio" => "processor load",
        "memory_used_ratio" => "memory in use",
        "storage_used_ratio" => "storage in use",
        "loss_ratio" => "packet loss",
        "latency_ms" => "latency",
        "in_errors_per_second" => "errors received",
        "out_errors_per_second" => "errors sent",
        "in_discards_per_second" => "packets discarded on receipt",
        "out_discards_per_second" => "packets discarded on sending",
        "in_bps" => "traffic received",
        "out_bps" => "traffic sent",
        other => return other.replace('_', " "),
    };
    known.to_owned()
}

/// A value with its unit, as people read it.
pub fn amount(value: f64, unit: &str) -> String {
    let scaled = |unit: &str, base: f64| {
        let steps = ["", "k", "M", "G", "T", "P"];
        let step = (0..steps.len() - 1).find(|i| value.abs() < base.powi(*i as i32 + 1)).unwrap_or(steps.len() - 1);
        format!("{} {}{unit}", round(value / base.powi(step as i32)), steps[step])
    };
    match unit {
        "ratio" => format!("{} %", round(value * 100.0)),
        "bit/s" | "packet/s" => scaled(unit, 1000.0),
        "byte" => scaled("B", 1024.0),
        "1/s" => format!("{} per second", round(value)),
        unit => format!("{} {unit}", round(value)).trim_end().to_owned(),
    }
}

fn round(value: f64) -> String {
    if value.abs() >= 10.0 || value.fract().abs() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A moment to the second, in UTC and saying so.
fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default())
}

/// A span of time, in its two largest units.
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, _, _) => format!("{d} d {h} h"),
    }
}

/// What a mail is made of.
pub struct Letter<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// Its device, where it has one.
    pub device: Option<&'a Device>,
    /// Name of its site.
    pub site: Option<&'a str>,
    /// Whether it goes to people of all sites, who may read what lies at the other end.
    pub sees_beyond: bool,
    /// Where Vigie is reached.
    pub public_url: Option<&'a str>,
}

impl Letter<'_> {
    /// The mail about an alert that was raised.
    pub fn raised(&self, to: Vec<String>) -> Mail {
        let subject = format!("[{}] {}", self.alert.severity.word(), self.alert.title);
        Mail { to, subject, text: self.text(None) }
    }

    /// The mail about an alert that is over.
    pub fn resolved(&self, to: Vec<String>, at: Timestamp) -> Mail {
        let lasted = at.since(self.alert.raised_at);
        let subject = format!("[resolved] {} ({})", self.alert.title, span(lasted));
        Mail { to, subject, text: self.text(Some(at)) }
    }

    fn text(&self, over: Option<Timestamp>) -> String {
        let alert = self.alert;
        let mut text = String::with_capacity(600);
        let mut line = |name: &str, value: &str| {
            // writing to a string does not fail
            let _ = writeln!(text, "{name:<11}{value}");
        };
        line("What:", &alert.title);
        let beyond = alert.beyond.as_ref().filter(|_| self.sees_beyond).map(|b| &b.text);
        if let Some(detail) = beyond.or(alert.detail.as_ref()) {
            line("", detail);
        }
        if let Some(device) = self.device {
            let mut place = format!("{} ({})", device.name, device.address);
            if let Some(site) = self.site {
                let _ = write!(place, ", {site}");
            }
            line("Where:", &place);
            if matches!(device.status, DeviceStatus::Down | DeviceStatus::Unreachable) && alert.subject.kind != "device" {
                line("", &format!("the device itself is {}", device.status.word()));
            }
        }
        if let Some(interface) = &alert.interface_name {
            line("Interface:", interface);
        }
        if let Some(value) = alert.value {
            let unit = alert.unit.as_deref().unwrap_or("");
            let limit = alert.threshold.map(|t| format!(" (limit {})", amount(t, unit))).unwrap_or_default();
            line("Value:", &format!("{}{limit}", amount(value, unit)));
        }
        line("Since:", &clock(alert.raised_at));
        if let Some(at) = over {
            let by =
                alert.resolved_by.as_deref().filter(|by| *by != super::write::BY_RULE).map(|by| format!(", by {by}")).unwrap_or_default();
            line("Over:", &format!("{}, after {}{by}", clock(at), span(at.since(alert.raised_at))));
        }
        if alert.occurrences > 1 {
            line("Came back:", &format!("{} times", alert.occurrences - 1));
        }
        line("Rule:", &format!("{} ({})", alert.rule_name, alert.severity.word()));
        if let Some(url) = self.public_url {
            line("", "");
            line("Alert:", &format!("{url}/alerts?id={}", alert.id));
            if let Some(device) = alert.device_id {
                line("Device:", &format!("{url}/devices/{device}"));
            }
        }
        text
    }
}

/// The mail that tries a channel.
pub fn test_mail(channel: &str, to: Vec<String>, by: &str, public_url: Option<&str>) -> Mail {
    let mut text = format!("This is a test of the channel {channel}, sent by {by}.\nAlerts will come to this address.\n");
    if let Some(url) = public_url {
        let _ = writeln!(text, "\nVigie: {url}");
    }
    Mail { to, subject: format!("[test] Vigie reaches {channel}"), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_say_them() {
        for (value, unit, expected) in [
            (0.973, "ratio", "97 %"),
            (0.055, "ratio", "5.5 %"),
            (1_340_000_000.0, "bit/s", "1.3 Gbit/s"),
            (940_000_000.0, "bit/s", "940 Mbit/s"),
            (12.0, "bit/s", "12 bit/s"),
            (8_589_934_592.0, "byte", "8 GB"),
            (2.5, "1/s", "2.5 per second"),
            (31.25, "ms", "31 ms"),
        ] {
            assert_eq!(amount(value, unit), expected);
        }
    }

    #[test]
    fn spans_are_told_in_two_units() {
        for (seconds, expected) in [(42, "42 s"), (725, "12 min 5 s"), (7_260, "2 h 1 min"), (90_000, "1 d 1 h")] {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
