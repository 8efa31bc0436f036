//! The local authority: made at first start for 10 years, it signs the server's certificate for 397 days and renews it by itself.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SanType,
};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::TlsFault;
use super::certificate::{CertificateFacts, chain_from_pem, facts};
use crate::files;

/// For how long the authority holds.
const AUTHORITY_LIFE: Duration = Duration::days(3650);
/// For how long the server's certificate holds: browsers refuse longer ones (CA/Browser Forum ballot SC31: 398 days).
const SERVER_LIFE: Duration = Duration::days(397);
/// What is left of a certificate when it is renewed.
const RENEWAL: Duration = Duration::days(30);
/// Clocks of clients may be late by this much.
const SKEW: Duration = Duration::hours(1);

/// What signs, and its certificate in DER.
type Signer = (Issuer<'static, KeyPair>, Vec<u8>);

/// A local authority and the certificate it signed for this server, as files in one folder.
#[derive(Debug, Clone)]
pub struct LocalAuthority {
    folder: PathBuf,
    names: BTreeSet<String>,
}

/// What [`LocalAuthority::ensure`] found or made.
pub(super) struct Ensured {
    pub chain: Vec<u8>,
    pub key: Zeroizing<Vec<u8>>,
    /// Whether the server's certificate was made now.
    pub renewed: bool,
}

impl LocalAuthority {
    /// An authority in a folder, for these names beside `localhost`, `127.0.0.1`, `::1` and the host's own. Nothing is made yet.
    pub fn new(folder: impl Into<PathBuf>, names: impl IntoIterator<Item = String>) -> Self {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let names = names.into_iter().chain(own).chain(host_name()).map(|name| canonical(&name)).collect();
        Self { folder: folder.into(), names }
    }

    /// The authority's certificate: what browsers and clients are to trust.
    pub fn certificate_path(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// What the authority's certificate says, once it is made.
    pub fn facts(&self) -> Result<CertificateFacts, TlsFault> {
        let path = self.certificate_path();
        let pem = fs::read(&path).map_err(TlsFault::file(&path))?;
        facts(&chain_from_pem(&path, &pem)?[0]).map_err(|problem| TlsFault::content(&path, problem))
    }

    /// Makes what is missing, soon expires, or does not name all names.
    pub(super) fn ensure(&self, now: OffsetDateTime) -> Result<Ensured, TlsFault> {
        fs::create_dir_all(&self.folder).map_err(TlsFault::file(&self.folder))?;
        let (issuer, issuer_der) = match self.load_issuer(now)? {
            Some(issuer) => issuer,
            None => self.make_issuer(now)?,
        };
        if let Some(ensured) = self.load_server(&issuer_der, now)? {
            return Ok(ensured);
        }
        self.make_server(&issuer, &issuer_der, now)
    }

    fn load_issuer(&self, now: OffsetDateTime) -> Result<Option<Signer>, TlsFault> {
        let (certificate, key) = (self.certificate_path(), self.folder.join("ca.key"));
        let (Some(pem), Some(key_pem)) = (read_if_there(&certificate, false)?, read_if_there(&key, true)?) else { return Ok(None) };
        let der = chain_from_pem(&certificate, &pem)?.swap_remove(0);
        let told = facts(&der).map_err(|problem| TlsFault::content(&certificate, problem))?;
        if told.not_after <= (now + RENEWAL).unix_timestamp() {
            return Ok(None);
        }
        let key_text = std::str::from_utf8(&key_pem).map_err(|_| TlsFault::content(&key, "not a private key in PEM"))?;
        let pair = KeyPair::from_pem(key_text).map_err(|_| TlsFault::content(&key, "not a private key in PEM"))?;
        if told.public_key != pair.der_bytes() {
            tracing::warn!(path = %key.display(), "the key of the local authority is not the one of its certificate, both are made again");
            return Ok(None);
        }
        let issuer = Issuer::from_ca_cert_der(&der, pair).map_err(|error| TlsFault::content(&certificate, error.to_string()))?;
        Ok(Some((issuer, der.to_vec())))
    }

    fn make_issuer(&self, now: OffsetDateTime) -> Result<Signer, TlsFault> {
        let mut params = CertificateParams::default();
        params.not_before = now - SKEW;
        params.not_after = now + AUTHORITY_LIFE;
        params.distinguished_name =
            distinguished_name(&format!("Vigie local authority on {}", host_name().as_deref().unwrap_or("this host")));
        // it signs servers, never another authority
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let pair = KeyPair::generate()?;
        let certificate = params.self_signed(&pair)?;
        self.write("ca.key", files::PRIVATE, Zeroizing::new(pair.serialize_pem()).as_bytes())?;
        self.write("ca.pem", files::PUBLIC, certificate.pem().as_bytes())?;
        Ok((Issuer::new(params, pair), certificate.der().to_vec()))
    }

    /// The server's certificate where it is still good: signed by this authority, for these names, and for long enough.
    fn load_server(&self, issuer_der: &[u8], now: OffsetDateTime) -> Result<Option<Ensured>, TlsFault> {
        let (certificate, key) = (self.folder.join("server.pem"), self.folder.join("server.key"));
        let (Some(pem), Some(key)) = (read_if_there(&certificate, false)?, read_if_there(&key, true)?) else { return Ok(None) };
        let Ok(chain) = chain_from_pem(&certificate, &pem) else { return Ok(None) };
        let (Some(leaf), Some(issuer)) = (chain.first(), chain.get(1)) else { return Ok(None) };
        let Ok(told) = facts(leaf) else { return Ok(None) };
        // a start that was cut between the two files leaves a key without its certificate
        if !fits(leaf, &key) {
            return Ok(None);
        }
        let lasting = told.not_after > (now + RENEWAL).unix_timestamp() && told.not_before <= now.unix_timestamp();
        let good = lasting && told.names == self.names && issuer.as_ref() == issuer_der;
        Ok(good.then_some(Ensured { chain: pem, key: Zeroizing::new(key), renewed: false }))
    }

    fn make_server(&self, issuer: &Issuer<'_, KeyPair>, issuer_der: &[u8], now: OffsetDateTime) -> Result<Ensured, TlsFault> {
        let ends = facts(&issuer_der.into()).map_err(|problem| TlsFault::content(&self.certificate_path(), problem))?.not_after;
        let issuer_ends = OffsetDateTime::from_unix_timestamp(ends).unwrap_or(now + AUTHORITY_LIFE);
        let mut params = CertificateParams::default();
        params.not_before = now - SKEW;
        params.not_after = (params.not_before + SERVER_LIFE).min(issuer_ends);
        params.distinguished_name = distinguished_name(host_name().as_deref().unwrap_or("localhost"));
        params.subject_alt_names = self.names.iter().map(|name| alternative_name(name)).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let pair = KeyPair::generate()?;
        let leaf = params.signed_by(&pair, issuer)?;
        let authority = fs::read_to_string(self.certificate_path()).map_err(TlsFault::file(&self.certificate_path()))?;
        let (chain, key) = (leaf.pem() + &authority, Zeroizing::new(pair.serialize_pem().into_bytes()));
        self.write("server.key", files::PRIVATE, &key)?;
        self.write("server.pem", files::PUBLIC, chain.as_bytes())?;
        Ok(Ensured { chain: chain.into_bytes(), key, renewed: true })
    }

    fn write(&self, name: &str, mode: u32, bytes: &[u8]) -> Result<(), TlsFault> {
        let path = self.folder.join(name);
        files::replace(&path, mode, bytes).map_err(TlsFault::file(&path))
    }
}

/// The host's own name, where it has one.
pub fn host_name() -> Option<String> {
    let name = nix::unistd::gethostname().ok()?.into_string().ok()?;
    let good = alternative_name(&name).is_ok() && !name.is_empty();
    good.then_some(name)
}

fn fits(leaf: &CertificateDer<'_>, key_pem: &[u8]) -> bool {
    let pair = std::str::from_utf8(key_pem).ok().and_then(|pem| KeyPair::from_pem(pem).ok());
    pair.is_some_and(|pair| facts(leaf).is_ok_and(|told| told.public_key == pair.der_bytes()))
}

fn read_if_there(path: &Path, private: bool) -> Result<Option<Vec<u8>>, TlsFault> {
    match if private { files::read_private(path) } else { fs::read(path) } {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TlsFault::file(path)(error)),
    }
}

/// Addresses as the certificate gives them back, names in lower case.
fn canonical(name: &str) -> String {
    let bare = name.trim().trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().map_or_else(|_| bare.to_ascii_lowercase(), |address| address.to_string())
}

fn alternative_name(name: &str) -> Result<SanType, TlsFault> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let label =
        |part: &str| !part.is_empty() && part.len() <= 63 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let host = name.strip_prefix("*.").unwrap_or(name);
    if host.len() > 253 || !host.split('.').all(label) {
        return Err(TlsFault::Name(name.to_owned()));
    }
    Ok(SanType::DnsName(name.try_into().map_err(|_| TlsFault::Name(name.to_owned()))?))
}

fn distinguished_name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Vigie");
    // X.520 bounds a common name at 64 characters
    name.push(DnType::CommonName, common.chars().take(64).collect::<String>());
    name
}
