//! What a rule would have done: the same walk as the engine's, over what is stored.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use vigie_domain::alerts::{AlertRule, Condition, RuleSubject};
use vigie_domain::devices::{Check, Device, Interface, Thresholds};
use vigie_domain::query::{Filter, ListQuery, Operator, Value};
use vigie_domain::store::{Entity, Read};
use vigie_domain::system::{Event, event_types};
use vigie_domain::telemetry::{SampleStore, SeriesQuery, Statistic};
use vigie_domain::{Error, Id, Result, Scope, Timestamp};

use super::READ;
use super::engine::AlertEngine;
use super::phase::{Phase, Signal, Step, advance, pass_time};
use super::rule::AlertRuleInput;
use super::rulebook::{ActiveRule, SiteTree, metrics_of};
use crate::CallContext;
use crate::resources::{Draft, Resource, read_input};

/// Subjects looked at.
const MOST_SUBJECTS: usize = 2_000;
/// Subjects read from the store at once.
const CHUNK: usize = 100;
/// Firings told.
const MOST_FIRINGS: usize = 500;
/// Events read.
const MOST_EVENTS: usize = 10_000;
/// The longest look back.
const LONGEST: Duration = Duration::from_hours(7 * 24);

/// A rule to be tried: its writable fields, and since when.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewRequest {
    /// The rule.
    #[serde(flatten)]
    pub rule: AlertRuleInput,
    /// Since when: RFC 3339 or relative such as `-24h`, the default; at most a week.
    pub from: Option<String>,
}

/// What a rule would have done.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Preview {
    /// How often it would have fired.
    pub would_have_fired: usize,
    /// The firings, newest first, at most 500.
    pub firings: Vec<Firing>,
    /// Whether not everything was looked at or told.
    pub truncated: bool,
}

/// One firing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Firing {
    /// What it would have been about.
    pub subject: FiringSubject,
    /// When it would have been raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When it would have been over; `null` while it would not be.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cleared_at: Option<Timestamp>,
    /// The farthest value.
    pub peak: Option<f64>,
}

/// What a firing is about.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FiringSubject {
    /// `device`, `interface`, `check` or `collector`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: Id,
    /// Its name.
    pub name: String,
}

/// A subject that is looked at.
#[derive(Clone)]
struct Candidate {
    subject: FiringSubject,
    thresholds: Option<Thresholds>,
}

impl AlertEngine {
    /// What a rule, as it would be created, would have done since `from` to what the caller may see.
    pub async fn preview(&self, cx: &CallContext, samples: &dyn SampleStore, body: Json) -> Result<Preview> {
        let scope = cx.require(READ)?;
        let (rule, from) = self.read_request(cx, body).await?;
        let active = ActiveRule::new(rule, &SiteTree::load(&*self.core.store).await?);
        let mut preview = match &active.rule.condition {
            Condition::Threshold { .. } => self.preview_values(&scope, samples, &active, from, cx.now).await?,
            Condition::State { .. } => self.preview_states(&scope, &active, from, cx.now).await?,
            Condition::Event { event } => self.preview_events(&scope, &active, event, from, cx.now).await?,
        };
        preview.would_have_fired = preview.firings.len();
        preview.firings.sort_by_key(|firing| std::cmp::Reverse(firing.raised_at));
        preview.truncated |= preview.firings.len() > MOST_FIRINGS;
        preview.firings.truncate(MOST_FIRINGS);
        Ok(preview)
    }

    /// Reads and checks the rule as its creation would; nothing is written.
    async fn read_request(&self, cx: &CallContext, mut body: Json) -> Result<(AlertRule, Timestamp)> {
        let from = body.as_object_mut().and_then(|members| members.remove("from")).filter(|from| !from.is_null());
        let from = match from {
            None => cx.now.minus(Duration::from_hours(24)),
            Some(text) => {
                text.as_str().and_then(|text| Timestamp::parse_moment(text, cx.now)).filter(|from| *from < cx.now).ok_or_else(|| {
                    Error::invalid("from", "invalid_value", "from is a time in the past: write 2026-11-23T09:05:40Z or -24h")
                })?
            }
        };
        let input = read_input::<AlertRuleInput>(body)?;
        let mut unit = self.core.unit(cx).await?;
        let mut draft = Draft { core: &self.core, cx, unit: &mut unit, faults: Vec::new() };
        let rule = AlertRule::build(None, input, &mut draft).await?;
        Ok((rule, from.max(cx.now.minus(LONGEST))))
    }

