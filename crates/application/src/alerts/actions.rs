//! What people do with alerts.

use serde_json::json;
use vigie_domain::alerts::{Alert, AlertComment, AlertStatus, Channel, Delivery};
use vigie_domain::query::{ListQuery, Page};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::{AuditResource, event_types};
use vigie_domain::{Error, Id, Result, Timestamp};

use super::delivery::{self, Told};
use super::engine::AlertEngine;
use super::words;
use super::write::{alert_event, end};
use super::{ACT, CHANNELS_READ, CHANNELS_WRITE, READ};
use crate::{CallContext, Unit};

/// The longest note, in characters.
const NOTE: usize = 2_000;
/// The most notes an alert has.
const NOTES: usize = 500;

impl AlertEngine {
    /// A page of the alerts that the caller may see.
    pub async fn list(&self, cx: &CallContext, query: &ListQuery) -> Result<Page<Alert>> {
        self.core.store.list(&cx.require(READ)?, query).await
    }

    /// An alert.
    pub async fn get(&self, cx: &CallContext, id: Id) -> Result<Alert> {
        self.core.store.require(&cx.require(READ)?, id).await
    }

    /// Takes an alert, for good or until a moment at which it is active again.
    pub async fn acknowledge(&self, cx: &CallContext, id: Id, note: Option<&str>, until: Option<Timestamp>) -> Result<Alert> {
        in_future("until", until, cx.now)?;
        self.change(cx, id, "acknowledge", event_types::ALERT_ACKNOWLEDGED, note, |alert| {
            is_open(alert)?;
            alert.status = AlertStatus::Acknowledged;
            alert.acknowledged_at = Some(cx.now);
            alert.acknowledged_by = Some(cx.principal.actor.name.clone());
            alert.acknowledged_until = until;
            Ok(())
        })
        .await
    }

    /// Lets nobody be told of an alert until a moment.
    pub async fn silence(&self, cx: &CallContext, id: Id, until: Timestamp, note: Option<&str>) -> Result<Alert> {
        in_future("until", Some(until), cx.now)?;
        self.change(cx, id, "silence", event_types::ALERT_CHANGED, note, |alert| {
            is_open(alert)?;
            alert.silenced_until = Some(until);
            Ok(())
        })
        .await
    }

    /// Writes a note on an alert, open or not.
    pub async fn comment(&self, cx: &CallContext, id: Id, text: &str) -> Result<Alert> {
        if text.trim().is_empty() {
            return Err(Error::invalid("text", "required", "text is empty"));
        }
        self.change(cx, id, "comment", event_types::ALERT_CHANGED, Some(text), |_| Ok(())).await
    }

    /// Ends an alert. While its condition holds it is not raised anew; only when that was gone and came back.
    pub async fn resolve(&self, cx: &CallContext, id: Id, note: Option<&str>) -> Result<Alert> {
        let scope = cx.require(ACT)?;
        let mut unit = self.core.unit(cx).await?;
        let mut alert: Alert = unit.work().require(&scope, id).await?;
        is_open(&alert)?;
        let before = alert.clone();
        take_note(&mut alert, cx, note)?;
        alert.version += 1;
        let mut told = Told::new(&self.core);
        end(&mut unit, &mut told, &mut alert, &cx.principal.actor.name, cx.now).await?;
        audit(&mut unit, "resolve", &before, &alert, note).await?;
        unit.commit().await?;
        self.ended_by_hand(&alert);
        if told.any() {
            self.mail.notify_one();
        }
        Ok(alert)
    }

    async fn change(
        &self,
        cx: &CallContext,
        id: Id,
        verb: &str,
        event: &str,
        note: Option<&str>,
        act: impl FnOnce(&mut Alert) -> Result<()> + Send,
    ) -> Result<Alert> {
        let scope = cx.require(ACT)?;
        let mut unit = self.core.unit(cx).await?;
        let mut alert: Alert = unit.work().require(&scope, id).await?;
        let before = alert.clone();
        act(&mut alert)?;
        take_note(&mut alert, cx, note)?;
        alert.version += 1;
        alert.changed_at = cx.now;
        unit.work().update(&alert).await?;
        unit.event(alert_event(event, &alert, cx.now)).await?;
        audit(&mut unit, verb, &before, &alert, note).await?;
        unit.commit().await?;
        Ok(alert)
    }

    /// Sends a test through a channel at once, and tells how that went.
    pub async fn test_channel(&self, cx: &CallContext, id: Id, mailer: &dyn vigie_domain::alerts::Mailer) -> Result<Delivery> {
        let scope = cx.require_unscoped(CHANNELS_WRITE)?;
        let channel: Channel = self.core.store.require(&scope, id).await?;
        let settings = &self.core.settings;
        let mail = words::test_mail(&channel.name, channel.recipients.clone(), &cx.principal.actor.name, settings.public_url.as_deref());
        let delivery = delivery::delivery(&channel, None, "test", mail, cx.now);
        let outcome = tokio::time::timeout(delivery::DEADLINE, mailer.send(delivery.id, &delivery.mail)).await;
        let delivery = delivery::tested(delivery, outcome.unwrap_or_else(|_| Err(delivery::too_slow())), self.core.now());
        let mut unit = self.core.unit(cx).await?;
        unit.work().insert(&delivery).await?;
        let resource = AuditResource { kind: "channel".to_owned(), id: Some(channel.id), name: Some(channel.name) };
        unit.audit("notifications/channels.test", resource, None, Some(json!({"status": delivery.status}))).await?;
        unit.commit().await?;
        Ok(delivery)
    }

    /// A page of deliveries.
    pub async fn deliveries(&self, cx: &CallContext, query: &ListQuery) -> Result<Page<Delivery>> {
        self.core.store.list(&cx.require_unscoped(CHANNELS_READ)?, query).await
    }
}

fn is_open(alert: &Alert) -> Result<()> {
    if alert.status == AlertStatus::Resolved {
        return Err(Error::conflict("conflict", "the alert is over").cause("it was resolved in the meantime"));
    }
    Ok(())
}

fn in_future(field: &str, until: Option<Timestamp>, now: Timestamp) -> Result<()> {
    match until {
        Some(until) if until <= now => Err(Error::invalid(field, "out_of_range", format!("{until} is not in the future"))),
        _ => Ok(()),
    }
}

fn take_note(alert: &mut Alert, cx: &CallContext, note: Option<&str>) -> Result<()> {
    let Some(text) = note.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(()) };
    let count = text.chars().count();
    if count > NOTE {
        return Err(Error::invalid("note", "too_long", format!("a note has at most {NOTE} characters, this one has {count}")));
    }
    if alert.comments.len() >= NOTES {
        return Err(Error::conflict("conflict", format!("an alert has at most {NOTES} notes")));
    }
    alert.comments.push(AlertComment { at: cx.now, by: cx.principal.actor.name.clone(), text: text.to_owned() });
    Ok(())
}

async fn audit(unit: &mut Unit<'_>, verb: &str, before: &Alert, after: &Alert, note: Option<&str>) -> Result<()> {
    let view = |alert: &Alert| {
        json!({
            "status": alert.status,
            "acknowledged_until": alert.acknowledged_until,
            "silenced_until": alert.silenced_until,
        })
    };
    let resource = AuditResource { kind: "alert".to_owned(), id: Some(after.id), name: Some(after.title.clone()) };
    let mut shown = view(after);
    if let (Some(note), Some(members)) = (note, shown.as_object_mut()) {
        members.insert("note".to_owned(), note.into());
    }
    unit.audit(&format!("alerts.{verb}"), resource, Some(view(before)), Some(shown)).await
}
