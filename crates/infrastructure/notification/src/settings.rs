//! Which server, and how to talk to it.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;
use vigie_domain::{Error, Result, Secret};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a relay on this host or in a trusted network.
    None,
    /// By STARTTLS, which the server must offer (usually port 587).
    StartTls,
    /// By TLS from the first byte (usually port 465).
    Tls,
}

/// The mail server, as the operator configured it.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name or address of the server; its certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// User and password, where the server wants them (AUTH PLAIN or LOGIN).
    pub credentials: Option<(String, Secret)>,
    /// Who mails come from: `Vigie <vigie@example.net>` or the address alone.
    pub from: String,
    /// Authorities to trust beside the system's, in PEM.
    pub authorities: Option<Vec<u8>>,
    /// For a whole delivery.
    pub timeout: Duration,
}

/// Settings that were checked, in lettre's words.
#[derive(Clone)]
pub(crate) struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub credentials: Option<Credentials>,
    pub from: Mailbox,
    pub tls: TlsParameters,
    pub hello: ClientId,
    pub timeout: Duration,
}

impl TryFrom<SmtpSettings> for Server {
    type Error = Error;

    fn try_from(settings: SmtpSettings) -> Result<Self> {
        let from = settings.from.parse::<Mailbox>().map_err(|_| {
            let message = format!("{:?} is not a mail address such as vigie@example.net or Vigie <vigie@example.net>", settings.from);
            Error::invalid("notifications.smtp.from", "invalid_address", message)
        })?;
        let tls = tls(&settings)?;
        Ok(Self {
            host: settings.host,
            port: settings.port,
            security: settings.security,
            credentials: settings.credentials.map(|(user, password)| Credentials::new(user, password.expose().to_owned())),
            from,
            tls,
            hello: ClientId::default(),
            timeout: settings.timeout,
        })
    }
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters> {
    let mut builder = TlsParametersBuilder::new(settings.host.clone());
    if let Some(pem) = &settings.authorities {
        let refuse = |_| Error::invalid("notifications.smtp.ca_file", "invalid_certificate", "the file holds no certificate in PEM");
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(refuse)?);
    }
    let refuse = |error: lettre::transport::smtp::Error| {
        Error::invalid("notifications.smtp.ca_file", "invalid_certificate", "an authority in the file cannot be used").source(error)
    };
    builder.build_rustls().map_err(refuse)
}