    async fn preview_values(
        &self,
        scope: &Scope,
        samples: &dyn SampleStore,
        active: &ActiveRule,
        from: Timestamp,
        now: Timestamp,
    ) -> Result<Preview> {
        let Some(set) = metrics_of(active.rule.subject) else { return Ok(empty()) };
        let Condition::Threshold { metric, .. } = &active.rule.condition else { return Ok(empty()) };
        let Some(place) = set.index(metric) else { return Ok(empty()) };
        let (candidates, truncated) = self.candidates(scope, active).await?;
        let mut firings = Vec::new();
        for chunk in candidates.chunks(CHUNK) {
            let subjects = chunk.iter().map(|c| c.subject.id).collect();
            let query =
                SeriesQuery { set, subjects, metrics: vec![place], from, to: now, step: Duration::ZERO, statistic: Statistic::Mean };
            for data in samples.range(&query).await? {
                let Some(candidate) = chunk.iter().find(|c| c.subject.id == data.subject) else { continue };
                let signals = data.points.into_iter().filter_map(|(at, value)| {
                    let value = value?;
                    Some((at, active.judge_value(Some(value), candidate.thresholds.as_ref()), Some(value)))
                });
                firings.extend(walk(active, &candidate.subject, signals, now));
            }
        }
        Ok(Preview { firings, truncated, ..empty() })
    }

    /// The subjects that a rule watches within the scope, and whether there are more than are looked at.
    async fn candidates(&self, scope: &Scope, active: &ActiveRule) -> Result<(Vec<Candidate>, bool)> {
        let store = &self.core.store;
        let devices: Vec<Device> = store.all(scope, Vec::new()).await?;
        let truncated = |count: usize| count > MOST_SUBJECTS;
        let devices: HashMap<Id, Device> =
            devices.into_iter().filter(|d| active.applies(d.site_id, &d.tags)).map(|device| (device.id, device)).collect();
        let mut found: Vec<Candidate> = Vec::new();
        match active.rule.subject {
            RuleSubject::Device => found.extend(devices.into_values().map(|d| candidate("device", d.id, d.name, None))),
            RuleSubject::Interface => {
                let mut query = ListQuery::all(1_000).filter(Filter::eq(Interface::SCHEMA, "monitored", true)?);
                loop {
                    let page = store.list::<Interface>(scope, &query).await?;
                    let watched = page.results.into_iter().filter_map(|i| {
                        let device = devices.get(&i.device_id)?;
                        Some(candidate("interface", i.id, format!("{} {}", device.name, i.name), i.thresholds))
                    });
                    found.extend(watched);
                    let Some(next) = page.next.filter(|_| found.len() <= MOST_SUBJECTS) else { break };
                    query.cursor = Some(next);
                }
            }
            RuleSubject::Check => {
                let checks: Vec<Check> = store.all(scope, Vec::new()).await?;
                let watched = |check: &Check| check.device_id.map_or(active.applies(None, &[]), |id| devices.contains_key(&id));
                found.extend(checks.into_iter().filter(watched).map(|c| candidate("check", c.id, c.name, None)));
            }
            RuleSubject::Collector => {}
        }
        let cut = truncated(found.len());
        found.truncate(MOST_SUBJECTS);
        Ok((found, cut))
    }

