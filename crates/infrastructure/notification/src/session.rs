//! One conversation with the server.

use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use vigie_domain::{Error, Result};

use crate::fault::{Step, of_step, words};
use crate::settings::{Security, Server};

/// Recipients as the server answered for them.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Those whose mail it took.
    pub accepted: Vec<Address>,
    /// Those it refused, with its words, and whether for good.
    pub refused: Vec<Refused>,
}

#[derive(Debug)]
pub(crate) struct Refused {
    pub address: String,
    pub words: String,
    pub for_good: bool,
}

/// Hands a mail over for those whom the server accepts.
pub(crate) async fn deliver(server: &Server, recipients: &[Address], content: &[u8]) -> Result<Outcome> {
    let mut connection = connect(server).await?;
    let outcome = hand_over(server, &mut connection, recipients, content).await;
    // it has answered for the mail; how it takes leave does not matter
    connection.abort().await;
    outcome
}

async fn connect(server: &Server) -> Result<AsyncSmtpConnection> {
    let at = (server.host.as_str(), server.port);
    let tls = (server.security == Security::Tls).then(|| server.tls.clone());
    let fail = |step| move |error| -> Error { of_step(server, step, error) };
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(at, Some(server.timeout), &server.hello, tls, None).await.map_err(fail(Step::Connect))?;
    if server.security == Security::StartTls {
        connection.starttls(server.tls.clone(), &server.hello).await.map_err(fail(Step::StartTls))?;
    }
    if let Some(credentials) = &server.credentials {
        connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await.map_err(fail(Step::SignIn))?;
    }
    Ok(connection)
}

async fn hand_over(server: &Server, connection: &mut AsyncSmtpConnection, recipients: &[Address], content: &[u8]) -> Result<Outcome> {
    let fail = |step| move |error| -> Error { of_step(server, step, error) };
    let international = recipients.iter().chain([&server.from.email]).any(|address| !AsRef::<str>::as_ref(address).is_ascii());
    let offered = connection.server_info().supports_feature(Extension::SmtpUtfEight);
    let parameters = if international && offered { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    connection.command(Mail::new(Some(server.from.email.clone()), parameters)).await.map_err(fail(Step::Sender))?;
    let mut outcome = Outcome::default();
    for address in recipients {
        match connection.command(Rcpt::new(address.clone(), Vec::new())).await {
            Ok(_) => outcome.accepted.push(address.clone()),
            Err(error) if error.status().is_some() => {
                outcome.refused.push(Refused { address: address.to_string(), words: words(&error), for_good: error.is_permanent() });
            }
            Err(error) => return Err(of_step(server, Step::Sender, error)),
        }
    }
    if outcome.accepted.is_empty() {
        return Ok(outcome);
    }
    connection.command(Data).await.map_err(fail(Step::Content))?;
    connection.message(content).await.map_err(fail(Step::Content))?;
    Ok(outcome)
}
