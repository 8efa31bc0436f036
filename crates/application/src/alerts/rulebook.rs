//! The rules in force, ready to be walked at each reading.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::alerts::{AlertRule, Condition, RuleSubject, Severity};
use vigie_domain::devices::{Site, Thresholds};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read, Reader};
use vigie_domain::telemetry::{CHECK, DEVICE, INTERFACE, MetricSet};
use vigie_domain::{Id, Result, Scope};

use super::phase::{Signal, Timing};

/// A rule in force.
#[derive(Clone, Debug)]
pub struct ActiveRule {
    /// The rule.
    pub rule: Arc<AlertRule>,
    /// Its sites with what lies below them; empty is everywhere.
    sites: HashSet<Id>,
    /// Where its metric stands in the set of its subject.
    metric: Option<usize>,
}

/// The metrics of a kind of subject.
pub fn metrics_of(subject: RuleSubject) -> Option<&'static MetricSet> {
    match subject {
        RuleSubject::Device => Some(&DEVICE),
        RuleSubject::Interface => Some(&INTERFACE),
        RuleSubject::Check => Some(&CHECK),
        RuleSubject::Collector => None,
    }
}

impl ActiveRule {
    /// A rule made ready; `tree` says which sites lie below which.
    pub fn new(rule: AlertRule, tree: &SiteTree) -> Self {
        let metric = match (&rule.condition, metrics_of(rule.subject)) {
            (Condition::Threshold { metric, .. }, Some(set)) => set.index(metric),
            _ => None,
        };
        Self { sites: tree.below(&rule.sites), metric, rule: Arc::new(rule) }
    }

    /// Whether it watches what stands at this site with these tags.
    pub fn applies(&self, site: Option<Id>, tags: &[String]) -> bool {
        let here = self.sites.is_empty() || site.is_some_and(|site| self.sites.contains(&site));
        here && (self.rule.tags.is_empty() || self.rule.tags.iter().any(|tag| tags.contains(tag)))
    }

    /// How long its condition must hold and be gone.
    pub fn timing(&self) -> Timing {
        let seconds = |s: u32| Duration::from_secs(s.into());
        Timing { hold: seconds(self.rule.for_seconds), clear: seconds(self.rule.clear_for_seconds) }
    }

    /// Whether its condition, once seen, holds until the contrary is seen.
    pub fn is_lasting(&self) -> bool {
        !matches!(self.rule.condition, Condition::Threshold { .. })
    }

    /// The value it watches, out of those of its subject.
    pub fn value(&self, values: &[f64]) -> Option<f64> {
        values.get(self.metric?).copied().filter(|value| !value.is_nan())
    }

    /// The threshold, its own or the one set on the interface.
    pub fn threshold(&self, own: Option<&Thresholds>) -> Option<f64> {
        let Condition::Threshold { metric, value, .. } = &self.rule.condition else { return None };
        let set = own.filter(|_| metric == "utilisation_ratio").and_then(|own| match self.rule.severity {
            Severity::Critical => own.utilisation_critical_ratio,
            Severity::Warning => own.utilisation_warning_ratio,
            Severity::Info => None,
        });
        Some(set.unwrap_or(*value))
    }

    /// What a value says of its condition.
    pub fn judge_value(&self, value: Option<f64>, own: Option<&Thresholds>) -> Signal {
        let Condition::Threshold { operator, value: limit, clear_value, .. } = &self.rule.condition else { return Signal::Unknown };
        let (Some(value), Some(threshold)) = (value, self.threshold(own)) else { return Signal::Unknown };
        if operator.holds(value, threshold) {
            return Signal::Holds;
        }
        // a limit of the interface's own moves the clearing value with it
        let clear = clear_value.map(|clear| clear + threshold - limit);
        match clear {
            Some(clear) if operator.holds(value, clear) => Signal::Between,
            _ => Signal::Clears,
        }
    }

    /// What a state says of its condition, told in one word or more.
    pub fn judge_states(&self, words: &[&str]) -> Signal {
        match &self.rule.condition {
            Condition::State { states } if states.iter().any(|state| words.contains(&state.as_str())) => Signal::Holds,
            Condition::State { .. } => Signal::Clears,
            _ => Signal::Unknown,
        }
    }
}

/// Which sites lie below which.
#[derive(Debug, Default)]
pub struct SiteTree(HashMap<Id, Vec<Id>>);

impl SiteTree {
    /// Reads it.
    pub async fn load(reader: &dyn Reader) -> Result<Self> {
        Ok(Self::of(&reader.all::<Site>(&Scope::system(), Vec::new()).await?))
    }

    /// Of these sites.
    pub fn of(sites: &[Site]) -> Self {
        let mut children: HashMap<Id, Vec<Id>> = HashMap::new();
        for site in sites {
            if let Some(parent) = site.parent_id {
                children.entry(parent).or_default().push(site.id);
            }
        }
        Self(children)
    }

    /// These sites with all that lie below them.
    pub fn below(&self, sites: &[Id]) -> HashSet<Id> {
        let (mut found, mut queue) = (HashSet::new(), sites.to_vec());
        while let Some(site) = queue.pop() {
            if found.insert(site) {
                queue.extend(self.0.get(&site).into_iter().flatten());
            }
        }
        found
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct RuleBook {
    rules: HashMap<Id, ActiveRule>,
    by_subject: HashMap<RuleSubject, Vec<Id>>,
}

impl RuleBook {
    /// Reads the rules that are enabled.
    pub async fn load(reader: &dyn Reader) -> Result<Self> {
        let filter = Filter::eq(AlertRule::SCHEMA, "enabled", true)?;
        let tree = SiteTree::load(reader).await?;
        let rules = reader.all::<AlertRule>(&Scope::system(), vec![filter]).await?;
        Ok(Self::new(rules.into_iter().filter(|rule| rule.enabled).map(|rule| ActiveRule::new(rule, &tree))))
    }

    /// A book of these rules.
    pub fn new(rules: impl IntoIterator<Item = ActiveRule>) -> Self {
        let mut book = Self::default();
        for active in rules {
            book.by_subject.entry(active.rule.subject).or_default().push(active.rule.id);
            book.rules.insert(active.rule.id, active);
        }
        book
    }

    /// A rule in force.
    pub fn get(&self, id: Id) -> Option<&ActiveRule> {
        self.rules.get(&id)
    }

    /// The rules that watch such subjects by their values or states.
    pub fn watching(&self, subject: RuleSubject) -> impl Iterator<Item = &ActiveRule> {
        self.of(subject).filter(|active| !matches!(active.rule.condition, Condition::Event { .. }))
    }

    /// The rules that wait for such an event.
    pub fn waiting_for<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a ActiveRule> {
        self.rules.values().filter(move |active| matches!(&active.rule.condition, Condition::Event { event: e } if e == event))
    }

    fn of(&self, subject: RuleSubject) -> impl Iterator<Item = &ActiveRule> {
        self.by_subject.get(&subject).into_iter().flatten().filter_map(|id| self.rules.get(id))
    }
}
