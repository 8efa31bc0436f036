//! Which devices a caller sees out of those that events, alerts and reasons name.

use std::collections::HashSet;

use vigie_domain::alerts::Alert;
use vigie_domain::devices::Device;
use vigie_domain::store::{Read, Reader};
use vigie_domain::system::{Beyond, Event};
use vigie_domain::{Id, Result, Scope};

/// Somebody who is told of several devices, and may not see all of them.
#[derive(Debug)]
pub struct Onlooker {
    /// `None` sees everything.
    seen: Option<HashSet<Id>>,
}

impl Onlooker {
    /// Looks up which of these devices lie in the scope.
    pub async fn of(scope: &Scope, reader: &dyn Reader, named: impl IntoIterator<Item = Id>) -> Result<Self> {
        if scope.is_everything() {
            return Ok(Self { seen: None });
        }
        let ids: HashSet<Id> = named.into_iter().collect();
        let ids: Vec<Id> = ids.into_iter().collect();
        let devices: Vec<Device> = if ids.is_empty() { Vec::new() } else { reader.get_many(scope, &ids).await? };
        Ok(Self { seen: Some(devices.into_iter().map(|d| d.id).collect()) })
    }

    /// Whether it sees the device; what is no device of ours is seen by those who see everything.
    pub fn sees(&self, device: Option<Id>) -> bool {
        self.seen.as_ref().is_none_or(|seen| device.is_some_and(|id| seen.contains(&id)))
    }
}

/// Events as the scope shows them.
pub async fn seen_events(scope: &Scope, reader: &dyn Reader, events: Vec<Event>) -> Result<Vec<Event>> {
    let onlooker = Onlooker::of(scope, reader, events.iter().flat_map(Event::names)).await?;
    Ok(events.into_iter().map(|event| event.seen_by(&|id| onlooker.sees(id))).collect())
}

/// Alerts as the scope shows them. Channels belong to no device: who was told is told to those who see everything.
pub async fn seen_alerts(scope: &Scope, reader: &dyn Reader, mut alerts: Vec<Alert>) -> Result<Vec<Alert>> {
    let onlooker = Onlooker::of(scope, reader, alerts.iter().filter_map(|a| a.beyond.as_ref()?.device_id)).await?;
    for alert in &mut alerts {
        alert.detail = Beyond::or_plain(alert.beyond.take(), alert.detail.take(), &|id| onlooker.sees(id));
        if !scope.is_everything() {
            alert.deliveries.clear();
        }
    }
    Ok(alerts)
}

/// Devices with the reason of their status as the scope shows it.
pub async fn seen_devices(scope: &Scope, reader: &dyn Reader, mut devices: Vec<Device>) -> Result<Vec<Device>> {
    let onlooker = Onlooker::of(scope, reader, devices.iter().filter_map(|d| d.status_beyond.as_ref()?.device_id)).await?;
    for device in &mut devices {
        device.status_reason = Beyond::or_plain(device.status_beyond.take(), device.status_reason.take(), &|id| onlooker.sees(id));
    }
    Ok(devices)
}
