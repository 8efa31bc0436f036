//! Services: each instance of each of the fifteen, and Vigie itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::cache::{SharedTier, TierHealth};
use vigie_domain::store::StoreInfo;
use vigie_domain::telemetry::{EventStore, EventStoreStatus, SampleStore};
use vigie_domain::{Error, Permission, Result, Timestamp};

use crate::backups::{BackupState, Backups};
use crate::dashboards::Facts;
use crate::{CallContext, Core};

/// See services.
pub const READ: Permission = Permission::new("services", "read");
/// How long a service may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// The kind of a database server.
const POSTGRESQL: &str = "postgresql";

/// The kind of what nodes share of the cache.
const REDIS: &str = "redis";

/// The kind of a cluster of events.
const CLUSTER: &str = "opensearch";

/// The id of the store of events.
const EVENT_STORE: &str = "event_store";

/// The id of the making of backups.
const BACKUP: &str = "backup";

/// The id of the store of state.
const STORE: &str = "store";

/// What a cluster of events is called before it told what it is.
const CLUSTER_NAME: &str = "Elasticsearch or OpenSearch";

/// The services Vigie stands beside: kind and name.
const KINDS: &[(&str, &str)] = &[
    (REDIS, "Redis"),
    (CLUSTER, CLUSTER_NAME),
    ("prometheus", "Prometheus"),
    ("grafana", "Grafana"),
    ("netdata", "Netdata"),
    ("alertmanager", "AlertManager"),
    ("suricata", "Suricata"),
    ("fail2ban", "Fail2ban"),
    ("nginx", "nginx"),
    ("netflow", "NetFlow collector"),
    ("syslog", "syslog collector"),
    ("traffic_control", "Linux traffic control"),
    ("haproxy", "HAProxy"),
];

/// A service and how it is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ServiceView {
    /// Its id: kind, or kind and instance.
    #[schema(example = "vigie")]
    pub id: String,
    /// What it is.
    #[schema(example = "vigie")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Which of several.
    pub instance: Option<String>,
    /// `healthy`, `degraded`, `unhealthy`, `unknown` or `not_configured`.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// What is wrong, in one sentence.
    pub detail: Option<String>,
    /// What to do, in one sentence.
    pub solution: Option<String>,
    /// When it was looked at.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    /// How long its answer took.
    pub response_ms: Option<f64>,
    /// Its version.
    pub version: Option<String>,
    /// Figures it tells of itself, by the names it gives them.
    #[schema(value_type = Option<Object>, example = json!({"connected_clients": 3.0}))]
    pub figures: Option<BTreeMap<&'static str, f64>>,
}

/// The use cases of services.
#[derive(Clone)]
pub struct Services {
    core: Core,
    version: String,
    samples: Arc<dyn SampleStore>,
    redis: Option<Arc<dyn SharedTier>>,
    events: Arc<dyn EventStore>,
    backups: Backups,
}

impl Services {
    /// Over these ports; `version` is the binary's, `redis` what nodes share of the cache, where it is configured.
    pub fn new(
        core: &Core,
        version: &str,
        samples: Arc<dyn SampleStore>,
        redis: Option<Arc<dyn SharedTier>>,
        events: Arc<dyn EventStore>,
        backups: &Backups,
    ) -> Self {
        Self { core: core.clone(), version: version.to_owned(), samples, redis, events, backups: backups.clone() }
    }

    /// Every service, Vigie's own first. Who sees a part of the network sees no figures: they count the others' too.
    pub async fn list(&self, cx: &CallContext) -> Result<Vec<ServiceView>> {
        let scope = cx.require(READ)?;
        let mut all = self.own().await;
        let backup = self.backups.state();
        if backup.status == "not_configured" {
            all.push(backup_view(backup, cx.now));
        }
        all.push(self.postgresql(&all));
        all.extend(cluster_view(&all));
        let there = |kind: &str| all.iter().any(|s: &ServiceView| s.kind == kind);
        let absent: Vec<ServiceView> = KINDS.iter().filter(|(kind, _)| !there(kind)).map(|(kind, name)| absent(kind, name)).collect();
        all.extend(absent);
        if !scope.is_everything() {
            for service in &mut all {
                service.figures = None;
            }
        }
        Ok(all)
    }

    /// One service.
    pub async fn get(&self, cx: &CallContext, id: &str) -> Result<ServiceView> {
        self.list(cx).await?.into_iter().find(|s| s.id == id).ok_or_else(|| Error::not_found("service", id))
    }

