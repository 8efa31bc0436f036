//! The server's side: one certificate in use, exchanged while running.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::authority::LocalAuthority;
use super::certificate::{CertificateFacts, chain_from_pem, facts, key_from_pem};
use super::{TlsFault, provider};

/// Where the server's certificate comes from.
#[derive(Debug, Clone)]
pub enum CertificateSource {
    /// The local authority makes and renews it.
    Local(LocalAuthority),
    /// The operator's files in PEM: the chain, the server's certificate first, and its key.
    Files {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
}

/// What [`ServerTls::refresh`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// The certificate in use is still the right one.
    Unchanged,
    /// Another one is in use; open connections keep theirs.
    Exchanged,
}

/// The certificate in use, and where the next one comes from.
pub struct ServerTls {
    source: CertificateSource,
    current: Arc<Current>,
    refreshing: Mutex<()>,
}

impl ServerTls {
    /// Reads or makes the certificate; the answer serves at once.
    pub fn open(source: CertificateSource, now: OffsetDateTime) -> Result<Self, TlsFault> {
        let loaded = load(&source, now)?;
        Ok(Self { source, current: Arc::new(Current(ArcSwap::from_pointee(loaded))), refreshing: Mutex::new(()) })
    }

    /// Settings for a listener (TLS 1.2 and 1.3, HTTP/2 and 1.1, ring); they follow later exchanges.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsFault> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Reads the files again, or renews the local certificate, and puts the outcome in use. On an error the one in use stays. Call it on SIGHUP and daily.
    pub fn refresh(&self, now: OffsetDateTime) -> Result<Refresh, TlsFault> {
        let _one_at_a_time = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = load(&self.source, now)?;
        if loaded.certified.cert == self.current.0.load().certified.cert {
            return Ok(Refresh::Unchanged);
        }
        self.current.0.store(Arc::new(loaded));
        Ok(Refresh::Exchanged)
    }

    /// What the certificate in use says.
    pub fn facts(&self) -> CertificateFacts {
        self.current.0.load().facts.clone()
    }

    /// The local authority, where that is the source.
    pub fn authority(&self) -> Option<&LocalAuthority> {
        match &self.source {
            CertificateSource::Local(authority) => Some(authority),
            CertificateSource::Files { .. } => None,
        }
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("source", &self.source).field("facts", &self.facts()).finish_non_exhaustive()
    }
}

struct Loaded {
    certified: Arc<CertifiedKey>,
    facts: CertificateFacts,
}

struct Current(ArcSwap<Loaded>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().certified))
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Current").field(&self.0.load().facts.fingerprint).finish()
    }
}

fn load(source: &CertificateSource, now: OffsetDateTime) -> Result<Loaded, TlsFault> {
    match source {
        CertificateSource::Local(authority) => {
            let made = authority.ensure(now)?;
            if made.renewed {
                tracing::info!(authority = %authority.certificate_path().display(), "certificate made by the local authority");
            }
            let folder = authority.certificate_path();
            certify(&folder.with_file_name("server.pem"), &made.chain, &folder.with_file_name("server.key"), &made.key)
        }
        CertificateSource::Files { certificate, key } => {
            let chain = fs::read(certificate).map_err(TlsFault::file(certificate))?;
            let key_pem = Zeroizing::new(fs::read(key).map_err(TlsFault::file(key))?);
            certify(certificate, &chain, key, &key_pem)
        }
    }
}

fn certify(chain_path: &std::path::Path, chain: &[u8], key_path: &std::path::Path, key: &[u8]) -> Result<Loaded, TlsFault> {
    let chain = chain_from_pem(chain_path, chain)?;
    let key = key_from_pem(key_path, key)?;
    let facts = facts(&chain[0]).map_err(|problem| TlsFault::content(chain_path, problem))?;
    // refuses a key that does not belong to the certificate
    let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsFault::content(key_path, format!("the key does not belong to the certificate in {}", chain_path.display()))
        }
        other => TlsFault::content(key_path, other.to_string()),
    })?;
    Ok(Loaded { certified: Arc::new(certified), facts })
}
