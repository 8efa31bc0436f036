//! Writing what the engine decided: alert, event and mails in one unit of work.

use serde_json::json;
use vigie_domain::alerts::{Alert, AlertRule, AlertStatus, Condition, RuleSubject};
use vigie_domain::devices::{Check, Device, Interface};
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity, Read, UnitOfWork, Write};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::telemetry::Metric;
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::delivery::{self, Told};
use super::engine::{Action, AlertEngine, Due, Key, Track};
use super::phase::Phase;
use super::rulebook::metrics_of;
use super::words;
use crate::{CallContext, Unit};

/// Who ends alerts when their condition is gone.
pub const BY_RULE: &str = "rule";

/// What became of a decision, to be noted once it is committed.
enum Outcome {
    Raised(Id),
    /// An alert for it was open already.
    Adopted(Id),
    /// A person ended it while the condition held.
    Muted,
    Again,
    Cleared,
    /// Its subject is gone.
    Gone,
}

/// What an alert is about, as the store knows it now.
pub(super) struct About {
    pub subject: Subject,
    pub device: Option<Device>,
    pub interface: Option<Interface>,
    pub check: Option<Check>,
}

impl AlertEngine {
    /// Writes what is due, all in one unit of work. What could not be written stays due.
    pub async fn carry_out(&self, due: Vec<Due>) {
        if due.is_empty() {
            return;
        }
        if let Err(error) = self.try_carry_out(&due).await {
            tracing::error!(count = due.len(), cause = error.chain(), "cannot write alerts, trying again at the next reading");
        }
    }

    async fn try_carry_out(&self, due: &[Due]) -> Result<()> {
        let (recalls, due): (Vec<Due>, Vec<Due>) = due.iter().partition(|due| due.action == Action::Recall);
        for recall in recalls {
            self.recall(recall.key).await?;
        }
        if due.is_empty() {
            return Ok(());
        }
        let cx = CallContext::system(self.core.now());
        let mut unit = self.core.unit(&cx).await?;
        let mut outcomes = Vec::with_capacity(due.len());
        let mut told = Told::new(&self.core);
        for due in &due {
            let Some(track) = self.track(due.key) else { continue };
            let outcome = match due.action {
                Action::Raise(since) => self.raise(&mut unit, &mut told, due.key, &track, since, cx.now).await?,
                Action::Again => again(&mut unit, &track, cx.now).await?,
                Action::Clear => clear(&mut unit, &mut told, &track, cx.now).await?,
                Action::Recall => continue,
            };
            outcomes.push((due.key, outcome));
        }
        unit.commit().await?;
        for (key, outcome) in outcomes {
            self.note(key, &outcome);
        }
        if told.any() {
            self.mail.notify_one();
        }
        Ok(())
    }

    fn note(&self, key: Key, outcome: &Outcome) {
        match outcome {
            Outcome::Raised(id) => {
                metrics::counter!("alerts_raised_total").increment(1);
                self.set_phase(key, Phase::Firing, Some(*id));
            }
            Outcome::Adopted(id) => self.set_phase(key, Phase::Firing, Some(*id)),
            Outcome::Again => {}
            Outcome::Muted => self.set_phase(key, Phase::Muted, None),
            Outcome::Cleared => {
                metrics::counter!("alerts_resolved_total").increment(1);
                self.tracks().remove(&key);
            }
            Outcome::Gone => drop(self.tracks().remove(&key)),
        }
    }

