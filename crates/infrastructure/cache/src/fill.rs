//! A miss: asks the levels below, else makes the value, and fills the levels above.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use vigie_domain::cache::{CacheEntry, CacheLoad, CacheValue, Codec, LONGEST_IN_MEMORY, SHORTEST_ON_DISK, TagVersion};
use vigie_domain::{ErrorKind, Result};

use crate::cache::Inner;
use crate::flight::{Flight, run};
use crate::memory::{Held, Key};
use crate::record::{Content, LocalMark, Record, Span};
use crate::tags::Mark;
use crate::tally::Level;

/// Why a value is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It is not in memory.
    Missing,
    /// What is served is no longer fresh.
    Renewal,
    /// Somebody wants it new.
    Anew,
}

/// What a flight works with.
pub(crate) struct Order {
    pub key: Key,
    pub entry: CacheEntry,
    pub codec: Codec,
    /// How the tags stood here when it began.
    pub made: Mark,
}

impl Order {
    /// The key as it is known outside the process.
    pub fn name(&self, namespace: &str) -> String {
        format!("{namespace}:{}:{}", self.entry.operation, self.entry.key)
    }
}

/// What was found below, or made.
#[derive(Clone)]
pub(crate) struct Made {
    pub content: Content,
    pub span: Span,
    /// Bytes of the value as JSON; none when there are no such.
    pub bytes: Option<bytes::Bytes>,
}

impl Inner {
    /// Joins the flight of a key, or begins one.
    pub fn fly(self: &Arc<Self>, key: &Key, entry: CacheEntry, how: How, load: CacheLoad) -> Flight {
        let (inner, own) = (Arc::clone(self), key.clone());
        self.flights.board(key, how == How::Anew, move |number| {
            async move {
                let (outcome, renewal) = inner.obtain(&own, &entry, how, load).await;
                inner.flights.land(&own, number);
                if let Some(load) = renewal {
                    drop(inner.fly(&own, entry, How::Renewal, load));
                }
                outcome
            }
            .boxed()
        })
    }

    /// The value, and what is still to be run because the value is no longer fresh.
    async fn obtain(self: &Arc<Self>, key: &Key, entry: &CacheEntry, how: How, load: CacheLoad) -> (Result<CacheValue>, Option<CacheLoad>) {
        let order = Order { key: key.clone(), entry: entry.clone(), codec: load.codec, made: self.tags.mark() };
        if how == How::Missing {
            // a flight may have landed between the look and the boarding
            if let Some((content, true)) = self.memory.get(key, &self.tags, self.now()).await {
                return (content.result(), None);
            }
            if let Some(found) = self.below(&order).await {
                let is_fresh = self.now() < found.span.fresh_until;
                self.keep_in_memory(&order, &found).await;
                return (found.content.result(), (!is_fresh).then_some(load));
            }
        }
        let made = match self.shared().await.filter(|_| entry.leaves_memory).cloned() {
            Some(shared) if how != How::Anew => self.together(&*shared, &order, load).await,
            Some(shared) => {
                let versions = shared.versions(&Self::shared_tags(entry)).await.ok();
                self.alone(&order, load, versions).await
            }
            None => self.alone(&order, load, None).await,
        };
        (made, None)
    }

    /// Makes the value without asking other nodes whether they do.
    pub async fn alone(&self, order: &Order, load: CacheLoad, versions: Option<Vec<TagVersion>>) -> Result<CacheValue> {
        let local = self.local_mark(&order.entry);
        let outcome = run(order.entry.operation, order.entry.deadline, load.make).await;
        let made = self.made(order, outcome)?;
        self.keep_in_memory(order, &made).await;
        if let Some(record) = self.record(order, &made, versions) {
            if record.header.shared.is_some()
                && let Some(shared) = self.shared().await
                && let Ok(bytes) = record.encode()
            {
                // one that cannot be written is made again
                let _ = shared.write(&record.header.key, bytes, self.time_left(record.span(), order), None).await;
            }
            self.keep_on_disk(order, record, local);
        }
        made.content.result()
    }

