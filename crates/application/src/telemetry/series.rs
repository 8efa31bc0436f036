//! Series out of the store, as every chart gets them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;
use vigie_domain::dashboards::{Source, SourceStatus};
use vigie_domain::devices::{Check, Device, Interface};
use vigie_domain::store::Read;
use vigie_domain::telemetry::{CHECK, DEVICE, INTERFACE, Metric, MetricSet, Resolution, SeriesPart, SeriesQuery, Statistic};
use vigie_domain::{Error, Id, Permission, Result, Scope, Timestamp};

use crate::devices::DeviceEnv;
use crate::{CallContext, Settings};

/// See devices, and so what was measured of them.
pub const READ: Permission = Permission::new("devices", "read");

/// The most points one series has.
pub const MOST_POINTS: u64 = 2_000;
/// Points aimed at where no step is asked: more than a chart is wide is no use.
const GOOD_POINTS: u64 = 720;
/// Steps that people can read off an axis, in seconds.
const STEPS: [u64; 20] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800];
/// The longest range: what rollups of an hour may be kept at most, ten years.
const LONGEST: Duration = Duration::from_hours(3_650 * 24);

/// Series of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Series {
    /// Begin of the range.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// End of the range.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Width of a point, seconds.
    pub step_seconds: u64,
    /// One a metric.
    pub series: Vec<OneSeries>,
    /// From what they were made, in order of time: samples as they were read, or rollups. Nothing is kept of what lies between two parts.
    pub parts: Vec<PartView>,
    /// Where they come from, and how those did.
    pub sources: Vec<SourceView>,
}

/// A part of the range, and how finely it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PartView {
    /// Begin of the part.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Its end.
    #[schema(value_type = String, format = DateTime)]
    pub to: Timestamp,
    /// Seconds of a rollup: 300 or 3600; 0 for samples as they were read.
    pub resolution_seconds: u64,
}

impl From<&SeriesPart> for PartView {
    fn from(part: &SeriesPart) -> Self {
        Self { from: part.from, to: part.to, resolution_seconds: part.resolution.width().as_secs() }
    }
}

/// One series.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OneSeries {
    /// The metric, such as `in_bps`.
    pub metric: String,
    /// Its unit, such as `bit/s`.
    pub unit: String,
    /// What else tells it apart.
    pub labels: BTreeMap<String, String>,
    /// Milliseconds since 1970 (start of the step) and value; `null` where nothing is known.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub points: Vec<Point>,
}

/// Milliseconds since 1970 and value.
pub type Point = (i64, Option<f64>);

/// A source of figures, and how it did.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// `ok`, `stale`, `timeout`, `error` or `not_configured`.
    #[schema(value_type = String, example = "ok")]
    pub status: SourceStatus,
    /// Age of what it said, seconds.
    pub age_seconds: Option<f64>,
    /// What is wrong.
    pub detail: Option<String>,
}

impl From<Source> for SourceView {
    fn from(source: Source) -> Self {
        let Source { name, status, age_seconds, detail } = source;
        Self { name, status, age_seconds, detail }
    }
}

/// Whose series are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesSubject {
    /// A device.
    Device(Id),
    /// An interface.
    Interface(Id),
    /// A check.
    Check(Id),
}

