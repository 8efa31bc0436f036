//! Certificates of the server: an own authority made at first start, or files of the operator, both followed while running.

mod authority;
mod certificate;
mod client;
mod problem;
mod server;
mod trust;

pub use authority::{LocalAuthority, host_name};
pub use certificate::{CertificateFacts, chain_from_pem, facts, key_from_pem};
pub use client::{ClientTrust, client_config};
pub use problem::{CertificateProblem, certificate_problem};
pub use server::{CertificateSource, Refresh, ServerTls};
pub use trust::{TrustFault, TrustStore, Trusted};

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {problem}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A name cannot stand in a certificate.
    #[error("{0:?} is neither a host name nor an address: it cannot stand in a certificate")]
    Name(String),
    /// A certificate could not be made.
    #[error("the certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
    /// rustls refused the certificate or the settings.
    #[error("tls: {0}")]
    Rustls(#[from] rustls::Error),
}

impl TlsFault {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), problem: problem.into() }
    }
}

/// The one cryptography of the house: ring.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Makes ring the provider of libraries that ask the process for one. Call it first; later calls change nothing.
pub fn install_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
