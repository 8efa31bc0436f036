//! A PostgreSQL that speaks TLS: its certificate is checked as the URL says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use time::OffsetDateTime;
use vigie_foundation::tls::{CertificateSource, LocalAuthority, ServerTls};
use vigie_sql_store::{OpenError, SqlStore};
use vigie_testkit::clock::ManualClock;
use vigie_testkit::postgres::Server;

/// Makes an authority in a folder, and a certificate for this address; the path of the authority's own.
fn authority(folder: &Path, address: &str) -> String {
    let authority = LocalAuthority::new(folder, [address.to_owned()]);
    ServerTls::open(CertificateSource::Local(authority.clone()), OffsetDateTime::now_utc()).unwrap();
    authority.certificate_path().to_str().unwrap().to_owned()
}

/// Gives the server the certificate of this folder.
fn speak_tls(server: &Server, folder: &Path) {
    for name in ["server.key", "server.pem"] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        server.sql(&format!("COPY (SELECT unnest(string_to_array('{text}', E'\\n'))) TO PROGRAM 'umask 077; cat >{name}'"));
    }
    server.sql("ALTER SYSTEM SET ssl_cert_file = 'server.pem'");
    server.sql("ALTER SYSTEM SET ssl = on");
    server.sql("SELECT pg_reload_conf()");
    while server.sql("SHOW ssl") != "on" {}
}

#[tokio::test]
async fn the_certificate_of_a_server_is_checked() {
    let Some(server) = Server::shared() else { return };
    let (database, url) = (server.database(), server.url_of("vigie"));
    let address = url.rsplit_once('@').unwrap().1.split(':').next().unwrap();
    let (ours, others) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (known, unknown) = (authority(ours.path(), address), authority(others.path(), address));
    speak_tls(server, ours.path());
    let connect = async |parameters: &str| {
        let url = format!("{}{parameters}", database.url);
        SqlStore::connect(&url, Arc::new(ManualClock::default())).await
    };
    let trusting = |root: &str| format!("?sslmode=verify-full&sslrootcert={root}");
    let in_the_clear =
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'vigie%' AND NOT ssl";
    for parameters in [trusting(&known), String::new()] {
        let store = connect(&parameters).await.unwrap();
        assert!(!database.backends().is_empty() && database.sql(in_the_clear) == "0", "{parameters}");
        store.close().await;
    }
    let error = connect(&trusting(&unknown)).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable { .. }) && error.to_string().contains("certificate"), "{error:?}");
}
