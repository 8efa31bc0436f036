//! Making a device of what answered.

use std::net::IpAddr;

use vigie_domain::devices::{Access, AccessProtocol, Device, DeviceStatus, Identity};
use vigie_domain::query::{Filter, ListQuery};
use vigie_domain::store::{Entity, Read, UnitOfWork, Write};
use vigie_domain::system::{AuditResource, Event, Subject, event_types};
use vigie_domain::topology::{Outcome, RunResult};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::known::{known, monitored_at};
use super::place;
use super::probe::result;
use super::{Errand, Visited};
use crate::Unit;
use crate::devices::identify::reconcile::reconcile;
use crate::devices::identify::{Facts, set_access};

/// Reconciles a device that was read, known or new, and writes its result with it.
pub(super) async fn adopt(errand: &Errand, address: IpAddr, credential: Id, facts: &Facts, latency: Option<f64>) -> Result<Visited> {
    let now = errand.env.core.now();
    let cx = errand.job.context();
    let mut unit = errand.env.core.unit(&cx).await?;
    errand.job.holds(unit.work()).await?;
    let realm = errand.discovery.realm_id;
    let access = Access { credential_id: Some(credential), ..Access::ok(AccessProtocol::Snmp, now) };
    let (outcome, device) = match known(unit.work(), realm, address, &facts.identity).await? {
        Some(device) if seen_elsewhere(unit.work(), errand, device.id, address).await? => (Outcome::Duplicate, device),
        Some(mut device) => {
            set_access(&mut device.access, access.clone());
            let opened = device.credentials.is_empty() && open(&mut unit, &mut device, credential, now).await?;
            let reconciled = reconcile(&mut unit, device, facts, now).await?;
            errand.env.live.forget(&reconciled.interfaces_removed);
            (if opened || reconciled.changed() { Outcome::Changed } else { Outcome::Unchanged }, reconciled.device)
        }
        None => {
            let mut device = device(errand, address, &facts.identity, now);
            (device.credentials, device.access) = (vec![credential], vec![access.clone()]);
            let location = facts.identity.sys_location.as_deref().filter(|_| errand.discovery.create_sites);
            if let Some(location) = location {
                device.site_id = place::site(unit.work(), location, now).await?;
            }
            add(&mut unit, &device, now).await?;
            (Outcome::New, reconcile(&mut unit, device, facts, now).await?.device)
        }
    };
    let result = described(&result(errand, address, outcome), &device, latency, vec![access]);
    unit.work().upsert(std::slice::from_ref(&result)).await?;
    unit.commit().await?;
    errand.touched.touch(device.id);
    Ok(Visited {
        result: Some(result),
        written: true,
        neighbours: facts.neighbours.clone().unwrap_or_default(),
        chassis_id: device.identity.chassis_id,
    })
}

/// An address that answers, but not over SNMP: a known device, a device that is only pinged where that is wanted, else a candidate.
pub(super) async fn adopt_silent(errand: &Errand, address: IpAddr, access: Vec<Access>, latency: Option<f64>) -> Result<Visited> {
    let now = errand.env.core.now();
    let cx = errand.job.context();
    let mut unit = errand.env.core.unit(&cx).await?;
    if let Some(device) = monitored_at(unit.work(), errand.discovery.realm_id, address).await? {
        return Ok(Visited::loose(described(&result(errand, address, Outcome::Unchanged), &device, latency, access)));
    }
    let candidate = RunResult { latency_ms: latency, access: access.clone(), ..result(errand, address, Outcome::Candidate) };
    if !errand.discovery.add_unidentified {
        return Ok(Visited::loose(candidate));
    }
    errand.job.holds(unit.work()).await?;
    let mut device = device(errand, address, &Identity::default(), now);
    device.access.clone_from(&access);
    add(&mut unit, &device, now).await?;
    let result = described(&RunResult { outcome: Outcome::New, ..candidate }, &device, latency, access);
    unit.work().upsert(std::slice::from_ref(&result)).await?;
    unit.commit().await?;
    errand.touched.touch(device.id);
    Ok(Visited { result: Some(result), written: true, neighbours: Vec::new(), chassis_id: None })
}

/// Whether this run saw the device at another address already.
async fn seen_elsewhere(work: &dyn UnitOfWork, errand: &Errand, device: Id, address: IpAddr) -> Result<bool> {
    let of_run = Filter::eq(RunResult::SCHEMA, "run_id", errand.run_id)?;
    let of_device = Filter::eq(RunResult::SCHEMA, "device_id", device)?;
    let page = work.list::<RunResult>(&Scope::system(), &ListQuery::all(10).filter(of_run).filter(of_device)).await?;
    Ok(page.results.iter().any(|r| r.address != address && r.outcome != Outcome::Duplicate))
}

/// A device that was only pinged is read from now on, with the credential that opened it.
async fn open(unit: &mut Unit<'_>, device: &mut Device, credential: Id, now: Timestamp) -> Result<bool> {
    device.credentials = vec![credential];
    (device.version, device.updated_at) = (device.version + 1, now);
    let (before, after) = (serde_json::json!({ "credentials": [] }), serde_json::json!({ "credentials": device.credentials }));
    let subject = Subject::new("device", device.id, &device.name);
    let event = Event::new(event_types::DEVICE_CHANGED, now, subject, Some(device.id)).data(after.clone()).previous(before.clone());
    unit.event(event).await?;
    unit.audit("devices.update", resource(device), Some(before), Some(after)).await?;
    Ok(true)
}

fn device(errand: &Errand, address: IpAddr, identity: &Identity, now: Timestamp) -> Device {
    Device {
        id: Id::new(),
        version: 1,
        name: identity.sys_name.clone().unwrap_or_else(|| address.to_string()),
        address,
        realm_id: errand.discovery.realm_id,
        site_id: None,
        tags: Vec::new(),
        credentials: Vec::new(),
        poll_interval_seconds: errand.env.core.settings.poll_interval_seconds,
        monitored: true,
        decommissioned: false,
        notes: None,
        role: None,
        snmp_port: errand.discovery.port,
        // so that the first reading finds nothing changed
        identity: identity.clone(),
        status: DeviceStatus::Pending,
        status_since: Some(now),
        status_reason: None,
        status_beyond: None,
        access: Vec::new(),
        position: None,
        identified_at: None,
        created_at: now,
        updated_at: now,
    }
}

async fn add(unit: &mut Unit<'_>, device: &Device, now: Timestamp) -> Result<()> {
    unit.work().insert(device).await?;
    let shown = serde_json::json!({
        "name": device.name, "address": device.address, "realm_id": device.realm_id, "site_id": device.site_id,
        "credentials": device.credentials, "vendor": device.identity.vendor, "model": device.identity.model, "role": device.identity.role,
    });
    let subject = Subject::new("device", device.id, &device.name);
    unit.event(Event::new(event_types::DEVICE_ADDED, now, subject, Some(device.id)).data(shown.clone())).await?;
    unit.audit("devices.create", resource(device), None, Some(shown)).await
}

fn resource(device: &Device) -> AuditResource {
    AuditResource { kind: "device".to_owned(), id: Some(device.id), name: Some(device.name.clone()) }
}

fn described(result: &RunResult, device: &Device, latency: Option<f64>, access: Vec<Access>) -> RunResult {
    RunResult {
        device_id: Some(device.id),
        name: Some(device.name.clone()),
        vendor: device.identity.vendor.clone(),
        model: device.identity.model.clone(),
        os: device.identity.os.clone(),
        role: device.effective_role(),
        latency_ms: latency,
        access,
        ..result.clone()
    }
}
