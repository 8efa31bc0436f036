//! The dashboards of all audiences: computed once, kept as bytes, renewed while somebody asks.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use vigie_domain::cache::{Cache, cached, refreshed};
use vigie_domain::{Error, Result, Timestamp};

use super::host::{EVERY, HostSampler};
use super::system::OwnFigures;
use super::traffic::TrafficBook;
use super::{Facts, MapSummary, READ, network, system};
use crate::CallContext;
use crate::beat::Beat;
use crate::cache::{Audience, NETWORK_DASHBOARD, Policy, SYSTEM_DASHBOARD, audience_key};
use crate::devices::DeviceEnv;
use crate::telemetry::Pipeline;

/// Dashboards warmed at the same time.
const WARMED_AT_ONCE: usize = 4;
/// A dashboard that nobody asked for in so long is no longer renewed.
const INTEREST: Duration = Duration::from_mins(2);
/// Audiences renewed; of more, those that asked longest ago wait until they ask again.
const AUDIENCES: usize = 128;

/// Which dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DashboardKind {
    /// The host, and Vigie on it.
    System,
    /// The network.
    Network,
}

impl DashboardKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::System, Self::Network];

    /// Its word in paths and channels.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Network => "network",
        }
    }

    fn policy(self) -> Policy {
        match self {
            Self::System => SYSTEM_DASHBOARD,
            Self::Network => NETWORK_DASHBOARD,
        }
    }
}

impl FromStr for DashboardKind {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| Error::not_found("dashboard", word))
    }
}

/// A dashboard as it travels. Cloning it copies no bytes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Snapshot {
    /// When it was computed.
    pub computed_at: Timestamp,
    /// The whole of it as JSON.
    #[serde(with = "as_it_is")]
    pub json: Bytes,
}

/// JSON within JSON, neither escaped nor read.
mod as_it_is {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
    use serde_json::value::RawValue;

    pub fn serialize<S: Serializer>(json: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_slice::<&RawValue>(json).map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer).map_err(de::Error::custom)?;
        Ok(Bytes::from(String::from(Box::<str>::from(raw)).into_bytes()))
    }
}

impl Snapshot {
    fn of(computed_at: Timestamp, view: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_vec(view).map_err(Error::storage)?;
        Ok(Self { computed_at, json: json.into() })
    }
}

/// What the dashboards are made from.
#[derive(Clone)]
pub struct DashboardPorts {
    /// Store, samples and last rates.
    pub env: DeviceEnv,
    /// Where computed ones are kept.
    pub cache: Arc<dyn Cache>,
    /// The host.
    pub host: Arc<HostSampler>,
    /// The map.
    pub map: Arc<dyn MapSummary>,
    /// What else Vigie tells of itself.
    pub facts: Arc<dyn Facts>,
    /// The way of samples.
    pub pipeline: Pipeline,
}

struct Shared {
    ports: DashboardPorts,
    own: OwnFigures,
    traffic: TrafficBook,
}

struct Interest {
    audience: Arc<Audience>,
    asked: Timestamp,
}

/// The dashboards. Cheap to clone.
#[derive(Clone)]
pub struct Dashboards {
    shared: Arc<Shared>,
    interests: Arc<Mutex<HashMap<(DashboardKind, String), Interest>>>,
    ticks: watch::Sender<u64>,
}

impl Dashboards {
    /// Dashboards over these ports. Nothing is renewed before [`Self::run`].
    pub fn new(ports: DashboardPorts) -> Self {
        let shared = Shared { ports, own: OwnFigures::default(), traffic: TrafficBook::default() };
        Self { shared: Arc::new(shared), interests: Arc::default(), ticks: watch::Sender::new(0) }
    }

    /// A dashboard as the caller may see it: the one that is kept, else it is computed, once for all who ask meanwhile.
    pub async fn get(&self, cx: &CallContext, kind: DashboardKind) -> Result<Arc<Snapshot>> {
        match kind {
            DashboardKind::System => cx.require_unscoped(READ)?,
            DashboardKind::Network => cx.require(READ)?,
        };
        let key = audience_key(cx);
        let audience = self.note_interest(cx, kind, &key);
        let shared = self.shared.clone();
        // what computes it is large, and mostly not needed
        let load = async move { Box::pin(compute(shared, audience, kind)).await };
        cached(&*self.shared.ports.cache, kind.policy().entry(key), load).await
    }

