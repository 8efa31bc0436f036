//! One socket: its subscriptions, its life, its end.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vigie_application::CallContext;
use vigie_application::identity::Origin;
use vigie_domain::{Error, ErrorKind, Result};

use crate::channel::{Channel, Subscription};
use crate::channels;
use crate::frame::{ClientFrame, ServerFrame, Subscribe};
use crate::outbox::Outbox;
use crate::shared::Realtime;

/// Subscriptions of one socket.
const MOST_SUBSCRIPTIONS: usize = 50;
/// Sockets of one caller.
const MOST_CONNECTIONS: usize = 50;
/// How often the server pings.
const PING: Duration = Duration::from_secs(20);
/// Silence that ends a socket.
const SILENCE: Duration = Duration::from_secs(45);
/// Longest time one frame may take to be written.
const WRITE: Duration = Duration::from_secs(15);
/// How often it is looked whether anybody's rights changed.
const RIGHTS: Duration = Duration::from_secs(1);
/// How often rights are asked for though nothing changed: keys and sessions end with time.
const EXPIRY: Duration = Duration::from_secs(10);

/// Close codes (API, section 7).
mod close {
    pub const TOO_LARGE: u16 = 1009;
    pub const NORMAL: u16 = 1000;
    pub const SIGNED_OUT: u16 = 4401;
    pub const TOO_SLOW: u16 = 4408;
    pub const TOO_MANY: u16 = 4429;
}

struct Running {
    asked: Subscribe,
    channel: Box<dyn Channel>,
    stop: CancellationToken,
}

struct Connection {
    realtime: Realtime,
    cx: CallContext,
    from: Origin,
    outbox: Outbox,
    running: HashMap<String, Running>,
    generation: u64,
    checked: Instant,
}

/// Serves a socket to its end.
pub async fn run(realtime: Realtime, socket: WebSocket, cx: CallContext, from: Origin, one: Option<String>) {
    let caller = cx.principal.actor.id.map_or_else(|| cx.principal.actor.name.clone(), |id| id.to_string());
    let (mut sink, stream) = socket.split();
    if !enter(&realtime, &caller) {
        end(&mut sink, close::TOO_MANY, "too many connections").await;
        return;
    }
    metrics::gauge!("realtime_connections").increment(1.0);
    let (outbox, queue) = Outbox::new();
    let generation = realtime.app.core.bus.identity_generation();
    let (running, checked) = (HashMap::new(), Instant::now());
    let mut connection = Connection { realtime: realtime.clone(), cx, from, outbox, running, generation, checked };
    if let Some(kind) = one {
        let channel = format!("dashboards.{kind}");
        connection.subscribe(Subscribe { id: "1".to_owned(), channel, params: serde_json::Value::Null, resume: None, delta: false }).await;
    }
    let (code, reason) = connection.serve(&mut sink, stream, queue).await;
    for running in connection.running.values() {
        running.stop.cancel();
    }
    end(&mut sink, code, reason).await;
    metrics::gauge!("realtime_connections").decrement(1.0);
    leave(&realtime, &caller);
}

fn enter(realtime: &Realtime, caller: &str) -> bool {
    let mut connections = realtime.connections.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let count = connections.entry(caller.to_owned()).or_insert(0);
    if *count >= MOST_CONNECTIONS {
        return false;
    }
    *count += 1;
    true
}

fn leave(realtime: &Realtime, caller: &str) {
    let mut connections = realtime.connections.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(count) = connections.get_mut(caller) {
        *count -= 1;
        if *count == 0 {
            connections.remove(caller);
        }
    }
}

async fn end(sink: &mut SplitSink<WebSocket, Message>, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    // the other side may be gone already
    drop(tokio::time::timeout(WRITE, sink.send(Message::Close(Some(frame)))).await);
}

