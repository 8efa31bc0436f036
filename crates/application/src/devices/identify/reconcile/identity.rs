//! Who the device is.

use serde_json::json;
use vigie_domain::devices::{Device, Identity};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::{Result, Timestamp};

use super::Facts;
use crate::Unit;

/// Takes the identity over; whether it is another. What a reading does not tell today stays, as long as it is the same product.
pub(super) async fn apply(unit: &mut Unit<'_>, device: &mut Device, facts: &Facts, now: Timestamp) -> Result<bool> {
    let before = device.identity.clone();
    let after = merged(&before, &facts.identity);
    if before == after {
        return Ok(false);
    }
    device.identity = after;
    let kind = if shown(&before) == shown(&device.identity) { event_types::DEVICE_CHANGED } else { event_types::DEVICE_IDENTITY_CHANGED };
    let subject = Subject::new("device", device.id, &device.name);
    let event = Event::new(kind, now, subject, Some(device.id)).data(whole(&device.identity)).previous(whole(&before));
    unit.event(event).await?;
    Ok(true)
}

/// What a change of is told as a change of identity.
fn shown(identity: &Identity) -> [&Option<String>; 5] {
    [&identity.vendor, &identity.model, &identity.os, &identity.os_version, &identity.serial]
}

fn whole(identity: &Identity) -> serde_json::Value {
    json!({
        "vendor": identity.vendor, "model": identity.model, "os": identity.os, "os_version": identity.os_version,
        "serial": identity.serial, "sys_name": identity.sys_name, "sys_location": identity.sys_location,
        "sys_contact": identity.sys_contact, "chassis_id": identity.chassis_id, "engine_id": identity.engine_id, "role": identity.role,
    })
}

fn merged(before: &Identity, told: &Identity) -> Identity {
    if before.sys_object_id != told.sys_object_id {
        return told.clone();
    }
    let keep = |told: &Option<String>, before: &Option<String>| told.clone().or_else(|| before.clone());
    Identity {
        vendor: keep(&told.vendor, &before.vendor),
        model: keep(&told.model, &before.model),
        os: keep(&told.os, &before.os),
        os_version: keep(&told.os_version, &before.os_version),
        serial: keep(&told.serial, &before.serial),
        chassis_id: keep(&told.chassis_id, &before.chassis_id),
        engine_id: keep(&told.engine_id, &before.engine_id),
        role: told.role.or(before.role),
        ..told.clone()
    }
}
