//! What is remembered of one device under one credential.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_snmp::{UdpClient, Version};
use tokio::sync::{Semaphore, SemaphorePermit};
use vigie_domain::devices::SnmpAuth;

use crate::pace::Pace;

/// One device under one credential: its client (keys of SNMPv3 included) and its pace.
pub(crate) struct Session {
    pub peer: SocketAddr,
    pub auth: Arc<SnmpAuth>,
    pub lane: usize,
    pub client: UdpClient,
    pub version: Version,
    pace: Mutex<Pace>,
    window: Window,
    /// Whether this device ever answered under this credential.
    known: AtomicBool,
    /// Seconds since the engine's start of the last use.
    pub used: AtomicU64,
}

impl Session {
    pub fn new(peer: SocketAddr, auth: Arc<SnmpAuth>, lane: usize, client: UdpClient, pace: Pace) -> Self {
        let window = Window::new(pace.window());
        let version = client.version();
        Self { peer, auth, lane, client, version, pace: Mutex::new(pace), window, known: AtomicBool::new(false), used: AtomicU64::new(0) }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the device may be asked one thing more.
    pub async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.window.slots.acquire().await.ok()
    }

    /// Ends what `enter` began.
    pub fn leave(&self, permit: SemaphorePermit<'_>) {
        self.window.release(permit, self.pace().window());
    }

    /// How long to wait for transmission `attempt`. The first contact of SNMPv3 is two
    /// exchanges (discovery, then the request), so it may take twice as long.
    pub fn timeout(&self, attempt: u32) -> Duration {
        let timeout = self.pace().timeout(attempt);
        if self.version == Version::V3 && !self.is_known() { timeout * 2 } else { timeout }
    }

    /// An answer arrived; says whether it was the first of this session.
    pub fn answered(&self, took: Duration) -> bool {
        let first = !self.known.swap(true, Ordering::Relaxed);
        // the first answer of v3 took a discovery too: not a round trip
        if !(first && self.version == Version::V3) {
            self.pace().answered(took);
        }
        first
    }

    pub fn lost(&self) {
        self.pace().lost();
    }

    pub fn bulk_fitted(&self, received: usize) {
        self.pace().bulk_fitted(received);
    }

    pub fn bulk_failed(&self) {
        self.pace().bulk_failed();
    }

    pub fn repetitions(&self, columns: usize, rows: usize) -> u32 {
        self.pace().repetitions(columns, rows)
    }

    pub fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    /// How many requests may run beside each other.
    pub fn parallel(&self) -> usize {
        self.pace().window() as usize
    }
}

/// A semaphore whose size follows the pace.
struct Window {
    slots: Semaphore,
    size: AtomicU32,
}

impl Window {
    fn new(size: u32) -> Self {
        Self { slots: Semaphore::new(size as usize), size: AtomicU32::new(size) }
    }

    fn release(&self, permit: SemaphorePermit<'_>, wanted: u32) {
        let size = self.size.load(Ordering::Relaxed);
        let resize = |to| self.size.compare_exchange(size, to, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if size > wanted && resize(size - 1) {
            permit.forget();
        } else {
            drop(permit);
            if size < wanted && resize(size + 1) {
                self.slots.add_permits(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_window_follows_the_pace() {
        let window = Window::new(2);
        for (wanted, available) in [(4, 3), (4, 4), (4, 4), (1, 3), (1, 2), (1, 1), (1, 1)] {
            let permit = window.slots.acquire().await.unwrap();
            window.release(permit, wanted);
            assert_eq!(window.slots.available_permits(), available);
        }
    }
}
