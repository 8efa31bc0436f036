//! Mail to a real server: every protection, and every way to be refused.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail as tests do")]

mod sink;

use std::sync::Arc;
use std::time::Duration;

use sink::Sink;
use vigie_domain::alerts::{Mail, Mailer};
use vigie_domain::{Clock, Error, ErrorKind, Id, Secret, Timestamp};
use vigie_notification::{Security, SmtpMailer, SmtpSettings};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-23T12:00:00.000Z").unwrap()
    }
}

fn settings(sink: &Sink, door: &str, security: Security) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: sink.port(door),
        security,
        credentials: Some(("vigie".to_owned(), Secret::new("s3cret!"))),
        from: "Vigie <vigie@example.net>".to_owned(),
        authorities: Some(sink.authority()),
        timeout: Duration::from_secs(5),
    }
}

fn mailer(settings: SmtpSettings) -> SmtpMailer {
    SmtpMailer::new(Some(settings), Arc::new(Noon)).unwrap()
}

fn mail(to: &[&str]) -> Mail {
    let to = to.iter().map(|address| (*address).to_owned()).collect();
    Mail { to, subject: "sw-3 ne répond plus".to_owned(), text: "Besançon: sw-3 ne répond plus.\n.\nFin".to_owned() }
}

async fn refusal(settings: SmtpSettings, mail: &Mail) -> Error {
    mailer(settings).send(Id::new(), mail).await.unwrap_err()
}

#[tokio::test]
async fn a_mail_arrives_whole_under_each_protection() {
    let Some(mut sink) = Sink::start().await else { return };
    for (door, security, encrypted) in
        [("plain", Security::None, false), ("starttls", Security::StartTls, true), ("tls", Security::Tls, true)]
    {
        let id = Id::new();
        mailer(settings(&sink, door, security)).send(id, &mail(&["noc@example.net", "zoe@example.net"])).await.unwrap();
        let got = sink.mail().await;
        assert_eq!(got["from"], "vigie@example.net", "{door}");
        assert_eq!(got["to"], serde_json::json!(["noc@example.net", "zoe@example.net"]), "{door}");
        assert_eq!((&got["encrypted"], &got["signed_in"]), (&encrypted.into(), &true.into()), "{door}");
        let content = got["content"].as_str().unwrap();
        assert!(content.contains(&format!("Message-ID: <{id}@example.net>")), "{content}");
        assert!(content.contains("Date: Mon, 23 Nov 2026 12:00:00 +0000"), "{content}");
        assert!(content.contains("=?utf-8?b?"), "the subject is encoded: {content}");
    }
}

#[tokio::test]
async fn a_relay_without_sign_in_serves() {
    let Some(mut sink) = Sink::start().await else { return };
    let settings = SmtpSettings { credentials: None, ..settings(&sink, "open", Security::None) };
    mailer(settings).send(Id::new(), &mail(&["noc@example.net"])).await.unwrap();
    assert_eq!(sink.mail().await["signed_in"], false);
}

