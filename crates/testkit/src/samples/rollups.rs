//! Rollups: whatever they are made of and wherever samples end, the answers are those that samples would give.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use vigie_domain::telemetry::{KeepFrom, Resolution, SampleBatch, SampleStore, SeriesData, SeriesPart, SeriesQuery, Statistic};
use vigie_domain::{Id, Timestamp};

use super::{CHECK, HOUR, MINUTE, START, SampleFixture, plain, query};

const DAY: i64 = 24 * HOUR;
const STATISTICS: [Statistic; 4] = [Statistic::Mean, Statistic::Min, Statistic::Max, Statistic::Count];
const STEPS: [i64; 8] = [MINUTE, 5 * MINUTE, 7 * MINUTE, 15 * MINUTE, HOUR, 90 * MINUTE, 2 * HOUR, DAY];

/// What was brought, in thousandths; `None` where the value was not known.
#[derive(Default)]
struct Model(BTreeMap<i64, Option<i64>>);

impl Model {
    /// Points as they follow from the samples themselves.
    fn points(&self, from: i64, to: i64, step: i64, statistic: Statistic) -> Vec<(i64, Option<f64>)> {
        if self.0.range(from..to).next().is_none() {
            return Vec::new();
        }
        let point = |place: i64| {
            let (begin, end) = ((place * step).max(from), ((place + 1) * step).min(to));
            let known: Vec<i64> = self.0.range(begin..end).filter_map(|(_, value)| *value).collect();
            let value = (!known.is_empty()).then(|| match statistic {
                Statistic::Mean => known.iter().sum::<i64>() as f64 / 1000.0 / known.len() as f64,
                Statistic::Min => *known.iter().min().unwrap() as f64 / 1000.0,
                Statistic::Max => *known.iter().max().unwrap() as f64 / 1000.0,
                Statistic::Count => known.len() as f64,
            });
            (place * step, value)
        };
        (from.div_euclid(step)..=(to - 1).div_euclid(step)).map(point).collect()
    }
}

fn push(batch: &mut SampleBatch, subject: Id, at: i64, value: Option<i64>) {
    batch.push(subject, Timestamp(at), &[1.0, value.map_or(f64::NAN, |v| v as f64 / 1000.0)]);
}

async fn bring(store: &dyn SampleStore, subject: Id, model: &mut Model, rows: impl IntoIterator<Item = (i64, Option<i64>)>) {
    let mut batch = SampleBatch::new(&CHECK);
    for (at, value) in rows {
        push(&mut batch, subject, at, value);
        model.0.insert(at, value);
    }
    store.append(batch).await.unwrap();
}

/// A sample a minute, at another second each, with a gap of three hours and unknown values.
fn days(from: i64, minutes: i64) -> impl Iterator<Item = (i64, Option<i64>)> {
    let row =
        move |minute: i64| (from + minute * MINUTE + (minute * 7_919) % MINUTE, (minute % 11 != 3).then_some((minute * 37) % 9_973 - 100));
    (0..minutes).filter(|minute| !(700..880).contains(&(minute % (24 * 60)))).map(row)
}

async fn ask(store: &dyn SampleStore, subject: Id, (from, to): (i64, i64), step: i64, statistic: Statistic) -> SeriesData {
    let asked = SeriesQuery { statistic, ..query(&[subject], from, to, step) };
    store.range(&asked).await.unwrap().swap_remove(0)
}

/// Every step and statistic answers as the samples would.
async fn agree(store: &dyn SampleStore, subject: Id, model: &Model, (from, to): (i64, i64), steps: &[i64]) {
    for step in steps {
        for statistic in STATISTICS {
            let held = ask(store, subject, (from, to), *step, statistic).await;
            assert_eq!(plain(&held), model.points(from, to, *step, statistic), "{statistic:?} of {step} ms from {from} to {to}");
        }
    }
}

fn resolutions(data: &SeriesData) -> Vec<Resolution> {
    data.parts.iter().map(|part| part.resolution).collect()
}

fn keep(samples: i64, five_minutes: i64, hours: i64) -> KeepFrom {
    KeepFrom { samples: Timestamp(samples), five_minutes: Timestamp(five_minutes), hours: Timestamp(hours) }
}