    /// What a load ended in, if it is to be kept.
    pub fn made(&self, order: &Order, outcome: Result<CacheValue>) -> Result<Made> {
        let (now, entry) = (self.now(), &order.entry);
        let content = match outcome {
            Ok(value) => Content::Value(value),
            Err(error) if error.kind() == ErrorKind::ResourceNotFound && !entry.negative.is_zero() => Content::Absent(error),
            Err(error) => return Err(error),
        };
        let (fresh, stale) = match &content {
            Content::Value(_) => (entry.ttl.unwrap_or(self.parts.defaults.disk), entry.stale),
            Content::Absent(_) => (entry.negative, Duration::ZERO),
        };
        let fresh_until = now.plus(fresh);
        let span = Span { fresh_until, keep_until: fresh_until.plus(stale) };
        let bytes = match &content {
            Content::Value(value) => match order.codec.encode(value) {
                Ok(bytes) => Some(bytes.into()),
                Err(error) => {
                    tracing::warn!(operation = entry.operation, cause = error.chain(), "a value cannot be written, it stays in memory");
                    None
                }
            },
            Content::Absent(_) => Some(bytes::Bytes::new()),
        };
        Ok(Made { content, span, bytes })
    }

    /// As it leaves the process; `None` when it does not.
    pub fn record(&self, order: &Order, made: &Made, versions: Option<Vec<TagVersion>>) -> Option<Record> {
        if !order.entry.leaves_memory || (self.parts.shared.is_none() && self.parts.disk.is_none()) {
            return None;
        }
        let (name, bytes) = (order.name(&self.parts.namespace), made.bytes.as_ref()?);
        let mut record = Record::of(name, &order.entry, &made.content, bytes, made.span, self.parts.sealer.as_deref())?;
        record.header.shared = versions;
        Some(record)
    }

    pub async fn keep_in_memory(&self, order: &Order, made: &Made) {
        if !self.tags.hold(order.made, &order.entry.tags) {
            return;
        }
        let now = self.now();
        let longest = order.entry.ttl.map_or(self.parts.defaults.memory, |_| LONGEST_IN_MEMORY).min(LONGEST_IN_MEMORY);
        let keep_until = now.plus(longest).min(made.span.keep_until);
        let held = Held {
            content: made.content.clone(),
            fresh_until: made.span.fresh_until,
            keep_until,
            stays: keep_until.since(now),
            made: order.made,
            tags: order.entry.tags.as_slice().into(),
            bytes: made.bytes.as_ref().map_or(0, bytes::Bytes::len),
        };
        self.memory.put(order.key.clone(), held).await;
    }

    /// How the disk stands before a value is made.
    pub fn local_mark(&self, entry: &CacheEntry) -> Option<LocalMark> {
        self.parts.disk.as_ref().filter(|_| entry.leaves_memory).map(|disk| disk.mark(&entry.tags))
    }

    pub fn keep_on_disk(&self, order: &Order, mut record: Record, local: Option<LocalMark>) {
        let (Some(disk), Some(local)) = (&self.parts.disk, local) else { return };
        if order.entry.ttl.is_some_and(|ttl| ttl < SHORTEST_ON_DISK) || record.span().fresh_until.since(self.now()) < SHORTEST_ON_DISK / 2 {
            return;
        }
        record.header.local = Some(local);
        if let Ok(bytes) = record.encode() {
            disk.write(record.header.key, bytes, record.header.keep_until, self.now().0);
        }
    }

    /// For how long the store that nodes share keeps a value.
    pub fn time_left(&self, span: Span, order: &Order) -> Duration {
        let left = span.keep_until.since(self.now());
        order.entry.ttl.map_or(left.min(self.parts.defaults.shared), |_| left)
    }

