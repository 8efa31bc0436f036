//! Standing by: while another server works on the database, this one says so to whoever asks, and takes over when that one ends.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use vigie_foundation::task::Tracker;
use vigie_foundation::tls::ServerTls;
use vigie_sql_store::wait_for_turn;

use crate::configuration::Loaded;
use crate::lifecycle::{certificate, proxies, say, until_the_end};
use crate::signals::Signals;
use crate::{StartError, wiring};

/// How long requests that are being refused may take.
const DRAIN: Duration = Duration::from_secs(1);

/// Waits until no other server works on the database at `url`, at once when none does. False when a signal ended the wait; signals are heard
/// from then on.
pub async fn turn(
    loaded: &Loaded,
    folder: &Path,
    listeners: &[TcpListener],
    url: &str,
    signals: &mut Option<Signals>,
) -> Result<bool, StartError> {
    let (told, mut reason) = watch::channel(String::new());
    let waiting = wait_for_turn(url, |why| drop(told.send_replace(why)));
    tokio::pin!(waiting);
    tokio::select! {
        free = &mut waiting => return Ok(free.map(|()| true)?),
        _ = reason.changed() => {}
    }
    wiring::has_right_key(loaded, folder).await?;
    tracing::info!(reason = *reason.borrow(), "standing by");
    let signals = signals.insert(Signals::hear()?);
    let tracker = Tracker::new(&["listeners"]);
    let tls = certificate(loaded, folder)?.map(Arc::new);
    listen(loaded, listeners, tls.as_ref(), reason.clone(), &tracker)?;
    say!("Vigie {} stands by: {}", env!("CARGO_PKG_VERSION"), *reason.borrow());
    let turn = tokio::select! {
        free = waiting => free.map(|()| true).map_err(StartError::from),
        () = until_the_end(signals, tls.as_deref()) => Ok(false),
    };
    tracker.shutdown(DRAIN).await;
    if matches!(turn, Ok(true)) {
        tracing::warn!("the server that worked has ended: this one takes over");
    }
    turn
}

fn listen(
    loaded: &Loaded,
    listeners: &[TcpListener],
    tls: Option<&Arc<ServerTls>>,
    reason: watch::Receiver<String>,
    tracker: &Tracker,
) -> Result<(), StartError> {
    let router = vigie_rest::standby::router(reason);
    for listener in listeners {
        let listener = listener.try_clone().map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot listen: {e}")))?;
        vigie_listener::serve(listener, tls, proxies(loaded), router.clone(), &tracker.stage("listeners"))?;
    }
    Ok(())
}
