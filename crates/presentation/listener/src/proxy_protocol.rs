//! Connections of proxies that tell for whom they connect (PROXY protocol): their requests count as coming from there.
//!
//! The header is wanted from trusted proxies, and from them alone; whoever else connects speaks for himself.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::http;
use axum::middleware::Next;
use axum::response::Response;
use axum_server::accept::Accept;
use ipnet::IpNet;
use tokio::net::TcpStream;
use tower::Service;
use vigie_foundation::proxy_protocol::read_header;

/// How long a proxy may take to send its header.
const LIMIT: Duration = Duration::from_secs(3);

/// For whom a proxy connects, on each request of the connection.
#[derive(Clone, Copy, Debug)]
struct Client(SocketAddr);

/// Reads the header before anything else, TLS included. Without proxies it lets every connection pass as it is.
#[derive(Clone, Debug)]
pub struct ProxyAcceptor {
    proxies: Arc<[IpNet]>,
}

impl ProxyAcceptor {
    /// Wants the header from these networks.
    pub fn new(proxies: &[IpNet]) -> Self {
        Self { proxies: proxies.into() }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for ProxyAcceptor {
    type Stream = TcpStream;
    type Service = Told<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(TcpStream, Told<S>)>> + Send>>;

    fn accept(&self, mut stream: TcpStream, service: S) -> Self::Future {
        let proxies = Arc::clone(&self.proxies);
        Box::pin(async move {
            stream.set_nodelay(true)?;
            let peer = stream.peer_addr()?;
            let told = proxies.iter().any(|network| network.contains(&peer.ip().to_canonical()));
            let client = if told { read_header(&mut stream, LIMIT).await.map_err(|fault| refused(peer, fault))? } else { None };
            Ok((stream, Told { service, client: client.map(Client) }))
        })
    }
}

fn refused(peer: SocketAddr, fault: vigie_foundation::proxy_protocol::HeaderFault) -> io::Error {
    tracing::debug!(%peer, %fault, "connection of a proxy refused");
    io::Error::new(io::ErrorKind::InvalidData, fault)
}

/// A service whose requests carry what the proxy told.
#[derive(Clone, Debug)]
pub struct Told<S> {
    service: S,
    client: Option<Client>,
}

impl<B, S: Service<http::Request<B>>> Service<http::Request<B>> for Told<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        if let Some(client) = self.client {
            request.extensions_mut().insert(client);
        }
        self.service.call(request)
    }
}

/// Puts the client in the place of the proxy. The outermost layer of the router: what runs before it sees the proxy.
pub async fn adopt_client(mut request: Request, next: Next) -> Response {
    if let Some(Client(client)) = request.extensions().get().copied() {
        request.extensions_mut().insert(ConnectInfo(client));
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server that answers with the client's address, as it sees it.
    fn server(proxies: &[&str]) -> SocketAddr {
        let proxies: Vec<IpNet> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let show = |ConnectInfo(client): ConnectInfo<SocketAddr>| async move { client.ip().to_string() };
        let router = Router::new().route("/", get(show)).layer(axum::middleware::from_fn(adopt_client));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(listener).unwrap().acceptor(ProxyAcceptor::new(&proxies));
        tokio::spawn(server.serve(service));
        address
    }

    async fn ask(server: SocketAddr, before: &str) -> String {
        let mut stream = TcpStream::connect(server).await.unwrap();
        stream.write_all(format!("{before}GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer.rsplit("\r\n").next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_trusted_proxy_tells_for_whom_it_connects() {
        let server = server(&["127.0.0.0/8"]);
        assert_eq!(ask(server, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n").await, "192.0.2.1");
        assert_eq!(ask(server, "PROXY UNKNOWN\r\n").await, "127.0.0.1");
        assert_eq!(ask(server, "").await, "", "a proxy that sends no header is not served");
    }

    #[tokio::test]
    async fn others_speak_for_themselves() {
        let server = server(&["10.0.0.0/8"]);
        assert_eq!(ask(server, "").await, "127.0.0.1");
        assert!(!ask(server, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n").await.contains("192.0.2.1"));
    }
}