/// While samples and rollups are both there, at ends that fit no bucket too; gaps stay gaps, and the answer says what it is made of.
pub async fn rollups_answer_as_samples_do(fixture: SampleFixture) {
    let (store, subject, mut model) = (&*fixture.store, Id::new(), Model::default());
    for hour in 0..60 {
        bring(store, subject, &mut model, days(START + hour * HOUR, 60)).await;
        if hour % 7 == 6 {
            store.maintain(Timestamp(START + hour * HOUR), &KeepFrom::all(Timestamp(0))).await.unwrap();
        }
    }
    let end = START + 60 * HOUR;
    store.maintain(Timestamp(end + 10 * MINUTE), &KeepFrom::all(Timestamp(0))).await.unwrap();
    bring(store, subject, &mut model, days(end, 45)).await;
    for range in [(START, end), (START + 7 * MINUTE + 13, end + 38 * MINUTE - 1), (START + HOUR, START + HOUR + 2 * MINUTE)] {
        agree(store, subject, &model, range, &STEPS).await;
    }
    let (from, to) = (START + 7 * MINUTE, end + 38 * MINUTE);
    let held = ask(store, subject, (from, to), HOUR, Statistic::Mean).await;
    assert_eq!(resolutions(&held), [Resolution::Raw, Resolution::FiveMinutes, Resolution::Hour, Resolution::Raw]);
    assert_eq!((held.parts[0].from.0, held.parts[3].to.0), (from, to));
    assert!(held.parts.windows(2).all(|pair| pair[0].to == pair[1].from), "without a seam: {:?}", held.parts);
    assert_eq!(resolutions(&ask(store, subject, (START, end), 7 * MINUTE, Statistic::Mean).await), [Resolution::Raw]);
}

/// A bucket has what came at its first millisecond, and not what came at the first of the next; so do the windows around it.
pub async fn rollups_keep_to_their_boundaries(fixture: SampleFixture) {
    let (store, subject, mut model) = (&*fixture.store, Id::new(), Model::default());
    let midnight = START + 16 * HOUR;
    assert_eq!(midnight % DAY, 0);
    let edges = [START, START + 5 * MINUTE, START + HOUR, START + 2 * HOUR, midnight, midnight + 3 * DAY, midnight + 4 * DAY];
    let rows = edges.iter().zip(1..).flat_map(|(edge, i)| [(edge - 1, Some(i)), (*edge, Some(100 * i))]);
    bring(store, subject, &mut model, rows).await;
    for now in [midnight, midnight + 10 * DAY] {
        store.maintain(Timestamp(now), &KeepFrom::all(Timestamp(0))).await.unwrap();
        agree(store, subject, &model, (START - HOUR, midnight + 5 * DAY), &[5 * MINUTE, HOUR, DAY]).await;
    }
}

/// What comes after its window was rolled up is counted once, before and after it is packed, on any day.
pub async fn late_samples_join_their_rollups(fixture: SampleFixture) {
    let (store, subject, mut model) = (&*fixture.store, Id::new(), Model::default());
    let (now, range) = (Timestamp(START + 20 * DAY), (START, START + 2 * DAY));
    bring(store, subject, &mut model, days(START, 2 * 24 * 60)).await;
    store.maintain(now, &KeepFrom::all(Timestamp(0))).await.unwrap();
    for (late, value) in [(10 * MINUTE + 1, Some(77)), (DAY + 1, Some(-5)), (10 * MINUTE + 1, Some(78)), (10 * MINUTE + 1, None)] {
        bring(store, subject, &mut model, [(START + late, value)]).await;
        agree(store, subject, &model, range, &[5 * MINUTE, HOUR]).await;
        for _ in 0..2 {
            store.maintain(now, &KeepFrom::all(Timestamp(0))).await.unwrap();
            agree(store, subject, &model, range, &[5 * MINUTE, HOUR]).await;
        }
    }
    assert_eq!(resolutions(&ask(store, subject, range, HOUR, Statistic::Mean).await), [Resolution::Hour]);
}

/// Each resolution is kept for itself; where one ends the next goes on, in one answer.
pub async fn each_resolution_is_kept_for_itself(fixture: SampleFixture) {
    let (store, subject, mut model) = (&*fixture.store, Id::new(), Model::default());
    // the begin of a window of rollups of an hour, which is four days
    let begin = (START - 30 * DAY).div_euclid(4 * DAY) * 4 * DAY;
    for day in 0..12 {
        bring(store, subject, &mut model, days(begin + day * DAY, 24 * 60)).await;
    }
    let (end, range) = (Timestamp(begin + 12 * DAY + HOUR), (begin, begin + 12 * DAY));
    let kept = keep(begin + 9 * DAY, begin + 6 * DAY, begin);
    store.maintain(end, &kept).await.unwrap();
    agree(store, subject, &model, range, &[HOUR, 2 * HOUR, DAY]).await;
    let held = ask(store, subject, range, HOUR, Statistic::Mean).await;
    assert_eq!(resolutions(&held), [Resolution::Hour]);
    let held = ask(store, subject, range, 61 * MINUTE, Statistic::Mean).await;
    let part =
        |from: i64, to: i64, resolution| SeriesPart { from: Timestamp(begin + from * DAY), to: Timestamp(begin + to * DAY), resolution };
    assert_eq!(held.parts, [part(0, 6, Resolution::Hour), part(6, 9, Resolution::FiveMinutes), part(9, 12, Resolution::Raw)]);
    let count = |data: &SeriesData| data.points.iter().filter_map(|(_, value)| *value).map(|count| count as usize).sum::<usize>();
    let held = ask(store, subject, range, 61 * MINUTE, Statistic::Count).await;
    assert_eq!(count(&held), model.0.values().flatten().count(), "each sample counts once");
    agree(store, subject, &model, (begin + 6 * DAY, range.1), &[5 * MINUTE, 10 * MINUTE]).await;
    let held = ask(store, subject, range, 10 * MINUTE, Statistic::Mean).await;
    assert_eq!(held.parts, [part(6, 12, Resolution::FiveMinutes)]);
    assert!(held.points.iter().all(|(at, value)| at.0 >= begin + 6 * DAY || value.is_none()), "a gap where nothing serves the step");
    let samples = ask(store, subject, range, 0, Statistic::Mean).await;
    assert!(samples.points.iter().all(|(at, _)| at.0 >= begin + 9 * DAY) && !samples.points.is_empty());
    let first = |at: i64| Some(Timestamp(begin + at));
    let info = store.describe().await.unwrap();
    assert_eq!((info.oldest, info.oldest_rollups), (first(9 * DAY), [first(6 * DAY), first(0)]));
    store.maintain(end, &keep(begin + 9 * DAY, begin + 10 * DAY, begin + 8 * DAY)).await.unwrap();
    assert_eq!(store.describe().await.unwrap().oldest_rollups, [first(10 * DAY), first(8 * DAY)]);
}

