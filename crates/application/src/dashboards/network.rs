//! `dashboards/network`: how the network is.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_domain::alerts::{Alert, Severity};
use vigie_domain::cache::{Cache, cached};
use vigie_domain::devices::{Device, DeviceStatus, Interface, OperStatus, Site};
use vigie_domain::query::{Filter, ListQuery, Operator, Value};
use vigie_domain::store::{Entity, Read, Store};
use vigie_domain::system::{Event, event_types};
use vigie_domain::{Id, Permission, Result, Scope, Timestamp};

use super::gather::ask;
use super::top::{Rank, TopInterface, top};
use super::traffic::TrafficBook;
use super::views::{ActiveAlert, RecentEvent};
use super::{MapSummary, READ};
use crate::CallContext;
use crate::cache::{DEVICE_STATUS, MAP_SUMMARY, SITE_STATUS, audience_key};
use crate::devices::DeviceEnv;
use crate::onlooker::{seen_alerts, seen_events};
use crate::telemetry::{Point, SourceView};

/// Events shown.
const EVENTS: usize = 20;
/// Alerts shown.
const ALERTS: usize = 50;
/// Rates older than this are no traffic of now.
const FRESH: Duration = Duration::from_mins(10);

/// The network dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NetworkDashboard {
    /// When it was computed.
    #[schema(value_type = String, format = DateTime)]
    pub computed_at: Timestamp,
    /// How each source did; what a source did not tell is empty below.
    pub sources: Vec<SourceView>,
    /// Devices by their status; every status is there.
    pub devices_by_status: BTreeMap<String, u64>,
    /// Interfaces by ifOperStatus; every status is there.
    pub interfaces_by_status: BTreeMap<String, u64>,
    /// Share of the watched devices that answer, 0 to 1.
    pub availability_ratio: Option<f64>,
    /// Round trips to the devices.
    pub latency_ms: LatencyView,
    /// The interfaces with the largest figures.
    pub top_interfaces: TopInterfaces,
    /// What happened last, newest first.
    pub recent_events: Vec<RecentEvent>,
    /// Open alerts, newest first.
    pub active_alerts: Vec<ActiveAlert>,
    /// Open alerts by severity.
    pub alerts_by_severity: BTreeMap<String, u64>,
    /// Devices by site; those without one come last, without an id.
    pub sites: Vec<SiteSummary>,
    /// The map in numbers.
    pub topology: TopologySummary,
    /// What all interfaces carry together, over the last hour.
    pub traffic: TrafficView,
}

/// Round trips to devices, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct LatencyView {
    /// Half of them are shorter.
    pub p50: Option<f64>,
    /// Nineteen of twenty are shorter.
    pub p95: Option<f64>,
}

/// The interfaces with the largest figures, ten each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TopInterfaces {
    /// By share of the speed in use.
    pub by_utilisation: Vec<TopInterface>,
    /// By errors a second.
    pub by_errors: Vec<TopInterface>,
    /// By discards a second.
    pub by_discards: Vec<TopInterface>,
}

/// The devices of a site.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct SiteSummary {
    /// The site; `null` for devices without one.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub id: Option<Id>,
    /// Its name; empty for devices without one.
    pub name: String,
    /// Its devices.
    pub devices: u64,
    /// Of these, down or unreachable.
    pub down: u64,
    /// Of these, degraded.
    pub degraded: u64,
}

/// The map in numbers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct TopologySummary {
    /// Nodes.
    pub nodes: u64,
    /// Links.
    pub links: u64,
    /// Links that are down.
    pub links_down: u64,
    /// When the map was made.
    #[schema(value_type = String, format = DateTime)]
    pub computed_at: Timestamp,
}

/// What flows, over the last hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TrafficView {
    /// Bits per second received.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub in_bps: Vec<Point>,
    /// Bits per second sent.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub out_bps: Vec<Point>,
}

/// Gathers the network dashboard of an audience.
pub async fn gather(
    cx: &CallContext,
    env: &DeviceEnv,
    cache: &dyn Cache,
    map: &Arc<dyn MapSummary>,
    traffic: &TrafficBook,
) -> Result<NetworkDashboard> {
    let scope = cx.require(READ)?;
    let now = cx.now;
    let (devices, interfaces, sites, ranked, events, alerts, summary, flows) = tokio::join!(
        ask("devices", words::<Device>(env, cache, cx, "status", DeviceStatus::WORDS, Permission::new("devices", "read"))),
        ask("interfaces", words::<Interface>(env, cache, cx, "oper_status", OperStatus::WORDS, Permission::new("devices", "read"))),
        ask("sites", sites(env, cache, cx)),
        ask("samples", ranked(env, cache, cx)),
        ask("events", events(env, cx)),
        ask("alerts", alerts(env, cx)),
        ask("topology", map_summary(env, map, cache, cx)),
        ask("live", flows(env, cx, &scope, traffic)),
    );
    let sources = vec![devices.1, interfaces.1, sites.1, ranked.1, events.1, alerts.1, summary.1, flows.1];
    let devices_by_status = devices.0.unwrap_or_default();
    let (active_alerts, alerts_by_severity) = alerts.0.unwrap_or_default();
    let (latency_ms, traffic) = flows.0.unwrap_or_default();
    Ok(NetworkDashboard {
        computed_at: now,
        sources,
        availability_ratio: availability(&devices_by_status),
        devices_by_status,
        interfaces_by_status: interfaces.0.unwrap_or_default(),
        latency_ms,
        top_interfaces: ranked.0.unwrap_or_default(),
        recent_events: events.0.unwrap_or_default(),
        active_alerts,
        alerts_by_severity,
        sites: sites.0.unwrap_or_default(),
        topology: summary.0.unwrap_or(TopologySummary { nodes: 0, links: 0, links_down: 0, computed_at: now }),
        traffic,
    })
}