    async fn raise(
        &self,
        unit: &mut Unit<'_>,
        told: &mut Told,
        key: Key,
        track: &Track,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Outcome> {
        let book = self.book.load_full();
        let Some(active) = book.get(key.0) else { return Ok(Outcome::Gone) };
        let dedup_key = dedup_key(key);
        match last_of(unit.work(), &dedup_key).await? {
            Some(alert) if alert.status != AlertStatus::Resolved => return Ok(Outcome::Adopted(alert.id)),
            Some(alert) if ended_by_hand_since(&alert, since) => return Ok(Outcome::Muted),
            _ => {}
        }
        let Some(about) = about(unit.work(), track.kind, key.1).await? else { return Ok(Outcome::Gone) };
        let alert = new_alert(&active.rule, &about, track, dedup_key, since, now);
        open(unit, told, &alert, &about).await?;
        Ok(Outcome::Raised(alert.id))
    }
}

/// Writes a new alert with its event and its mails.
pub(super) async fn open(unit: &mut Unit<'_>, told: &mut Told, alert: &Alert, about: &About) -> Result<()> {
    unit.work().insert(alert).await?;
    unit.event(alert_event(event_types::ALERT_RAISED, alert, alert.changed_at)).await?;
    delivery::tell(unit, told, alert, Some(about), "raised").await
}

async fn again(unit: &mut Unit<'_>, track: &Track, now: Timestamp) -> Result<Outcome> {
    let Some(mut alert) = open_alert(unit.work(), track.alert).await? else { return Ok(Outcome::Gone) };
    alert.occurrences += 1;
    alert.changed_at = now;
    alert.value = track.value.or(alert.value);
    unit.work().update(&alert).await?;
    unit.event(alert_event(event_types::ALERT_CHANGED, &alert, now)).await?;
    Ok(Outcome::Again)
}

async fn clear(unit: &mut Unit<'_>, told: &mut Told, track: &Track, now: Timestamp) -> Result<Outcome> {
    let Some(mut alert) = open_alert(unit.work(), track.alert).await? else { return Ok(Outcome::Gone) };
    end(unit, told, &mut alert, BY_RULE, now).await?;
    Ok(Outcome::Cleared)
}

/// Ends an alert, with its event and its mails.
pub(super) async fn end(unit: &mut Unit<'_>, told: &mut Told, alert: &mut Alert, by: &str, now: Timestamp) -> Result<()> {
    alert.status = AlertStatus::Resolved;
    (alert.resolved_at, alert.resolved_by) = (Some(now), Some(by.to_owned()));
    alert.changed_at = now;
    unit.work().update(&*alert).await?;
    unit.event(alert_event(event_types::ALERT_RESOLVED, alert, now)).await?;
    delivery::tell(unit, told, alert, None, "resolved").await
}

async fn open_alert(work: &dyn UnitOfWork, id: Option<Id>) -> Result<Option<Alert>> {
    let Some(id) = id else { return Ok(None) };
    Ok(work.get::<Alert>(&Scope::system(), id).await?.filter(|alert| alert.status != AlertStatus::Resolved))
}

async fn last_of(work: &dyn UnitOfWork, dedup_key: &str) -> Result<Option<Alert>> {
    let query = ListQuery::all(1).filter(Filter::eq(Alert::SCHEMA, "dedup_key", dedup_key)?).order("raised_at", true);
    Ok(work.list::<Alert>(&Scope::system(), &query).await?.results.into_iter().next())
}

fn ended_by_hand_since(alert: &Alert, since: Timestamp) -> bool {
    alert.resolved_by.as_deref() != Some(BY_RULE) && alert.resolved_at.is_some_and(|at| at >= since)
}

/// One alert of this key is open at a time.
pub(super) fn dedup_key((rule, subject): Key) -> String {
    format!("{rule}:{subject}")
}

/// Reads what a subject is; `None` when it is gone.
pub(super) async fn about(work: &dyn UnitOfWork, kind: RuleSubject, id: Id) -> Result<Option<About>> {
    let scope = Scope::system();
    let mut about = About { subject: Subject::new(kind.word(), id, ""), device: None, interface: None, check: None };
    let device_id = match kind {
        RuleSubject::Device => Some(id),
        RuleSubject::Interface => {
            let Some(interface) = work.get::<Interface>(&scope, id).await? else { return Ok(None) };
            about.subject.name = Some(interface.name.clone());
            Some(about.interface.insert(interface).device_id)
        }
        RuleSubject::Check => {
            let Some(check) = work.get::<Check>(&scope, id).await? else { return Ok(None) };
            about.subject.name = Some(check.name.clone());
            about.check.insert(check).device_id
        }
        RuleSubject::Collector => {
            about.subject.name = Some(words::collector_name(id).to_owned());
            None
        }
    };
    let Some(device_id) = device_id else { return Ok(Some(about)) };
    let Some(device) = work.get::<Device>(&scope, device_id).await? else { return Ok(None) };
    if kind == RuleSubject::Device {
        about.subject.name = Some(device.name.clone());
    }
    about.device = Some(device);
    Ok(Some(about))
}

fn new_alert(rule: &AlertRule, about: &About, track: &Track, dedup_key: String, since: Timestamp, now: Timestamp) -> Alert {
    let metric: Option<&Metric> = match (&rule.condition, metrics_of(rule.subject)) {
        (Condition::Threshold { metric, .. }, Some(set)) => set.index(metric).map(|place| &set.metrics[place]),
        _ => None,
    };
    let value = metric.and(track.value);
    let threshold = metric.and(track.threshold);
    Alert {
        id: Id::new(),
        version: 1,
        rule_id: Some(rule.id),
        rule_name: rule.name.clone(),
        severity: rule.severity,
        status: AlertStatus::Active,
        title: words::title(rule, about, metric, value),
        detail: words::detail(rule, about, metric, threshold, since),
        beyond: words::beyond(rule, about),
        subject: about.subject.clone(),
        device_id: about.device.as_ref().map(|d| d.id),
        device_name: about.device.as_ref().map(|d| d.name.clone()),
        interface_id: about.interface.as_ref().map(|i| i.id),
        interface_name: about.interface.as_ref().map(|i| i.name.clone()),
        site_id: about.device.as_ref().and_then(|d| d.site_id),
        metric: metric.map(|m| m.name.to_owned()),
        value,
        threshold,
        unit: metric.map(|m| m.unit.to_owned()),
        dedup_key,
        raised_at: now,
        changed_at: now,
        acknowledged_at: None,
        acknowledged_by: None,
        acknowledged_until: None,
        silenced_until: None,
        resolved_at: None,
        resolved_by: None,
        occurrences: 1,
        comments: Vec::new(),
        deliveries: Vec::new(),
    }
}

/// An alert for an event that happened.
pub(super) fn alert_of_event(rule: &AlertRule, about: &About, dedup_key: String, event: &Event, now: Timestamp) -> Alert {
    let track = Track { phase: Phase::Firing, alert: None, kind: rule.subject, device_id: None, value: None, threshold: None };
    new_alert(rule, about, &track, dedup_key, event.occurred_at, now)
}

/// What streams tell of an alert.
pub(super) fn alert_event(kind: &str, alert: &Alert, now: Timestamp) -> Event {
    let data = json!({
        "alert_id": alert.id,
        "rule_id": alert.rule_id,
        "rule_name": alert.rule_name,
        "severity": alert.severity,
        "status": alert.status,
        "title": alert.title,
        "subject": alert.subject,
        "device_id": alert.device_id,
        "device_name": alert.device_name,
        "metric": alert.metric,
        "value": alert.value,
        "threshold": alert.threshold,
        "raised_at": alert.raised_at,
        "resolved_at": alert.resolved_at,
    });
    Event::new(kind, now, Subject::new("alert", alert.id, &alert.title), alert.device_id).severity(alert.severity).data(data)
}
