//! The tier on two servers: one keeps values and may evict them, the other keeps what must not be lost while it is in use.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};
use rand::RngExt;
use tokio_util::sync::CancellationToken;
use vigie_domain::Result;
use vigie_domain::cache::{Boarding, Found, SharedListener, SharedTier, TagVersion, TierHealth, Written};

use crate::tier::RedisTier;

/// Bytes of a mark.
const MARK: usize = 16;

/// Values in one server; leases, versions of tags and messages in another. Cheap to clone.
///
/// A value stands in the first behind a random mark, and what the second keeps of its key is that mark. A value counts only under the mark that
/// the second knows, which takes a mark only from who holds the lease: so nothing counts that was written too late, and nothing that was lost on
/// one side alone. While the server of values is away nodes still tell each other what fell, and one of them at a time makes a value.
#[derive(Clone)]
pub struct RedisPair {
    values: RedisTier,
    state: RedisTier,
}

impl RedisPair {
    /// A tier of these two.
    pub fn new(values: RedisTier, state: RedisTier) -> Self {
        Self { values, state }
    }

    /// Looks after both, and hears other nodes, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.values.look_after(stop.clone()), self.state.run(stop));
    }

    /// Writes behind a mark, and tells the mark.
    async fn write_marked(&self, key: &str, record: Bytes, ttl: Duration, fence: Option<u64>) -> Result<Written> {
        if let Some(fence) = fence
            && !self.state.renew(key, fence).await?
        {
            return Ok(Written::Refused);
        }
        let mark: [u8; MARK] = rand::rng().random();
        let mut marked = BytesMut::with_capacity(MARK + record.len());
        marked.put_slice(&mark);
        marked.put(record);
        // a server of values that is away is one that has no room
        if self.values.write(key, marked.freeze(), ttl, None).await.unwrap_or(Written::NoRoom) == Written::Kept {
            return self.state.write(key, Bytes::copy_from_slice(&mark), ttl, fence).await;
        }
        if let Some(fence) = fence {
            self.state.leave(key, fence).await?;
        }
        Ok(Written::NoRoom)
    }
}

/// The value that stands behind this mark.
fn unmarked(value: &Bytes, mark: &Bytes) -> Option<Bytes> {
    (mark.len() == MARK && value.starts_with(mark)).then(|| value.slice(MARK..))
}

#[async_trait]
impl SharedTier for RedisPair {
    fn is_available(&self) -> bool {
        self.state.is_available()
    }

    async fn read(&self, key: &str, tags: &[String]) -> Result<Found> {
        let (value, known) = tokio::join!(self.values.read(key, &[]), self.state.read(key, tags));
        let known = known?;
        let value = value.ok().and_then(|found| found.record);
        let record = known.record.zip(value).and_then(|(mark, value)| unmarked(&value, &mark));
        Ok(Found { record, versions: known.versions })
    }

    async fn versions(&self, tags: &[String]) -> Result<Vec<TagVersion>> {
        self.state.versions(tags).await
    }

    async fn board(&self, key: &str, tags: &[String]) -> Result<Boarding> {
        self.state.board(key, tags).await
    }

    async fn renew(&self, key: &str, fence: u64) -> Result<bool> {
        self.state.renew(key, fence).await
    }

    async fn write(&self, key: &str, record: Bytes, ttl: Duration, fence: Option<u64>) -> Result<Written> {
        self.write_marked(key, record, ttl, fence).await
    }

    async fn leave(&self, key: &str, fence: u64) -> Result<()> {
        self.state.leave(key, fence).await
    }

    async fn landing(&self, key: &str, at_most: Duration) {
        self.state.landing(key, at_most).await;
    }

    async fn invalidate(&self, tags: &[String]) -> Result<()> {
        self.state.invalidate(tags).await
    }

    fn lease(&self) -> Duration {
        self.state.lease()
    }

    fn listen(&self, listener: Arc<dyn SharedListener>) {
        self.state.listen(listener);
    }

    /// Figures are those of the server of values; what is wrong is told of either.
    fn health(&self) -> TierHealth {
        let (values, state) = (self.values.health(), self.state.health());
        let is_available = values.is_available && state.is_available;
        let is_told_of_state = !state.is_available || values.detail.is_none();
        let (detail, solution) = if is_told_of_state { (state.detail, state.solution) } else { (values.detail, values.solution) };
        TierHealth { is_available, detail, solution, ..values }
    }
}
