//! Reading certificates and keys.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::TlsFault;
use crate::secrets::sha256_hex;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Its subject.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names and addresses it is good for.
    pub names: BTreeSet<String>,
    /// From when it holds, in seconds since 1970.
    pub not_before: i64,
    /// Until when it holds, in seconds since 1970.
    pub not_after: i64,
    /// SHA-256 of it, as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
    /// Its public key, without the algorithm.
    pub public_key: Vec<u8>,
}

/// Reads what a certificate says.
pub fn facts(der: &CertificateDer<'_>) -> Result<CertificateFacts, String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| format!("not a certificate: {error}"))?;
    let names = certificate.subject_alternative_name().ok().flatten().map(|extension| &extension.value.general_names);
    Ok(CertificateFacts {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names: names.into_iter().flatten().filter_map(name_text).collect(),
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        fingerprint: fingerprint(der),
        public_key: certificate.public_key().subject_public_key.data.to_vec(),
    })
}

/// Reads a chain of certificates, the server's first.
pub fn chain_from_pem(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsFault::content(path, format!("not a certificate in PEM: {error}")))?;
    if chain.is_empty() { Err(TlsFault::content(path, "holds no certificate in PEM")) } else { Ok(chain) }
}

/// Reads a private key (PKCS#8, PKCS#1 or SEC1).
pub fn key_from_pem(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsFault> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| TlsFault::content(path, "holds no private key in PEM without a passphrase"))
}

fn fingerprint(der: &[u8]) -> String {
    let hex = sha256_hex(der).to_uppercase();
    (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]).collect::<Vec<_>>().join(":")
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
    v4().or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok())
}
