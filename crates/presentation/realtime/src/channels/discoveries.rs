//! Channel `discoveries.{id}`: how a run goes on, and what it finds.

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use vigie_application::CallContext;
use vigie_application::topology::{RunResultView, RunView};
use vigie_domain::query::ListQuery;
use vigie_domain::topology::{Run, RunResult};
use vigie_domain::{Id, Result};

use crate::channel::{Channel, Subscription};
use crate::frame::ServerFrame;
use crate::shared::Realtime;

/// Results told at once when a subscription begins.
const FIRST: usize = 1000;

/// One discovery.
pub struct OneDiscovery(pub Id);

#[async_trait]
impl Channel for OneDiscovery {
    async fn admit(&self, realtime: &Realtime, cx: &CallContext) -> Result<()> {
        realtime.app.discoveries.visible(cx, self.0).await.map(drop)
    }

    async fn run(&self, realtime: &Realtime, subscription: Subscription) {
        let mut feed = realtime.app.discovery_feed.subscribe();
        let mut seq: u64 = 0;
        let first = ServerFrame { resumed: Some(false), ..ServerFrame::new("subscribed", realtime.now()) };
        if !subscription.put(first) {
            return;
        }
        // what was found before the subscription; results that the feed tells again have the same id
        if let Ok(Some((run, results))) = self.so_far(realtime, &subscription.cx).await
            && !subscription.put(frame(realtime, &run, &results, &mut seq))
        {
            return;
        }
        loop {
            let update = tokio::select! {
                () = subscription.stop.cancelled() => return,
                update = feed.recv() => update,
            };
            let alive = match update {
                Ok(update) if update.discovery_id != self.0 => true,
                Ok(update) => subscription.put(frame(realtime, &update.run, &update.results, &mut seq)),
                Err(RecvError::Lagged(_)) => subscription.put(ServerFrame::new("gap", realtime.now()).seq(seq)),
                Err(RecvError::Closed) => return,
            };
            if !alive {
                return;
            }
        }
    }
}

impl OneDiscovery {
    async fn so_far(&self, realtime: &Realtime, cx: &CallContext) -> Result<Option<(Run, Vec<RunResult>)>> {
        let Some(run) = realtime.app.discoveries.visible(cx, self.0).await?.last_run_id else { return Ok(None) };
        let run = realtime.app.discoveries.run_of(cx, self.0, run).await?;
        let results = realtime.app.discoveries.results(cx, self.0, run.id, &ListQuery::all(FIRST)).await?;
        Ok(Some((run, results.results)))
    }
}

fn frame(realtime: &Realtime, run: &Run, results: &[RunResult], seq: &mut u64) -> ServerFrame {
    *seq += 1;
    let results: Vec<RunResultView> = results.iter().map(Into::into).collect();
    ServerFrame::new("discovery", realtime.now()).seq(*seq).data(json!({"run": RunView::from(run), "results": results}))
}
