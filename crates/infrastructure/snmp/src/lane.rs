//! A lane: one UDP socket that many devices share, and their sessions.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_snmp::UdpTransport;
use tokio::sync::Semaphore;
use vigie_domain::devices::SnmpAuth;

use crate::session::Session;
use crate::settings::SnmpSettings;

/// A session is found by where the agent listens and a hash of the credential.
pub(crate) type SessionKey = (SocketAddr, u64);

pub(crate) struct Lane {
    pub transport: UdpTransport,
    pub permits: Semaphore,
    sessions: Mutex<HashMap<SessionKey, Arc<Session>>>,
    sessions_max: usize,
}

impl Lane {
    /// Binds the socket, for both families where the host has IPv6.
    pub async fn open(settings: &SnmpSettings) -> async_snmp::Result<Self> {
        let transport = match bind("[::]:0", settings).await {
            Ok(transport) => transport,
            Err(_) => bind("0.0.0.0:0", settings).await?,
        };
        Ok(Self {
            transport,
            permits: Semaphore::new(settings.in_flight_per_lane.max(1)),
            sessions: Mutex::default(),
            sessions_max: settings.sessions_max.div_ceil(settings.lanes.max(1)),
        })
    }

    /// The session under this key, if it is indeed of this credential.
    pub fn find(&self, key: &SessionKey, auth: &Arc<SnmpAuth>, now: u64) -> Option<Arc<Session>> {
        let sessions = self.lock();
        let session = sessions.get(key)?;
        if !Arc::ptr_eq(&session.auth, auth) && session.auth != *auth {
            return None;
        }
        session.used.store(now, Ordering::Relaxed);
        Some(Arc::clone(session))
    }

    /// Remembers a session that proved to work. A full lane forgets the half it used longest ago.
    pub fn keep(&self, key: SessionKey, session: &Arc<Session>) {
        let mut sessions = self.lock();
        if sessions.len() >= self.sessions_max && !sessions.contains_key(&key) {
            let mut ages: Vec<u64> = sessions.values().map(|session| session.used.load(Ordering::Relaxed)).collect();
            let middle = ages.len() / 2;
            let (_, &mut median, _) = ages.select_nth_unstable(middle);
            sessions.retain(|_, session| session.used.load(Ordering::Relaxed) > median);
        }
        sessions.insert(key, Arc::clone(session));
    }

    /// Forgets a session, so that the next request starts afresh.
    pub fn forget(&self, key: &SessionKey) {
        self.lock().remove(key);
    }

    pub fn session_count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn bind(address: &str, settings: &SnmpSettings) -> async_snmp::Result<UdpTransport> {
    UdpTransport::builder()
        .bind(address)
        .receive_capacity(async_snmp::MAX_UDP_PAYLOAD)
        .recv_buffer_size(settings.receive_buffer_bytes)
        .warn_on_source_mismatch(false)
        .build()
        .await
}

/// An address as it is compared: IPv4 in IPv6 clothing is IPv4.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, address.port()),
        IpAddr::V6(_) => address,
    }
}