/// Rows by the words of a column; every word is there.
async fn words<E: Entity>(
    env: &DeviceEnv,
    cache: &dyn Cache,
    cx: &CallContext,
    column: &'static str,
    words: &'static [&str],
    right: Permission,
) -> Result<BTreeMap<String, u64>> {
    let (scope, store) = (cx.require(right)?, env.core.store.clone());
    let counted = cached(cache, DEVICE_STATUS.entry(format!("{}:{}", E::SCHEMA.table, audience_key(cx))), async move {
        let mut counts: BTreeMap<String, u64> = words.iter().map(|word| ((*word).to_owned(), 0)).collect();
        counts.extend(store.count_by(E::SCHEMA, &scope, column, &[]).await?);
        Ok(counts)
    });
    Ok((*counted.await?).clone())
}

/// The share of the devices that are watched, and known, which answer.
fn availability(by_status: &BTreeMap<String, u64>) -> Option<f64> {
    let count = |statuses: &[DeviceStatus]| statuses.iter().filter_map(|s| by_status.get(s.word())).sum::<u64>();
    let answering = count(&[DeviceStatus::Up, DeviceStatus::Degraded]);
    let watched = answering + count(&[DeviceStatus::Down, DeviceStatus::Unreachable]);
    (watched > 0).then(|| (answering as f64 / watched as f64 * 1e6).round() / 1e6)
}

async fn sites(env: &DeviceEnv, cache: &dyn Cache, cx: &CallContext) -> Result<Vec<SiteSummary>> {
    let (scope, store) = (cx.require(Permission::new("devices", "read"))?, env.core.store.clone());
    let counted = cached(cache, SITE_STATUS.entry(audience_key(cx)), async move { count_sites(&*store, &scope).await });
    Ok((*counted.await?).clone())
}

async fn count_sites(store: &dyn Store, scope: &Scope) -> Result<Vec<SiteSummary>> {
    let by_site = async |statuses: &[DeviceStatus]| -> Result<(HashMap<String, u64>, u64)> {
        let filters = match statuses {
            [] => Vec::new(),
            _ => vec![Filter::on(Device::SCHEMA, "status", Operator::In, statuses.iter().map(|s| Value::from(s.word())))?],
        };
        let counts: HashMap<String, u64> = store.count_by(Device::SCHEMA, scope, "site_id", &filters).await?.into_iter().collect();
        let placed: u64 = counts.values().sum();
        Ok((counts, store.count(Device::SCHEMA, scope, &filters).await?.saturating_sub(placed)))
    };
    let (all, elsewhere) = by_site(&[]).await?;
    let (down, down_elsewhere) = by_site(&[DeviceStatus::Down, DeviceStatus::Unreachable]).await?;
    let (degraded, degraded_elsewhere) = by_site(&[DeviceStatus::Degraded]).await?;
    let ids: Vec<Id> = all.keys().filter_map(|id| id.parse().ok()).collect();
    // names of sites above the grant are seen too: the devices tell them
    let named: Vec<Site> = store.get_many(&Scope::system(), &ids).await?;
    let count = |counts: &HashMap<String, u64>, id: Id| counts.get(&id.to_string()).copied().unwrap_or(0);
    let mut found: Vec<SiteSummary> = named
        .into_iter()
        .map(|site| SiteSummary {
            id: Some(site.id),
            devices: count(&all, site.id),
            down: count(&down, site.id),
            degraded: count(&degraded, site.id),
            name: site.name,
        })
        .collect();
    found.sort_by_cached_key(|site| (vigie_domain::query::natural_key(&site.name), site.id));
    if elsewhere > 0 {
        found.push(SiteSummary { id: None, name: String::new(), devices: elsewhere, down: down_elsewhere, degraded: degraded_elsewhere });
    }
    Ok(found)
}