    /// Asks what nodes share, then the disk. A hit on disk fills what nodes share.
    async fn below(&self, order: &Order) -> Option<Made> {
        if !order.entry.leaves_memory {
            return None;
        }
        let name = order.name(&self.parts.namespace);
        let known = match self.shared().await {
            Some(shared) => shared.read(&name, &Self::shared_tags(&order.entry)).await.ok(),
            None => None,
        };
        let mut versions = None;
        if let Some(found) = known {
            let here = found.record.and_then(|bytes| self.usable(order, &Record::parse(&bytes, &name)?, Some(&found.versions)));
            self.tally.asked(order.entry.operation, Level::Shared, here.is_some());
            if here.is_some() {
                return here;
            }
            versions = Some(found.versions);
        }
        self.on_disk(order, &name, versions.as_deref()).await
    }

    /// What nodes share of this key, while it is fresh.
    pub async fn landed(&self, order: &Order) -> Option<Made> {
        let name = order.name(&self.parts.namespace);
        let found = self.shared().await?.read(&name, &Self::shared_tags(&order.entry)).await.ok()?;
        let made = self.usable(order, &Record::parse(&found.record?, &name)?, Some(&found.versions))?;
        (self.now() < made.span.fresh_until).then_some(made)
    }

    async fn on_disk(&self, order: &Order, name: &str, versions: Option<&[Option<TagVersion>]>) -> Option<Made> {
        let disk = self.parts.disk.as_ref()?;
        if order.entry.ttl.is_some_and(|ttl| ttl < SHORTEST_ON_DISK) {
            return None;
        }
        let found = self.read_disk(disk, order, name, versions).await;
        self.tally.asked(order.entry.operation, Level::Disk, found.is_some());
        let (record, made) = found?;
        if versions.is_some()
            && let Some(shared) = self.shared().await
        {
            let mut above = record;
            above.header.local = None;
            if let Ok(bytes) = above.encode() {
                let _ = shared.write(name, bytes, self.time_left(made.span, order), None).await;
            }
        }
        Some(made)
    }

    async fn read_disk(
        &self,
        disk: &crate::Disk,
        order: &Order,
        name: &str,
        versions: Option<&[Option<TagVersion>]>,
    ) -> Option<(Record, Made)> {
        let (keep_until, bytes) = disk.read(name).await?;
        let Some(record) = Record::parse(&bytes, name) else {
            tracing::warn!(operation = order.entry.operation, "a bad entry on disk is dropped");
            metrics::counter!("cache_bad_entries_total", "level" => Level::Disk.word()).increment(1);
            disk.remove(name, keep_until);
            return None;
        };
        let holds_here = record.header.local.as_ref().is_some_and(|local| disk.holds(local, &order.entry.tags));
        // without the others' word only what was made since they were last heard
        let is_of_session = || record.header.local.as_ref().is_some_and(|local| disk.is_of_session(local));
        if versions.is_none() && self.parts.shared.is_some() && !is_of_session() {
            return None;
        }
        let made = if holds_here { self.usable(order, &record, versions) } else { None };
        if made.is_none() {
            disk.remove(name, keep_until);
        }
        Some((record, made?))
    }

    /// The value of a record, where its time is not over and its tags hold.
    fn usable(&self, order: &Order, record: &Record, versions: Option<&[Option<TagVersion>]>) -> Option<Made> {
        let (header, span) = (&record.header, record.span());
        let holds = versions.is_none_or(|current| {
            let made = header.shared.as_deref().unwrap_or_default();
            made.len() == current.len() && made.iter().zip(current).all(|(made, current)| Some(*made) == *current)
        });
        if !holds || header.tags != order.entry.tags || self.now() >= span.keep_until {
            return None;
        }
        let content = record.content(order.codec, self.parts.sealer.as_deref())?;
        Some(Made { content, span, bytes: Some(record.payload.clone()) })
    }
}
