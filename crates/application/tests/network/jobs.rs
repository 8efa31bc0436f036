//! Jobs on a real store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use vigie_application::jobs::{JobHandle, JobHandler, queued};
use vigie_application::{CallContext, jobs};
use vigie_domain::identity::{Actor, ActorKind};
use vigie_domain::query::ListQuery;
use vigie_domain::store::Write;
use vigie_domain::system::{Job, JobResult, JobStatus, event_types};
use vigie_domain::{Error, Id, ObjectScope, Result};

use super::small::{LONG, Vigie, settings, start_in};

/// A body that waits until it is told to end.
#[derive(Default)]
struct Waits {
    begun: Notify,
    end: Notify,
    runs: AtomicU32,
    fails: bool,
}

#[async_trait]
impl JobHandler for Waits {
    fn kind(&self) -> &'static str {
        "test.waits"
    }

    async fn run(&self, job: JobHandle) -> Result<Option<JobResult>> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        job.progress(1, Some(2), "waiting".to_owned());
        job.info("begun");
        self.begun.notify_one();
        tokio::select! {
            () = self.end.notified() => {}
            () = job.stopping().cancelled() => {
                assert!(job.stop_reason().is_some());
                return Err(Error::conflict("conflict", "stopped"));
            }
        }
        if self.fails { Err(Error::conflict("conflict", "it went wrong")) } else { Ok(None) }
    }
}

async fn begin(fails: bool) -> (Vigie, Arc<Waits>, tempfile::TempDir) {
    let files = tempfile::tempdir().unwrap();
    let body = Arc::new(Waits { fails, ..Waits::default() });
    let vigie = start_in(files.path(), settings(), vec![body.clone()]).await;
    (vigie, body, files)
}

async fn add(vigie: &Vigie, by: Option<Actor>) -> Job {
    let cx = vigie.cx();
    let mut unit = vigie.core.unit(&cx).await.unwrap();
    let job = queued("test.waits", &serde_json::json!({}), by, cx.now).unwrap();
    unit.job(&job).await.unwrap();
    unit.commit().await.unwrap();
    job
}

