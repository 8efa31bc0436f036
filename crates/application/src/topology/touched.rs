//! Which devices were read or changed since the topology last looked.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use vigie_domain::Id;

/// Devices whose links and places on the map are to be looked at again.
#[derive(Default)]
pub struct Touched {
    devices: Mutex<HashSet<Id>>,
    woken: Notify,
}

impl Touched {
    /// Says that a device was read, changed or removed. To be called after the commit.
    pub fn touch(&self, device: Id) {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner).insert(device);
        self.woken.notify_one();
    }

    /// Takes what was touched so far.
    pub(super) fn take(&self) -> HashSet<Id> {
        std::mem::take(&mut *self.devices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something is touched.
    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }
}
