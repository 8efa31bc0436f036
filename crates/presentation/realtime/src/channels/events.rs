//! Channels `events` and `alerts`: what happened, in order, resumable for as long as events are kept.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast::error::RecvError;
use vigie_api_types::{AlertView, EventView};
use vigie_application::CallContext;
use vigie_application::onlooker::{Onlooker, seen_alerts, seen_events};
use vigie_domain::alerts::Alert;
use vigie_domain::store::Read;
use vigie_domain::system::Event;
use vigie_domain::{Permission, Result, Scope};

use crate::channel::{Channel, Subscription};
use crate::frame::ServerFrame;
use crate::shared::Realtime;

/// Events read from the store at a time when a subscription resumes.
const BATCH: usize = 256;

/// Events, or only those of alerts.
pub struct Events {
    alerts_only: bool,
}

impl Events {
    /// Everything that happens.
    pub fn all() -> Self {
        Self { alerts_only: false }
    }

    /// What becomes of alerts.
    pub fn alerts() -> Self {
        Self { alerts_only: true }
    }

    fn permission(&self) -> Permission {
        Permission::new(if self.alerts_only { "alerts" } else { "events" }, "read")
    }
}

#[async_trait]
impl Channel for Events {
    async fn admit(&self, _realtime: &Realtime, cx: &CallContext) -> Result<()> {
        cx.require(self.permission()).map(drop)
    }

    async fn run(&self, realtime: &Realtime, subscription: Subscription) {
        let mut published = realtime.app.core.bus.subscribe();
        let mut told = realtime.app.core.bus.last_seq();
        let filter = Filter::of(&subscription.asked.params);
        let scope = subscription.cx.principal.scope();
        let resume = subscription.asked.resume.as_deref().and_then(|seq| seq.parse::<i64>().ok());
        let from = match resume {
            Some(seq) => kept_after(realtime, seq).await.then_some(seq),
            None => None,
        };
        let subscribed =
            ServerFrame { resumed: Some(from.is_some()), ..ServerFrame::new("subscribed", realtime.now()) }.seq(from.unwrap_or(told));
        if !subscription.put(subscribed) {
            return;
        }
        if let Some(seq) = from {
            let Some(last) = self.replay(realtime, &subscription, &scope, &filter, seq).await else { return };
            told = last;
        }
        loop {
            let event = tokio::select! {
                () = subscription.stop.cancelled() => return,
                event = published.recv() => event,
            };
            match event {
                // what the replay told already is not told twice
                Ok(event) if event.seq.is_some_and(|seq| seq <= told) => {}
                Ok(event) => {
                    if let Some(frame) = self.frame(realtime, &scope, &filter, &event).await
                        && !subscription.put(frame)
                    {
                        return;
                    }
                }
                Err(RecvError::Lagged(count)) => {
                    let gap = ServerFrame::new("gap", realtime.now()).seq(realtime.app.core.bus.last_seq()).data(json!({"missed": count}));
                    if !subscription.put(gap) {
                        return;
                    }
                }
                Err(RecvError::Closed) => return,
            }
        }
    }
}

impl Events {
    /// Tells what was missed after `seq`, at the reader's pace; the last number told, `None` when there is no more use.
    async fn replay(&self, realtime: &Realtime, subscription: &Subscription, scope: &Scope, filter: &Filter, seq: i64) -> Option<i64> {
        let mut told = seq;
        loop {
            let events = match realtime.app.core.store.events_after(told, BATCH).await {
                Ok((events, _)) => events,
                Err(error) => {
                    tracing::warn!(cause = error.chain(), "cannot read the events that a subscription missed");
                    let gap = ServerFrame::new("gap", realtime.now()).seq(told);
                    return subscription.put_in_turn(gap).await.then_some(told);
                }
            };
            for event in &events {
                told = event.seq.unwrap_or(told);
                if let Some(frame) = self.frame(realtime, scope, filter, event).await
                    && !subscription.put_in_turn(frame).await
                {
                    return None;
                }
            }
            if events.len() < BATCH {
                return Some(told);
            }
        }
    }

    /// The frame of an event, where the caller wants it and may see it.
    async fn frame(&self, realtime: &Realtime, scope: &Scope, filter: &Filter, event: &Event) -> Option<ServerFrame> {
        let wanted = filter.takes(event) && (!self.alerts_only || event.kind.starts_with("alert."));
        if !wanted || !visible(realtime, scope, event).await {
            return None;
        }
        let frame = if self.alerts_only {
            ServerFrame::new("alert", realtime.now()).data(alert(realtime, scope, event).await?)
        } else {
            let seen = seen_events(scope, realtime.app.core.reader(), vec![event.clone()]).await;
            let seen = seen.ok()?.pop()?;
            ServerFrame::new("event", realtime.now()).data(serde_json::to_value(EventView::from(seen)).unwrap_or_default())
        };
        Some(frame.seq(event.seq.unwrap_or(0)))
    }
}

async fn alert(realtime: &Realtime, scope: &Scope, event: &Event) -> Option<Json> {
    let alert: Alert = realtime.app.core.store.get(scope, event.subject.id?).await.ok()??;
    let alert = seen_alerts(scope, realtime.app.core.reader(), vec![alert]).await.ok()?.pop()?;
    let view = serde_json::to_value(AlertView::from(alert)).ok()?;
    Some(json!({"event": event.kind, "alert": view}))
}

/// Whether the caller may see the event: everything, or a device it concerns.
pub async fn visible(realtime: &Realtime, scope: &Scope, event: &Event) -> bool {
    if scope.is_everything() {
        return true;
    }
    let concerned = event.device_id.into_iter().chain(event.peer_device_id);
    let onlooker = Onlooker::of(scope, realtime.app.core.reader(), concerned.clone()).await;
    onlooker.is_ok_and(|onlooker| concerned.map(Some).any(|id| onlooker.sees(id)))
}

/// Whether everything after a sequence number is still kept: `false` when the number is unknown or too old.
async fn kept_after(realtime: &Realtime, seq: i64) -> bool {
    let last = realtime.app.core.bus.last_seq();
    if seq > last && last > 0 {
        return false;
    }
    match realtime.app.core.store.events_after(seq, 1).await {
        Ok((_, oldest)) => oldest.is_none_or(|oldest| oldest <= seq + 1),
        Err(_) => false,
    }
}

/// What a subscription wants to hear: types (`device.*` too), subjects, severities.
#[derive(Debug, Default)]
pub struct Filter {
    types: Vec<String>,
    devices: HashSet<String>,
    severities: HashSet<String>,
}

impl Filter {
    /// Out of the parameters `types`, `device_id`, `severity`: texts or lists of them.
    pub fn of(params: &Json) -> Self {
        let words = |name: &str| -> Vec<String> {
            match &params[name] {
                Json::String(text) => text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect(),
                Json::Array(items) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
                _ => Vec::new(),
            }
        };
        Self {
            types: words("types"),
            devices: words("device_id").into_iter().collect(),
            severities: words("severity").into_iter().collect(),
        }
    }

    /// Whether it wants this event.
    pub fn takes(&self, event: &Event) -> bool {
        let kind = self.types.is_empty()
            || self.types.iter().any(|t| t == &event.kind || t.strip_suffix('*').is_some_and(|prefix| event.kind.starts_with(prefix)));
        let device = self.devices.is_empty() || event.device_id.is_some_and(|id| self.devices.contains(&id.to_string()));
        let severity = self.severities.is_empty() || self.severities.contains(event.severity.word());
        kind && device && severity
    }
}
