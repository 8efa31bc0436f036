//! The conformance suite of [`vigie_domain::telemetry::SampleStore`].

mod rollups;

use std::any::Any;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use vigie_domain::telemetry::{CHECK, INTERFACE, KeepFrom, SampleBatch, SampleStore, SeriesData, SeriesQuery, Statistic};
use vigie_domain::{Id, Timestamp};

pub use rollups::*;

/// Opens the store anew, in the same place, after it was dropped.
pub type Reopen = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Arc<dyn SampleStore>> + Send>> + Send + Sync>;

/// A store of samples, how to open it again, and what must live as long as it.
pub struct SampleFixture {
    /// The store.
    pub store: Arc<dyn SampleStore>,
    /// Opens it again.
    pub reopen: Reopen,
    /// Dropped last.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl SampleFixture {
    /// A store that `open` opens, with what it needs.
    pub async fn new(open: Reopen, keep: impl Any + Send + Sync) -> Self {
        Self { store: open().await, reopen: open, keep: Box::new(keep) }
    }
}

/// Every case of the suite as a test: `sample_conformance!(open)` where `open` is an `async fn() -> Option<SampleFixture>`,
/// `None` where what it needs is not installed.
#[macro_export]
macro_rules! sample_conformance {
    ($open:path) => {
        $crate::sample_conformance! { @cases $open;
            samples_are_read_back
            unknown_values_stay_unknown
            ranges_include_their_begin_and_not_their_end
            points_are_averages_at_multiples_of_the_step
            subjects_without_samples_have_no_points
            the_later_of_two_samples_of_one_time_counts
            maintenance_changes_no_answer
            late_samples_join_their_window
            old_samples_are_forgotten
            a_restart_loses_nothing
            appends_at_once_are_all_kept
            the_store_tells_what_it_holds
            uneven_batches_and_endless_series_are_refused
            rollups_answer_as_samples_do
            rollups_keep_to_their_boundaries
            late_samples_join_their_rollups
            each_resolution_is_kept_for_itself
            samples_of_forgotten_times_change_no_rollup
            rollups_survive_a_restart
        }

        #[test]
        fn answers_are_those_of_a_model() {
            $crate::samples::property(|| Box::pin($open()));
        }

        #[test]
        fn rollups_are_those_of_a_model() {
            $crate::samples::rollup_property(|| Box::pin($open()));
        }
    };
    (@cases $open:path; $($case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let Some(fixture) = $open().await else { return };
                $crate::samples::$case(fixture).await;
            }
        )*
    };
}

/// 2026-11-23T08:00:00Z, the beginning of two hours.
const START: i64 = 1_795_420_800_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const LOSS: usize = 2;
const LATENCY: usize = 1;

fn batch(rows: &[(Id, i64, [f64; 4])]) -> SampleBatch {
    let mut batch = SampleBatch::new(&CHECK);
    for (subject, at, values) in rows {
        batch.push(*subject, Timestamp(*at), values);
    }
    batch
}

fn query(subjects: &[Id], from: i64, to: i64, step_ms: i64) -> SeriesQuery {
    SeriesQuery {
        set: &CHECK,
        subjects: subjects.to_vec(),
        metrics: vec![LATENCY, LOSS],
        from: Timestamp(from),
        to: Timestamp(to),
        step: Duration::from_millis(step_ms as u64),
        statistic: Statistic::Mean,
    }
}

fn plain(series: &SeriesData) -> Vec<(i64, Option<f64>)> {
    series.points.iter().map(|(t, v)| (t.0, *v)).collect()
}

/// To the precision of the metric, in the order of the query: subject by subject, metric by metric.
pub async fn samples_are_read_back(fixture: SampleFixture) {
    let (a, b) = (Id::new(), Id::new());
    let rows =
        [(a, START, [1.0, 12.3456, 0.25, 0.5]), (b, START + 5, [0.0, 1e9, 1.0, 0.0]), (a, START + MINUTE, [1.0, 0.3, 0.000_04, 0.0])];
    fixture.store.append(batch(&rows)).await.unwrap();
    let series = fixture.store.range(&query(&[b, a], START, START + HOUR, 0)).await.unwrap();
    let places: Vec<_> = series.iter().map(|s| (s.subject, s.metric)).collect();
    assert_eq!(places, [(b, LATENCY), (b, LOSS), (a, LATENCY), (a, LOSS)]);
    assert_eq!(plain(&series[0]), [(START + 5, Some(1e9))]);
    assert_eq!(plain(&series[2]), [(START, Some(12.346)), (START + MINUTE, Some(0.3))]);
    assert_eq!(plain(&series[3]), [(START, Some(0.25)), (START + MINUTE, Some(0.0))]);
    let other = SeriesQuery { set: &INTERFACE, ..query(&[a], START, START + HOUR, 0) };
    assert!(fixture.store.range(&other).await.unwrap().iter().all(|s| s.points.is_empty()), "sets do not mix");
}

