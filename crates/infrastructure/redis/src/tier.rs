//! The tier itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rand::RngExt;
use redis::ScriptInvocation;
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vigie_domain::cache::{Boarding, Found, SharedListener, SharedTier, TagVersion, TierHealth, Written};
use vigie_domain::{Error, ErrorKind, Result};

use crate::lanes::Lanes;
use crate::link::Link;
use crate::listener::{Message, Said};
use crate::scripts::Scripts;
use crate::settings::{RedisRole, RedisSettings, SettingsFault};
use crate::waiting::Waiting;

/// For how long the version of a tag is kept after it was last used: longer than any value.
const TAG_TIME: Duration = Duration::from_hours(72);
/// How often a follower looks by itself whether the holder is gone; it is told otherwise.
const LOOK: Duration = Duration::from_millis(200);
/// The largest value written.
const LARGEST: usize = 8 << 20;

/// The tier in a Redis or Valkey. Cheap to clone.
#[derive(Clone)]
pub struct RedisTier(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub settings: RedisSettings,
    pub client: redis::Client,
    pub link: Link,
    pub waiting: Waiting,
    pub health: Mutex<TierHealth>,
    /// Tells this node from others.
    pub node: u64,
    scripts: Scripts,
    listeners: Mutex<Vec<Arc<dyn SharedListener>>>,
}

impl RedisTier {
    /// A tier with these settings; nothing is connected before the first call. Messages are heard and the server is looked after while
    /// [`Self::run`] runs.
    pub fn new(settings: RedisSettings) -> std::result::Result<Self, SettingsFault> {
        let client = settings.client()?;
        let link = Link::new(Lanes::new(client.clone(), &settings), settings.timeout);
        let health = TierHealth { max_bytes: Some(settings.max_bytes), ..TierHealth::default() };
        Ok(Self(Arc::new(Inner {
            settings,
            client,
            link,
            waiting: Waiting::default(),
            health: Mutex::new(health),
            node: rand::rng().random(),
            scripts: Scripts::new(),
            listeners: Mutex::default(),
        })))
    }

    /// Hears other nodes and looks after the server, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let work = async { tokio::join!(crate::listener::run(&self.0), crate::health::run(&self.0)) };
        stop.run_until_cancelled(work).await;
    }

    /// Looks after the server, until `stop`.
    pub(crate) async fn look_after(self, stop: CancellationToken) {
        stop.run_until_cancelled(crate::health::run(&self.0)).await;
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.0.link.lanes().count()
    }
}

impl Inner {
    /// A key; the braces keep all of them in one slot of a cluster.
    fn key(&self, kind: &str, name: &str) -> String {
        format!("{{{}}}:{kind}:{name}", self.settings.prefix)
    }

    /// The key of what is kept of a value: itself, or its mark. They may stand in one server.
    fn kept(&self, name: &str) -> String {
        let kind = match self.settings.role {
            RedisRole::Cache => "v",
            RedisRole::State => "m",
        };
        self.key(kind, name)
    }

    pub fn channel(&self) -> String {
        format!("{{{}}}:news", self.settings.prefix)
    }

    pub fn message(&self, said: Said) -> String {
        Message { from: self.node, said }.text()
    }

    pub fn tell(&self, what: impl Fn(&dyn SharedListener)) {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for listener in listeners {
            what(&*listener);
        }
    }

    async fn script<T: redis::FromRedisValue>(&self, prepared: &ScriptInvocation<'_>) -> Result<T> {
        self.link.call(|mut connection: MultiplexedConnection| async move { prepared.invoke_async(&mut connection).await }).await
    }

    async fn command<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T> {
        self.link.call(|mut connection: MultiplexedConnection| async move { command.query_async(&mut connection).await }).await
    }

    fn add_tags(&self, call: &mut ScriptInvocation<'_>, tags: &[String]) {
        for tag in tags {
            call.key(self.key("t", tag));
        }
    }

    fn is_full(&self) -> bool {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.used_bytes.is_some_and(|used| used > self.settings.max_bytes)
    }
}

#[async_trait]
impl SharedTier for RedisTier {
    fn is_available(&self) -> bool {
        self.0.link.is_up()
    }

    async fn read(&self, key: &str, tags: &[String]) -> Result<Found> {
        let mut command = redis::cmd("MGET");
        command.arg(self.0.kept(key));
        for tag in tags {
            command.arg(self.0.key("t", tag));
        }
        let mut answers: std::vec::IntoIter<Option<Bytes>> = self.0.command::<Vec<Option<Bytes>>>(&command).await?.into_iter();
        let record = answers.next().flatten();
        let version = |answer: Option<Bytes>| answer.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
        Ok(Found { record, versions: answers.map(version).collect() })
    }