async fn ranked(env: &DeviceEnv, cache: &dyn Cache, cx: &CallContext) -> Result<TopInterfaces> {
    let scope = cx.require(Permission::new("devices", "read"))?;
    let (by_utilisation, by_errors, by_discards) = tokio::try_join!(
        top(env, cache, &scope, Rank::Utilisation, cx.now),
        top(env, cache, &scope, Rank::Errors, cx.now),
        top(env, cache, &scope, Rank::Discards, cx.now),
    )?;
    Ok(TopInterfaces { by_utilisation, by_errors, by_discards })
}

async fn events(env: &DeviceEnv, cx: &CallContext) -> Result<Vec<RecentEvent>> {
    let scope = cx.require(Permission::new("events", "read"))?;
    // what Vigie and its users do is no news of the network
    let own = event_types::ALL
        .iter()
        .map(|(word, _)| *word)
        .filter(|word| ["job.", "audit.", "alert", "check.changed", "interface.changed"].iter().any(|start| word.starts_with(start)));
    let query =
        ListQuery::all(EVENTS).filter(Filter::on(Event::SCHEMA, "type", Operator::Nin, own.map(Value::from))?).order("occurred_at", true);
    let events = env.core.store.list::<Event>(&scope, &query).await?.results;
    let events = seen_events(&scope, env.core.reader(), events).await?;
    Ok(events.into_iter().map(Into::into).collect())
}

type Alerts = (Vec<ActiveAlert>, BTreeMap<String, u64>);

async fn alerts(env: &DeviceEnv, cx: &CallContext) -> Result<Alerts> {
    let scope = cx.require(crate::alerts::READ)?;
    let open = Filter::eq(Alert::SCHEMA, "open", true)?;
    let query = ListQuery::all(ALERTS).filter(open.clone()).order("raised_at", true);
    let alerts = env.core.store.list::<Alert>(&scope, &query).await?.results;
    let alerts = seen_alerts(&scope, env.core.reader(), alerts).await?;
    let mut counts: BTreeMap<String, u64> = Severity::WORDS.iter().map(|word| ((*word).to_owned(), 0)).collect();
    counts.extend(env.core.store.count_by(Alert::SCHEMA, &scope, "severity", &[open]).await?);
    Ok((alerts.into_iter().map(Into::into).collect(), counts))
}

async fn map_summary(env: &DeviceEnv, map: &Arc<dyn MapSummary>, cache: &dyn Cache, cx: &CallContext) -> Result<TopologySummary> {
    let (map, scope) = (map.clone(), cx.require(Permission::new("topology", "read"))?);
    let key = format!("{}:{}", env.core.settings.node, audience_key(cx));
    let counted = cached(cache, MAP_SUMMARY.entry(key), async move { map.summary(&scope).await });
    Ok((*counted.await?).clone())
}

/// Round trips and traffic, out of what is in memory; of a limited grant only what it sees.
async fn flows(env: &DeviceEnv, cx: &CallContext, scope: &Scope, traffic: &TrafficBook) -> Result<(LatencyView, TrafficView)> {
    cx.require(Permission::new("devices", "read"))?;
    let limited = !scope.is_everything();
    let (devices, interfaces) = if limited { seen(env, scope).await? } else { (Vec::new(), Vec::new()) };
    let latencies = env.live.latencies(limited.then_some(&devices));
    let carried = env.live.traffic(limited.then_some(&interfaces), cx.now.minus(FRESH));
    let whose = if limited { audience_key(cx) } else { TrafficBook::EVERYTHING.to_owned() };
    Ok((percentiles(latencies), traffic.note(&whose, cx.now, carried)))
}

async fn seen(env: &DeviceEnv, scope: &Scope) -> Result<(Vec<Id>, Vec<Id>)> {
    let store = &env.core.store;
    let devices: Vec<Device> = store.all(scope, Vec::new()).await?;
    let interfaces: Vec<Interface> = store.all(scope, Vec::new()).await?;
    Ok((devices.iter().map(|d| d.id).collect(), interfaces.iter().map(|i| i.id).collect()))
}

fn percentiles(mut values: Vec<f64>) -> LatencyView {
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (values.len() as f64 * share).ceil() as usize;
        values.get(place.saturating_sub(1)).map(|ms| (ms * 1e3).round() / 1e3)
    };
    LatencyView { p50: at(0.5), p95: at(0.95) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        assert_eq!(percentiles(Vec::new()), LatencyView { p50: None, p95: None });
        assert_eq!(percentiles(vec![4.0]), LatencyView { p50: Some(4.0), p95: Some(4.0) });
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentiles(hundred), LatencyView { p50: Some(50.0), p95: Some(95.0) });
    }

    #[test]
    fn only_what_is_watched_counts_for_availability() {
        let counts = |pairs: &[(&str, u64)]| pairs.iter().map(|(word, n)| ((*word).to_owned(), *n)).collect::<BTreeMap<_, _>>();
        assert_eq!(availability(&counts(&[("up", 8), ("degraded", 1), ("down", 1), ("pending", 50), ("unmonitored", 7)])), Some(0.9));
        assert_eq!(availability(&counts(&[("pending", 3)])), None);
    }
}
