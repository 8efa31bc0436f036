//! The domain's `Mailer` on SMTP.

use std::sync::Arc;

use async_trait::async_trait;
use lettre::message::Mailbox;
use vigie_domain::alerts::{Mail, Mailer};
use vigie_domain::{Clock, Id, Result};

use crate::fault::{failed, late, not_configured, unavailable};
use crate::message::render;
use crate::partial::Partial;
use crate::session::{Outcome, Refused, deliver};
use crate::settings::{Security, Server, SmtpSettings};

/// Sends mail through the configured server, a connection a mail.
///
/// Kinds of its errors: `not_configured` (a conflict), `ServiceUnavailable` and `ServiceTimeout` (try again), `ServiceFailed` (another try
/// will not help). A server that refuses some recipients still gets the mail for the others; the error then names who has none, and a retry
/// with the same id asks for those alone.
pub struct SmtpMailer {
    server: Option<Server>,
    clock: Arc<dyn Clock>,
    partial: Partial,
}

impl SmtpMailer {
    /// Checks the settings; connects to nothing. `None` answers every mail with `not_configured`.
    pub fn new(settings: Option<SmtpSettings>, clock: Arc<dyn Clock>) -> Result<Self> {
        let server = settings.map(Server::try_from).transpose()?;
        if let Some(server) = &server
            && server.security == Security::None
            && server.credentials.is_some()
        {
            tracing::warn!(host = %server.host, "the password of the mail server travels unprotected: set notifications.smtp.security");
        }
        Ok(Self { server, clock, partial: Partial::default() })
    }

    /// Whether a server is set.
    pub fn is_configured(&self) -> bool {
        self.server.is_some()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message_id: Id, mail: &Mail) -> Result<()> {
        let server = self.server.as_ref().ok_or_else(not_configured)?;
        let (to, unreadable) = parse(&mail.to);
        let served = self.partial.served(message_id);
        let waiting: Vec<_> = to.iter().map(|mailbox| mailbox.email.clone()).filter(|address| !served.contains(address)).collect();
        let mut outcome = Outcome::default();
        if !waiting.is_empty() {
            let content = render(&server.from, &to, message_id, mail, self.clock.now())?;
            let delivery = deliver(server, &waiting, &content);
            outcome = tokio::time::timeout(server.timeout, delivery).await.unwrap_or_else(|_| Err(late(server)))?;
        }
        outcome.accepted.extend(served);
        outcome.refused.extend(unreadable);
        self.conclude(message_id, outcome)
    }
}

impl SmtpMailer {
    fn conclude(&self, message_id: Id, outcome: Outcome) -> Result<()> {
        let (served, refused) = (outcome.accepted, outcome.refused);
        if refused.is_empty() {
            self.partial.forget(message_id);
            return if served.is_empty() { Err(failed("the mail has no recipient".to_owned())) } else { Ok(()) };
        }
        let detail = refusal(&refused, served.len());
        if refused.iter().all(|one| one.for_good) {
            self.partial.forget(message_id);
            return Err(failed(detail).solution("correct the recipients of the channel"));
        }
        self.partial.remember(message_id, served);
        Err(unavailable(detail))
    }
}

fn refusal(refused: &[Refused], served: usize) -> String {
    let each: Vec<String> = refused.iter().map(|one| format!("{} ({})", one.address, one.words)).collect();
    let others = match served {
        0 => "nobody has the mail",
        1 => "the other recipient has it",
        _ => "the other recipients have it",
    };
    format!("no mail for {}; {others}", each.join(", "))
}

/// Recipients that can be written to, and those that are no addresses.
fn parse(recipients: &[String]) -> (Vec<Mailbox>, Vec<Refused>) {
    let mut mailboxes: Vec<Mailbox> = Vec::new();
    let mut unreadable = Vec::new();
    for text in recipients {
        match text.parse::<Mailbox>() {
            Ok(mailbox) if mailboxes.iter().any(|known| known.email == mailbox.email) => {}
            Ok(mailbox) => mailboxes.push(mailbox),
            Err(_) => unreadable.push(Refused { address: text.clone(), words: "not a mail address".to_owned(), for_good: true }),
        }
    }
    (mailboxes, unreadable)
}