    /// Counts up after each renewal: who streams a dashboard waits for it, then gets it.
    pub fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }

    /// Renews what is asked for every five seconds, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut beat = Beat::new(EVERY, stop);
        while beat.next().await {
            self.renew().await;
            self.ticks.send_modify(|tick| *tick += 1);
        }
    }

    /// Renews every dashboard that was asked for lately, each once.
    pub async fn renew(&self) {
        let now = self.shared.ports.env.core.now();
        // what is asked for by nobody still has its minutes
        self.shared.note_past(now);
        let wanted: Vec<(DashboardKind, String, Arc<Audience>)> = {
            let mut interests = self.interests();
            interests.retain(|_, interest| now.since(interest.asked) < INTEREST);
            interests.iter().map(|((kind, key), interest)| (*kind, key.clone(), interest.audience.clone())).collect()
        };
        for (kind, key, audience) in wanted {
            self.renew_one(kind, key, audience).await;
        }
    }

    /// Computes the dashboards of these audiences, a few at a time, and keeps them; how many it computed.
    pub async fn warm(&self, audiences: Vec<(String, Audience)>) -> usize {
        let wanted = audiences.into_iter().flat_map(|(key, audience)| {
            let audience = Arc::new(audience);
            // what tells of the host belongs to no device
            let kinds = DashboardKind::ALL.into_iter().filter(|kind| *kind != DashboardKind::System || audience.sees_everything());
            kinds.map(|kind| (kind, key.clone(), audience.clone())).collect::<Vec<_>>()
        });
        let computed =
            stream::iter(wanted).map(|(kind, key, audience)| self.renew_one(kind, key, audience)).buffer_unordered(WARMED_AT_ONCE);
        computed.filter(|done| std::future::ready(*done)).count().await
    }

    async fn renew_one(&self, kind: DashboardKind, key: String, audience: Arc<Audience>) -> bool {
        let load = compute(self.shared.clone(), audience, kind);
        let renewed = refreshed::<Snapshot>(&*self.shared.ports.cache, kind.policy().entry(key), load).await;
        if let Err(error) = &renewed {
            tracing::warn!(dashboard = kind.word(), %error, cause = error.chain(), "cannot renew a dashboard");
        }
        renewed.is_ok()
    }

    fn note_interest(&self, cx: &CallContext, kind: DashboardKind, key: &str) -> Arc<Audience> {
        let mut interests = self.interests();
        if let Some(known) = interests.get_mut(&(kind, key.to_owned())) {
            known.asked = cx.now;
            return known.audience.clone();
        }
        if interests.len() >= AUDIENCES
            && let Some(oldest) = interests.iter().min_by_key(|(_, interest)| interest.asked).map(|(key, _)| key.clone())
        {
            interests.remove(&oldest);
        }
        let audience = Arc::new(Audience::of(cx));
        interests.insert((kind, key.to_owned()), Interest { audience: audience.clone(), asked: cx.now });
        audience
    }

    fn interests(&self) -> MutexGuard<'_, HashMap<(DashboardKind, String), Interest>> {
        self.interests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn note_past(&self, now: Timestamp) {
        let ports = &self.ports;
        let carried = ports.env.live.traffic(None, now.minus(Duration::from_mins(10)));
        self.traffic.note(TrafficBook::EVERYTHING, now, carried);
        self.own.take(now, &ports.pipeline, &*ports.cache, None);
    }
}

/// Computes a dashboard in the name of its audience.
async fn compute(shared: Arc<Shared>, audience: Arc<Audience>, kind: DashboardKind) -> Result<Snapshot> {
    metrics::counter!("dashboard_gathers_total", "dashboard" => kind.word()).increment(1);
    let ports = &shared.ports;
    let cx = audience.context(ports.env.core.now());
    match kind {
        DashboardKind::System => {
            let view = system::gather(cx.now, &ports.host, &shared.own, &*ports.facts, &ports.pipeline, &*ports.cache).await;
            Snapshot::of(cx.now, &view)
        }
        DashboardKind::Network => {
            let view = network::gather(&cx, &ports.env, &*ports.cache, &ports.map, &shared.traffic).await?;
            Snapshot::of(cx.now, &view)
        }
    }
}