    async fn versions(&self, tags: &[String]) -> Result<Vec<TagVersion>> {
        let mut call = self.0.scripts.versions.prepare_invoke();
        self.0.add_tags(&mut call, tags);
        call.arg(millis(TAG_TIME));
        add_versions(&mut call, tags.len());
        numbers(&self.0.script::<Vec<String>>(&call).await?)
    }

    async fn board(&self, key: &str, tags: &[String]) -> Result<Boarding> {
        let mut call = self.0.scripts.board.prepare_invoke();
        call.key(self.0.key("l", key)).key(self.0.key("f", "last"));
        self.0.add_tags(&mut call, tags);
        call.arg(fresh_version()).arg(millis(self.0.settings.lease)).arg(millis(TAG_TIME));
        add_versions(&mut call, tags.len());
        let answer: Vec<String> = self.0.script(&call).await?;
        let mut told = numbers(&answer)?.into_iter();
        match told.next().ok_or_else(nonsense)? {
            0 => Ok(Boarding::Follower(Duration::from_millis(told.next().unwrap_or(0)))),
            fence => Ok(Boarding::Holder { fence, versions: told.collect() }),
        }
    }

    async fn renew(&self, key: &str, fence: u64) -> Result<bool> {
        let mut call = self.0.scripts.renew.key(self.0.key("l", key));
        call.arg(fence).arg(millis(self.0.settings.lease));
        self.0.script(&call).await
    }

    async fn write(&self, key: &str, record: Bytes, ttl: Duration, fence: Option<u64>) -> Result<Written> {
        if record.len() > LARGEST || ttl.is_zero() || self.0.is_full() {
            if let Some(fence) = fence {
                self.leave(key, fence).await?;
            }
            return Ok(Written::NoRoom);
        }
        let value = self.0.kept(key);
        let outcome = match fence {
            None => {
                let mut command = redis::cmd("SET");
                command.arg(&value).arg(&record[..]).arg("PX").arg(millis(ttl));
                self.0.command::<()>(&command).await.map(|()| true)
            }
            Some(fence) => {
                let mut call = self.0.scripts.write.key(self.0.key("l", key));
                let message = self.0.message(Said::Landed(key.to_owned()));
                call.key(&value).arg(fence).arg(&record[..]).arg(millis(ttl)).arg(self.0.channel()).arg(message);
                self.0.script(&call).await
            }
        };
        match outcome {
            Ok(true) => Ok(Written::Kept),
            Ok(false) => Ok(Written::Refused),
            Err(error) if error.cause_text().is_some_and(|cause| cause.contains("OOM")) => Ok(Written::NoRoom),
            Err(error) => Err(error),
        }
    }

    async fn leave(&self, key: &str, fence: u64) -> Result<()> {
        let mut call = self.0.scripts.leave.key(self.0.key("l", key));
        call.arg(fence).arg(self.0.channel()).arg(self.0.message(Said::Landed(key.to_owned())));
        self.0.script::<bool>(&call).await.map(drop)
    }

    async fn landing(&self, key: &str, at_most: Duration) {
        let until = Instant::now() + at_most;
        let (place, lock) = (self.0.waiting.place(key), self.0.key("l", key));
        loop {
            let bell = place.bell();
            tokio::pin!(bell);
            bell.as_mut().enable();
            // it may have landed before the bell was hung
            let is_held: Result<bool> = self.0.command(redis::cmd("EXISTS").arg(&lock)).await;
            if !is_held.unwrap_or(false) {
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || tokio::time::timeout(left.min(LOOK), bell).await.is_ok() {
                return;
            }
        }
    }

    async fn invalidate(&self, tags: &[String]) -> Result<()> {
        let mut call = self.0.scripts.invalidate.prepare_invoke();
        self.0.add_tags(&mut call, tags);
        call.arg(millis(TAG_TIME)).arg(self.0.channel()).arg(self.0.message(Said::Fell(tags.to_vec())));
        add_versions(&mut call, tags.len());
        self.0.script::<bool>(&call).await.map(drop)
    }

    fn lease(&self) -> Duration {
        self.0.settings.lease
    }

    fn listen(&self, listener: Arc<dyn SharedListener>) {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    fn health(&self) -> TierHealth {
        let health = self.0.health.lock().unwrap_or_else(PoisonError::into_inner).clone();
        TierHealth { is_available: self.is_available(), ..health }
    }
}

fn millis(duration: Duration) -> u64 {
    (duration.as_millis() as u64).max(1)
}

/// Never used before, as far as chance allows.
fn fresh_version() -> TagVersion {
    rand::rng().random_range(1..=u64::MAX)
}

fn add_versions(call: &mut ScriptInvocation<'_>, count: usize) {
    for _ in 0..count {
        call.arg(fresh_version());
    }
}

fn numbers(texts: &[String]) -> Result<Vec<u64>> {
    texts.iter().map(|text| text.parse().map_err(|_| nonsense())).collect()
}

fn nonsense() -> Error {
    Error::new(ErrorKind::ServiceFailed, "service_failed", "redis answered with something else than it was asked for")
}
