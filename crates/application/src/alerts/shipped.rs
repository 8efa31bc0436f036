//! The rules that come with Vigie: seeded at the first start, to be changed but not deleted.

use vigie_domain::alerts::{AlertRule, Comparison, Condition, RuleSubject, Severity};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::event_types;
use vigie_domain::{Id, Result, Scope, Timestamp};

use crate::Core;

/// Writes the shipped rules that are not there yet; those that are stay as people left them.
pub async fn seed_rules(core: &Core) -> Result<()> {
    let rules = shipped_rules(core.now());
    let ids: Vec<Id> = rules.iter().map(|rule| rule.id).collect();
    let known: Vec<AlertRule> = core.store.get_many(&Scope::system(), &ids).await?;
    let mut work = core.store.begin().await?;
    for rule in rules.iter().filter(|rule| !known.iter().any(|k| k.id == rule.id)) {
        work.insert(rule).await?;
    }
    work.commit().await
}

/// The shipped rules.
pub fn shipped_rules(now: Timestamp) -> Vec<AlertRule> {
    use RuleSubject::{Check, Collector, Device, Interface};
    use Severity::{Critical, Warning};
    let above = |metric: &str, value, clear| Condition::Threshold {
        metric: metric.to_owned(),
        operator: Comparison::Gte,
        value,
        clear_value: Some(clear),
    };
    let state = |words: &[&str]| Condition::State { states: words.iter().map(|&word| word.to_owned()).collect() };
    let rule = |number: u128, name: &str, description: &str, severity, subject, condition, for_seconds, clear_for_seconds| AlertRule {
        id: Id::fixed(100 + number),
        version: 1,
        name: name.to_owned(),
        description: Some(description.to_owned()),
        enabled: true,
        built_in: true,
        severity,
        subject,
        condition,
        for_seconds,
        clear_for_seconds,
        sites: Vec::new(),
        tags: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    vec![
        rule(
            1,
            "Device down",
            "A device answers neither SNMP nor ICMP. What only lies behind it is unreachable, and raises nothing. The half minute is for \
             the devices around it to be asked, so that the one at fault is known.",
            Critical,
            Device,
            state(&["down"]),
            30,
            0,
        ),
        rule(
            2,
            "Interface down",
            "A port that is enabled and on which a neighbour was heard (LLDP, CDP), or on which a person set something, is down. Ports of \
             users go down each evening and raise nothing.",
            Critical,
            Interface,
            state(&["down", "lower_layer_down"]),
            0,
            30,
        ),
        rule(
            3,
            "Device rebooted",
            "A device started anew.",
            Warning,
            Device,
            Condition::Event { event: event_types::DEVICE_REBOOTED.to_owned() },
            0,
            900,
        ),
        rule(
            4,
            "Interface saturated",
            "A port carries nine tenths of its speed or more for five minutes; an interface's own limits win.",
            Warning,
            Interface,
            above("utilisation_ratio", 0.9, 0.8),
            300,
            120,
        ),
        rule(
            5,
            "Errors received",
            "A port receives broken frames: cable, optics or duplex.",
            Warning,
            Interface,
            above("in_errors_per_second", 1.0, 0.1),
            300,
            300,
        ),
        rule(6, "Errors sent", "A port fails to send frames.", Warning, Interface, above("out_errors_per_second", 1.0, 0.1), 300, 300),
        rule(
            7,
            "Processor busy",
            "The processors of a device are busy for ten minutes.",
            Warning,
            Device,
            above("cpu_ratio", 0.9, 0.8),
            600,
            300,
        ),
        rule(
            8,
            "Memory short",
            "The memory of a device is nearly full for ten minutes.",
            Warning,
            Device,
            above("memory_used_ratio", 0.95, 0.9),
            600,
            300,
        ),
        rule(
            9,
            "Storage nearly full",
            "A storage area of a device is nine tenths full.",
            Warning,
            Device,
            above("storage_used_ratio", 0.9, 0.88),
            300,
            300,
        ),
        rule(
            10,
            "Packets lost",
            "A fifth of the echoes to a device is lost for ten minutes.",
            Warning,
            Device,
            above("loss_ratio", 0.2, 0.05),
            600,
            300,
        ),
        rule(11, "Check failing", "A check fails.", Warning, Check, state(&["failing"]), 0, 0),
        rule(
            12,
            "Collector silent",
            "No device has answered Vigie for minutes: the fault is likely near Vigie itself.",
            Critical,
            Collector,
            state(&["silent"]),
            0,
            0,
        ),
        rule(
            13,
            "SNMP silent",
            "A device answers ICMP but no longer SNMP: it is there, and not watched. Its agent stopped, or its credentials changed.",
            Warning,
            Device,
            state(&["snmp_silent"]),
            60,
            0,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::rulebook::metrics_of;
    use super::*;

    #[test]
    fn shipped_rules_watch_what_there_is() {
        let rules = shipped_rules(Timestamp(0));
        for rule in &rules {
            if let Condition::Threshold { metric, value, clear_value, .. } = &rule.condition {
                assert!(metrics_of(rule.subject).unwrap().index(metric).is_some(), "{}", rule.name);
                assert!(clear_value.unwrap() < *value, "{}", rule.name);
            }
        }
        let mut names: Vec<_> = rules.iter().map(|rule| &rule.name).collect();
        names.dedup();
        assert_eq!(names.len(), rules.len());
    }
}
