//! Settings of TLS clients: the system's authorities, one more where asked, or none at all.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::{TlsFault, provider};

/// Whom a client trusts.
#[derive(Debug, Clone, Default)]
pub enum ClientTrust {
    /// The authorities of the system.
    #[default]
    System,
    /// Those, and these.
    SystemAnd(Vec<CertificateDer<'static>>),
    /// These alone.
    Only(Vec<CertificateDer<'static>>),
    /// Anybody: for `--insecure`, asked for by name.
    Anybody,
}

/// A rustls client with ring.
pub fn client_config(trust: &ClientTrust) -> Result<ClientConfig, TlsFault> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    if matches!(trust, ClientTrust::Anybody) {
        let verifier = Arc::new(AcceptAnybody(provider()));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    Ok(builder.with_root_certificates(roots(trust)?).with_no_client_auth())
}

fn roots(trust: &ClientTrust) -> Result<RootCertStore, TlsFault> {
    let (mut roots, more) = match trust {
        ClientTrust::Only(only) => (RootCertStore::empty(), only.as_slice()),
        ClientTrust::SystemAnd(more) => (system_roots().clone(), more.as_slice()),
        ClientTrust::System | ClientTrust::Anybody => (system_roots().clone(), [].as_slice()),
    };
    for certificate in more {
        roots.add(certificate.clone())?;
    }
    Ok(roots)
}

/// Read once: the bundle has some hundred and forty certificates.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (_, refused) = roots.add_parsable_certificates(found.certs);
        if roots.is_empty() || refused > 0 {
            tracing::warn!(
                trusted = roots.len(),
                refused,
                errors = found.errors.len(),
                "the system's certificate authorities are incomplete"
            );
        }
        roots
    })
}

/// Checks that the server holds its key, and nothing of who it is.
#[derive(Debug)]
struct AcceptAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
