//! `dashboards/system`: the host, and Vigie on it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::cache::Cache;
use vigie_domain::{Result, Timestamp};

use super::gather::ask;
use super::host::{EVERY, HostSampler};
use super::ring::Ring;
use crate::telemetry::{Pipeline, Point, SourceView};

/// The names that are always there, with their units; a host that does not tell one has `null` in its place.
const NAMES: [(&str, &str); 15] = [
    ("cpu_ratio", "ratio"),
    ("load_1m", ""),
    ("memory_used_bytes", "byte"),
    ("memory_total_bytes", "byte"),
    ("swap_used_bytes", "byte"),
    ("disk_read_bytes_per_second", "byte/s"),
    ("disk_write_bytes_per_second", "byte/s"),
    ("network_in_bps", "bit/s"),
    ("network_out_bps", "bit/s"),
    ("tcp_established", ""),
    ("open_files", ""),
    ("processes", ""),
    ("uptime_seconds", "s"),
    ("temperature_celsius", "°C"),
    ("disk_used_ratio", "ratio"),
];
/// Figures there are several of, told apart by their label.
const LISTS: [&str; 1] = ["disk_used_ratio"];

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FigureView {
    /// Its value; `null` where nobody knows it.
    pub value: Option<f64>,
    /// Its unit; empty for counts.
    pub unit: String,
    /// Who tells it: `host` or `vigie`.
    pub source: String,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// What it belongs to, such as a mount.
    pub label: Option<String>,
    /// Its last five minutes.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub series: Vec<Point>,
}

/// One figure, or one for each of several things.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Figures {
    /// One.
    One(FigureView),
    /// Several, told apart by their label.
    Many(Vec<FigureView>),
}

/// The system dashboard. Every figure stands in `metrics`, and by its name beside it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SystemDashboard {
    /// When it was computed.
    #[schema(value_type = String, format = DateTime)]
    pub computed_at: Timestamp,
    /// How each source did.
    pub sources: Vec<SourceView>,
    /// The figures by their names.
    pub metrics: BTreeMap<String, Figures>,
    /// The same figures beside it.
    #[serde(flatten)]
    pub figures: BTreeMap<String, Figures>,
}

/// What Vigie tells of itself that this column does not know.
#[async_trait]
pub trait Facts: Send + Sync {
    /// Services that are healthy, and configured ones in all.
    async fn services(&self) -> Result<(u64, u64)>;
}

/// What is counted from one tick to the next.
#[derive(Default)]
struct Counted {
    at: Option<Timestamp>,
    records: u64,
    cache: (u64, u64),
    /// Rate of records, share of hits.
    last: (Option<f64>, Option<f64>),
    services: Option<(u64, u64)>,
    rings: BTreeMap<&'static str, Ring>,
}

/// Vigie's own figures, with their last minutes.
#[derive(Default)]
pub struct OwnFigures(Mutex<Counted>);

impl OwnFigures {
    /// Takes the figures of this moment, at most once in a tick; each with its last minutes.
    pub fn take(
        &self,
        now: Timestamp,
        pipeline: &Pipeline,
        cache: &dyn Cache,
        services: Option<(u64, u64)>,
    ) -> Vec<(&'static str, &'static str, Option<f64>, Vec<Point>)> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = counted.at.is_none_or(|at| now.since(at) + EVERY / 2 >= EVERY);
        if due {
            let records = pipeline.counts().received();
            let statistics = cache.statistics();
            // whoever asks, asks the memory first; a hit of any level is an answer
            let asked = statistics.iter().filter(|s| s.level == "l1").map(|s| s.operations).sum();
            let tally: (u64, u64) = (statistics.iter().map(|s| s.hits).sum(), asked);
            let seconds = counted.at.map(|at| now.since(at).as_secs_f64()).filter(|s| *s > 0.0);
            let rate = seconds.map(|s| records.saturating_sub(counted.records) as f64 / s);
            let asked = tally.1.saturating_sub(counted.cache.1);
            // nobody asking is no miss
            let share = (asked > 0).then(|| tally.0.saturating_sub(counted.cache.0) as f64 / asked as f64);
            counted.last = (rate, share.or(counted.last.1));
            (counted.at, counted.records, counted.cache) = (Some(now), records, tally);
        }
        let (rate, share) = counted.last;
        counted.services = services.or(counted.services);
        let services = counted.services;
        let figures = [
            ("services_healthy", "", services.map(|(healthy, _)| healthy as f64)),
            ("services_total", "", services.map(|(_, total)| total as f64)),
            ("collector_records_per_second", "1/s", rate),
            ("cache_hit_ratio", "ratio", share),
            ("queue_depth", "", Some(pipeline.depth() as f64)),
        ];
        let told = figures.map(|(name, unit, value)| {
            let ring = counted.rings.entry(name).or_default();
            if due {
                ring.push((now.0, value));
            }
            (name, unit, value, ring.points())
        });
        told.into()
    }
}

/// Gathers the system dashboard.
pub async fn gather(
    now: Timestamp,
    host: &HostSampler,
    own: &OwnFigures,
    facts: &dyn Facts,
    pipeline: &Pipeline,
    cache: &dyn Cache,
) -> SystemDashboard {
    let (services, services_source) = ask("services", facts.services()).await;
    let (at, kept, host_source) = host.latest();
    let mut metrics: BTreeMap<String, Figures> = BTreeMap::new();
    for (name, unit) in NAMES {
        let unknown = FigureView { value: None, unit: unit.to_owned(), source: "host".to_owned(), at, label: None, series: Vec::new() };
        metrics.insert(name.to_owned(), if LISTS.contains(&name) { Figures::Many(Vec::new()) } else { Figures::One(unknown) });
    }
    for kept in kept {
        let figure = FigureView {
            value: kept.figure.value,
            unit: kept.figure.unit.to_owned(),
            source: "host".to_owned(),
            at,
            label: kept.figure.label.clone(),
            series: kept.ring.points(),
        };
        match metrics.get_mut(kept.figure.name) {
            Some(Figures::Many(several)) => several.push(figure),
            Some(Figures::One(one)) if one.series.is_empty() => *one = figure,
            Some(Figures::One(_)) => {}
            None if figure.label.is_some() => drop(metrics.insert(kept.figure.name.to_owned(), Figures::Many(vec![figure]))),
            None => drop(metrics.insert(kept.figure.name.to_owned(), Figures::One(figure))),
        }
    }
    for (name, unit, value, series) in own.take(now, pipeline, cache, services) {
        let figure = FigureView { value, unit: unit.to_owned(), source: "vigie".to_owned(), at: Some(now), label: None, series };
        metrics.insert(name.to_owned(), Figures::One(figure));
    }
    let vigie = vigie_domain::dashboards::Source::ok("vigie").into();
    SystemDashboard { computed_at: now, sources: vec![host_source, vigie, services_source], figures: metrics.clone(), metrics }
}
