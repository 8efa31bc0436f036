//! Connections: each carries many calls at a time, and more are opened when those there are have much to do.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use crate::settings::{RedisRole, RedisSettings};

/// Calls under way on each connection before another is opened.
const BUSY: usize = 32;

pub(crate) struct Lanes {
    client: Client,
    role: RedisRole,
    most: usize,
    timeout: Duration,
    open: RwLock<Vec<Arc<Lane>>>,
    /// One opens at a time: the others wait for it, or use what there is.
    opening: tokio::sync::Mutex<()>,
    grows: AtomicBool,
    numbers: AtomicU64,
}

pub(crate) struct Lane {
    number: u64,
    connection: MultiplexedConnection,
    busy: AtomicUsize,
    used: AtomicBool,
}

/// A connection in use.
pub(crate) struct Ride(Arc<Lane>);

impl Ride {
    fn on(lane: &Arc<Lane>) -> Self {
        lane.busy.fetch_add(1, Ordering::Relaxed);
        lane.used.store(true, Ordering::Relaxed);
        Self(Arc::clone(lane))
    }

    pub fn connection(&self) -> MultiplexedConnection {
        self.0.connection.clone()
    }
}

impl Drop for Ride {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lanes {
    pub fn new(client: Client, settings: &RedisSettings) -> Self {
        Self {
            client,
            role: settings.role,
            most: settings.max_connections.max(1),
            timeout: settings.timeout,
            open: RwLock::default(),
            opening: tokio::sync::Mutex::default(),
            grows: AtomicBool::new(false),
            numbers: AtomicU64::new(0),
        }
    }

    /// The connection with least to do; one is opened where there is none.
    pub async fn board(self: &Arc<Self>) -> RedisResult<Ride> {
        if let Some(ride) = self.idlest() {
            self.grow_if_busy(&ride);
            return Ok(ride);
        }
        let _one = self.opening.lock().await;
        match self.idlest() {
            Some(ride) => Ok(ride),
            None => Ok(Ride::on(&self.open_one().await?)),
        }
    }

    /// Forgets a connection that failed.
    pub fn drop_lane(&self, ride: &Ride) {
        self.write(|open| open.retain(|lane| lane.number != ride.0.number));
    }

    /// Closes all but one of those that nobody used since the last time.
    pub fn shrink(&self) {
        self.write(|open| {
            let mut kept = 0;
            open.retain(|lane| {
                let keep = lane.used.swap(false, Ordering::Relaxed) || kept == 0;
                kept += usize::from(keep);
                keep
            });
        });
    }

    pub fn count(&self) -> usize {
        self.open.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn idlest(&self) -> Option<Ride> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().min_by_key(|lane| lane.busy.load(Ordering::Relaxed)).map(Ride::on)
    }

    fn grow_if_busy(self: &Arc<Self>, ride: &Ride) {
        if ride.0.busy.load(Ordering::Relaxed) <= BUSY || self.count() >= self.most || self.grows.swap(true, Ordering::AcqRel) {
            return;
        }
        let lanes = Arc::clone(self);
        tokio::spawn(async move {
            // one that cannot be opened is asked for again by the next call
            let _ = lanes.open_one().await;
            lanes.grows.store(false, Ordering::Release);
        });
    }

    async fn open_one(&self) -> RedisResult<Arc<Lane>> {
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(self.timeout)).set_response_timeout(Some(self.timeout));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let lane = Arc::new(Lane { number, connection, busy: AtomicUsize::new(0), used: AtomicBool::new(true) });
        self.write(|open| open.push(Arc::clone(&lane)));
        Ok(lane)
    }

    fn write(&self, change: impl FnOnce(&mut Vec<Arc<Lane>>)) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut open);
        metrics::gauge!("redis_connections", "server" => self.role.word()).set(open.len() as f64);
    }
}
