//! Channel `jobs.{id}`: how a job goes on.

use async_trait::async_trait;
use tokio::sync::broadcast::error::RecvError;
use vigie_application::CallContext;
use vigie_application::jobs::JobView;
use vigie_domain::system::Job;
use vigie_domain::{Id, Result};

use crate::channel::{Channel, Subscription};
use crate::frame::ServerFrame;
use crate::shared::Realtime;

/// One job.
pub struct OneJob(pub Id);

#[async_trait]
impl Channel for OneJob {
    async fn admit(&self, realtime: &Realtime, cx: &CallContext) -> Result<()> {
        realtime.app.jobs.get(cx, self.0).await.map(drop)
    }

    async fn run(&self, realtime: &Realtime, subscription: Subscription) {
        let mut feed = realtime.app.job_feed.subscribe();
        let Ok(job) = realtime.app.jobs.get(&subscription.cx, self.0).await else { return };
        let mut seq: u64 = 0;
        let first = ServerFrame { resumed: Some(false), ..ServerFrame::new("subscribed", realtime.now()) };
        if !subscription.put(first) || !subscription.put(frame(realtime, &job, &mut seq)) {
            return;
        }
        loop {
            let change = tokio::select! {
                () = subscription.stop.cancelled() => return,
                change = feed.recv() => change,
            };
            let job = match change {
                Ok(job) if job.id != self.0 => continue,
                Ok(job) => (*job).clone(),
                Err(RecvError::Lagged(_)) => match realtime.app.jobs.get(&subscription.cx, self.0).await {
                    Ok(job) => job,
                    Err(_) => return,
                },
                Err(RecvError::Closed) => return,
            };
            if !subscription.put(frame(realtime, &job, &mut seq)) {
                return;
            }
        }
    }
}

fn frame(realtime: &Realtime, job: &Job, seq: &mut u64) -> ServerFrame {
    *seq += 1;
    ServerFrame::new("job", realtime.now()).seq(*seq).data(serde_json::to_value(JobView::from(job)).unwrap_or_default())
}