    async fn preview_states(&self, scope: &Scope, active: &ActiveRule, from: Timestamp, now: Timestamp) -> Result<Preview> {
        let kind = match active.rule.subject {
            RuleSubject::Device => event_types::DEVICE_STATUS_CHANGED,
            RuleSubject::Interface => event_types::INTERFACE_STATUS_CHANGED,
            RuleSubject::Check => event_types::CHECK_STATE_CHANGED,
            RuleSubject::Collector => return Ok(empty()),
        };
        let (events, truncated) = self.events(scope, kind, from).await?;
        let devices = self.devices_of(scope, &events).await?;
        let mut by_subject: HashMap<Id, Vec<&Event>> = HashMap::new();
        for event in &events {
            let device = event.device_id.and_then(|id| devices.get(&id));
            if active.applies(device.and_then(|d| d.site_id), device.map_or(&[], |d| &d.tags)) {
                by_subject.entry(event.subject.id.unwrap_or_default()).or_default().push(event);
            }
        }
        let mut firings = Vec::new();
        for (id, events) in by_subject {
            let port = active.rule.subject == RuleSubject::Interface;
            let device = events.iter().find_map(|e| devices.get(&e.device_id?)).filter(|_| port).map(|d| d.name.clone());
            let name = device.into_iter().chain(events.iter().find_map(|e| e.subject.name.clone())).collect::<Vec<_>>().join(" ");
            let subject = FiringSubject { kind: active.rule.subject.word().to_owned(), id, name };
            let first = events.first().and_then(|e| state_of(e.previous.as_ref())).map(|state| (from, active.judge_states(&[state]), None));
            let changes = events.iter().filter_map(|e| Some((e.occurred_at, active.judge_states(&[state_of(e.data.as_ref())?]), None)));
            firings.extend(walk(active, &subject, first.into_iter().chain(changes), now));
        }
        Ok(Preview { firings, truncated, ..empty() })
    }

    async fn preview_events(&self, scope: &Scope, active: &ActiveRule, kind: &str, from: Timestamp, now: Timestamp) -> Result<Preview> {
        let (events, truncated) = self.events(scope, kind, from).await?;
        let devices = self.devices_of(scope, &events).await?;
        let clear = active.timing().clear;
        let fired = events.into_iter().filter_map(|event| {
            let device = event.device_id.and_then(|id| devices.get(&id));
            active.applies(device.and_then(|d| d.site_id), device.map_or(&[], |d| &d.tags)).then_some(())?;
            let subject = FiringSubject { kind: event.subject.kind, id: event.subject.id?, name: event.subject.name.unwrap_or_default() };
            let cleared_at = Some(event.occurred_at.plus(clear)).filter(|at| *at <= now);
            Some(Firing { subject, raised_at: event.occurred_at, cleared_at, peak: None })
        });
        Ok(Preview { firings: fired.collect(), truncated, ..empty() })
    }

    /// Events of a type since `from`, oldest first.
    async fn events(&self, scope: &Scope, kind: &str, from: Timestamp) -> Result<(Vec<Event>, bool)> {
        let query = ListQuery::all(MOST_EVENTS)
            .filter(Filter::eq(Event::SCHEMA, "type", kind)?)
            .filter(Filter::on(Event::SCHEMA, "occurred_at", Operator::Gte, [Value::from(from)])?)
            .order("occurred_at", true);
        let page = self.core.store.list::<Event>(scope, &query).await?;
        let mut events = page.results;
        events.reverse();
        Ok((events, page.next.is_some()))
    }

