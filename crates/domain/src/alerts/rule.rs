//! Alert rules.

use serde::{Deserialize, Serialize};

use crate::query::{Field, FieldKind, Schema, ScopeRule, SiteNames, Value};
use crate::store::Entity;
use crate::{Id, Timestamp};

/// How bad it is; ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Needs somebody in the day.
    Warning,
    /// Needs somebody now.
    Critical,
}

impl Severity {
    /// All of them, as the API writes them.
    pub const WORDS: &'static [&'static str] = &["info", "warning", "critical"];

    /// Its word in the API.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// What a rule watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RuleSubject {
    Device,
    Interface,
    Check,
    Collector,
}

impl RuleSubject {
    /// Its word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Interface => "interface",
            Self::Check => "check",
            Self::Collector => "collector",
        }
    }
}

/// How a metric is compared with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Gt,
    Gte,
    Lt,
    Lte,
}

impl Comparison {
    /// Whether `value` stands so to `threshold`.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Gt => value > threshold,
            Self::Gte => value >= threshold,
            Self::Lt => value < threshold,
            Self::Lte => value <= threshold,
        }
    }

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Gt => ">",
            Self::Gte => "≥",
            Self::Lt => "<",
            Self::Lte => "≤",
        }
    }
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// A metric passes a threshold; it clears beyond `clear_value` (hysteresis), or at `value` where that is absent.
    Threshold {
        /// Name of the metric.
        metric: String,
        /// How it is compared.
        operator: Comparison,
        /// The threshold.
        value: f64,
        /// Where it clears.
        clear_value: Option<f64>,
    },
    /// The subject is in one of these states.
    State {
        /// States, such as `down`.
        states: Vec<String>,
    },
    /// Something happened; the alert clears after `clear_for_seconds`.
    Event {
        /// Type of the event, such as `device.rebooted`.
        event: String,
    },
}

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AlertRule {
    /// Its id.
    pub id: Id,
    /// Version of its writable fields.
    pub version: i64,
    /// Name; unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is in force.
    pub enabled: bool,
    /// Whether Vigie shipped it.
    pub built_in: bool,
    /// How bad its alerts are.
    pub severity: Severity,
    /// What it watches.
    pub subject: RuleSubject,
    /// When it fires.
    pub condition: Condition,
    /// How long the condition must hold before it fires.
    pub for_seconds: u32,
    /// How long the condition must be gone before it clears.
    pub clear_for_seconds: u32,
    /// Only devices of these sites, when any is named.
    pub sites: Vec<Id>,
    /// Only devices with one of these tags, when any is named.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Entity for AlertRule {
    const SCHEMA: &'static Schema = &Schema {
        kind: "alert rule",
        table: "alert_rules",
        fields: &[
            Field::indexed("name", FieldKind::Name, "name").sortable(),
            Field::residual("enabled", FieldKind::Bool, "whether it is in force"),
            Field::residual("severity", FieldKind::Enum(Severity::WORDS), "how bad its alerts are"),
            Field::residual("subject", FieldKind::Enum(&["device", "interface", "check", "collector"]), "what it watches"),
            Field::residual("built_in", FieldKind::Bool, "whether Vigie shipped it"),
            Field::residual("created_at", FieldKind::Time, "when it was made").sortable(),
        ],
        relations: &[],
        search: &["name"],
        default_ordering: "name",
        scope: ScopeRule::OfSites(&SiteNames { table: "alert_rule_sites", row: "rule_id", shipped: "built_in" }),
    };

    fn id(&self) -> Id {
        self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            (&self.name).into(),
            self.enabled.into(),
            self.severity.word().into(),
            self.subject.word().into(),
            self.built_in.into(),
            self.created_at.into(),
        ]
    }
}
