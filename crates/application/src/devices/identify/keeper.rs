//! Reading a device again soon after something happened that tells of new cables. Polling reads it whole from time to time besides.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vigie_domain::devices::Device;
use vigie_domain::store::Read;
use vigie_domain::system::{Event, event_types};
use vigie_domain::{Id, Result, Scope, Timestamp};

use super::Identifier;
use crate::{CallContext, Core};

/// When neighbours that went are gone, and when one that came has announced itself (IEEE 802.1AB: msgTxInterval is 30 s).
const AFTER: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(40)];
/// An event brings no reading sooner after the last one: a flapping port is not worth more.
const REST: Duration = Duration::from_secs(20);
/// Devices read at a time.
const AT_ONCE: usize = 16;

/// Has devices read again after their ports went up or down, or they started anew.
pub struct IdentifyKeeper {
    core: Core,
    identifier: Identifier,
    plan: Plan,
}

/// When which device is read.
#[derive(Default)]
struct Plan {
    due: BTreeSet<(Timestamp, Id)>,
    last: HashMap<Id, Timestamp>,
}

impl Plan {
    /// Plans the readings that an event asks for.
    fn after(&mut self, id: Id, now: Timestamp) {
        let rested = self.last.get(&id).map_or(now, |last| last.plus(REST));
        self.due.retain(|(_, planned)| *planned != id);
        self.due.extend(AFTER.map(|wait| (now.plus(wait).max(rested), id)));
    }

    /// Everything that is due, each device once.
    fn take(&mut self, now: Timestamp) -> BTreeSet<Id> {
        let later = self.due.split_off(&(Timestamp(now.0 + 1), Id(uuid::Uuid::nil())));
        std::mem::replace(&mut self.due, later).into_iter().map(|(_, id)| id).collect()
    }
}

impl IdentifyKeeper {
    /// It does nothing before [`Self::run`].
    pub fn new(core: &Core, identifier: &Identifier) -> Self {
        Self { core: core.clone(), identifier: identifier.clone(), plan: Plan::default() }
    }

    /// Reads devices after events, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut events = self.core.bus.subscribe();
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = JoinSet::new();
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                event = events.recv() => match event {
                    Ok(event) => self.hear(&event),
                    // the next whole reading sees what these told of
                    Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "events were missed, some devices are read later"),
                    Err(RecvError::Closed) => break,
                },
                _ = beat.tick() => self.start_due(&slots, &mut running),
                Some(done) = running.join_next(), if !running.is_empty() => {
                    if let Ok(id) = done {
                        self.plan.last.insert(id, self.core.now());
                    }
                }
            }
        }
        running.abort_all();
    }

    fn hear(&mut self, event: &Event) {
        let Some(id) = event.device_id else { return };
        match event.kind.as_str() {
            event_types::INTERFACE_STATUS_CHANGED | event_types::DEVICE_REBOOTED => self.plan.after(id, self.core.now()),
            event_types::DEVICE_REMOVED => {
                self.plan.last.remove(&id);
            }
            _ => {}
        }
    }

    fn start_due(&mut self, slots: &Arc<Semaphore>, running: &mut JoinSet<Id>) {
        let now = self.core.now();
        for id in self.plan.take(now) {
            let Ok(slot) = slots.clone().try_acquire_owned() else {
                // all are busy: it waits its turn
                self.plan.due.insert((now, id));
                continue;
            };
            let (core, identifier) = (self.core.clone(), self.identifier.clone());
            running.spawn(async move {
                if let Err(error) = read_again(&core, &identifier, id).await {
                    tracing::debug!(device = %id, error = %error, "a device could not be read again");
                }
                drop(slot);
                id
            });
        }
    }
}

async fn read_again(core: &Core, identifier: &Identifier, id: Id) -> Result<()> {
    let device: Option<Device> = core.store.get(&Scope::system(), id).await?;
    let wanted = |d: &Device| d.monitored && !d.decommissioned && !d.credentials.is_empty();
    if !device.as_ref().is_some_and(wanted) {
        return Ok(());
    }
    identifier.identify(&CallContext::system(core.now()), id).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_device_are_read_once_and_again_later() {
        let mut plan = Plan::default();
        let id = Id::fixed(1);
        plan.after(id, Timestamp(0));
        plan.after(id, Timestamp(1_000));
        assert!(plan.take(Timestamp(3_999)).is_empty());
        assert_eq!(plan.take(Timestamp(4_000)), BTreeSet::from([id]));
        plan.last.insert(id, Timestamp(4_100));
        assert_eq!(plan.take(Timestamp(41_000)), BTreeSet::from([id]));
        plan.after(id, Timestamp(5_000));
        assert!(plan.take(Timestamp(24_000)).is_empty(), "it rests");
        assert_eq!(plan.take(Timestamp(24_100)), BTreeSet::from([id]));
    }
}
