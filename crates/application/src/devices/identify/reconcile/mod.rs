//! Writing what a device told, where it differs from what is known.
//!
//! Writable fields and versions are never touched, and reading a device again changes nothing that has not changed: only `last_seen` and
//! `identified_at` move on.

mod addresses;
mod identity;
mod neighbours;
mod ports;

use std::collections::HashMap;

use serde_json::json;
use vigie_domain::devices::{Device, Interface};
use vigie_domain::query::Filter;
use vigie_domain::store::{Entity, Read, UnitOfWork, Write};
use vigie_domain::system::{Event, Subject, event_types};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::Facts;
use crate::Unit;

/// What became of the device.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// The device as it is now.
    pub device: Device,
    /// Whether its identity is another.
    pub identity_changed: bool,
    /// Interfaces that came, changed (their status and speed apart) or went.
    pub interfaces_changed: usize,
    /// Interfaces that went.
    pub interfaces_removed: Vec<Id>,
    /// Addresses that came, changed or went.
    pub addresses_changed: usize,
    /// Neighbours that came or went.
    pub neighbours_changed: usize,
}

impl Reconciled {
    /// Whether anything but status and counters changed.
    pub fn changed(&self) -> bool {
        self.identity_changed || self.interfaces_changed > 0 || self.addresses_changed > 0 || self.neighbours_changed > 0
    }
}

/// Writes the facts into a unit of work that holds the device.
pub async fn reconcile(unit: &mut Unit<'_>, device: Device, facts: &Facts, now: Timestamp) -> Result<Reconciled> {
    let first = device.identified_at.is_none();
    let mut device = device;
    let identity_changed = identity::apply(unit, &mut device, facts, now).await?;
    device.identified_at = Some(now);
    unit.work().update(&device).await?;

    let ports = ports::reconcile(unit, &device, facts, first, now).await?;
    let names: HashMap<u32, (Id, String)> = ports.interfaces.iter().map(|i| (i.if_index, (i.id, i.name.clone()))).collect();
    let addresses_changed = match &facts.addresses {
        Some(held) => addresses::reconcile(unit.work(), &device, held, &names, now).await?,
        None => 0,
    };
    let neighbours_changed = match &facts.neighbours {
        Some(heard) => neighbours::reconcile(unit, &device, heard, &names, first, now).await?,
        None => 0,
    };
    Ok(Reconciled {
        device,
        identity_changed,
        interfaces_changed: ports.changed,
        interfaces_removed: ports.removed,
        addresses_changed,
        neighbours_changed,
    })
}

/// What the store holds of this kind for a device.
async fn of_device<E: Entity>(work: &dyn UnitOfWork, device: Id) -> Result<Vec<E>> {
    work.all(&Scope::system(), vec![Filter::eq(E::SCHEMA, "device_id", device)?]).await
}

fn interface_subject(interface: &Interface) -> Subject {
    Subject::new("interface", interface.id, &interface.name)
}

/// The event that an interface went up or down.
pub(crate) fn status_event(before: &Interface, after: &Interface, now: Timestamp) -> Event {
    let state = |i: &Interface| json!({ "admin_status": i.admin_status.word(), "oper_status": i.oper_status.word() });
    let severity =
        if after.is_faulty() && after.monitored { vigie_domain::alerts::Severity::Warning } else { vigie_domain::alerts::Severity::Info };
    Event::new(event_types::INTERFACE_STATUS_CHANGED, now, interface_subject(after), Some(after.device_id))
        .severity(severity)
        .data(state(after))
        .previous(state(before))
}
