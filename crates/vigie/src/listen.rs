//! Listeners: TLS with a certificate that is exchanged while running, or plain HTTP behind a proxy.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use ipnet::IpNet;
use vigie_foundation::task::Stage;
use vigie_foundation::tls::ServerTls;

use crate::StartError;
use crate::proxy_protocol::{ProxyAcceptor, adopt_client};

/// How long open requests may still take at the end.
const DRAIN: Duration = Duration::from_secs(5);

/// Takes a port; says who may hold it when it is taken.
pub fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => StartError::new(
            StartError::IN_USE,
            format!("port {} on {} is taken by another program: stop it, or choose another with --listen", address.port(), address.ip()),
        ),
        std::io::ErrorKind::PermissionDenied => StartError::new(
            StartError::CANNOT_CREATE,
            format!("port {} may not be opened by this user: choose one above 1023 with --listen", address.port()),
        ),
        _ => StartError::new(StartError::CANNOT_CREATE, format!("cannot listen on {address}: {error}")),
    })?;
    listener.set_nonblocking(true).map_err(|e| StartError::new(StartError::SOFTWARE, format!("cannot listen on {address}: {e}")))?;
    Ok(listener)
}

/// Serves on a port until the stage stops, then lets open requests end. Connections from `proxies` begin with a PROXY protocol header.
pub fn serve(
    listener: TcpListener,
    tls: Option<&Arc<ServerTls>>,
    proxies: &[IpNet],
    router: Router,
    stage: &Stage,
) -> Result<(), StartError> {
    let router = if proxies.is_empty() { router } else { router.layer(axum::middleware::from_fn(adopt_client)) };
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let failed = |e: std::io::Error| StartError::new(StartError::SOFTWARE, format!("cannot serve: {e}"));
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
        let server = axum_server::from_tcp(listener).map_err(failed)?.acceptor(proxied).handle(handle);
        stage.spawn("http", async move { ended(server.serve(service).await) });
        return Ok(());
    };
    let config = tls.server_config().map_err(|e| StartError::new(StartError::CONFIGURATION, e.to_string()))?;
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(config)).acceptor(proxied);
    let server = axum_server::from_tcp(listener).map_err(failed)?.acceptor(acceptor).handle(handle);
    stage.spawn("https", async move { ended(server.serve(service).await) });
    Ok(())
}
