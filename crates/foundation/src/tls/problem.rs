//! What was wrong with a certificate, found in the error of whichever library met it.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

/// Why a server's certificate was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// It is good for other names.
    #[error("its certificate is for another name")]
    WrongName,
    /// Nobody trusted signed it.
    #[error("its certificate is signed by an authority that is not trusted")]
    UnknownIssuer,
    /// Its time is over.
    #[error("its certificate has expired")]
    Expired,
    /// Its time has not come, or the clock of this host is wrong.
    #[error("its certificate is not valid yet")]
    NotYet,
    /// The server does not speak TLS here, or no version and cipher in common.
    #[error("the two sides do not agree on tls: {0}")]
    Protocol(String),
}

/// Looks through an error and its causes for what TLS said.
pub fn certificate_problem(error: &(dyn StdError + 'static)) -> Option<CertificateProblem> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(sort(tls));
        }
        // an io::Error names the source of what it wraps as its own, and leaves out what it wraps
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

fn sort(error: &rustls::Error) -> CertificateProblem {
    match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => CertificateProblem::WrongName,
            // an authority of the same name with another key, as a second local one has it
            CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateProblem::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateProblem::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => CertificateProblem::NotYet,
            other => CertificateProblem::Protocol(other.to_string()),
        },
        other => CertificateProblem::Protocol(other.to_string()),
    }
}