impl SeriesSubject {
    fn set(self) -> &'static MetricSet {
        match self {
            Self::Device(_) => &DEVICE,
            Self::Interface(_) => &INTERFACE,
            Self::Check(_) => &CHECK,
        }
    }

    fn id(self) -> Id {
        match self {
            Self::Device(id) | Self::Interface(id) | Self::Check(id) => id,
        }
    }

    /// Seconds between two samples of it; 404 when it lies outside the scope.
    async fn interval(self, env: &DeviceEnv, scope: &Scope) -> Result<u64> {
        let store = &env.core.store;
        let device = match self {
            Self::Device(id) => id,
            Self::Interface(id) => store.require::<Interface>(scope, id).await?.device_id,
            Self::Check(id) => return Ok(store.require::<Check>(scope, id).await?.interval_seconds.into()),
        };
        Ok(store.require::<Device>(scope, device).await?.poll_interval_seconds.into())
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct SeriesRequest {
    /// Names of metrics; all of the subject when empty.
    pub metrics: Vec<String>,
    /// Begin; an hour before the end when absent.
    pub from: Option<Timestamp>,
    /// End; now when absent.
    pub to: Option<Timestamp>,
    /// Seconds a point; chosen when absent, raised where it would make more than 2,000 points, and to a multiple of what is still kept of the
    /// begin.
    pub step: Option<u64>,
    /// What a point tells of the samples within it.
    pub statistic: Statistic,
}

/// Series of one subject within the caller's scope.
pub async fn series(env: &DeviceEnv, cx: &CallContext, subject: SeriesSubject, request: SeriesRequest) -> Result<Series> {
    let scope = cx.require(READ)?;
    let set = subject.set();
    let metrics = places(set, &request.metrics)?;
    let (from, to) = range(&request, cx.now)?;
    let interval = subject.interval(env, &scope).await?;
    let step = step(request.step, to.since(from).as_secs(), interval, kept(&env.core.settings, from, cx.now))?;
    let query = SeriesQuery {
        set,
        subjects: vec![subject.id()],
        metrics: metrics.clone(),
        from,
        to,
        step: Duration::from_secs(step),
        statistic: request.statistic,
    };
    let found = env.samples.range(&query).await?;
    let series = metrics.iter().map(|place| {
        let metric = &set.metrics[*place];
        let points = found.iter().find(|data| data.metric == *place).map_or(&[][..], |data| &data.points);
        let points = points.iter().map(|(at, value)| (at.0, value.map(|v| tidy(metric, v)))).collect();
        OneSeries { metric: metric.name.to_owned(), unit: metric.unit.to_owned(), labels: BTreeMap::new(), points }
    });
    let series: Vec<_> = series.collect();
    let newest = series.iter().flat_map(|s| &s.points).filter(|(_, value)| value.is_some()).map(|(at, _)| *at).max();
    let age = newest.map(|at| cx.now.since(Timestamp(at)).as_secs_f64());
    let source = Source { name: "samples".to_owned(), status: SourceStatus::Ok, age_seconds: age, detail: None };
    let parts = found.first().map_or(&[][..], |data| &data.parts).iter().map(Into::into).collect();
    Ok(Series { from, to, step_seconds: step, series, parts, sources: vec![source.into()] })
}

/// Rounds what averaging made to the precision that is kept.
pub(crate) fn tidy(metric: &Metric, value: f64) -> f64 {
    if metric.step >= 1.0 {
        return value.round();
    }
    let per_unit = (1.0 / metric.step).round();
    (value * per_unit).round() / per_unit
}

fn places(set: &'static MetricSet, names: &[String]) -> Result<Vec<usize>> {
    if names.is_empty() {
        return Ok((0..set.metrics.len()).collect());
    }
    let mut places = Vec::with_capacity(names.len());
    for name in names.iter().map(|name| name.trim()) {
        let place = set.index(name).ok_or_else(|| {
            let valid: Vec<_> = set.metrics.iter().map(|m| m.name).collect();
            Error::bad_query("invalid_query", "metrics", format!("there is no metric {name}; valid metrics are {}", valid.join(", ")))
        })?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

fn range(request: &SeriesRequest, now: Timestamp) -> Result<(Timestamp, Timestamp)> {
    let to = request.to.unwrap_or(now);
    let from = request.from.unwrap_or_else(|| to.minus(Duration::from_hours(1)));
    if from >= to {
        return Err(Error::bad_query("invalid_query", "from", format!("from {from} is not before to {to}")));
    }
    if to.since(from) > LONGEST {
        return Err(Error::bad_query("invalid_query", "from", "a range is at most 3,650 days"));
    }
    Ok((from, to))
}

/// Seconds of the finest that is kept of this moment; 1 where samples are.
fn kept(settings: &Settings, at: Timestamp, now: Timestamp) -> u64 {
    let age = now.since(at);
    let resolution = match () {
        () if age <= settings.keep_samples => Resolution::Raw,
        () if age <= settings.keep_samples_5m => Resolution::FiveMinutes,
        () => Resolution::Hour,
    };
    resolution.width().as_secs().max(1)
}

/// The step in seconds: what is asked, no finer than 2,000 points; else one that fits a chart and the interval of the samples. Either is a
/// multiple of `kept`.
fn step(asked: Option<u64>, range: u64, interval: u64, kept: u64) -> Result<u64> {
    if asked == Some(0) {
        return Err(Error::bad_query("invalid_query", "step", "step is a number of seconds from 1 on"));
    }
    // one more point than fits: neither end need be a multiple of the step
    let finest = range.div_ceil(MOST_POINTS - 1).next_multiple_of(kept);
    let wanted = asked.unwrap_or_else(|| range.div_ceil(GOOD_POINTS).max(interval));
    if let Some(asked) = asked.filter(|step| *step >= finest) {
        return Ok(asked.next_multiple_of(kept));
    }
    Ok(STEPS.into_iter().find(|step| *step >= wanted.max(finest)).unwrap_or(finest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_fits_the_chart_and_the_samples() {
        for (asked, range, interval, kept, expected) in [
            (None, 3_600, 60, 1, 60),
            (None, 3_600, 10, 1, 10),
            (None, 86_400, 60, 1, 120),
            (None, 7 * 86_400, 60, 1, 900),
            (Some(60), 3_600, 60, 1, 60),
            (Some(7), 3_600, 60, 1, 7),
            (Some(1), 86_400, 60, 1, 60),
            (None, 400 * 86_400, 60, 3_600, 86_400),
            (None, 3_650 * 86_400, 60, 3_600, 604_800),
            (Some(60), 3_600, 60, 300, 300),
            (Some(420), 3_600, 60, 300, 600),
            (None, 3_600, 60, 3_600, 3_600),
            (Some(60), 30 * 86_400, 60, 300, 1_800),
        ] {
            let step = step(asked, range, interval, kept).unwrap();
            assert_eq!(step, expected, "{asked:?} {range} {interval} {kept}");
            assert!(range / step < MOST_POINTS);
        }
        assert!(step(Some(0), 60, 60, 1).is_err());
    }

    #[test]
    fn what_is_kept_of_a_moment_goes_by_its_age() {
        let (settings, now) = (Settings::default(), Timestamp(2_000_000_000_000));
        let days = |count: u64| kept(&settings, now.minus(Duration::from_hours(24 * count)), now);
        assert_eq!([days(1), days(30), days(31), days(90), days(91), days(800)], [1, 1, 300, 300, 3_600, 3_600]);
    }

    #[test]
    fn an_unknown_metric_names_those_there_are() {
        let error = places(&DEVICE, &["cpu".to_owned()]).unwrap_err();
        assert!(error.detail().contains("cpu_ratio") && error.code() == "invalid_query");
        assert_eq!(places(&DEVICE, &["cpu_ratio".to_owned(), "up".to_owned(), "up".to_owned()]).unwrap(), [3, 0]);
    }

    #[test]
    fn values_carry_no_noise() {
        let ratio = &DEVICE.metrics[DEVICE.index("cpu_ratio").unwrap()];
        assert_eq!(tidy(ratio, 0.300_000_000_000_000_04).to_string(), "0.3");
        let bytes = &DEVICE.metrics[DEVICE.index("memory_used_bytes").unwrap()];
        assert_eq!(tidy(bytes, 1024.4).to_string(), "1024");
    }
}
