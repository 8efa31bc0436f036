//! One flight for a key among all nodes: who holds the lease makes the value, the others wait for it.

use std::sync::Arc;

use tokio::time::Instant;
use vigie_domain::Result;
use vigie_domain::cache::{Boarding, CacheLoad, CacheValue, SharedTier, TagVersion, Written};

use crate::cache::Inner;
use crate::fill::Order;
use crate::flight::run;

impl Inner {
    /// Makes the value, or waits for the node that does.
    pub async fn together(self: &Arc<Self>, shared: &dyn SharedTier, order: &Order, load: CacheLoad) -> Result<CacheValue> {
        let (name, tags) = (order.name(&self.parts.namespace), Self::shared_tags(&order.entry));
        let until = Instant::now() + order.entry.deadline;
        loop {
            match shared.board(&name, &tags).await {
                Ok(Boarding::Holder { fence, versions }) => return self.hold(shared, order, &name, fence, versions, load).await,
                Ok(Boarding::Follower(lease)) if Instant::now() < until => {
                    let patience = lease.min(until.saturating_duration_since(Instant::now()));
                    shared.landing(&name, patience).await;
                    if let Some(made) = self.landed(order).await {
                        self.keep_in_memory(order, &made).await;
                        return made.content.result();
                    }
                }
                // the store does not answer, or the holder takes longer than the value may
                Ok(Boarding::Follower(_)) | Err(_) => return self.alone(order, load, None).await,
            }
        }
    }

    async fn hold(
        &self,
        shared: &dyn SharedTier,
        order: &Order,
        name: &str,
        fence: u64,
        versions: Vec<TagVersion>,
        load: CacheLoad,
    ) -> Result<CacheValue> {
        // another node may have landed between the look and the boarding
        if let Some(made) = self.landed(order).await {
            let _ = shared.leave(name, fence).await;
            self.keep_in_memory(order, &made).await;
            return made.content.result();
        }
        let local = self.local_mark(&order.entry);
        let (outcome, held_until) = under_lease(shared, name, fence, run(order.entry.operation, order.entry.deadline, load.make)).await;
        let made = match self.made(order, outcome) {
            Ok(made) => made,
            Err(error) => {
                let _ = shared.leave(name, fence).await;
                return Err(error);
            }
        };
        let Some(record) = self.record(order, &made, Some(versions)) else {
            let _ = shared.leave(name, fence).await;
            self.keep_in_memory(order, &made).await;
            return made.content.result();
        };
        let written = shared.write(name, record.encode()?, self.time_left(made.span, order), Some(fence)).await;
        let is_late = match written {
            Ok(Written::Refused) => true,
            Ok(Written::Kept | Written::NoRoom) => false,
            Err(_) => Instant::now() >= held_until,
        };
        if is_late {
            // somebody else may have made it since: what was made here is answered once at most, and kept nowhere
            metrics::counter!("cache_late_writes_total", "operation" => order.entry.operation).increment(1);
            return self.landed(order).await.unwrap_or(made).content.result();
        }
        self.keep_in_memory(order, &made).await;
        self.keep_on_disk(order, record, local);
        made.content.result()
    }
}

/// Runs something while a lease is renewed; its outcome, and until when the lease was held for certain.
async fn under_lease<T>(shared: &dyn SharedTier, name: &str, fence: u64, work: impl Future<Output = T>) -> (T, Instant) {
    let lease = shared.lease();
    let mut held_until = Instant::now() + lease;
    let mut beat = tokio::time::interval_at(Instant::now() + lease / 3, lease / 3);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            outcome = &mut work => return (outcome, held_until),
            _ = beat.tick() => {
                let began = Instant::now();
                if shared.renew(name, fence).await.is_ok_and(|holds| holds) {
                    held_until = began + lease;
                }
            }
        }
    }
}