/// Waits until the feed tells that the job stands so.
async fn until(vigie: &Vigie, id: Id, status: JobStatus) -> Job {
    let mut feed = vigie.jobs.feed().subscribe();
    let seen = tokio::time::timeout(LONG, async {
        loop {
            let stored = vigie.jobs.get(&vigie.cx(), id).await.unwrap();
            if stored.status == status {
                return stored;
            }
            feed.recv().await.unwrap();
        }
    });
    seen.await.unwrap_or_else(|_| panic!("the job is never {status:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_tells_and_ends() {
    let (vigie, body, _files) = begin(false).await;
    // before there is anything to hear: what is shown once is not shown again
    let mut feed = vigie.jobs.feed().subscribe();
    let job = add(&vigie, None).await;
    body.begun.notified().await;
    let shown = loop {
        let shown = tokio::time::timeout(LONG, feed.recv()).await.unwrap().unwrap();
        if shown.progress.done == 1 {
            break shown;
        }
    };
    assert_eq!((shown.id, shown.status, shown.progress.message.as_deref()), (job.id, JobStatus::Running, Some("waiting")));
    body.end.notify_one();
    let ended = until(&vigie, job.id, JobStatus::Succeeded).await;
    assert!(ended.started_at.is_some() && ended.finished_at.is_some() && ended.owner.is_none());
    assert_eq!(vigie.jobs.log(&vigie.cx(), job.id).await.unwrap()[0].message, "begun");
    assert_eq!(vigie.events(event_types::JOB_FINISHED).await.len(), 1);
    assert_eq!(vigie.jobs.cancel(&vigie.cx(), job.id).await.unwrap_err().code(), "conflict");
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_can_be_retried() {
    let (vigie, body, _files) = begin(true).await;
    let job = add(&vigie, None).await;
    body.begun.notified().await;
    body.end.notify_one();
    let failed = until(&vigie, job.id, JobStatus::Failed).await;
    assert_eq!(failed.error.as_deref(), Some("it went wrong"));
    vigie.jobs.retry(&vigie.cx(), job.id).await.unwrap();
    body.begun.notified().await;
    body.end.notify_one();
    until(&vigie, job.id, JobStatus::Failed).await;
    assert_eq!(body.runs.load(Ordering::SeqCst), 2);
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_stops_its_body() {
    let (vigie, body, _files) = begin(false).await;
    let job = add(&vigie, None).await;
    body.begun.notified().await;
    let asked = vigie.jobs.cancel(&vigie.cx(), job.id).await.unwrap();
    assert!(asked.cancel_requested && asked.status == JobStatus::Running);
    until(&vigie, job.id, JobStatus::Cancelled).await;
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_leaves_the_job_for_the_next_start() {
    let (vigie, body, files) = begin(false).await;
    let job = add(&vigie, None).await;
    body.begun.notified().await;
    vigie.stop().await;

    let body = Arc::new(Waits::default());
    let vigie = start_in(files.path(), settings(), vec![body.clone()]).await;
    tokio::time::timeout(Duration::from_secs(20), body.begun.notified()).await.expect("it begins at once, not when its lease ends");
    body.end.notify_one();
    until(&vigie, job.id, JobStatus::Succeeded).await;
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_lost_its_lease_writes_nothing() {
    let (vigie, body, _files) = begin(false).await;
    let job = add(&vigie, None).await;
    body.begun.notified().await;
    // another node claims it, as it may when the lease has ended
    let mut work = vigie.core.store.begin().await.unwrap();
    let mut stolen: Job = vigie_domain::store::Read::require(&*work, &vigie_domain::Scope::system(), job.id).await.unwrap();
    stolen.fencing += 1;
    stolen.owner = Some("another".to_owned());
    work.update(&stolen).await.unwrap();
    work.commit().await.unwrap();
    body.end.notify_one();
    // the body ends, its owner is refused: the job stays the other's
    let mut feed = vigie.jobs.feed().subscribe();
    let silent = tokio::time::timeout(Duration::from_secs(3), async {
        while let Ok(shown) = feed.recv().await {
            assert!(!shown.status.is_final(), "{shown:?}");
        }
    });
    assert!(silent.await.is_err());
    let stored = vigie.jobs.get(&vigie.cx(), job.id).await.unwrap();
    assert_eq!((stored.status, stored.owner.as_deref(), stored.fencing), (JobStatus::Running, Some("another"), stolen.fencing));
    vigie.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_caller_sees_only_its_own_jobs() {
    let (vigie, body, _files) = begin(false).await;
    let me = Actor { kind: ActorKind::User, id: Some(Id::new()), name: "me".to_owned() };
    let mine = add(&vigie, Some(me.clone())).await;
    let other = add(&vigie, None).await;
    let mut cx: CallContext = vigie.cx();
    cx.principal.actor = me;
    cx.principal.scope = Some(ObjectScope::default());
    let page = vigie.jobs.list(&cx, &ListQuery::all(10)).await.unwrap();
    assert_eq!(page.results.iter().map(|j| j.id).collect::<Vec<_>>(), [mine.id]);
    assert!(vigie.jobs.get(&cx, mine.id).await.is_ok());
    for of_another in [other.id, Id::new()] {
        assert_eq!(vigie.jobs.get(&cx, of_another).await.unwrap_err().code(), "permission_denied", "there or not");
        assert_eq!(vigie.jobs.cancel(&cx, of_another).await.unwrap_err().code(), "permission_denied");
    }
    assert_eq!(vigie.jobs.get(&vigie.cx(), Id::new()).await.unwrap_err().code(), "not_found");
    assert_eq!(vigie.jobs.list(&vigie.cx(), &ListQuery::all(10)).await.unwrap().results.len(), 2);
    let _: jobs::JobView = (&mine).into();
    body.end.notify_waiters();
    vigie.stop().await;
}
