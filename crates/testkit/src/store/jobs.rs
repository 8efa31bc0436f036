//! Jobs: claims, leases, fencing.

use std::sync::Arc;
use std::time::Duration;

use vigie_domain::query::Filter;
use vigie_domain::store::{Entity as _, Read as _, Store, Write as _};
use vigie_domain::system::{Job, JobStatus};
use vigie_domain::{ErrorKind, Id, Scope};

use super::put;
use crate::make::{self, NOW};

const LEASE: Duration = Duration::from_mins(1);

/// A claim shows in the job and in its columns, and nobody else gets it.
pub async fn a_due_job_is_claimed_once(store: Arc<dyn Store>) {
    let job = make::job("device.poll", NOW);
    put(&*store, std::slice::from_ref(&job)).await;
    let claimed = store.claim_job(&["device.poll"], "a", NOW, NOW.plus(LEASE)).await.unwrap().unwrap();
    assert_eq!((claimed.id, claimed.status, claimed.attempts, claimed.fencing), (job.id, JobStatus::Running, 1, 1));
    assert_eq!((claimed.owner.as_deref(), claimed.lease_until, claimed.started_at), (Some("a"), Some(NOW.plus(LEASE)), Some(NOW)));
    let stored: Job = store.require(&Scope::system(), job.id).await.unwrap();
    assert_eq!(serde_json::to_value(&stored).unwrap(), serde_json::to_value(&claimed).unwrap());
    let running = Filter::eq(Job::SCHEMA, "status", "running").unwrap();
    assert_eq!(store.count(Job::SCHEMA, &Scope::system(), &[running]).await.unwrap(), 1);
    assert!(store.claim_job(&["device.poll"], "b", NOW, NOW.plus(LEASE)).await.unwrap().is_none());
}

/// Only the kinds asked for, none before its time, the longest due first.
pub async fn jobs_are_claimed_by_kind_and_time(store: Arc<dyn Store>) {
    let soon = make::job("b", NOW.plus(LEASE));
    let old = make::job("a", NOW.minus(LEASE));
    put(&*store, &[make::job("a", NOW), soon.clone(), old.clone()]).await;
    assert!(store.claim_job(&["b", "c"], "w", NOW, NOW.plus(LEASE)).await.unwrap().is_none());
    assert!(store.claim_job(&[], "w", NOW, NOW.plus(LEASE)).await.unwrap().is_none());
    assert_eq!(claim(&*store, &["b", "a"], 0).await, Some(old.id));
    assert_eq!(claim(&*store, &["b"], 60).await, Some(soon.id));
}

/// A worker died: when its lease is over, another goes on with a greater token.
pub async fn a_lapsed_lease_can_be_taken(store: Arc<dyn Store>) {
    let job = make::job("a", NOW);
    put(&*store, std::slice::from_ref(&job)).await;
    store.claim_job(&["a"], "first", NOW, NOW.plus(LEASE)).await.unwrap().unwrap();
    assert_eq!(claim(&*store, &["a"], 60).await, None, "it holds to its last millisecond");
    let later = NOW.plus(LEASE + Duration::from_millis(1));
    let again = store.claim_job(&["a"], "second", later, later.plus(LEASE)).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts, again.fencing, again.started_at), (job.id, 2, 2, Some(NOW)));
    let mut done = again;
    done.status = JobStatus::Succeeded;
    put(&*store, &[done]).await;
    assert_eq!(claim(&*store, &["a"], 9999).await, None, "a finished job is not claimed");
}

/// The worker that lost its lease cannot write over the one that has it.
pub async fn an_old_token_is_refused(store: Arc<dyn Store>) {
    put(&*store, &[make::job("a", NOW)]).await;
    let mut lost = store.claim_job(&["a"], "first", NOW, NOW.plus(LEASE)).await.unwrap().unwrap();
    let later = NOW.plus(LEASE * 2);
    let mut held = store.claim_job(&["a"], "second", later, later.plus(LEASE)).await.unwrap().unwrap();
    lost.status = JobStatus::Failed;
    held.progress.done = 5;
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.update(&lost).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(unit.upsert(&[lost]).await.unwrap_err().kind(), ErrorKind::Conflict);
    unit.update(&held).await.unwrap();
    unit.commit().await.unwrap();
    let job: Job = store.require(&Scope::system(), held.id).await.unwrap();
    assert_eq!((job.status, job.progress.done), (JobStatus::Running, 5));
}

/// Workers that ask at once get different jobs, and all jobs are given.
pub async fn concurrent_claims_get_different_jobs(store: Arc<dyn Store>) {
    let jobs: Vec<_> = (0..12).map(|_| make::job("a", NOW)).collect();
    put(&*store, &jobs).await;
    let work = |store: Arc<dyn Store>| async move {
        let mut got = Vec::new();
        while let Some(id) = claim(&*store, &["a"], 0).await {
            got.push(id);
        }
        got
    };
    let mut got = futures::future::join_all((0..5).map(|_| work(store.clone()))).await.concat();
    got.sort_unstable();
    assert_eq!(got, jobs.iter().map(|j| j.id).collect::<Vec<_>>());
}

async fn claim(store: &dyn Store, kinds: &[&str], seconds: u64) -> Option<Id> {
    let now = NOW.plus(Duration::from_secs(seconds));
    store.claim_job(kinds, "worker", now, now.plus(LEASE)).await.unwrap().map(|job| job.id)
}