    /// 409 `not_configured`: what every data route of a service answers that nobody configured.
    pub fn refuse(&self, kind: &str) -> Error {
        let name = KINDS.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, name)| *name);
        Error::conflict("not_configured", not_configured(name)).solution(what_to_set(name))
    }

    /// What runs within this binary.
    async fn own(&self) -> Vec<ServiceView> {
        let (now, started) = (self.core.now(), std::time::Instant::now());
        let took = || Some(started.elapsed().as_secs_f64() * 1e3);
        let describe = async { (tokio::time::timeout(DEADLINE, self.core.store.describe()).await, took()) };
        let tell = async { (tokio::time::timeout(DEADLINE, self.events.status()).await, took()) };
        let ((described, response_ms), (told, told_ms)) = tokio::join!(describe, tell);
        let base = |id: &str, name: &str| ServiceView {
            id: id.to_owned(),
            kind: id.to_owned(),
            name: name.to_owned(),
            instance: None,
            status: "healthy",
            detail: None,
            solution: None,
            checked_at: Some(now),
            response_ms: None,
            version: Some(self.version.clone()),
            figures: None,
        };
        let store = base(STORE, "store of state");
        let mut store = match described {
            Ok(Ok(info)) => {
                let version = Some(format!("{} {}", info.engine, info.version));
                ServiceView { version, detail: usage(&info), response_ms, ..store }
            }
            Ok(Err(error)) => {
                let detail = Some(error.cause_text().unwrap_or(error.detail()).to_owned());
                let solution = error.solution_text().map(str::to_owned);
                ServiceView { status: "unhealthy", detail, solution, version: None, response_ms, ..store }
            }
            Err(_) => silent(store),
        };
        if let Some(waits) = spooled(self.samples.spooled_bytes()) {
            store.detail = Some(store.detail.map_or(waits.clone(), |detail| format!("{detail}; {waits}")));
        }
        let events = base(EVENT_STORE, "store of events");
        let events = match told {
            Ok(Ok(status)) => ServiceView { response_ms: told_ms, ..events_view(&status, events) },
            Ok(Err(error)) => ServiceView { status: "unhealthy", detail: Some(error.detail().to_owned()), ..events },
            Err(_) => silent(events),
        };
        let mut own = vec![base("vigie", "Vigie"), store, events, base("snmp", "SNMP collector")];
        if let Some(redis) = &self.redis {
            let redis = redis_view(&redis.health(), now);
            if redis.status == "unhealthy" {
                own[0].status = "degraded";
                own[0].detail = Some("redis does not answer: memory and disk alone are cached in".to_owned());
            }
            own.push(redis);
        }
        let backup = self.backups.state();
        if backup.status != "not_configured" {
            own.push(backup_view(backup, now));
        }
        own
    }

    /// The database server: the store under its own name, where there is one.
    fn postgresql(&self, own: &[ServiceView]) -> ServiceView {
        let named = |view: ServiceView| ServiceView {
            id: POSTGRESQL.to_owned(),
            kind: POSTGRESQL.to_owned(),
            name: "PostgreSQL".to_owned(),
            ..view
        };
        let store = own.iter().find(|s| s.id == STORE && self.core.store.engine() == POSTGRESQL);
        named(store.cloned().unwrap_or_else(|| ServiceView {
            detail: Some("state is kept in SQLite".to_owned()),
            solution: Some("to keep it in PostgreSQL, stop vigie, run vigie db move --to postgres://…, and set store.url".to_owned()),
            ..absent(POSTGRESQL, "PostgreSQL")
        }))
    }
}

/// What did not answer in time.
fn silent(view: ServiceView) -> ServiceView {
    ServiceView { status: "unhealthy", detail: Some(format!("no answer in {} s", DEADLINE.as_secs())), version: None, ..view }
}