/// NaN, infinities and what was left out, in every pattern.
pub async fn unknown_values_stay_unknown(fixture: SampleFixture) {
    let a = Id::new();
    let values = [f64::NAN, 1.5, f64::INFINITY, 2.5, f64::NEG_INFINITY];
    let rows: Vec<_> = values.iter().zip(0..).map(|(v, i)| (a, START + i * MINUTE, [1.0, *v, f64::NAN, 0.0])).collect();
    let mut all = batch(&rows);
    all.push(a, Timestamp(START + 5 * MINUTE), &[1.0]);
    fixture.store.append(all).await.unwrap();
    for now in [START, START + 3 * HOUR] {
        fixture.store.maintain(Timestamp(now), &KeepFrom::all(Timestamp(0))).await.unwrap();
        let series = fixture.store.range(&query(&[a], START, START + HOUR, 0)).await.unwrap();
        let values: Vec<_> = series[0].points.iter().map(|p| p.1).collect();
        assert_eq!(values, [None, Some(1.5), None, Some(2.5), None, None]);
        assert!(series[1].points.len() == 6 && series[1].points.iter().all(|p| p.1.is_none()));
    }
}

/// From its begin, before its end, to the millisecond.
pub async fn ranges_include_their_begin_and_not_their_end(fixture: SampleFixture) {
    let a = Id::new();
    let rows: Vec<_> = (0..5).map(|i| (a, START - 2 + i, [1.0, i as f64, 0.0, 0.0])).collect();
    fixture.store.append(batch(&rows)).await.unwrap();
    let of = |from: i64, to: i64| query(&[a], START + from, START + to, 0);
    for (from, to, expected) in
        [(-1, 2, vec![1.0, 2.0, 3.0]), (0, 1, vec![2.0]), (0, 0, vec![]), (2, -1, vec![]), (-9, 9, vec![0.0, 1.0, 2.0, 3.0, 4.0])]
    {
        let series = fixture.store.range(&of(from, to)).await.unwrap();
        assert_eq!(series[0].points.iter().map(|p| p.1.unwrap()).collect::<Vec<_>>(), expected, "{from} to {to}");
    }
}

/// Averages over what is known; gaps are `None`; the grid does not depend on where the range begins.
pub async fn points_are_averages_at_multiples_of_the_step(fixture: SampleFixture) {
    let a = Id::new();
    let rows = [
        (a, START + 10, [1.0, 1.0, 0.5, 0.0]),
        (a, START + MINUTE + 10, [1.0, 2.0, f64::NAN, 0.0]),
        (a, START + 12 * MINUTE, [1.0, 9.0, f64::NAN, 0.0]),
    ];
    fixture.store.append(batch(&rows)).await.unwrap();
    let step = 5 * MINUTE;
    let series = fixture.store.range(&query(&[a], START, START + 4 * step, step)).await.unwrap();
    assert_eq!(plain(&series[0]), [(START, Some(1.5)), (START + step, None), (START + 2 * step, Some(9.0)), (START + 3 * step, None)]);
    assert_eq!(plain(&series[1]), [(START, Some(0.5)), (START + step, None), (START + 2 * step, None), (START + 3 * step, None)]);
    let series = fixture.store.range(&query(&[a], START + MINUTE, START + step + 1, step)).await.unwrap();
    assert_eq!(plain(&series[0]), [(START, Some(2.0)), (START + step, None)], "cut at the begin, on the same grid");
}

/// Unknown subjects are answered, emptily.
pub async fn subjects_without_samples_have_no_points(fixture: SampleFixture) {
    let (a, b) = (Id::new(), Id::new());
    fixture.store.append(batch(&[(a, START, [1.0; 4])])).await.unwrap();
    let series = fixture.store.range(&query(&[b], START, START + HOUR, MINUTE)).await.unwrap();
    assert!(series.len() == 2 && series.iter().all(|s| s.subject == b && s.points.is_empty()));
    let series = fixture.store.range(&query(&[a], START + HOUR, START + 2 * HOUR, MINUTE)).await.unwrap();
    assert!(series.iter().all(|s| s.points.is_empty()), "nor in another hour");
    fixture.store.append(SampleBatch::new(&CHECK)).await.unwrap();
}

