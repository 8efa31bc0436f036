//! A real OpenSSH.

use vigie_domain::system::Offsite as _;
use vigie_domain::{ErrorKind, Secret};
use vigie_offsite::{Sftp, SftpLogin, SftpSettings};
use vigie_testkit::cable::Cable;
use vigie_testkit::cache::until;
use vigie_testkit::offsite::{OffsiteServer, Place, content, octets};

fn settings(server: &OffsiteServer) -> SftpSettings {
    let (host, port) = server.host().split_once(':').unwrap();
    SftpSettings {
        host: host.to_owned(),
        port: port.parse().unwrap(),
        host_key: server.text("fingerprint"),
        username: server.url.split(['/', '@']).nth(2).unwrap().to_owned(),
        login: SftpLogin::Key(Secret::new(server.text("user_key"))),
        folder: "servers/vigie-1".to_owned(),
        reads_back: true,
    }
}

async fn open() -> Option<Place> {
    let server = OffsiteServer::start("sftp")?;
    let offsite = Box::new(Sftp::new(settings(&server)).unwrap());
    Some(Place { offsite, folder: server.file("home"), server })
}

vigie_testkit::offsite_conformance!(open);

#[tokio::test]
async fn what_is_wrong_with_the_configuration_is_told() {
    let Some(server) = OffsiteServer::start("sftp") else { return };
    let right = settings(&server);
    let other = format!("SHA256:{}", "A".repeat(43));
    let cases = [
        (SftpSettings { host_key: other.clone(), ..right.clone() }, right.host_key.as_str(), "backup.sftp.host_key"),
        (SftpSettings { login: SftpLogin::Password(Secret::new("wrong")), ..right.clone() }, "does not let", "backup.sftp.private_key"),
        (SftpSettings { folder: "/dev/null/x".to_owned(), ..right.clone() }, "/dev/null/x", "backup.sftp.folder"),
    ];
    for (settings, said, solution) in cases {
        let error = Sftp::new(settings).unwrap().put("x.vigie", content(&octets(10))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ServiceFailed, "{error}");
        assert!(error.detail().contains(said) && error.solution_text().unwrap().contains(solution), "{error}: {:?}", error.solution_text());
    }
    let unreadable = SftpSettings { login: SftpLogin::Key(Secret::new("no key")), ..right };
    assert!(Sftp::new(unreadable).err().unwrap().detail().contains("no private key"));
}

#[tokio::test]
async fn a_line_that_is_cut_is_told_as_what_may_pass() {
    let Some(server) = OffsiteServer::start("sftp") else { return };
    let cable = Cable::to(server.host().parse().unwrap()).await;
    let (host, port) = (cable.address().ip().to_string(), cable.address().port());
    let place = Sftp::new(SftpSettings { host, port, ..settings(&server) }).unwrap();
    place.put("x.vigie", content(&octets(10))).await.unwrap();
    cable.cut();
    let error = place.list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable, "{error}");
    cable.mend();
    until("it is reached again", async || place.list().await.is_ok_and(|files| files.len() == 1)).await;
}

/// Connections end with their use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_stays_behind() {
    let Some(server) = OffsiteServer::start("sftp") else { return };
    let said = |what: &str| server.text("sftp.log").matches(what).count();
    let place = Sftp::new(settings(&server)).unwrap();
    place.put("x.vigie", content(&octets(10))).await.unwrap();
    drop(place.get("x.vigie").await.unwrap());
    let begun = said("Accepted publickey");
    assert!(begun > 0);
    until("all of them end", async || said("Disconnected from user") + said("Connection closed by") == begun).await;
}
