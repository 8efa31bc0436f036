//! The questions of a poll: echoes, the head, what the device offers, its interfaces.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use vigie_domain::devices::{Credential, SnmpAuth, SnmpError, SnmpTarget};
use vigie_domain::store::Read;
use vigie_domain::{Id, Result, Scope};

use super::digest::{Digest, digest};
use super::head::{self, Head};
use super::reading;
use super::round::{Heard, Round};
use super::verdict::ENOUGH;
use super::vitals::{Plan, Vitals};
use super::watched::{Memory, Watched};

/// Most echoes of one poll.
const ECHOES: u16 = 3;
/// A device that answers is sent one echo for so much of its period: three a minute, however often it is polled.
const ECHO_SHARE: Duration = Duration::from_secs(20);
/// Between two echoes.
const ECHO_GAP: Duration = Duration::from_millis(50);
/// Longest wait for an echo.
const ECHO_WAIT: Duration = Duration::from_secs(1);
/// How long an opened credential is kept.
const AUTH_FOR: Duration = Duration::from_secs(30);

/// Opened credentials, and when.
pub type Auths = HashMap<Id, (Instant, Arc<SnmpAuth>)>;

/// Echoes of a poll of a device that answers, by its period.
fn echoes(period: Duration) -> u16 {
    (period.as_secs() / ECHO_SHARE.as_secs()).clamp(1, ECHOES.into()) as u16
}

impl Round {
    /// Sends echoes and the first request side by side.
    pub(super) async fn ask(&self, device: &Watched, memory: &mut Memory) -> Result<Heard> {
        let silent = memory.state.failures >= ENOUGH;
        let count = match memory.state.failures {
            _ if silent => 1,
            // SNMP is what tells of it; echoes only tell of the way there
            0 if !device.credentials.is_empty() && !memory.without_snmp => echoes(device.rhythm.period()),
            _ => ECHOES,
        };
        let ping = self.env.probe.ping(device.address.ip(), count, ECHO_GAP, ECHO_WAIT);
        let icmp = async { ping.await.ok() };
        let (icmp, snmp) = if device.credentials.is_empty() || memory.without_snmp {
            (icmp.await, None)
        } else {
            let (icmp, snmp) = tokio::join!(icmp, self.ask_snmp(device, memory, silent));
            (icmp, snmp?)
        };
        Ok(Heard { icmp, snmp, at: self.env.core.now() })
    }

    /// The first request; a device that fails a second time is asked with its other credentials too. `None` when it has none for SNMP.
    async fn ask_snmp(&self, device: &Watched, memory: &mut Memory, silent: bool) -> Result<Option<Result<Head, SnmpError>>> {
        if memory.target.is_none() || memory.state.failures > 0 {
            memory.target = self.target(device, memory.target.as_ref().map(|(id, _)| *id)).await?;
        }
        let Some((used, target)) = &memory.target else {
            memory.without_snmp = self.has_others_only(device).await?;
            let gone = || Err(SnmpError::Failed { address: device.address, what: "none of its credentials is there".to_owned() });
            return Ok((!memory.without_snmp).then(gone));
        };
        let target = if silent { SnmpTarget { retries: 0, ..target.clone() } } else { target.clone() };
        let plan = memory.plan.as_ref().map_or(&[][..], |plan| plan.oids());
        let now = || self.env.core.now();
        let first = head::read(&*self.env.snmp, &target, memory.head, plan, now).await;
        let confirmed = memory.state.failures + 1 == ENOUGH;
        if first.is_ok() || !confirmed || device.credentials.len() < 2 {
            return Ok(Some(first));
        }
        for other in device.credentials.iter().filter(|id| *id != used) {
            let Some(auth) = self.auth(device, *other).await? else { continue };
            let target = SnmpTarget { auth, ..target.clone() };
            if let Ok(head) = head::read(&*self.env.snmp, &target, None, &[], now).await {
                let retries = self.env.core.settings.snmp_retries;
                memory.target = Some((*other, SnmpTarget { retries, ..target }));
                memory.unlearn();
                return Ok(Some(Ok(head)));
            }
        }
        Ok(Some(first))
    }

