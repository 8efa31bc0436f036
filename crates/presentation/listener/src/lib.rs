//! Listeners: TLS with a certificate that is exchanged while running, or plain HTTP behind a proxy.
//!
//! What handles each byte of each request is compiled here, as fast as it can be: `vigie`, which serves with it, is compiled to be small.

mod proxy_protocol;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use ipnet::IpNet;
use vigie_foundation::task::Stage;
use vigie_foundation::tls::{ServerTls, TlsFault};

use self::proxy_protocol::{ProxyAcceptor, adopt_client};

/// How long open requests may still take at the end.
const DRAIN: Duration = Duration::from_secs(5);

/// Why a port cannot be served on.
#[derive(Debug, thiserror::Error)]
pub enum ListenFault {
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] TlsFault),
    /// The system does not give what is needed.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves on a port, which must not block, until the stage stops, then lets open requests end. Connections from `proxies` begin with a PROXY
/// protocol header.
pub fn serve(
    listener: TcpListener,
    tls: Option<&Arc<ServerTls>>,
    proxies: &[IpNet],
    router: Router,
    stage: &Stage,
) -> Result<(), ListenFault> {
    let router = if proxies.is_empty() { router } else { router.layer(axum::middleware::from_fn(adopt_client)) };
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stop = stage.token();
    let closing = handle.clone();
    stage.spawn("close", async move {
        stop.cancelled().await;
        closing.graceful_shutdown(Some(DRAIN));
    });
    let ended = |outcome: std::io::Result<()>| {
        if let Err(error) = outcome {
            tracing::error!(%error, "a listener ended");
        }
    };
    let proxied = ProxyAcceptor::new(proxies);
    let Some(tls) = tls else {
        let server = axum_server::from_tcp(listener)?.acceptor(proxied).handle(handle);
        stage.spawn("http", async move { ended(server.serve(service).await) });
        return Ok(());
    };
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls.server_config()?)).acceptor(proxied);
    let server = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(handle);
    stage.spawn("https", async move { ended(server.serve(service).await) });
    Ok(())
}
