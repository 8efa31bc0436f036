//! Writing what a poll changed: status, access, interfaces and their events in one unit of work.

use serde_json::{Value as Json, json};
use vigie_domain::alerts::Severity;
use vigie_domain::devices::{Access, Device, DeviceState, DeviceStatus, Interface};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::{Beyond, Event, Subject, event_types};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::digest::PortChange;
use crate::devices::identify::reconcile::status_event;
use crate::devices::identify::set_access;
use crate::{CallContext, Core, Unit};

/// What a poll found to be otherwise than stored.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A new status, and why.
    pub status: Option<(DeviceStatus, Option<String>)>,
    /// Why, with the device behind which it lies.
    pub beyond: Option<Beyond>,
    /// How it answers now, by protocol.
    pub access: Vec<Access>,
    /// Interfaces that changed.
    pub ports: Vec<PortChange>,
    /// It started anew at this time; its state is written with the event, so that a restart of ours does not tell it again.
    pub rebooted: Option<(Timestamp, Box<DeviceState>)>,
    /// What the poll saw, for the cause of events.
    pub seen: Json,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.status.is_none() && self.access.is_empty() && self.ports.is_empty() && self.rebooted.is_none()
    }
}

/// Writes the changes of a device; `None` when it is gone or no longer monitored.
pub async fn record(core: &Core, id: Id, changes: &Changes, now: Timestamp) -> Result<Option<Device>> {
    let cx = CallContext::system(now);
    let mut unit = core.unit(&cx).await?;
    let Some(mut device) = unit.work().get::<Device>(&Scope::system(), id).await? else { return Ok(None) };
    if !device.monitored || device.decommissioned {
        return Ok(None);
    }
    if let Some((at, state)) = &changes.rebooted {
        unit.work().upsert(std::slice::from_ref(&**state)).await?;
        let event = Event::new(event_types::DEVICE_REBOOTED, now, subject(&device), Some(id));
        unit.event(event.severity(Severity::Warning).data(json!({"rebooted_at": at}))).await?;
    }
    for change in &changes.ports {
        record_port(&mut unit, change, &changes.seen, now).await?;
    }
    let told = set_status(&mut device, changes, now);
    for access in &changes.access {
        set_access(&mut device.access, access.clone());
    }
    if told.is_some() || !changes.access.is_empty() {
        unit.work().update(&device).await?;
    }
    if let Some(event) = told {
        unit.event(event).await?;
    }
    unit.commit().await?;
    Ok(Some(device))
}

fn subject(device: &Device) -> Subject {
    Subject::new("device", device.id, &device.name)
}

/// Sets the status; the event to tell, where it is another one.
fn set_status(device: &mut Device, changes: &Changes, now: Timestamp) -> Option<Event> {
    let (status, reason) = changes.status.clone()?;
    let previous = told_status(device);
    let same = device.status == status;
    device.status_reason = reason;
    device.status_beyond.clone_from(&changes.beyond);
    if same {
        return None;
    }
    device.status = status;
    device.status_since = Some(now);
    let severity = match status {
        DeviceStatus::Down => Severity::Critical,
        DeviceStatus::Degraded | DeviceStatus::Unreachable => Severity::Warning,
        _ => Severity::Info,
    };
    let data = told_status(device);
    let mut event = Event::new(event_types::DEVICE_STATUS_CHANGED, now, subject(device), Some(device.id));
    event = event.severity(severity).data(data).previous(previous);
    event.cause = Some(changes.seen.clone()).filter(|seen| !seen.is_null());
    Some(event)
}

fn told_status(device: &Device) -> Json {
    let mut told = json!({"status": device.status, "reason": device.status_reason});
    if let Some(beyond) = &device.status_beyond {
        told["beyond"] = json!(beyond);
    }
    told
}

async fn record_port(unit: &mut Unit<'_>, change: &PortChange, seen: &Json, now: Timestamp) -> Result<()> {
    let Some(before) = unit.work().get::<Interface>(&Scope::system(), change.id).await? else { return Ok(()) };
    if (before.admin_status, before.oper_status) == (change.admin, change.oper) {
        // identifying the device saw it first, and told
        return Ok(());
    }
    let mut after = Interface { admin_status: change.admin, oper_status: change.oper, ..before.clone() };
    if before.oper_status != after.oper_status {
        after.status_since = Some(now);
    }
    unit.work().update(&after).await?;
    let mut event = status_event(&before, &after, now);
    event.cause = Some(seen.clone()).filter(|seen| !seen.is_null());
    unit.event(event).await
}
