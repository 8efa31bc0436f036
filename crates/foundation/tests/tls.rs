//! Certificates as clients see them: real handshakes on loopback.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use time::{Duration, OffsetDateTime};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use vigie_foundation::clock::system_now_ms;
use vigie_foundation::tls::{
    CertificateSource, ClientTrust, LocalAuthority, Refresh, ServerTls, TlsFault, chain_from_pem, client_config, facts,
};

/// Handshakes verify by the system's clock, so what they show must hold today.
fn today() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(system_now_ms() / 1000).unwrap()
}

fn local(folder: &Path, names: &[&str]) -> CertificateSource {
    CertificateSource::Local(LocalAuthority::new(folder, names.iter().map(|name| (*name).to_owned())))
}

/// Whom a client trusts that was given the authority's file.
fn trust(folder: &Path) -> ClientTrust {
    let path = folder.join("ca.pem");
    ClientTrust::Only(chain_from_pem(&path, &fs::read(&path).unwrap()).unwrap())
}

/// One handshake; answers the fingerprint of what the server showed and the protocol agreed.
async fn handshake(tls: &ServerTls, trust: &ClientTrust, name: &str) -> Result<(String, Option<Vec<u8>>), std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let acceptor = TlsAcceptor::from(tls.server_config().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        acceptor.accept(stream).await.map(drop)
    });
    let mut config = client_config(trust).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await?;
    let (_, connection) = stream.get_ref();
    let shown = facts(&connection.peer_certificates().unwrap()[0]).unwrap().fingerprint;
    let agreed = connection.alpn_protocol().map(<[u8]>::to_vec);
    server.await.unwrap()?;
    Ok((shown, agreed))
}

#[tokio::test]
async fn the_first_start_makes_a_certificate_that_clients_of_the_authority_accept() {
    let folder = tempfile::tempdir().unwrap();
    let tls = ServerTls::open(local(folder.path(), &["Vigie.Example.NET", "192.0.2.10"]), today()).unwrap();
    let trust = trust(folder.path());
    for name in ["localhost", "127.0.0.1", "::1", "vigie.example.net", "192.0.2.10"] {
        let (shown, agreed) = handshake(&tls, &trust, name).await.unwrap();
        assert_eq!(shown, tls.facts().fingerprint, "{name}");
        assert_eq!(agreed.as_deref(), Some(b"h2".as_slice()));
    }
    let refusal = handshake(&tls, &trust, "other.example.net").await.unwrap_err();
    assert!(refusal.to_string().contains("not valid for name"), "{refusal}");
    let refusal = handshake(&tls, &ClientTrust::System, "localhost").await.unwrap_err();
    assert!(refusal.to_string().contains("UnknownIssuer"), "{refusal}");
    handshake(&tls, &ClientTrust::Anybody, "other.example.net").await.unwrap();
}

#[test]
fn keys_are_private_and_lives_are_as_long_as_browsers_allow() {
    let folder = tempfile::tempdir().unwrap();
    let tls = ServerTls::open(local(folder.path(), &[]), today()).unwrap();
    for key in ["ca.key", "server.key"] {
        assert_eq!(fs::metadata(folder.path().join(key)).unwrap().mode() & 0o777, 0o600, "{key}");
    }
    let server = tls.facts();
    assert_eq!(server.not_after - server.not_before, 397 * 86_400);
    let authority = tls.authority().unwrap().facts().unwrap();
    assert!(authority.not_after - server.not_before > 3649 * 86_400);
    assert_eq!(server.issuer, authority.subject);
    assert_eq!(server.fingerprint.split(':').count(), 32);
}

#[tokio::test]
async fn it_is_renewed_within_thirty_days_of_its_end_under_the_same_authority() {
    let folder = tempfile::tempdir().unwrap();
    // made so long ago that 29 days are left
    let long_ago = today() - Duration::days(368);
    let tls = ServerTls::open(local(folder.path(), &[]), long_ago).unwrap();
    let authority = tls.authority().unwrap().facts().unwrap();
    assert_eq!(tls.refresh(long_ago + Duration::days(300)).unwrap(), Refresh::Unchanged);
    let old = tls.facts();
    assert_eq!(tls.refresh(today()).unwrap(), Refresh::Exchanged);
    assert_eq!(tls.authority().unwrap().facts().unwrap(), authority);
    let (shown, _) = handshake(&tls, &trust(folder.path()), "localhost").await.unwrap();
    assert_ne!(shown, old.fingerprint);
    assert_eq!(shown, tls.facts().fingerprint);
}

#[test]
fn a_restart_keeps_the_certificate_and_another_name_makes_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = ServerTls::open(local(folder.path(), &["a.example.net"]), today()).unwrap().facts();
    assert_eq!(ServerTls::open(local(folder.path(), &["a.example.net"]), today()).unwrap().facts(), first);
    let other = ServerTls::open(local(folder.path(), &["b.example.net"]), today()).unwrap().facts();
    assert!(other.names.contains("b.example.net") && !other.names.contains("a.example.net"));
    assert_eq!(other.issuer, first.issuer);
}

#[test]
fn a_start_that_was_cut_between_two_files_repairs_itself() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = ServerTls::open(local(folder.path(), &[]), today()).unwrap().facts();
    ServerTls::open(local(elsewhere.path(), &[]), today()).unwrap();
    for key in ["server.key", "ca.key"] {
        fs::copy(elsewhere.path().join(key), folder.path().join(key)).unwrap();
        let again = ServerTls::open(local(folder.path(), &[]), today()).unwrap().facts();
        assert_ne!(again.fingerprint, first.fingerprint, "{key}");
    }
}

#[tokio::test]
async fn the_operators_files_are_followed_and_a_bad_exchange_keeps_the_old_one() {
    let (made, other, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ServerTls::open(local(made.path(), &[]), today()).unwrap();
    ServerTls::open(local(other.path(), &[]), today()).unwrap();
    let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    fs::copy(made.path().join("server.pem"), &certificate).unwrap();
    fs::copy(made.path().join("server.key"), &key).unwrap();
    let tls = ServerTls::open(CertificateSource::Files { certificate: certificate.clone(), key: key.clone() }, today()).unwrap();
    let first = tls.facts();
    // a listener that is there from the beginning follows the exchange
    handshake(&tls, &trust(made.path()), "localhost").await.unwrap();

    fs::copy(other.path().join("server.pem"), &certificate).unwrap();
    let refusal = tls.refresh(today()).unwrap_err();
    assert!(refusal.to_string().contains("does not belong to the certificate"), "{refusal}");
    assert_eq!(tls.facts(), first);

    fs::copy(other.path().join("server.key"), &key).unwrap();
    assert_eq!(tls.refresh(today()).unwrap(), Refresh::Exchanged);
    handshake(&tls, &trust(other.path()), "localhost").await.unwrap();
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let open = || ServerTls::open(CertificateSource::Files { certificate: certificate.clone(), key: key.clone() }, today()).unwrap_err();
    assert!(matches!(open(), TlsFault::File { .. }));
    fs::write(&certificate, "hello").unwrap();
    fs::write(&key, "hello").unwrap();
    assert!(open().to_string().ends_with("chain.pem: holds no certificate in PEM"), "{}", open());
    let name = ServerTls::open(local(folder.path(), &["not a name"]), today()).unwrap_err();
    assert!(matches!(name, TlsFault::Name(_)), "{name}");
}
