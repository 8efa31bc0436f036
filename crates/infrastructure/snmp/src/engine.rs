//! The engine: few sockets, many devices.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use async_snmp::{Client, DesSaltState, EngineCache, PersistedDesSaltState, Retry, Version};
use tokio::sync::Semaphore;
use vigie_domain::devices::{SnmpAuth, SnmpTarget};

use crate::credential::{self, KeyCache};
use crate::fault::Fault;
use crate::lane::{Lane, SessionKey, canonical};
use crate::pace::Pace;
use crate::session::Session;
use crate::settings::SnmpSettings;
use crate::stats::{Counters, SnmpStats};

/// Probes of refusing ports at once: each holds a descriptor for as long as a round trip.
const SIDE_PROBES: usize = 128;

/// SNMP v1, v2c and v3 for thousands of devices over a handful of UDP sockets.
///
/// Each device is asked at its own pace (timeout, window, size of answers); SNMPv3 engines are discovered once
/// and passwords hashed once. It logs nothing itself. The protocol library beneath reports every
/// timeout under the target `async_snmp` at level error: a subscriber does well to turn that target off.
pub struct SnmpEngine {
    pub(crate) settings: SnmpSettings,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) counters: Counters,
    pub(crate) side_probes: Semaphore,
    engines: Arc<EngineCache>,
    keys: KeyCache,
    des: DesSaltState,
    hashing: RandomState,
    started: Instant,
}

impl SnmpEngine {
    /// Binds the sockets and starts to listen on them.
    pub async fn start(settings: SnmpSettings) -> std::io::Result<Self> {
        let mut lanes = Vec::with_capacity(settings.lanes.max(1));
        for _ in 0..settings.lanes.max(1) {
            lanes.push(Lane::open(&settings).await.map_err(std::io::Error::other)?);
        }
        let engines = EngineCache::new().with_max_capacity(settings.sessions_max.max(1));
        Ok(Self {
            des: des_salts(settings.des_boots)?,
            lanes,
            counters: Counters::default(),
            side_probes: Semaphore::new(SIDE_PROBES),
            engines: Arc::new(engines),
            keys: KeyCache::default(),
            hashing: RandomState::new(),
            started: Instant::now(),
            settings,
        })
    }

    /// Closes the sockets; requests in flight end with an error.
    pub async fn stop(&self) {
        for lane in &self.lanes {
            lane.transport.control().shutdown().await;
        }
    }

    /// What the engine did since it started.
    pub fn stats(&self) -> SnmpStats {
        let mut stats = self.counters.read();
        for lane in &self.lanes {
            let socket = lane.transport.stats();
            stats.discarded += socket.discarded_datagrams;
            stats.malformed += socket.malformed_datagrams;
            stats.sessions += lane.session_count() as u64;
        }
        stats
    }

    /// The session of a target: the remembered one, or a new one that `keep` may remember.
    pub(crate) async fn session(&self, target: &SnmpTarget) -> Result<Arc<Session>, Fault> {
        let peer = canonical(target.address);
        let (lane, key) = self.place(peer, &target.auth);
        let now = self.started.elapsed().as_secs();
        if let Some(session) = self.lanes[lane].find(&key, &target.auth, now) {
            return Ok(session);
        }
        let auth = credential::client_auth(&target.auth, &self.keys).await?;
        let client = Client::builder(peer, auth)
            .engine_cache(Arc::clone(&self.engines))
            .des_salt_state(self.des.clone())
            .request_timeout(self.settings.timeout_ceiling * 2)
            .retry(Retry::none())
            .max_oids_per_request(1024)
            .strict_source(!self.settings.accept_foreign_source)
            // without this, reports that a user or key is wrong count as silence, because they come unauthenticated
            .allow_unauthenticated_v3_time_correction(true)
            .build_with(&self.lanes[lane].transport)
            .await
            .map_err(|error| Fault::of(&error))?;
        let session = Session::new(peer, Arc::clone(&target.auth), lane, client, Pace::new(&self.settings));
        session.used.store(now, std::sync::atomic::Ordering::Relaxed);
        Ok(Arc::new(session))
    }

    /// Remembers a session that answered.
    pub(crate) fn keep(&self, session: &Arc<Session>) {
        let (lane, key) = self.place(session.peer, &session.auth);
        self.lanes[lane].keep(key, session);
    }

    /// An SNMPv3 agent fell silent: it may have been replaced and have another engine id,
    /// which no answer could tell us, so the next request discovers it anew.
    pub(crate) fn doubt(&self, session: &Session) {
        if session.version == Version::V3 {
            let (lane, key) = self.place(session.peer, &session.auth);
            self.engines.remove(&session.client.peer_addr());
            self.lanes[lane].forget(&key);
        }
    }

    fn place(&self, peer: std::net::SocketAddr, auth: &SnmpAuth) -> (usize, SessionKey) {
        let lane = self.hashing.hash_one(peer) as usize % self.lanes.len();
        (lane, (peer, self.hashing.hash_one(auth)))
    }
}

/// DES salts count on from a boots number that no earlier start used (see [`SnmpSettings::des_boots`]);
/// so nothing needs to be written down.
fn des_salts(boots: u32) -> std::io::Result<DesSaltState> {
    let boots = boots.clamp(1, i32::MAX as u32 - 1);
    let before = PersistedDesSaltState::new(boots).map_err(std::io::Error::other)?;
    DesSaltState::restart(before, |_| Ok::<(), std::io::Error>(())).map_err(std::io::Error::other)
}