/// A batch that is appended twice is there once.
pub async fn the_later_of_two_samples_of_one_time_counts(fixture: SampleFixture) {
    let a = Id::new();
    for value in [1.0, 2.0] {
        fixture.store.append(batch(&[(a, START, [1.0, value, 0.0, 0.0])])).await.unwrap();
    }
    for now in [START, START + 3 * HOUR] {
        fixture.store.maintain(Timestamp(now), &KeepFrom::all(Timestamp(0))).await.unwrap();
        let series = fixture.store.range(&query(&[a], START, START + HOUR, 0)).await.unwrap();
        assert_eq!(plain(&series[0]), [(START, Some(2.0))]);
    }
}

/// Loose, merged and packed samples answer alike, over windows that are over and one that is not.
pub async fn maintenance_changes_no_answer(fixture: SampleFixture) {
    let subjects: Vec<Id> = (0..40).map(|_| Id::new()).collect();
    let minutes = 5 * 60;
    for minute in 0..minutes {
        let rows: Vec<_> = subjects.iter().zip(0..).map(|(s, i)| (*s, START + minute * MINUTE + i, sample(minute, i))).collect();
        fixture.store.append(batch(&rows)).await.unwrap();
        if minute % 17 == 16 {
            fixture.store.maintain(Timestamp(START + minute * MINUTE), &KeepFrom::all(Timestamp(0))).await.unwrap();
        }
    }
    let whole = query(&subjects, START, START + minutes * MINUTE, 0);
    let before = fixture.store.range(&whole).await.unwrap();
    assert!(before.iter().all(|s| s.points.len() == minutes as usize));
    for (series, i) in before.iter().step_by(2).zip(0..) {
        for (minute, (at, value)) in series.points.iter().enumerate() {
            assert_eq!((at.0, *value), (START + minute as i64 * MINUTE + i, Some(sample(minute as i64, i)[LATENCY])));
        }
    }
    for now in [minutes * MINUTE, 100 * HOUR] {
        fixture.store.maintain(Timestamp(START + now), &KeepFrom::all(Timestamp(0))).await.unwrap();
        assert_eq!(fixture.store.range(&whole).await.unwrap(), before);
    }
}

/// What comes after its window was packed is merged into it.
pub async fn late_samples_join_their_window(fixture: SampleFixture) {
    let a = Id::new();
    for (minute, value) in [(0, 1.0), (2, 3.0), (1, 2.0), (2, 4.0)] {
        fixture.store.append(batch(&[(a, START + minute * MINUTE, [1.0, value, 0.0, 0.0])])).await.unwrap();
        fixture.store.maintain(Timestamp(START + 10 * HOUR), &KeepFrom::all(Timestamp(0))).await.unwrap();
    }
    let series = fixture.store.range(&query(&[a], START, START + HOUR, 0)).await.unwrap();
    assert_eq!(plain(&series[0]), [(START, Some(1.0)), (START + MINUTE, Some(2.0)), (START + 2 * MINUTE, Some(4.0))]);
    assert_eq!(fixture.store.describe().await.unwrap().values, 12);
}

/// Whole windows, packed or loose, and nothing that is to be kept.
pub async fn old_samples_are_forgotten(fixture: SampleFixture) {
    let a = Id::new();
    let rows: Vec<_> = (0..24).map(|hour| (a, START + hour * HOUR, [1.0; 4])).collect();
    fixture.store.append(batch(&rows)).await.unwrap();
    let now = Timestamp(START + 24 * HOUR);
    fixture.store.maintain(now, &KeepFrom::all(Timestamp(0))).await.unwrap();
    fixture.store.append(batch(&[(a, START - 48 * HOUR, [1.0; 4])])).await.unwrap();
    fixture.store.maintain(now, &KeepFrom::all(Timestamp(START + 12 * HOUR))).await.unwrap();
    let series = fixture.store.range(&query(&[a], START - 100 * HOUR, now.0, 0)).await.unwrap();
    let kept: Vec<i64> = series[0].points.iter().map(|p| (p.0.0 - START) / HOUR).collect();
    assert_eq!(kept, (12..24).collect::<Vec<_>>());
    assert_eq!(fixture.store.describe().await.unwrap().oldest, Some(Timestamp(START + 12 * HOUR)));
}

