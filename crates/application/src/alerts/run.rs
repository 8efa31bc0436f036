//! The engine at work: time, events, rules that change.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use vigie_domain::alerts::{Alert, AlertStatus, RuleSubject};
use vigie_domain::devices::Interface;
use vigie_domain::query::{Filter, ListQuery, Operator};
use vigie_domain::store::{Entity, Read, Write};
use vigie_domain::system::{Event, event_types};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::delivery::Told;
use super::engine::{Action, AlertEngine, Due, Track};
use super::phase::Phase;
use super::rulebook::ActiveRule;
use super::write::{about, alert_event, alert_of_event, dedup_key, open};
use crate::CallContext;

/// How often time is let pass.
const TICK: Duration = Duration::from_secs(2);
/// How often rules are read again, though nothing said that they changed: sites they name may have.
const REFRESH: Duration = Duration::from_mins(1);
/// Events this old are no longer news when the engine starts.
const CATCH_UP: Duration = Duration::from_mins(10);

impl AlertEngine {
    /// Walks on until `stop`. [`Self::load`] goes before.
    pub async fn run(&self, stop: CancellationToken) {
        let mut events = self.core.bus.subscribe();
        if let Err(error) = self.catch_up().await {
            tracing::warn!(cause = error.chain(), "cannot read the events before the start");
        }
        let mut tick = tokio::time::interval(TICK);
        let mut refresh = tokio::time::interval(REFRESH);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => self.hear(&event).await,
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "the rule engine was slower than events come, reading them from the store");
                        if let Err(error) = self.catch_up().await {
                            tracing::error!(cause = error.chain(), "cannot read the events that were missed");
                        }
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick() => {
                    self.carry_out(self.tick(self.core.now())).await;
                    self.end_acknowledgements().await;
                }
                _ = refresh.tick() => self.refresh().await,
                () = stop.cancelled() => return,
            }
        }
    }

    async fn hear(&self, event: &Event) {
        if event.kind == event_types::ALERT_RULE_CHANGED {
            self.refresh().await;
        } else if let (event_types::DEVICE_REMOVED, Some(device)) = (event.kind.as_str(), event.device_id) {
            self.carry_out(self.forget_device(device)).await;
        } else if let Err(error) = self.raise_for(event).await {
            tracing::error!(event = event.kind, cause = error.chain(), "cannot raise an alert for an event");
        }
    }

    async fn refresh(&self) {
        if let Err(error) = self.load_rules().await {
            tracing::error!(cause = error.chain(), "cannot read the alert rules");
        }
        if let Err(error) = self.end_orphans().await {
            tracing::error!(cause = error.chain(), "cannot look for alerts of interfaces that are gone");
        }
    }

    /// Raises what rules wait for in the events of the last minutes: those that a restart came between.
    async fn catch_up(&self) -> Result<()> {
        let since = self.core.now().minus(CATCH_UP);
        let filter = Filter::on(Event::SCHEMA, "occurred_at", Operator::Gte, [since.into()])?;
        let query = ListQuery::all(1_000).filter(filter).order("occurred_at", true);
        let mut events: Vec<Event> = self.core.store.list(&Scope::system(), &query).await?.results;
        events.reverse();
        for event in &events {
            self.raise_for(event).await?;
        }
        Ok(())
    }

    /// Raises the alerts of the rules that wait for this event; one that is open counts another occurrence.
    async fn raise_for(&self, event: &Event) -> Result<()> {
        let book = self.book.load_full();
        for active in book.waiting_for(&event.kind) {
            self.raise_one(active, event).await?;
        }
        Ok(())
    }

    async fn raise_one(&self, active: &ActiveRule, event: &Event) -> Result<()> {
        let Some((kind, subject)) = subject_of(event) else { return Ok(()) };
        let key = (active.rule.id, subject);
        let now = self.core.now();
        let cx = CallContext::system(now);
        let mut unit = self.core.unit(&cx).await?;
        let dedup_key = dedup_key(key);
        let query = ListQuery::all(1).filter(Filter::eq(Alert::SCHEMA, "dedup_key", dedup_key.clone())?).order("raised_at", true);
        let last = unit.work().list::<Alert>(&Scope::system(), &query).await?.results.into_iter().next();
        let mut told = Told::new(&self.core);
        let alert = match last {
            // it was told of this event already, before a restart
            Some(alert) if alert.changed_at >= event.occurred_at || alert.resolved_at.is_some_and(|at| at >= event.occurred_at) => {
                return Ok(());
            }
            Some(mut alert) if alert.status != AlertStatus::Resolved => {
                alert.occurrences += 1;
                alert.changed_at = now;
                unit.work().update(&alert).await?;
                unit.event(alert_event(event_types::ALERT_CHANGED, &alert, now)).await?;
                alert
            }
            _ => {
                let Some(about) = about(unit.work(), kind, subject).await? else { return Ok(()) };
                let device = about.device.as_ref();
                if !active.applies(device.and_then(|d| d.site_id), device.map_or(&[], |d| &d.tags)) {
                    return Ok(());
                }
                let alert = alert_of_event(&active.rule, &about, dedup_key, event, now);
                open(&mut unit, &mut told, &alert, &about).await?;
                alert
            }
        };
        unit.commit().await?;
        let phase = Phase::Clearing { since: event.occurred_at };
        let track = Track { phase, alert: Some(alert.id), kind, device_id: event.device_id, value: None, threshold: None };
        self.tracks().insert(key, track);
        if told.any() {
            self.mail.notify_one();
        }
        Ok(())
    }

    /// Alerts that somebody took until a moment that has come are active again.
    async fn end_acknowledgements(&self) {
        if let Err(error) = self.try_end_acknowledgements().await {
            tracing::error!(cause = error.chain(), "cannot look for acknowledgements that ended");
        }
    }

    async fn try_end_acknowledgements(&self) -> Result<()> {
        let now = self.core.now();
        if self.open_count() == 0 {
            return Ok(());
        }
        let taken = vec![Filter::eq(Alert::SCHEMA, "status", AlertStatus::Acknowledged.word())?];
        let alerts: Vec<Alert> = self.core.store.all(&Scope::system(), taken).await?;
        for alert in alerts.into_iter().filter(|a| a.acknowledged_until.is_some_and(|until| until <= now)) {
            self.activate(alert.id, now).await?;
        }
        Ok(())
    }

    async fn activate(&self, id: Id, now: Timestamp) -> Result<()> {
        let cx = CallContext::system(now);
        let mut unit = self.core.unit(&cx).await?;
        let Some(mut alert) = unit.work().get::<Alert>(&Scope::system(), id).await? else { return Ok(()) };
        let due = alert.status == AlertStatus::Acknowledged && alert.acknowledged_until.is_some_and(|until| until <= now);
        if !due {
            return Ok(());
        }
        alert.status = AlertStatus::Active;
        (alert.acknowledged_at, alert.acknowledged_by, alert.acknowledged_until) = (None, None, None);
        alert.changed_at = now;
        unit.work().update(&alert).await?;
        unit.event(alert_event(event_types::ALERT_CHANGED, &alert, now)).await?;
        unit.commit().await
    }

    /// Ends the alerts of interfaces that are gone: nothing is read of them any more.
    async fn end_orphans(&self) -> Result<()> {
        let concerned = |track: &&Track| track.kind == RuleSubject::Interface && track.alert.is_some();
        let keys: Vec<_> = self.tracks().iter().filter(|(_, t)| concerned(t)).map(|(key, _)| *key).collect();
        let ids: Vec<Id> = keys.iter().map(|(_, subject)| *subject).collect::<HashSet<_>>().into_iter().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let there: Vec<Interface> = self.core.store.get_many(&Scope::system(), &ids).await?;
        let there: HashSet<Id> = there.into_iter().map(|interface| interface.id).collect();
        let gone = keys.into_iter().filter(|(_, subject)| !there.contains(subject));
        self.carry_out(gone.map(|key| Due { key, action: Action::Clear }).collect()).await;
        Ok(())
    }
}

/// What an alert for an event is about: its subject, or the device concerned where that is something else, such as a link.
fn subject_of(event: &Event) -> Option<(RuleSubject, Id)> {
    let id = event.subject.id;
    match event.subject.kind.as_str() {
        "interface" => Some((RuleSubject::Interface, id?)),
        "check" => Some((RuleSubject::Check, id?)),
        "device" => Some((RuleSubject::Device, id?)),
        _ => Some((RuleSubject::Device, event.device_id?)),
    }
}
