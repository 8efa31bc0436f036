//! Samples that reach their quota: the oldest go, the newest stay, and it is told.

use std::sync::Arc;
use std::time::Duration;

use vigie_application::system::{Limits, Pressure, StorageKeeper};
use vigie_domain::query::ListQuery;
use vigie_domain::store::Read as _;
use vigie_domain::system::{DiskRoom, Event, StateDisk, event_types};
use vigie_domain::telemetry::{INTERFACE, KeepFrom, SampleBatch};
use vigie_domain::{Id, Result, Scope};

use super::scene::environment;

/// A disk with room for everything.
struct Roomy;

impl StateDisk for Roomy {
    fn room(&self) -> Result<DiskRoom> {
        Ok(DiskRoom { free_bytes: 1 << 40, total_bytes: 1 << 41 })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_that_reach_their_quota_go_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let (env, _) = environment(folder.path()).await;
    let now = env.core.now();
    let begin = now.minus(Duration::from_hours(40));
    let subjects: Vec<Id> = (0..40).map(|_| Id::new()).collect();
    // values that compress badly, so that there is something to shed
    let mut noise = 1_u64;
    for minute in 0..40 * 60 {
        let mut batch = SampleBatch::new(&INTERFACE);
        for subject in &subjects {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            batch.push(*subject, begin.plus(Duration::from_mins(minute)), &[(noise >> 20) as f64, (noise >> 30) as f64]);
        }
        env.samples.append(batch).await.unwrap();
    }
    let everything = KeepFrom::all(begin);
    env.samples.maintain(now, &everything).await.unwrap();
    let full = env.samples.describe().await.unwrap();
    let used = full.bytes - full.reusable_bytes.unwrap();
    let keeper = StorageKeeper::new(&env.core, Arc::new(Roomy), Limits { samples_quota: used * 9 / 10, events_quota: 0, floor: 0 });

    let mut rounds = 0;
    loop {
        let mut keep_from = everything;
        keeper.look(&env.samples.describe().await.unwrap(), now, &mut keep_from).await.unwrap();
        if keeper.seen().pressure != Pressure::Shedding {
            break;
        }
        env.samples.maintain(now, &keep_from).await.unwrap();
        rounds += 1;
        assert!(rounds < 20, "it does not end: {:?}", keeper.seen());
    }
    let left = env.samples.describe().await.unwrap();
    assert!(rounds > 0 && left.oldest > full.oldest, "{left:?}");
    assert!(left.values > full.values / 3, "no more goes than has to: {} of {}", left.values, full.values);
    let told: Vec<Event> = env.core.store.list(&Scope::system(), &ListQuery::all(10)).await.unwrap().results;
    let told: Vec<_> = told.iter().filter(|event| event.kind == event_types::STORAGE_PRESSURE).collect();
    assert_eq!(told.len(), 2, "when it began, and when it ended");
    assert!(told.iter().any(|event| event.data.as_ref().is_some_and(|data| data["pressure"] == "shedding")), "{told:?}");
}
