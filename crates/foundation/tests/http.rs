//! The operator's client against a real server with TLS.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vigie_foundation::clock::system_now_ms;
use vigie_foundation::http::{HttpFault, OperatorOptions, StatusCode, operator_client, read_limited};
use vigie_foundation::tls::{CertificateProblem, CertificateSource, ClientTrust, LocalAuthority, ServerTls, chain_from_pem};

/// A server with a certificate of a local authority in this folder; it redirects everybody.
async fn server(folder: &Path) -> SocketAddr {
    let now = OffsetDateTime::from_unix_timestamp(system_now_ms() / 1000).unwrap();
    let tls = ServerTls::open(CertificateSource::Local(LocalAuthority::new(folder, [])), now).unwrap();
    let mut config = tls.server_config().unwrap().as_ref().clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 5\r\n\r\nhello").await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

async fn get(trust: ClientTrust, url: &str) -> Result<(StatusCode, Vec<u8>), HttpFault> {
    let timeout = Duration::from_secs(5);
    let client = operator_client(&OperatorOptions { trust, timeout: Some(timeout), ..OperatorOptions::default() })?;
    let response = client.get(url).send().await.map_err(|error| HttpFault::from_reqwest(&error, timeout))?;
    Ok((response.status(), read_limited(response, 100).await?.to_vec()))
}

#[tokio::test]
async fn it_trusts_whom_it_is_told_to_and_follows_no_redirect() {
    let folder = tempfile::tempdir().unwrap();
    let port = server(folder.path()).await.port();
    let path = folder.path().join("ca.pem");
    let authority = chain_from_pem(&path, &std::fs::read(&path).unwrap()).unwrap();
    for trust in [ClientTrust::SystemAnd(authority.clone()), ClientTrust::Anybody] {
        let (status, body) = get(trust, &format!("https://localhost:{port}/")).await.unwrap();
        assert_eq!((status, body.as_slice()), (StatusCode::FOUND, b"hello".as_slice()));
    }
    let stranger = get(ClientTrust::System, &format!("https://localhost:{port}/")).await.unwrap_err();
    assert!(matches!(stranger, HttpFault::Certificate(CertificateProblem::UnknownIssuer)), "{stranger}");
    let other = get(ClientTrust::SystemAnd(authority), &format!("https://127.0.0.2:{port}/")).await;
    assert!(matches!(other, Err(HttpFault::Connection(_))), "nothing listens there: {other:?}");
}