    async fn devices_of(&self, scope: &Scope, events: &[Event]) -> Result<HashMap<Id, Device>> {
        let mut ids: Vec<Id> = events.iter().filter_map(|event| event.device_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let devices: Vec<Device> = self.core.store.get_many(scope, &ids).await?;
        Ok(devices.into_iter().map(|device| (device.id, device)).collect())
    }
}

fn empty() -> Preview {
    Preview { would_have_fired: 0, firings: Vec::new(), truncated: false }
}

fn candidate(kind: &str, id: Id, name: String, thresholds: Option<Thresholds>) -> Candidate {
    Candidate { subject: FiringSubject { kind: kind.to_owned(), id, name }, thresholds }
}

fn state_of(details: Option<&Json>) -> Option<&str> {
    let details = details?;
    details.get("oper_status").or_else(|| details.get("status"))?.as_str()
}

/// Walks the readings of one subject in their order, and lets time pass between them.
fn walk(
    active: &ActiveRule,
    subject: &FiringSubject,
    readings: impl Iterator<Item = (Timestamp, Signal, Option<f64>)>,
    now: Timestamp,
) -> Vec<Firing> {
    let timing = active.timing();
    let farther = |a: f64, b: f64| match &active.rule.condition {
        Condition::Threshold { operator, .. } if operator.holds(1.0, 0.0) => a.max(b),
        _ => a.min(b),
    };
    let mut firings: Vec<Firing> = Vec::new();
    let mut phase: Option<Phase> = None;
    let step = |firings: &mut Vec<Firing>, phase: &mut Option<Phase>, step: Step, at: Timestamp, value: Option<f64>| match step {
        Step::Raise { .. } => {
            *phase = Some(Phase::Firing);
            firings.push(Firing { subject: subject.clone(), raised_at: at, cleared_at: None, peak: value });
        }
        Step::Clear => {
            *phase = None;
            if let Some(firing) = firings.last_mut() {
                firing.cleared_at = Some(at);
            }
        }
        Step::Nothing | Step::Again => {}
    };
    let ripe = |phase: Phase| match phase {
        Phase::Pending { since, .. } => since.plus(timing.hold),
        Phase::Clearing { since } => since.plus(timing.clear),
        Phase::Firing | Phase::Muted => now,
    };
    for (at, signal, value) in readings {
        if let Some(known) = phase {
            let moment = ripe(known).min(at);
            step(&mut firings, &mut phase, pass_time(known, moment, timing, active.is_lasting()), moment, None);
        }
        let (next, what) = advance(phase, signal, at, at, timing);
        phase = next;
        step(&mut firings, &mut phase, what, at, value);
        if let (Some(Phase::Firing | Phase::Clearing { .. }), Some(value), Some(firing)) = (phase, value, firings.last_mut()) {
            firing.peak = Some(firing.peak.map_or(value, |peak| farther(peak, value)));
        }
    }
    if let Some(known) = phase {
        let moment = ripe(known).min(now);
        step(&mut firings, &mut phase, pass_time(known, moment, timing, active.is_lasting()), moment, None);
    }
    firings
}

#[cfg(test)]
mod tests {
    use vigie_domain::alerts::{Comparison, Severity};

    use super::*;

    fn rule(condition: Condition, for_seconds: u32, clear_for_seconds: u32) -> ActiveRule {
        let mut rule = super::super::shipped_rules(Timestamp(0)).remove(0);
        (rule.condition, rule.for_seconds, rule.clear_for_seconds, rule.severity) =
            (condition, for_seconds, clear_for_seconds, Severity::Warning);
        ActiveRule::new(rule, &SiteTree::default())
    }

    fn subject() -> FiringSubject {
        FiringSubject { kind: "device".to_owned(), id: Id::fixed(9), name: "sw-1".to_owned() }
    }

    #[test]
    fn a_preview_of_values_tells_when_and_how_far() {
        let condition = Condition::Threshold { metric: "cpu_ratio".into(), operator: Comparison::Gte, value: 0.9, clear_value: Some(0.8) };
        let active = rule(condition, 120, 0);
        let values = [0.5, 0.95, 0.97, 0.92, 0.85, 0.7, 0.95, 0.1];
        let readings = values.iter().enumerate().map(|(i, v)| (Timestamp(i as i64 * 60_000), active.judge_value(Some(*v), None), Some(*v)));
        let firings = walk(&active, &subject(), readings, Timestamp(3_600_000));
        assert_eq!(firings.len(), 1);
        assert_eq!((firings[0].raised_at, firings[0].cleared_at), (Timestamp(180_000), Some(Timestamp(300_000))));
        assert_eq!(firings[0].peak, Some(0.92));
    }

    #[test]
    fn a_preview_of_states_lets_time_pass() {
        let active = rule(Condition::State { states: vec!["down".into()] }, 30, 60);
        let readings = [(0, "up"), (100, "down"), (110, "up"), (200, "down"), (300, "up")];
        let readings = readings.map(|(seconds, state)| (Timestamp(seconds * 1000), active.judge_states(&[state]), None));
        let firings = walk(&active, &subject(), readings.into_iter(), Timestamp(3_600_000));
        assert_eq!(firings.len(), 1, "ten seconds are too short");
        assert_eq!((firings[0].raised_at, firings[0].cleared_at), (Timestamp(230_000), Some(Timestamp(360_000))));
    }
}
