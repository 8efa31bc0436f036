//! The mail as it travels (RFC 5322): date, Message-ID, subject and text in UTF-8.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use vigie_domain::alerts::Mail;
use vigie_domain::{Error, ErrorKind, Id, Result, Timestamp};

/// Says that no person wrote it, so that no machine answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a mail. All recipients stand in `To`: they are one team.
pub(crate) fn render(from: &Mailbox, to: &[Mailbox], id: Id, mail: &Mail, now: Timestamp) -> Result<Vec<u8>> {
    let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
    let message = to
        .iter()
        .fold(Message::builder(), |builder, mailbox| builder.to(mailbox.clone()))
        .from(from.clone())
        .date(date)
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .header(AutoSubmitted)
        .subject(one_line(&mail.subject))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.text.clone()))
        .map_err(|error| Error::new(ErrorKind::ServiceFailed, "service_failed", "the mail could not be written").source(error))?;
    Ok(message.formatted())
}

/// A subject is one line: what users named may hold others.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(subject: &str, text: &str) -> String {
        let mail = Mail { to: Vec::new(), subject: subject.to_owned(), text: text.to_owned() };
        let to = ["noc@example.net".parse().unwrap(), "Zoé <zoe@example.net>".parse().unwrap()];
        let id = Id::fixed(7);
        let bytes = render(&"Vigie <vigie@example.net>".parse().unwrap(), &to, id, &mail, Timestamp(1_795_424_740_123)).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_mail_has_what_the_standard_asks_for() {
        let mail = rendered("sw-3 is down", "It does not answer.\n");
        assert!(mail.contains("Message-ID: <01900000-0000-7000-8000-000000000007@example.net>\r\n"), "{mail}");
        assert!(mail.contains("Date: Mon, 23 Nov 2026 09:05:40 +0000\r\n"), "{mail}");
        assert!(mail.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{mail}");
        assert!(mail.contains("Auto-Submitted: auto-generated\r\n"), "{mail}");
        assert!(mail.is_ascii(), "names and subjects are encoded: {mail}");
    }

    #[test]
    fn a_subject_cannot_bring_headers_of_its_own() {
        let mail = rendered("down\r\nBcc: other@example.org", "text");
        assert!(mail.contains("Subject: down Bcc: other@example.org\r\n"), "{mail}");
    }

    #[test]
    fn long_and_foreign_text_stays_within_what_servers_carry() {
        let mail = rendered("Liaison coupée à Besançon", &"é".repeat(5_000));
        assert!(mail.is_ascii());
        assert!(mail.lines().all(|line| line.len() <= 998));
    }
}