type Ending = (u16, &'static str);

impl Connection {
    async fn serve(
        &mut self,
        sink: &mut SplitSink<WebSocket, Message>,
        mut stream: SplitStream<WebSocket>,
        mut queue: Receiver<ServerFrame>,
    ) -> Ending {
        let mut pings = tokio::time::interval_at(Instant::now() + PING, PING);
        let mut rights = tokio::time::interval(RIGHTS);
        let too_slow = self.outbox.too_slow();
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                () = too_slow.cancelled() => {
                    for frame in last_words(&mut queue) {
                        if let Err(ending) = write(sink, &frame).await {
                            return ending;
                        }
                    }
                    return (close::TOO_SLOW, "too slow");
                }
                frame = queue.recv() => {
                    let Some(frame) = frame else { return (close::NORMAL, "") };
                    if queue.is_empty() {
                        self.outbox.drained();
                    }
                    if let Err(ending) = write(sink, &frame).await {
                        return ending;
                    }
                }
                message = stream.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        heard = Instant::now();
                        self.take(&text).await;
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => heard = Instant::now(),
                    Some(Ok(Message::Binary(_))) => {
                        let error = Error::bad_query("invalid_query", "", "frames are JSON text");
                        self.outbox.reply(ServerFrame::error(None, &error, self.realtime.now()));
                    }
                    Some(Err(error)) if error.to_string().contains("too long") || error.to_string().contains("too large") => return (close::TOO_LARGE, "frame too large"),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return (close::NORMAL, ""),
                },
                _ = pings.tick() => {
                    if heard.elapsed() > SILENCE {
                        return (close::NORMAL, "silence");
                    }
                    if sink.send(Message::Ping(bytes())).await.is_err() {
                        return (close::NORMAL, "");
                    }
                }
                _ = rights.tick() => if let Err(ending) = self.check_rights().await {
                    return ending;
                },
            }
        }
    }

    async fn take(&mut self, text: &str) {
        let now = self.realtime.now();
        match serde_json::from_str::<ClientFrame>(text) {
            Ok(ClientFrame::Ping { id }) => {
                self.outbox.reply(ServerFrame { id, ..ServerFrame::new("pong", now) });
            }
            Ok(ClientFrame::Unsubscribe { id }) => self.unsubscribe(&id),
            Ok(ClientFrame::Subscribe(asked)) => self.subscribe(asked).await,
            Err(error) => {
                let error = Error::new(ErrorKind::ValidationFailed, "invalid_body", format!("the frame cannot be read: {error}"));
                let id = serde_json::from_str::<serde_json::Value>(text).ok().and_then(|f| f["id"].as_str().map(str::to_owned));
                self.outbox.reply(ServerFrame::error(id, &error, now));
            }
        }
    }

    fn unsubscribe(&mut self, id: &str) {
        if let Some(running) = self.running.remove(id) {
            running.stop.cancel();
        }
        self.outbox.reply(ServerFrame { id: Some(id.to_owned()), ..ServerFrame::new("unsubscribed", self.realtime.now()) });
    }

    async fn subscribe(&mut self, asked: Subscribe) {
        let id = asked.id.clone();
        if let Err(error) = self.begin(asked).await {
            self.outbox.reply(ServerFrame::error(Some(id), &error, self.realtime.now()));
        }
    }

    async fn begin(&mut self, asked: Subscribe) -> Result<()> {
        if asked.id.is_empty() || asked.id.len() > 64 {
            return Err(Error::invalid("id", "out_of_range", "the id of a subscription has 1 to 64 characters"));
        }
        if self.running.contains_key(&asked.id) {
            return Err(Error::conflict("already_exists", format!("there is a subscription {} already", asked.id)));
        }
        if self.running.len() >= MOST_SUBSCRIPTIONS {
            let message = format!("a connection has at most {MOST_SUBSCRIPTIONS} subscriptions");
            return Err(Error::new(ErrorKind::LimitExceeded, "limit_exceeded", message));
        }
        let channel = channels::find(&asked.channel)?;
        channel.admit(&self.realtime, &self.cx).await?;
        let stop = CancellationToken::new();
        let (realtime, runner) = (self.realtime.clone(), channels::find(&asked.channel)?);
        let subscription = Subscription { asked: asked.clone(), cx: self.cx.clone(), outbox: self.outbox.clone(), stop: stop.clone() };
        tokio::spawn(async move { runner.run(&realtime, subscription).await });
        self.running.insert(asked.id.clone(), Running { asked, channel, stop });
        Ok(())
    }

    /// Asks for the caller's rights again when anybody's changed, and now and then; ends what is no longer allowed.
    async fn check_rights(&mut self) -> Result<(), Ending> {
        let generation = self.realtime.app.core.bus.identity_generation();
        if generation == self.generation && self.checked.elapsed() < EXPIRY {
            return Ok(());
        }
        (self.generation, self.checked) = (generation, Instant::now());
        let principal = self.realtime.app.identity.refreshed(&self.cx.principal, &self.from).await;
        let principal = match principal {
            Ok(principal) if principal == self.cx.principal => return Ok(()),
            Ok(principal) => principal,
            Err(error) if error.kind() == ErrorKind::NotAuthenticated => return Err((close::SIGNED_OUT, "signed out")),
            Err(error) => {
                tracing::warn!(cause = error.chain(), "cannot ask for the rights of a socket, trying again");
                return Ok(());
            }
        };
        let audience_changed = principal.scope != self.cx.principal.scope || principal.permissions != self.cx.principal.permissions;
        self.cx.principal = principal;
        if audience_changed {
            self.begin_anew().await;
        }
        Ok(())
    }

    /// Rights changed: subscriptions no longer allowed end with an error, the others begin anew after a gap.
    async fn begin_anew(&mut self) {
        let now = self.realtime.now();
        for (id, running) in std::mem::take(&mut self.running) {
            running.stop.cancel();
            let gap = ServerFrame::new("gap", now).of(&running.asked);
            match running.channel.admit(&self.realtime, &self.cx).await {
                Ok(()) if self.outbox.reply(gap) => self.subscribe(Subscribe { resume: None, ..running.asked }).await,
                Ok(()) => {}
                Err(error) => drop(self.outbox.reply(ServerFrame::error(Some(id), &error, now))),
            }
        }
    }
}

/// What a reader that is let go is still told: the newest state of each subscription, and the gap.
fn last_words(queue: &mut Receiver<ServerFrame>) -> Vec<ServerFrame> {
    let mut kept: Vec<ServerFrame> = Vec::new();
    while let Ok(frame) = queue.try_recv() {
        if frame.is_whole() {
            kept.retain(|older| !(older.is_whole() && older.id == frame.id));
        }
        if frame.is_whole() || frame.kind == "gap" {
            kept.push(frame);
        }
    }
    kept
}

fn bytes() -> axum::body::Bytes {
    axum::body::Bytes::from_static(b"vigie")
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, frame: &ServerFrame) -> Result<(), Ending> {
    let text = serde_json::to_string(frame).unwrap_or_default();
    match tokio::time::timeout(WRITE, sink.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err((close::NORMAL, "")),
        Err(_) => Err((close::TOO_SLOW, "too slow")),
    }
}
