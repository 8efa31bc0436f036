//! What a channel is.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use vigie_application::CallContext;
use vigie_domain::Result;

use crate::frame::Subscribe;
use crate::outbox::Outbox;
use crate::shared::Realtime;

/// A subscription that runs.
pub struct Subscription {
    /// What was asked for.
    pub asked: Subscribe,
    /// Who asked.
    pub cx: CallContext,
    /// Where frames go.
    pub outbox: Outbox,
    /// Cancelled when it ends.
    pub stop: CancellationToken,
}

impl Subscription {
    /// Puts a frame into the socket; `false` when there is no more use in going on.
    pub fn put(&self, frame: crate::frame::ServerFrame) -> bool {
        !self.stop.is_cancelled() && self.outbox.put(frame.of(&self.asked), &self.asked)
    }

    /// Puts a frame into the socket once there is room in it; `false` when there is no more use in going on.
    pub async fn put_in_turn(&self, frame: crate::frame::ServerFrame) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            put = self.outbox.put_in_turn(frame.of(&self.asked)) => put,
        }
    }
}

/// A channel.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Whether the caller may hear it; asked at subscribe, and again when rights change.
    async fn admit(&self, realtime: &Realtime, cx: &CallContext) -> Result<()>;

    /// Runs until the subscription stops. The first frame is `subscribed`.
    async fn run(&self, realtime: &Realtime, subscription: Subscription);
}
