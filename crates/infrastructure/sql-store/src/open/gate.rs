//! Whether a database server is away, so that nobody waits in vain for a connection that will not come.

use std::future::Future;
use std::io;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Error};
use tokio::sync::{Mutex, watch};

/// Who has waited so long for a connection has the server looked at.
const SUSPICIOUS: Duration = Duration::from_secs(1);

/// How long a server may take to greet before it is held to be away.
const GREETING: Duration = Duration::from_secs(2);

/// How often a server that is away is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// Open while the server answers. While it does not, who asks for a connection is refused at once, and one task looks for the server.
#[derive(Debug)]
pub(super) struct Gate {
    options: PgConnectOptions,
    place: String,
    schema: &'static str,
    away: watch::Sender<bool>,
    /// One looks at the server for all who wait.
    looking: Mutex<()>,
}

impl Gate {
    /// An open gate to the server of these options; the schema is what metrics call it by.
    pub(super) fn new(options: PgConnectOptions, place: String, schema: &'static str) -> Arc<Self> {
        let gate = Self { options, place, schema, away: watch::Sender::new(false), looking: Mutex::default() };
        gate.tell(false);
        Arc::new(gate)
    }

    /// What comes of asking for a connection, or that the server is away.
    ///
    /// # Errors
    /// Those of asking, and an input or output error of kind `NotConnected` while the server is away.
    pub(super) async fn pass<T>(self: &Arc<Self>, asking: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        if *self.away.borrow() {
            return Err(gone());
        }
        tokio::select! {
            biased;
            // beginning a transaction is a large future
            answer = Box::pin(asking) => answer,
            () = self.closed() => Err(gone()),
        }
    }

    /// Returns when the server is found to be away.
    async fn closed(self: &Arc<Self>) {
        let mut away = self.away.subscribe();
        // the sender lives as long as this gate
        while tokio::time::timeout(SUSPICIOUS, away.wait_for(|away| *away)).await.is_err() {
            self.look().await;
        }
    }

    fn tell(&self, away: bool) {
        metrics::gauge!("store_reachable", "schema" => self.schema).set(if away { 0.0 } else { 1.0 });
        self.away.send_replace(away);
    }

    async fn look(self: &Arc<Self>) {
        let Ok(_turn) = self.looking.try_lock() else { return };
        if *self.away.borrow() || greets(&self.options).await {
            return;
        }
        tracing::error!(database = self.place, "the database server does not answer: what is kept is shown, nothing can be changed");
        self.tell(true);
        tokio::spawn(search(Arc::downgrade(self)));
    }
}

/// Looks for the server until it answers, or nobody needs it any more.
async fn search(gate: Weak<Gate>) {
    let since = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(gate) = gate.upgrade() else { return };
        if greets(&gate.options).await {
            gate.tell(false);
            tracing::warn!(database = gate.place, seconds = since.elapsed().as_secs(), "the database server answers again");
            return;
        }
    }
}

/// Whether a server answers, be it with a refusal: that is told better by the error of who asks.
async fn greets(options: &PgConnectOptions) -> bool {
    match tokio::time::timeout(GREETING, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => {
            drop(tokio::time::timeout(GREETING, connection.close()).await);
            true
        }
        // 57P03: it starts or ends
        Ok(Err(Error::Database(said))) => said.code().is_none_or(|code| code != "57P03"),
        Ok(Err(_)) | Err(_) => false,
    }
}

fn gone() -> Error {
    Error::Io(io::Error::new(io::ErrorKind::NotConnected, "the database server does not answer"))
}
