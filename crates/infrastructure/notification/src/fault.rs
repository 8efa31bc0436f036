//! What the server or the network said, as errors that help. Their kind tells whether another try makes sense: `ServiceUnavailable` and
//! `ServiceTimeout` may pass by themselves, `ServiceFailed` will not.

use std::error::Error as StdError;
use std::io;

use lettre::transport::smtp::Error as SmtpError;
use vigie_domain::{Error, ErrorKind};
use vigie_foundation::tls::{CertificateProblem, certificate_problem};

use crate::settings::{Security, Server};

/// After how many seconds a server that refuses for now may be asked again.
const LATER_SECONDS: u64 = 60;

/// How far the conversation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Connect,
    StartTls,
    SignIn,
    Sender,
    Content,
}

/// Nobody configured a server.
pub(crate) fn not_configured() -> Error {
    Error::conflict("not_configured", "no mail server is configured")
        .solution("set notifications.smtp.host and notifications.smtp.from in the configuration")
}

/// The whole took too long.
pub(crate) fn late(server: &Server) -> Error {
    let detail = format!("the mail server {} did not answer within {} s", place(server), server.timeout.as_secs());
    Error::new(ErrorKind::ServiceTimeout, "service_timeout", detail).solution("check that the port is not filtered on the way")
}

/// A step failed.
pub(crate) fn of_step(server: &Server, step: Step, error: SmtpError) -> Error {
    let error = match certificate_problem(&error) {
        Some(problem) => return of_tls(server, &problem).source(error),
        None => error,
    };
    if error.is_permanent() || error.is_transient() {
        return of_answer(server, step, error);
    }
    if error.is_timeout() {
        return late(server).source(error);
    }
    if error.is_client() {
        return of_client(server, step, error);
    }
    of_network(server, step, error)
}

/// What the server said, in its own words.
pub(crate) fn words(error: &SmtpError) -> String {
    let code = error.status().map(|code| format!("{code} ")).unwrap_or_default();
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // a server may say a lot
    code + &text.chars().take(300).collect::<String>()
}

fn of_tls(server: &Server, problem: &CertificateProblem) -> Error {
    let error = failed(format!("the mail server {} was refused: {problem}", place(server)));
    match problem {
        CertificateProblem::WrongName => error
            .cause(format!("the certificate is not for {}", server.host))
            .solution("set notifications.smtp.host to a name that stands in the certificate"),
        CertificateProblem::UnknownIssuer => error.solution("put its authority's certificate in PEM into notifications.smtp.ca_file"),
        CertificateProblem::Expired => error.solution("renew the certificate of the mail server"),
        CertificateProblem::NotYet => error.solution("check the clocks of this host and of the mail server"),
        CertificateProblem::Protocol(_) => {
            error.solution("check notifications.smtp.port and .security: 465 goes with tls, 587 and 25 with starttls")
        }
    }
}

fn of_answer(server: &Server, step: Step, error: SmtpError) -> Error {
    let said = words(&error);
    let at = place(server);
    let detail = match step {
        Step::Connect => format!("the mail server {at} turned us away: {said}"),
        Step::StartTls => format!("the mail server {at} refused starttls: {said}"),
        Step::SignIn => format!("the mail server {at} refused the user or the password: {said}"),
        Step::Sender => format!("the mail server {at} refused the sender {}: {said}", server.from.email),
        Step::Content => format!("the mail server {at} refused the mail: {said}"),
    };
    if error.is_transient() {
        return unavailable(detail).source(error);
    }
    let refused = failed(detail).source(error);
    match step {
        Step::SignIn => refused.solution("check notifications.smtp.username and .password"),
        Step::Sender if server.credentials.is_none() => refused.solution("set notifications.smtp.username and .password, or another .from"),
        Step::Sender => refused.solution("set notifications.smtp.from to an address that this user may send as"),
        _ => refused,
    }
}

/// lettre itself saw that it could not go on.
fn of_client(server: &Server, step: Step, error: SmtpError) -> Error {
    let at = place(server);
    match step {
        Step::StartTls => failed(format!("the mail server {at} does not offer starttls"))
            .solution("set notifications.smtp.security to tls (usually port 465), or to none in a trusted network"),
        Step::SignIn => {
            failed(format!("the mail server {at} does not offer to sign in by PLAIN or LOGIN")).solution(match server.security {
                Security::None => "set notifications.smtp.security to starttls: many servers offer it only then",
                Security::StartTls | Security::Tls => "leave out notifications.smtp.username when the server does not want one",
            })
        }
        Step::Connect | Step::Sender | Step::Content => failed(format!("the mail for {at} could not be handed over")),
    }
    .source(error)
}

fn of_network(server: &Server, step: Step, error: SmtpError) -> Error {
    let at = place(server);
    let (kind, text) = innermost(&error);
    let failure = match kind {
        Some(io::ErrorKind::ConnectionRefused) => unavailable(format!("the mail server {at} refused the connection"))
            .solution("check notifications.smtp.port, and that the server runs"),
        _ if step == Step::Connect && text.contains("lookup") => {
            unavailable(format!("the name of the mail server {} could not be resolved", server.host))
                .solution("check notifications.smtp.host and the resolver of this host")
        }
        _ if step == Step::Connect && error.is_response() => unavailable(format!("{at} does not talk as a mail server does"))
            .solution("check notifications.smtp.port and .security: 465 goes with tls, 587 and 25 with starttls"),
        _ => unavailable(format!("the connection to the mail server {at} broke: {text}")),
    };
    failure.source(error)
}

fn innermost(error: &SmtpError) -> (Option<io::ErrorKind>, String) {
    let mut cause: &(dyn StdError + 'static) = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    (cause.downcast_ref::<io::Error>().map(io::Error::kind), cause.to_string())
}

pub(crate) fn failed(detail: String) -> Error {
    Error::new(ErrorKind::ServiceFailed, "service_failed", detail)
}

pub(crate) fn unavailable(detail: String) -> Error {
    Error::new(ErrorKind::ServiceUnavailable, "service_unavailable", detail).retry_after(LATER_SECONDS)
}

fn place(server: &Server) -> String {
    format!("{}:{}", server.host, server.port)
}