    /// Whether it has credentials, and none of them is for SNMP.
    async fn has_others_only(&self, device: &Watched) -> Result<bool> {
        let credentials: Vec<Credential> = self.env.core.store.get_many(&Scope::system(), &device.credentials).await?;
        Ok(!credentials.is_empty() && credentials.iter().all(|credential| !credential.kind.is_snmp()))
    }

    /// How to ask a device: with the credential that worked last, else the first it has.
    async fn target(&self, device: &Watched, last: Option<Id>) -> Result<Option<(Id, SnmpTarget)>> {
        let ordered = last.into_iter().chain(device.credential_id).chain(device.credentials.iter().copied());
        for id in ordered.filter(|id| device.credentials.contains(id)) {
            if let Some(auth) = self.auth(device, id).await? {
                let settings = &self.env.core.settings;
                let target = SnmpTarget { address: device.address, auth, timeout: settings.snmp_timeout, retries: settings.snmp_retries };
                return Ok(Some((id, target)));
            }
        }
        Ok(None)
    }

    /// An opened credential, if it is for SNMP; devices that share one share its secret.
    async fn auth(&self, device: &Watched, id: Id) -> Result<Option<Arc<SnmpAuth>>> {
        let kept = |auths: &Auths| auths.get(&id).filter(|(at, _)| at.elapsed() < AUTH_FOR).map(|(_, auth)| auth.clone());
        if let Some(auth) = kept(&self.auths.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(Some(auth));
        }
        let Some(credential) = self.env.core.store.get::<Credential>(&Scope::system(), id).await? else { return Ok(None) };
        if !credential.kind.is_snmp() {
            return Ok(None);
        }
        let auth = self.env.target_at(device.address, &credential)?.auth;
        let mut auths = self.auths.lock().unwrap_or_else(PoisonError::into_inner);
        // an unchanged credential stays the same object: sessions are found by it
        let auth = auths.get(&id).map(|(_, known)| known.clone()).filter(|known| **known == *auth).unwrap_or(auth);
        auths.insert(id, (Instant::now(), auth.clone()));
        Ok(Some(auth))
    }

    /// Processor, memory and storage, out of the head; learned at the first poll.
    pub(super) async fn vitals(&self, device: &Watched, memory: &mut Memory, head: &Head) -> Option<Vitals> {
        if let Some(plan) = &memory.plan {
            return Some(plan.read(&head.values));
        }
        let (_, target) = memory.target.as_ref()?;
        let plan = Plan::learn(&*self.env.snmp, target, device.enterprise).await.ok()?;
        let values = match self.env.snmp.get(target, plan.oids()).await {
            Ok(binds) if !plan.oids().is_empty() => binds.into_iter().map(|bind| bind.value).collect(),
            _ => Vec::new(),
        };
        let vitals = plan.read(&values);
        memory.plan = Some(self.shared_plan(plan));
        Some(vitals)
    }

    /// The plan that all devices with the same one share.
    fn shared_plan(&self, plan: Plan) -> Arc<Plan> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans.get(&plan) {
            return known.clone();
        }
        // those that no device has any more
        plans.retain(|known| Arc::strong_count(known) > 1);
        let plan = Arc::new(plan);
        plans.insert(plan.clone());
        plan
    }

    /// Reads the interfaces, and what they say.
    pub(super) async fn ports(&self, memory: &mut Memory, head: &Head, restarted: bool, period: Duration) -> Digest {
        if memory.ports.is_empty() {
            return Digest::default();
        }
        let Some((_, target)) = memory.target.clone() else { return Digest::default() };
        match reading::read(&*self.env.snmp, &target, memory).await {
            Ok(read) => {
                let uptime = head.clocks.agent;
                let longest = (period * 3).max(Duration::from_mins(5));
                let mut digest = digest(memory, &read, uptime, restarted, self.env.core.now(), longest);
                digest.missing += read.strangers;
                digest
            }
            Err(error) => {
                if matches!(error, SnmpError::Malformed { .. }) {
                    self.pipeline.malformed("interface");
                }
                tracing::debug!(device = %memory.state.id, %error, "cannot read the interfaces");
                Digest::default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_answers_is_sent_three_echoes_a_minute_at_most() {
        for (seconds, expected) in [(1, 1), (5, 1), (20, 1), (40, 2), (60, 3), (300, 3)] {
            assert_eq!(echoes(Duration::from_secs(seconds)), expected, "period of {seconds} s");
        }
    }
}
