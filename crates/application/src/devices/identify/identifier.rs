//! Identifying devices that are known.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vigie_domain::devices::{Access, AccessProtocol, AccessState, Credential, Device, SnmpError};
use vigie_domain::store::{Read, Write};
use vigie_domain::system::{Job, JobResult};
use vigie_domain::{Error, Id, Result, Scope};

use super::reconcile::{Reconciled, reconcile};
use super::{Facts, Profiles, read};
use crate::CallContext;
use crate::devices::DeviceEnv;
use crate::devices::manage::ACT;
use crate::devices::tools::device_error;
use crate::jobs::{self, JobHandle, JobHandler};
use crate::topology::Touched;

/// Kind of the job.
pub const IDENTIFY_JOB: &str = "device.identify";

/// Reads devices and reconciles them with what is known. Cheap to clone.
#[derive(Clone)]
pub struct Identifier {
    env: DeviceEnv,
    profiles: Arc<Profiles>,
    touched: Arc<Touched>,
}

/// What identifying a device brought.
#[derive(Clone, Debug)]
pub struct IdentifyOutcome {
    /// The credential that its agent answered.
    pub credential_id: Id,
    /// What became of the device.
    pub reconciled: Reconciled,
}

#[derive(Serialize, Deserialize)]
struct Input {
    device_id: Id,
}

impl Identifier {
    /// Over these ports and profiles; `touched` hears of every device whose links may have changed.
    pub fn new(env: &DeviceEnv, profiles: Arc<Profiles>, touched: Arc<Touched>) -> Self {
        Self { env: env.clone(), profiles, touched }
    }

    /// The device, if the caller may have it read whole now; nothing is queued.
    pub async fn check(&self, cx: &CallContext, device_id: Id) -> Result<Device> {
        let scope = cx.require(ACT)?;
        let device: Device = self.env.core.store.require(&scope, device_id).await?;
        if device.credentials.is_empty() { Err(no_credential(&device)) } else { Ok(device) }
    }

    /// Queues the reading of a device; the job links to the device.
    pub async fn queue(&self, cx: &CallContext, device_id: Id) -> Result<Job> {
        self.check(cx, device_id).await?;
        let mut unit = self.env.core.unit(cx).await?;
        let job = jobs::queued(IDENTIFY_JOB, &Input { device_id }, Some(cx.principal.actor.clone()), cx.now)?;
        unit.job(&job).await?;
        unit.commit().await?;
        Ok(job)
    }

    /// Reads a device and reconciles it, in one unit of work. Fails when its agent does not answer any of its credentials; how it answers
    /// stands in its `access` then.
    pub async fn identify(&self, cx: &CallContext, device_id: Id) -> Result<IdentifyOutcome> {
        let device: Device = self.env.core.store.require(&Scope::system(), device_id).await?;
        if device.credentials.is_empty() {
            return Err(no_credential(&device));
        }
        let (credential_id, facts) = match self.first_answer(&device).await? {
            Ok(answer) => answer,
            Err((credential, error)) => {
                self.note_silence(cx, &device, &credential).await?;
                return Err(device_error(&error));
            }
        };
        let reconciled = self.write(cx, device_id, credential_id, &facts).await?;
        self.env.live.forget(&reconciled.interfaces_removed);
        self.touched.touch(device_id);
        Ok(IdentifyOutcome { credential_id, reconciled })
    }

    /// Facts and the credential that opened them; else the first credential and what it met. The one that worked last is tried first.
    async fn first_answer(&self, device: &Device) -> Result<Result<(Id, Facts), (Credential, SnmpError)>> {
        let mut failure = None;
        for credential in self.credentials(device).await? {
            let target = self.env.target(device, &credential)?;
            match read(&*self.env.snmp, &target, &self.profiles).await {
                Ok(facts) => return Ok(Ok((credential.id, facts))),
                Err(error) => {
                    failure.get_or_insert((credential, error));
                }
            }
        }
        failure.map(Err).ok_or_else(|| no_credential(device))
    }

    async fn credentials(&self, device: &Device) -> Result<Vec<Credential>> {
        let worked = |a: &&Access| a.protocol == AccessProtocol::Snmp && a.state == AccessState::Ok;
        let last = device.access.iter().find(worked).and_then(|a| a.credential_id);
        let mut found: Vec<Credential> = self.env.core.store.get_many(&Scope::system(), &device.credentials).await?;
        found.retain(|credential| credential.kind.is_snmp());
        let place = |c: &Credential| device.credentials.iter().position(|id| *id == c.id);
        found.sort_by_key(|c| (Some(c.id) != last, place(c)));
        Ok(found)
    }

    async fn write(&self, cx: &CallContext, device_id: Id, credential_id: Id, facts: &Facts) -> Result<Reconciled> {
        let now = self.env.core.now();
        let mut unit = self.env.core.unit(cx).await?;
        let mut device: Device = unit.work().require(&Scope::system(), device_id).await?;
        let answer = Access { credential_id: Some(credential_id), ..Access::ok(AccessProtocol::Snmp, now) };
        set_access(&mut device.access, answer);
        let reconciled = reconcile(&mut unit, device, facts, now).await?;
        unit.commit().await?;
        Ok(reconciled)
    }

    async fn note_silence(&self, cx: &CallContext, device: &Device, credential: &Credential) -> Result<()> {
        let now = self.env.core.now();
        let target = self.env.target(device, credential)?;
        let access = Access { credential_id: Some(credential.id), ..self.env.snmp.diagnose(&target, now).await };
        if access.state == AccessState::Ok {
            return Ok(());
        }
        let mut unit = self.env.core.unit(cx).await?;
        let Some(mut device) = unit.work().get::<Device>(&Scope::system(), device.id).await? else { return Ok(()) };
        if set_access(&mut device.access, access) {
            unit.work().update(&device).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}

fn no_credential(device: &Device) -> Error {
    Error::conflict("conflict", format!("{} has no credential", device.name)).solution("give the device an SNMP credential")
}

/// Puts an access in the place of the one of its protocol, keeping since when while the state is the same; whether anything changed.
pub(crate) fn set_access(all: &mut Vec<Access>, mut access: Access) -> bool {
    match all.iter_mut().find(|a| a.protocol == access.protocol) {
        None => {
            all.push(access);
            true
        }
        Some(before) => {
            if before.state == access.state {
                access.since = before.since;
            }
            let changed = *before != access;
            *before = access;
            changed
        }
    }
}

#[async_trait]
impl JobHandler for Identifier {
    fn kind(&self) -> &'static str {
        IDENTIFY_JOB
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        let Input { device_id } = job.input()?;
        job.progress(0, Some(1), "reading the device".to_owned());
        let cx = job.context();
        let outcome = tokio::select! {
            outcome = self.identify(&cx, device_id) => outcome?,
            () = job.stopping().cancelled() => return Err(Error::conflict("conflict", "the reading was stopped")),
        };
        job.info(summary(&outcome.reconciled));
        job.progress(1, Some(1), None);
        Ok(Some(JobResult { kind: "device".to_owned(), id: device_id, href: format!("/api/v1/devices/{device_id}") }))
    }
}

fn summary(done: &Reconciled) -> String {
    if !done.changed() {
        return "nothing has changed".to_owned();
    }
    format!(
        "changed: identity {}, interfaces {}, addresses {}, neighbours {}",
        if done.identity_changed { "yes" } else { "no" },
        done.interfaces_changed,
        done.addresses_changed,
        done.neighbours_changed
    )
}