#[tokio::test]
async fn each_refusal_is_told_apart_with_what_to_do() {
    let Some(sink) = Sink::start().await else { return };
    let to = mail(&["noc@example.net"]);
    let plain = || settings(&sink, "plain", Security::None);
    let starttls = || settings(&sink, "starttls", Security::StartTls);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let short = Duration::from_millis(300);
    let cases = [
        (SmtpSettings { port: closed, ..plain() }, ErrorKind::ServiceUnavailable, "refused the connection", "port"),
        (SmtpSettings { host: "mail.invalid".into(), ..plain() }, ErrorKind::ServiceUnavailable, "could not be resolved", "resolver"),
        (
            SmtpSettings { port: sink.port("late"), timeout: short, ..plain() },
            ErrorKind::ServiceTimeout,
            "did not answer within",
            "filtered",
        ),
        (SmtpSettings { credentials: Some(wrong()), ..plain() }, ErrorKind::ServiceFailed, "535", "username"),
        (SmtpSettings { credentials: None, ..plain() }, ErrorKind::ServiceFailed, "530", "username"),
        (
            SmtpSettings { from: "stranger@example.net".into(), ..plain() },
            ErrorKind::ServiceFailed,
            "553 5.7.1 sender address",
            "this user may send",
        ),
        (SmtpSettings { authorities: None, ..starttls() }, ErrorKind::ServiceFailed, "not trusted", "ca_file"),
        (
            SmtpSettings { host: "127.0.0.2".into(), port: sink.port("other"), ..starttls() },
            ErrorKind::ServiceFailed,
            "another name",
            "stands in the certificate",
        ),
        (SmtpSettings { security: Security::StartTls, ..plain() }, ErrorKind::ServiceFailed, "does not offer starttls", "tls"),
        (SmtpSettings { security: Security::Tls, ..plain() }, ErrorKind::ServiceFailed, "do not agree on tls", "465"),
        (SmtpSettings { port: sink.port("open"), ..plain() }, ErrorKind::ServiceFailed, "does not offer to sign in", "starttls"),
    ];
    for (settings, kind, detail, solution) in cases {
        let error = refusal(settings, &to).await;
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.detail().contains(detail), "{detail}: {error:?}");
        assert!(error.solution_text().is_some_and(|text| text.contains(solution)), "{solution}: {:?}", error.solution_text());
        assert!(!format!("{error:?}{error}").contains("s3cret!"));
    }
}

fn wrong() -> (String, Secret) {
    ("vigie".to_owned(), Secret::new("wrong"))
}

#[tokio::test]
async fn a_refused_recipient_does_not_keep_the_mail_from_the_others() {
    let Some(mut sink) = Sink::start().await else { return };
    let error =
        refusal(settings(&sink, "starttls", Security::StartTls), &mail(&["noc@example.net", "nobody@example.net", "no address"])).await;
    assert_eq!(error.kind(), ErrorKind::ServiceFailed);
    assert!(error.detail().contains("nobody@example.net (550 5.1.1 no such user here)"), "{error}");
    assert!(error.detail().contains("no address (not a mail address); the other recipient has it"), "{error}");
    assert_eq!(sink.mail().await["to"], serde_json::json!(["noc@example.net"]));
    let error = refusal(settings(&sink, "starttls", Security::StartTls), &mail(&["nobody@example.net"])).await;
    assert!(error.detail().ends_with("nobody has the mail"), "{error}");
}

#[tokio::test]
async fn a_retry_reaches_those_who_were_put_off_and_nobody_twice() {
    let Some(mut sink) = Sink::start().await else { return };
    let (mailer, id) = (mailer(settings(&sink, "starttls", Security::StartTls)), Id::new());
    let to = mail(&["noc@example.net", "later@example.net"]);
    let error = mailer.send(id, &to).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after_seconds()), (ErrorKind::ServiceUnavailable, Some(60)));
    assert_eq!(sink.mail().await["to"], serde_json::json!(["noc@example.net"]));
    mailer.send(id, &to).await.unwrap();
    let second = sink.mail().await;
    assert_eq!(second["to"], serde_json::json!(["later@example.net"]));
    assert!(second["content"].as_str().unwrap().contains(&format!("Message-ID: <{id}@example.net>")));
}

#[tokio::test]
async fn a_refused_content_is_said_in_the_servers_words() {
    let Some(sink) = Sink::start().await else { return };
    let infected = Mail { text: "virus".to_owned(), ..mail(&["noc@example.net"]) };
    let error = refusal(settings(&sink, "tls", Security::Tls), &infected).await;
    assert!(error.detail().ends_with("refused the mail: 554 5.7.1 content rejected"), "{error}");
}

#[tokio::test]
async fn without_a_server_it_says_what_to_set() {
    let mailer = SmtpMailer::new(None, Arc::new(Noon)).unwrap();
    let error = mailer.send(Id::new(), &mail(&["noc@example.net"])).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, "not_configured"));
    assert!(error.solution_text().is_some_and(|text| text.contains("notifications.smtp.host")));
}
