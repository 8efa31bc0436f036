//! The last values of devices on their way to the store: gathered, and written together every few seconds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use vigie_domain::devices::DeviceState;
use vigie_domain::store::Write;
use vigie_domain::{ErrorKind, Id, Result};

use crate::Core;

/// How often they are written.
const EVERY: Duration = Duration::from_secs(5);
/// Rows in one transaction: others wait for it.
const CHUNK: usize = 1_000;

/// States that wait to be written: the newest of each device, so it never holds more than there are devices.
#[derive(Default)]
pub struct StateBook {
    waiting: Mutex<HashMap<Id, DeviceState>>,
}

impl StateBook {
    /// Notes the state of a device.
    pub fn note(&self, state: DeviceState) {
        self.lock().insert(state.id, state);
    }

    /// Forgets a device.
    pub fn forget(&self, id: Id) {
        self.lock().remove(&id);
    }

    /// Writes every five seconds until `stop`, then once more.
    pub async fn run(&self, core: &Core, stop: CancellationToken) {
        loop {
            let last = tokio::select! {
                () = tokio::time::sleep(EVERY) => false,
                () = stop.cancelled() => true,
            };
            self.flush(core).await;
            if last {
                return;
            }
        }
    }

    /// Writes what waits; it goes on waiting while the store is away.
    pub async fn flush(&self, core: &Core) {
        let states: Vec<DeviceState> = std::mem::take(&mut *self.lock()).into_values().collect();
        for (number, chunk) in states.chunks(CHUNK).enumerate() {
            match write(core, chunk).await {
                Ok(()) => continue,
                Err(error) if error.kind() == ErrorKind::StorageFailed => return self.take_back(&states[number * CHUNK..]),
                Err(_) => {}
            }
            // a device of this chunk may be gone: then its row alone cannot be written
            for state in chunk {
                if let Err(error) = write(core, std::slice::from_ref(state)).await {
                    tracing::debug!(device = %state.id, cause = error.chain(), "cannot write the state of a device");
                    metrics::counter!("device_states_dropped_total").increment(1);
                }
            }
        }
    }

    fn take_back(&self, states: &[DeviceState]) {
        let mut waiting = self.lock();
        for state in states {
            // one that was noted meanwhile is newer
            waiting.entry(state.id).or_insert_with(|| state.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, DeviceState>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(core: &Core, states: &[DeviceState]) -> Result<()> {
    let mut work = core.store.begin().await?;
    work.upsert(states).await?;
    work.commit().await
}
