//! The interfaces with the largest figures.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::cache::{Cache, cached};
use vigie_domain::devices::{Device, Interface};
use vigie_domain::store::Read;
use vigie_domain::telemetry::{INTERFACE, SeriesQuery, Statistic};
use vigie_domain::{Id, Result, Scope, Timestamp};

use crate::cache::TOP_SERIES;
use crate::devices::DeviceEnv;
use crate::telemetry::{InterfaceRates, Point, tidy};

/// Interfaces shown of each kind.
const COUNT: usize = 10;
/// Candidates looked at first; more, when few of them lie in the scope.
const CANDIDATES: usize = 32;
/// The hour behind each.
const BEHIND: Duration = Duration::from_hours(1);
/// Width of a point.
const STEP: Duration = Duration::from_mins(1);

/// An interface among the largest.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopInterface {
    /// The interface.
    #[schema(value_type = String, format = Uuid)]
    pub interface_id: Id,
    /// Its device.
    #[schema(value_type = String, format = Uuid)]
    pub device_id: Id,
    /// Name of the device.
    pub device_name: String,
    /// Name of the interface.
    pub name: String,
    /// ifAlias.
    pub alias: Option<String>,
    /// What it is ranked by: utilisation from 0 to 1, or packets a second in both directions.
    pub value: f64,
    /// Bits per second received.
    pub in_bps: Option<f64>,
    /// Bits per second sent.
    pub out_bps: Option<f64>,
    /// Its speed.
    pub speed_bps: Option<u64>,
    /// Share of the speed in use.
    pub utilisation_ratio: Option<f64>,
    /// The last hour of what it is ranked by.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub series: Vec<Point>,
}

/// What interfaces are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Share of the speed in use.
    Utilisation,
    /// Errors of both directions.
    Errors,
    /// Discards of both directions.
    Discards,
}

impl Rank {
    fn value(self, rates: &InterfaceRates) -> Option<f64> {
        let both = |a: Option<f64>, b: Option<f64>| a.map_or(b, |a| Some(a + b.unwrap_or(0.0)));
        match self {
            Self::Utilisation => rates.utilisation,
            Self::Errors => both(rates.in_errors, rates.out_errors),
            Self::Discards => both(rates.in_discards, rates.out_discards),
        }
    }

    fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Utilisation => &["utilisation_ratio"],
            Self::Errors => &["in_errors_per_second", "out_errors_per_second"],
            Self::Discards => &["in_discards_per_second", "out_discards_per_second"],
        }
    }
}

/// The interfaces of the scope with the largest value, largest first.
pub async fn top(env: &DeviceEnv, cache: &dyn Cache, scope: &Scope, rank: Rank, now: Timestamp) -> Result<Vec<TopInterface>> {
    let mut candidates = CANDIDATES;
    let mut found = loop {
        // an interface that was not read for ten minutes tells nothing of now
        let fresh = |rates: &InterfaceRates| rank.value(rates).filter(|_| now.since(rates.at) < Duration::from_mins(10));
        let ranked = env.live.top(candidates, fresh);
        let more = ranked.len() == candidates;
        let found = visible(env, scope, &ranked).await?;
        if found.len() >= COUNT || !more {
            break found;
        }
        candidates *= 8;
    };
    let ids: Vec<Id> = found.iter().map(|top| top.interface_id).collect();
    let series = series(env, cache, ids, rank, now).await?;
    for top in &mut found {
        top.series = series.get(&top.interface_id).cloned().unwrap_or_default();
    }
    Ok(found)
}

/// Those of the ranked interfaces that lie in the scope, in their order.
async fn visible(env: &DeviceEnv, scope: &Scope, ranked: &[(Id, InterfaceRates, f64)]) -> Result<Vec<TopInterface>> {
    let store = &env.core.store;
    let ids: Vec<Id> = ranked.iter().map(|(id, _, _)| *id).collect();
    let interfaces: Vec<Interface> = store.get_many(scope, &ids).await?;
    let interfaces: HashMap<Id, Interface> = interfaces.into_iter().map(|i| (i.id, i)).collect();
    let shown: Vec<_> = ranked.iter().filter_map(|(id, rates, value)| Some((interfaces.get(id)?, rates, *value))).take(COUNT).collect();
    let mut devices: Vec<Id> = shown.iter().map(|(interface, _, _)| interface.device_id).collect();
    devices.sort_unstable();
    devices.dedup();
    let devices: Vec<Device> = store.get_many(scope, &devices).await?;
    let names: HashMap<Id, String> = devices.into_iter().map(|device| (device.id, device.name)).collect();
    let row = |(interface, rates, value): (&Interface, &InterfaceRates, f64)| TopInterface {
        interface_id: interface.id,
        device_id: interface.device_id,
        device_name: names.get(&interface.device_id).cloned().unwrap_or_default(),
        name: interface.name.clone(),
        alias: interface.alias.clone(),
        value: (value * 1e4).round() / 1e4,
        in_bps: rates.in_bps.map(f64::round),
        out_bps: rates.out_bps.map(f64::round),
        speed_bps: interface.speed_bps,
        utilisation_ratio: rates.utilisation.map(|share| (share * 1e4).round() / 1e4),
        series: Vec::new(),
    };
    Ok(shown.into_iter().map(row).collect())
}

/// The hour behind what these interfaces are ranked by. It moves once a minute, so it is read less often than the figures themselves.
async fn series(env: &DeviceEnv, cache: &dyn Cache, mut ids: Vec<Id>, rank: Rank, now: Timestamp) -> Result<HashMap<Id, Vec<Point>>> {
    ids.sort_unstable();
    let key = format!("{rank:?}:{}", ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let samples = env.samples.clone();
    let found = cached(cache, TOP_SERIES.entry(key), async move {
        let metrics: Vec<usize> = rank.metrics().iter().filter_map(|name| INTERFACE.index(name)).collect();
        let query = SeriesQuery {
            set: &INTERFACE,
            subjects: ids,
            metrics,
            from: now.minus(BEHIND),
            to: now,
            step: STEP,
            statistic: Statistic::Mean,
        };
        let mut sums: HashMap<Id, Vec<Point>> = HashMap::new();
        for data in samples.range(&query).await? {
            let metric = &INTERFACE.metrics[data.metric];
            let points = data.points.iter().map(|(at, value)| (at.0, value.map(|v| tidy(metric, v))));
            match sums.get_mut(&data.subject) {
                None => drop(sums.insert(data.subject, points.collect())),
                // the other direction has its points at the same moments
                Some(known) => known.iter_mut().zip(points).for_each(|(sum, (_, more))| {
                    sum.1 = sum.1.map_or(more, |value| Some(tidy(metric, value + more.unwrap_or(0.0))));
                }),
            }
        }
        Ok(sums)
    });
    Ok((*found.await?).clone())
}