/// What was appended is there when the store is opened again.
pub async fn a_restart_loses_nothing(fixture: SampleFixture) {
    let a = Id::new();
    fixture.store.append(batch(&[(a, START, [1.0; 4])])).await.unwrap();
    fixture.store.maintain(Timestamp(START + 10 * HOUR), &KeepFrom::all(Timestamp(0))).await.unwrap();
    fixture.store.append(batch(&[(a, START + 3 * HOUR, [1.0; 4])])).await.unwrap();
    let SampleFixture { store, reopen, keep } = fixture;
    let before = store.range(&query(&[a], START, START + 10 * HOUR, 0)).await.unwrap();
    assert_eq!(before[0].points.len(), 2);
    drop(store);
    let store = reopen().await;
    assert_eq!(store.range(&query(&[a], START, START + 10 * HOUR, 0)).await.unwrap(), before);
    drop((store, keep));
}

/// However many bring a batch at once, each is there when its call returns.
pub async fn appends_at_once_are_all_kept(fixture: SampleFixture) {
    let bring = |store: Arc<dyn SampleStore>, i: i64| async move {
        let subject = Id::new();
        store.append(batch(&[(subject, START + i, [1.0, i as f64, 0.0, 0.0])])).await.unwrap();
        let series = store.range(&query(&[subject], START, START + HOUR, 0)).await.unwrap();
        assert_eq!(plain(&series[0]), [(START + i, Some(i as f64))]);
    };
    futures::future::join_all((0..400).map(|i| bring(fixture.store.clone(), i))).await;
    assert_eq!(fixture.store.describe().await.unwrap().values, 400 * 4);
}

/// Values, bytes, and the time of the oldest.
pub async fn the_store_tells_what_it_holds(fixture: SampleFixture) {
    assert_eq!(fixture.store.describe().await.unwrap().oldest, None);
    let a = Id::new();
    fixture.store.append(batch(&[(a, START + 7, [1.0; 4]), (a, START + 3 * HOUR, [1.0; 4])])).await.unwrap();
    for now in [START, START + 3 * HOUR, START + 10 * HOUR] {
        fixture.store.maintain(Timestamp(now), &KeepFrom::all(Timestamp(0))).await.unwrap();
        let info = fixture.store.describe().await.unwrap();
        assert_eq!((info.values, info.oldest), (8, Some(Timestamp(START + 7))));
        assert!(info.bytes > 0);
    }
}

/// Errors of the caller, found before they cost anything.
pub async fn uneven_batches_and_endless_series_are_refused(fixture: SampleFixture) {
    let mut uneven = batch(&[(Id::new(), START, [1.0; 4])]);
    uneven.columns[0].clear();
    assert!(fixture.store.append(uneven).await.is_err());
    assert!(fixture.store.range(&query(&[Id::new()], 0, START, 1)).await.is_err());
}

/// Any samples in any order, maintained at any time: the answers are those of a map.
pub fn property(open: impl Fn() -> Pin<Box<dyn Future<Output = Option<SampleFixture>>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(fixture) = runtime.block_on(open()) else { return };
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let value = prop_oneof![Just(f64::NAN), (0..1_000_000_i64).prop_map(|v| v as f64 / 1000.0)];
    let batches = prop::collection::vec((prop::collection::vec((0..6_usize, 0..600_i64, value), 1..80), 0..12_i64), 1..8);
    let outcome = runner.run(&batches, |batches| runtime.block_on(compare(&*fixture.store, batches)));
    outcome.unwrap();
}

type Batches = Vec<(Vec<(usize, i64, f64)>, i64)>;

async fn compare(store: &dyn SampleStore, batches: Batches) -> Result<(), TestCaseError> {
    let subjects: Vec<Id> = (0..6).map(|_| Id::new()).collect();
    let mut model: Vec<BTreeMap<i64, f64>> = vec![BTreeMap::new(); 6];
    for (rows, hours) in batches {
        let mut batch = SampleBatch::new(&CHECK);
        for (subject, minute, value) in rows {
            batch.push(subjects[subject], Timestamp(START + minute * MINUTE), &[1.0, value]);
            model[subject].insert(START + minute * MINUTE, value);
        }
        store.append(batch).await.unwrap();
        store.maintain(Timestamp(START + hours * HOUR), &KeepFrom::all(Timestamp(0))).await.unwrap();
    }
    let series = store.range(&query(&subjects, START, START + 600 * MINUTE, 0)).await.unwrap();
    for (held, model) in series.iter().step_by(2).zip(&model) {
        let expected: Vec<_> = model.iter().map(|(t, v)| (*t, (!v.is_nan()).then_some(*v))).collect();
        prop_assert_eq!(plain(held), expected);
    }
    Ok(())
}

fn sample(minute: i64, subject: i64) -> [f64; 4] {
    let latency = ((minute * 37 + subject * 101) % 997) as f64 / 8.0;
    [1.0, latency, (minute % 7) as f64 / 10.0, 0.0]
}