/// The store of events as it is, over what every part of Vigie says.
fn events_view(status: &EventStoreStatus, base: ServiceView) -> ServiceView {
    let (state, detail, solution) = match (&status.problem, status.is_behind) {
        (Some(problem), _) => {
            let waits = format!("{problem}; {:.1} MB of events wait on this machine's disk", status.pending_bytes as f64 / 1e6);
            let solution = status.requests.map(|_| "they are carried over when it answers; where it is stands in event_store.nodes");
            ("unhealthy", Some(waits), solution)
        }
        (None, true) => ("degraded", Some("more comes in than is stored: what came last is not searchable yet".to_owned()), None),
        (None, false) => ("healthy", Some(status.abilities.join(", ")).filter(|abilities| !abilities.is_empty()), None),
    };
    let figures = [
        ("events", status.events),
        ("size_bytes", status.bytes),
        ("partitions", status.partitions as u64),
        ("log_bytes", status.log_bytes),
        ("pending_bytes", status.pending_bytes),
        ("refused", status.refused),
        ("lost", status.lost),
        ("cut", status.cut),
    ];
    let requests =
        status.requests.map(|(under_way, waiting)| [("requests_under_way", under_way as u64), ("requests_waiting", waiting as u64)]);
    let figures = figures.into_iter().chain(requests.into_iter().flatten());
    ServiceView {
        status: state,
        detail,
        solution: solution.map(str::to_owned),
        instance: status.requests.map(|_| CLUSTER.to_owned()),
        version: Some(format!("{} {}", status.engine, status.version)).filter(|_| !status.engine.is_empty()),
        figures: Some(figures.map(|(name, value)| (name, value as f64)).collect()),
        ..base
    }
}

/// The cluster of events: the store under its own name, where it is one.
fn cluster_view(own: &[ServiceView]) -> Option<ServiceView> {
    let store = own.iter().find(|s| s.id == EVENT_STORE && s.instance.as_deref() == Some(CLUSTER))?;
    Some(ServiceView { id: CLUSTER.to_owned(), kind: CLUSTER.to_owned(), name: CLUSTER_NAME.to_owned(), instance: None, ..store.clone() })
}

/// Redis as it was when it was looked at last.
fn redis_view(health: &TierHealth, now: Timestamp) -> ServiceView {
    let status = match (health.is_available, &health.detail) {
        (false, _) => "unhealthy",
        (true, Some(_)) => "degraded",
        (true, None) => "healthy",
    };
    ServiceView {
        status,
        detail: health.detail.clone(),
        solution: health.solution.clone(),
        checked_at: Some(now),
        response_ms: health.response.map(|took| took.as_secs_f64() * 1e3),
        version: health.version.clone(),
        figures: Some(health.figures.clone()),
        ..absent(REDIS, "Redis")
    }
}

/// Backups as the last ones went.
fn backup_view(state: BackupState, now: Timestamp) -> ServiceView {
    let BackupState { status, detail, solution, figures } = state;
    let known = [
        ("last_success_timestamp_seconds", figures.last_success_at.map(|at| at.0 as f64 / 1e3)),
        ("last_duration_seconds", figures.last_duration.map(|took| took.as_secs_f64())),
        ("last_size_bytes", figures.last_size_bytes.map(|bytes| bytes as f64)),
        ("failures", Some(figures.failures as f64)),
        ("last_drill_success_timestamp_seconds", figures.last_drill_success_at.map(|at| at.0 as f64 / 1e3)),
        ("copy_failures", (!figures.copies.is_empty()).then(|| figures.copies.values().map(|copies| copies.failures as f64).sum())),
    ];
    ServiceView {
        status,
        detail: Some(detail),
        solution,
        checked_at: Some(now),
        figures: Some(known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()),
        ..absent(BACKUP, "Backups")
    }
}

/// What a database server is asked for: connections, and room.
fn usage(info: &StoreInfo) -> Option<String> {
    let connections = info.connections?;
    let plural = if connections == 1 { "" } else { "s" };
    Some(format!("{connections} connection{plural}, {:.1} MB", info.size_bytes as f64 / 1e6))
}

/// What waits for a database server.
fn spooled(bytes: u64) -> Option<String> {
    (bytes > 0).then(|| format!("{:.1} MB of samples wait on this machine's disk to be carried over", bytes as f64 / 1e6))
}

fn not_configured(name: &str) -> String {
    format!("{name} is not configured")
}

fn what_to_set(name: &str) -> String {
    if name == "Redis" {
        return "set cache.redis.url, such as redis://:password@localhost:6379/0".to_owned();
    }
    if name == CLUSTER_NAME {
        return "logs are kept in files of the state folder; to keep them in a cluster, set event_store.nodes".to_owned();
    }
    format!("this version has no settings for {name} yet; docs/configuration.md lists those there are")
}

fn absent(kind: &str, name: &str) -> ServiceView {
    ServiceView {
        id: kind.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        instance: None,
        status: "not_configured",
        detail: Some(not_configured(name)),
        solution: Some(what_to_set(name)),
        checked_at: None,
        response_ms: None,
        version: None,
        figures: None,
    }
}

#[async_trait]
impl Facts for Services {
    async fn services(&self) -> Result<(u64, u64)> {
        let own = self.own().await;
        let healthy = own.iter().filter(|s| s.status == "healthy").count();
        Ok((healthy as u64, own.len() as u64))
    }
}
