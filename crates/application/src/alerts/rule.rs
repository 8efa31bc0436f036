//! Alert rules as users manage them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::alerts::{AlertRule, Comparison, Condition, RuleSubject, Severity};
use vigie_domain::devices::{OperStatus, Site};
use vigie_domain::system::event_types;
use vigie_domain::{Error, Id, Permission, Result};

use super::rulebook::metrics_of;
use super::{READ, WRITE};
use crate::resources::{Draft, Resource, touched};

/// A week: nothing need hold longer.
const LONGEST: u32 = 7 * 86_400;

/// Writable fields of a rule.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertRuleInput, example = json!({
    "name": "Uplink busy", "severity": "warning", "subject": "interface", "for_seconds": 300,
    "condition": {"kind": "threshold", "metric": "utilisation_ratio", "operator": "gte", "value": 0.7, "clear_value": 0.6}
}))]
pub struct AlertRuleInput {
    /// Name; unique.
    #[schema(format = "name", max_length = 100)]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(format = "note", max_length = 2000)]
    pub description: Option<String>,
    /// Whether it is in force; true when absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub enabled: bool,
    /// How bad its alerts are: `critical`, `warning` or `info`.
    #[schema(value_type = String, example = "warning", pattern = "^(info|warning|critical)$")]
    pub severity: Severity,
    /// What it watches: `device`, `interface`, `check` or `collector`.
    #[schema(value_type = String, example = "interface", pattern = "^(device|interface|check|collector)$")]
    pub subject: RuleSubject,
    /// When it fires: `{"kind": "threshold", "metric", "operator", "value", "clear_value"}`, `{"kind": "state", "states"}` or
    /// `{"kind": "event", "event"}`.
    #[schema(value_type = ConditionShape)]
    pub condition: Condition,
    /// Seconds the condition must hold before it fires.
    #[serde(default)]
    #[schema(maximum = 604_800)]
    pub for_seconds: u32,
    /// Seconds the condition must be gone before it clears.
    #[serde(default)]
    #[schema(maximum = 604_800)]
    pub clear_for_seconds: u32,
    /// Only devices of these sites and of what lies below them, when any is named.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub sites: Vec<Id>,
    /// Only devices with one of these tags, when any is named.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// When a rule fires, as the document shows it.
#[derive(ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = AlertRuleCondition)]
#[expect(dead_code, reason = "it is the shape of the domain's condition")]
pub enum ConditionShape {
    /// A metric passes a threshold.
    Threshold {
        /// Name of the metric, out of those of the subject.
        #[schema(example = "utilisation_ratio")]
        metric: String,
        /// How it is compared.
        #[schema(pattern = "^(gt|gte|lt|lte)$")]
        operator: String,
        /// The threshold.
        value: f64,
        /// Where it clears; at the threshold when absent.
        clear_value: Option<f64>,
    },
    /// The subject is in one of these states.
    State {
        /// States, such as `down`.
        #[schema(min_items = 1)]
        states: Vec<String>,
    },
    /// Something happened; the alert clears after `clear_for_seconds`.
    Event {
        /// Type of the event, such as `device.rebooted`.
        #[schema(example = "device.rebooted")]
        event: String,
    },
}

fn yes() -> bool {
    true
}

#[async_trait]
impl Resource for AlertRule {
    const PATH: &'static str = "alert-rules";
    const READ: Permission = READ;
    const WRITE: Permission = WRITE;
    const EVENTS: Option<[&'static str; 3]> =
        Some([event_types::ALERT_RULE_CHANGED, event_types::ALERT_RULE_CHANGED, event_types::ALERT_RULE_CHANGED]);

    type Input = AlertRuleInput;

    fn label(&self) -> String {
        self.name.clone()
    }

    fn input(&self) -> AlertRuleInput {
        AlertRuleInput {
            name: self.name.clone(),
            description: self.description.clone(),
            enabled: self.enabled,
            severity: self.severity,
            subject: self.subject,
            condition: self.condition.clone(),
            for_seconds: self.for_seconds,
            clear_for_seconds: self.clear_for_seconds,
            sites: self.sites.clone(),
            tags: self.tags.clone(),
        }
    }

    async fn build(current: Option<&Self>, input: AlertRuleInput, draft: &mut Draft<'_, '_>) -> Result<Self> {
        let name = draft.text("name", &input.name, 100);
        let description = draft.note("description", input.description, 2_000);
        check_condition(draft, input.subject, &input.condition);
        for (field, seconds) in [("for_seconds", input.for_seconds), ("clear_for_seconds", input.clear_for_seconds)] {
            draft.range(field, seconds.into(), 0.0..=LONGEST.into());
        }
        for (place, site) in input.sites.iter().enumerate() {
            draft.reference::<Site>(&format!("sites[{place}]"), *site).await?;
        }
        let mut tags: Vec<String> = input.tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        tags.sort_unstable();
        tags.dedup();
        draft.finish()?;
        draft.placed::<Self>(|_| !input.sites.is_empty())?;
        let now = draft.now();
        let rule = Self {
            id: current.map_or_else(Id::new, |rule| rule.id),
            version: current.map_or(1, |rule| rule.version),
            name,
            description,
            enabled: input.enabled,
            built_in: current.is_some_and(|rule| rule.built_in),
            severity: input.severity,
            subject: input.subject,
            condition: input.condition,
            for_seconds: input.for_seconds,
            clear_for_seconds: input.clear_for_seconds,
            sites: input.sites,
            tags,
            created_at: current.map_or(now, |rule| rule.created_at),
            updated_at: current.map_or(now, |rule| rule.updated_at),
        };
        Ok(touched(current, rule, |rule| {
            rule.version += 1;
            rule.updated_at = now;
        }))
    }

    async fn before_delete(&self, _draft: &mut Draft<'_, '_>) -> Result<()> {
        if !self.built_in {
            return Ok(());
        }
        Err(Error::conflict("conflict", "rules that come with Vigie are not deleted")
            .solution("disable it with PATCH {\"enabled\": false}"))
    }
}

fn check_condition(draft: &mut Draft<'_, '_>, subject: RuleSubject, condition: &Condition) {
    match condition {
        Condition::Threshold { metric, operator, value, clear_value } => {
            let Some(set) = metrics_of(subject) else {
                return draft.fault("condition.kind", "invalid_value", "a collector has states only");
            };
            if set.index(metric).is_none() {
                let valid: Vec<_> = set.metrics.iter().map(|m| m.name).collect();
                let message = format!("there is no metric {metric} of a {}; valid metrics are {}", subject.word(), valid.join(", "));
                draft.fault("condition.metric", "invalid_value", message);
            }
            if !value.is_finite() || clear_value.is_some_and(|clear| !clear.is_finite()) {
                return draft.fault("condition.value", "invalid_value", "a threshold is a finite number");
            }
            let upwards = matches!(operator, Comparison::Gt | Comparison::Gte);
            if clear_value.is_some_and(|clear| if upwards { clear > *value } else { clear < *value }) {
                let side = if upwards { "below" } else { "above" };
                draft.fault("condition.clear_value", "invalid_value", format!("it clears {side} {value}, or at it"));
            }
        }
        Condition::State { states } => {
            let valid: &[&str] = match subject {
                RuleSubject::Device => &DEVICE_WORDS,
                RuleSubject::Interface => OperStatus::WORDS,
                RuleSubject::Check => &CHECK_WORDS,
                RuleSubject::Collector => &["silent", "receiving"],
            };
            if states.is_empty() {
                draft.fault("condition.states", "required", format!("name one of {}", valid.join(", ")));
            }
            for (place, state) in states.iter().enumerate().filter(|(_, state)| !valid.contains(&state.as_str())) {
                let message = format!("{state} is no state of a {}; valid states are {}", subject.word(), valid.join(", "));
                draft.fault(&format!("condition.states[{place}]"), "invalid_value", message);
            }
        }
        Condition::Event { event } => {
            let valid = event_types::ALL.iter().map(|(word, _)| *word).filter(|word| may_raise(word));
            let valid: Vec<_> = valid.collect();
            if !valid.contains(&event.as_str()) {
                draft.fault("condition.event", "invalid_value", format!("{event} raises no alert; valid events are {}", valid.join(", ")));
            }
        }
    }
}

const CHECK_WORDS: [&str; 3] = ["ok", "failing", "unknown"];

/// The states of a device, and what makes it degraded: SNMP that is silent while ICMP answers, or ports that should be up.
const DEVICE_WORDS: [&str; 9] =
    ["up", "degraded", "snmp_silent", "ports_down", "down", "unreachable", "unmonitored", "pending", "decommissioned"];

/// Events that an alert may be raised for: what happened to the network, not what people or alerts did.
pub(super) fn may_raise(event: &str) -> bool {
    let area = event.split('.').next().unwrap_or_default();
    matches!(area, "device" | "interface" | "link" | "neighbour" | "check")
        && !matches!(event, "device.added" | "device.changed" | "device.removed")
}

#[cfg(test)]
mod tests {
    use vigie_domain::devices::{CheckStatus, DeviceStatus};

    use super::*;

    #[test]
    fn words_are_those_of_the_domain() {
        assert!(DeviceStatus::WORDS.iter().all(|word| DEVICE_WORDS.contains(word)));
        assert_eq!(CHECK_WORDS, [CheckStatus::Ok, CheckStatus::Failing, CheckStatus::Unknown].map(CheckStatus::word));
    }
}