/// A sample of a time of which the samples are forgotten is dropped: it would stand for all of them.
pub async fn samples_of_forgotten_times_change_no_rollup(fixture: SampleFixture) {
    let (store, subject, mut model) = (&*fixture.store, Id::new(), Model::default());
    bring(store, subject, &mut model, days(START, 24 * 60)).await;
    let (now, range) = (Timestamp(START + 3 * DAY), (START, START + DAY));
    store.maintain(now, &keep(START + 2 * DAY, 0, 0)).await.unwrap();
    bring(store, subject, &mut Model::default(), [(START + HOUR + 1, Some(9))]).await;
    for kept in [keep(START + 2 * DAY, 0, 0), keep(0, 0, 0)] {
        store.maintain(now, &kept).await.unwrap();
        agree(store, subject, &model, range, &[5 * MINUTE, HOUR]).await;
    }
}

/// The same after the store was closed in the middle.
pub async fn rollups_survive_a_restart(fixture: SampleFixture) {
    let (subject, mut model) = (Id::new(), Model::default());
    bring(&*fixture.store, subject, &mut model, days(START, 24 * 60)).await;
    fixture.store.maintain(Timestamp(START + 26 * HOUR), &keep(START + 12 * HOUR, 0, 0)).await.unwrap();
    let SampleFixture { store, reopen, keep } = fixture;
    drop(store);
    let store = reopen().await;
    agree(&*store, subject, &model, (START, START + DAY), &[5 * MINUTE, HOUR, DAY]).await;
    drop((store, keep));
}

type Batches = Vec<(Vec<(usize, i64, Option<i64>)>, i64)>;

/// Any samples in any order, maintained at any time: every statistic of any range and step is that of the samples.
pub fn rollup_property(open: impl Fn() -> Pin<Box<dyn Future<Output = Option<SampleFixture>>>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(fixture) = runtime.block_on(open()) else { return };
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let row = (0..3_usize, 0..6 * 24 * 60_i64, prop::option::weighted(0.9, -9_000..1_000_000_i64));
    let batches = prop::collection::vec((prop::collection::vec(row, 1..120), 0..200_i64), 1..6);
    let questions = prop::collection::vec((0..6 * DAY, 1..6 * DAY, 0..STEPS.len(), 0..STATISTICS.len()), 1..20);
    let outcome = runner.run(&(batches, questions), |(batches, questions)| runtime.block_on(compare(&*fixture.store, batches, questions)));
    outcome.unwrap();
}

async fn compare(store: &dyn SampleStore, batches: Batches, questions: Vec<(i64, i64, usize, usize)>) -> Result<(), TestCaseError> {
    let subjects = [Id::new(), Id::new(), Id::new()];
    let mut models = [Model::default(), Model::default(), Model::default()];
    for (rows, hours) in batches {
        let mut batch = SampleBatch::new(&CHECK);
        for (subject, minute, value) in rows {
            push(&mut batch, subjects[subject], START + minute * MINUTE, value);
            models[subject].0.insert(START + minute * MINUTE, value);
        }
        store.append(batch).await.unwrap();
        store.maintain(Timestamp(START + hours * HOUR), &KeepFrom::all(Timestamp(0))).await.unwrap();
    }
    for (begin, length, step, statistic) in questions {
        let (from, to) = (START + begin, START + begin + length);
        let asked = SeriesQuery {
            statistic: STATISTICS[statistic],
            step: Duration::from_millis(STEPS[step] as u64),
            ..query(&subjects, from, to, 0)
        };
        let series = store.range(&asked).await.unwrap();
        for (held, model) in series.iter().step_by(2).zip(&models) {
            prop_assert_eq!(plain(held), model.points(from, to, STEPS[step], STATISTICS[statistic]));
        }
    }
    Ok(())
}
