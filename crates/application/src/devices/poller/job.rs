//! A poll that somebody asked for.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vigie_domain::devices::Device;
use vigie_domain::store::Read;
use vigie_domain::system::{Job, JobResult};
use vigie_domain::{Error, Id, Result};

use super::PollerHandle;
use crate::devices::manage::ACT;
use crate::jobs::{JobHandle, JobHandler, queued};
use crate::{CallContext, Core};

/// Kind of the job.
pub const DEVICE_POLL: &str = "device.poll";

/// What the job works on.
#[derive(Debug, Serialize, Deserialize)]
pub struct PollInput {
    /// The device.
    pub device_id: Id,
}

/// The device, if the caller may have it polled now; nothing is queued.
pub async fn check_poll(core: &Core, cx: &CallContext, device_id: Id) -> Result<Device> {
    let scope = cx.require(ACT)?;
    let device: Device = core.store.require(&scope, device_id).await?;
    if !device.monitored || device.decommissioned {
        let error = Error::conflict("conflict", format!("{} is not monitored", device.name));
        return Err(error.solution("set monitored first"));
    }
    Ok(device)
}

/// Queues a poll in the name of the caller; the job links to the device.
pub async fn queue_poll(core: &Core, cx: &CallContext, device_id: Id) -> Result<Job> {
    check_poll(core, cx, device_id).await?;
    let mut unit = core.unit(cx).await?;
    let job = queued(DEVICE_POLL, &PollInput { device_id }, Some(cx.principal.actor.clone()), cx.now)?;
    unit.job(&job).await?;
    unit.commit().await?;
    Ok(job)
}

/// Carries the polls that somebody asked for.
pub struct PollJob {
    poller: PollerHandle,
}

impl PollJob {
    /// Has this poller poll.
    pub fn new(poller: &PollerHandle) -> Self {
        Self { poller: poller.clone() }
    }
}

#[async_trait]
impl JobHandler for PollJob {
    fn kind(&self) -> &'static str {
        DEVICE_POLL
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        let PollInput { device_id } = job.input()?;
        let answered = self.poller.poll_now(device_id).await?;
        job.info(if answered { "the device answered" } else { "the device did not answer" });
        Ok(Some(JobResult { kind: "device".to_owned(), id: device_id, href: format!("/api/v1/devices/{device_id}") }))
    }
}
