//! Copies elsewhere, on a real OpenSSH and a real gateway of S3, by real jobs.

use std::net::SocketAddr;

use vigie_domain::system::CopyState;
use vigie_foundation::tls::{ClientTrust, chain_from_pem};
use vigie_offsite::{S3, S3Settings, Sftp, SftpLogin, SftpSettings};
use vigie_testkit::cable::Cable;
use vigie_testkit::offsite::OffsiteServer;

use super::*;

/// Keeps the last one alone.
const LAST: Retention = Retention { keep_last: 1, keep_for: Duration::ZERO };

fn sftp(server: &OffsiteServer, at: SocketAddr) -> Destination {
    let settings = SftpSettings {
        host: at.ip().to_string(),
        port: at.port(),
        host_key: server.text("fingerprint"),
        username: server.url.split(['/', '@']).nth(2).unwrap().to_owned(),
        login: SftpLogin::Key(Secret::new(server.text("user_key"))),
        folder: "vigie".to_owned(),
        reads_back: false,
    };
    Destination { pauses: &[], ..Destination::new("sftp", Arc::new(Sftp::new(settings).unwrap()), LAST) }
}

fn s3(server: &OffsiteServer) -> Destination {
    let ca = server.file("ca.pem");
    let settings = S3Settings {
        endpoint: server.url.parse().unwrap(),
        bucket: "backups".to_owned(),
        region: "us-east-1".to_owned(),
        prefix: "vigie".to_owned(),
        is_path_style: true,
        access_key: "access".to_owned(),
        secret_key: Secret::new("secret-of-tests"),
        trust: ClientTrust::Only(chain_from_pem(&ca, &std::fs::read(&ca).unwrap()).unwrap()),
    };
    Destination { pauses: &[], ..Destination::new("s3", Arc::new(S3::new(settings).unwrap()), LAST) }
}

/// A desk whose backups go to a host behind a cable.
async fn behind_a_cable(server: &OffsiteServer, pauses: &'static [Duration]) -> (Desk, Cable) {
    let cable = Cable::to(server.host().parse().unwrap()).await;
    let destination = Destination { pauses, ..sftp(server, cable.address()) };
    (desk_with(None, vec![destination]).await, cable)
}

impl Desk {
    async fn begun(&self) -> Begun {
        self.backups.create(&self.cx()).await.unwrap()
    }

    /// Of the backup with this id, by destination.
    async fn copies(&self, id: Id) -> Vec<(String, CopyState)> {
        let copies = self.backups.get(&self.cx(), id).await.unwrap().copies;
        copies.into_iter().map(|copy| (copy.destination, copy.state)).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_copied_to_every_destination_and_those_of_long_ago_go_there_too() {
    let (Some(host), Some(bucket)) = (OffsiteServer::start("sftp"), OffsiteServer::start("s3")) else { return };
    let destinations = vec![s3(&bucket), sftp(&host, host.host().parse().unwrap())];
    let desk = desk_with(None, destinations.clone()).await;
    let mut scheduler = BackupScheduler::of_backups(&desk.backups);
    let mine = desk.made().await;
    let mut nights = Vec::new();
    for _ in 0..3 {
        desk.clock.advance(DAY);
        assert!(scheduler.turn().await.unwrap());
        desk.carried(desk.waiting().await, JobStatus::Succeeded).await;
        nights.push(desk.names().await.pop().unwrap());
    }
    let states = |state| ["s3", "sftp"].map(|name| (name.to_owned(), state));
    assert_eq!(desk.copies(mine.id).await, states(CopyState::Copied), "what a person made is no concern of the schedule");
    assert_eq!(desk.copies(id_of(&nights[2])).await, states(CopyState::Copied));
    // two are kept here, one there
    assert_eq!(desk.copies(id_of(&nights[1])).await, states(CopyState::Deleted));
    for destination in &destinations {
        let mut there = destination.list().await.unwrap();
        there.sort_by(|a, b| a.name.cmp(&b.name));
        let there: Vec<_> = there.into_iter().map(|backup| (backup.name, backup.origin, backup.check)).collect();
        let passed = |name: &str, origin| (name.to_owned(), Some(origin), BackupCheck::Passed);
        assert_eq!(there, [passed(&mine.name, BackupOrigin::Manual), passed(&nights[2], BackupOrigin::Schedule)]);
        assert_eq!(destination.newest().await.unwrap().name, nights[2]);
        assert_eq!(destination.offsite.list().await.unwrap().len(), 4, "with what is known of them");
    }
    let here = std::fs::read(desk.folder().join(&nights[2])).unwrap();
    for there in [bucket.file("data/backups/vigie"), host.file("home/vigie")] {
        assert!(std::fs::read(there.join(&nights[2])).unwrap() == here);
    }
    let figures = desk.backups.state().figures.copies;
    assert!(figures["s3"].failure.is_none() && figures["sftp"].last_success_at.is_some(), "{figures:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_fails_keeps_the_backup_and_is_told_until_one_goes_well() {
    let Some(host) = OffsiteServer::start("sftp") else { return };
    let (desk, cable) = behind_a_cable(&host, &[]).await;
    cable.cut();
    let begun = desk.begun().await;
    let job = desk.carried(begun.job_id, JobStatus::Failed).await;
    let error = job.error.unwrap();
    assert!(error.contains("is made and whole, and not copied to sftp: ") && error.contains("cannot be reached"), "{error}");
    let made = desk.backups.get(&desk.cx(), begun.id).await.unwrap();
    assert_eq!(made.check, BackupCheck::Passed);
    let copy = &made.copies[0];
    assert!(copy.state == CopyState::Failed && copy.error.as_ref().unwrap().contains("cannot be reached"), "{copy:?}");
    // a new process knows of it too
    desk.backups.begin().await;
    let state = desk.backups.state();
    assert!(
        state.status == "degraded" && state.detail.contains("was not copied to sftp: ") && state.figures.failure.is_none(),
        "{state:?}"
    );

    cable.mend();
    desk.clock.advance(DAY);
    let second = desk.made().await;
    assert_eq!(desk.copies(second.id).await, [("sftp".to_owned(), CopyState::Copied)]);
    assert_eq!(desk.backups.state().status, "healthy");
    cable.cut();
    desk.clock.advance(DAY * 3);
    let begun = desk.begun().await;
    desk.carried(begun.job_id, JobStatus::Failed).await;
    assert_eq!(desk.backups.state().status, "unhealthy", "two nights are missing there");
    let told = |before: &str, after: &str| (before.to_owned(), after.to_owned());
    // files are of the system's time, which is behind that of the desk: after three days those here are overdue too
    assert_eq!(desk.told().await, [told("healthy", "degraded"), told("degraded", "healthy"), told("degraded", "unhealthy")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_by_itself_is_tried_again() {
    const OFTEN: &[Duration] = &[Duration::from_millis(50); 400];
    let Some(host) = OffsiteServer::start("sftp") else { return };
    let (desk, cable) = behind_a_cable(&host, OFTEN).await;
    cable.cut();
    let begun = desk.begun().await;
    let mend = async {
        let mut feed = desk.feed.subscribe();
        while !feed.recv().await.unwrap().log.iter().any(|line| line.message.contains("trying again")) {}
        cable.mend();
    };
    tokio::join!(desk.carried(begun.job_id, JobStatus::Succeeded), mend);
    assert_eq!(desk.copies(begun.id).await, [("sftp".to_owned(), CopyState::Copied)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_cancelled_ends_the_job_and_the_backup_stays() {
    const LATER: &[Duration] = &[Duration::from_hours(1)];
    let Some(host) = OffsiteServer::start("sftp") else { return };
    let (desk, cable) = behind_a_cable(&host, LATER).await;
    cable.cut();
    let begun = desk.begun().await;
    let jobs = Jobs::new(&desk.core, &desk.feed, &desk.handlers);
    let cancel = async {
        let mut feed = desk.feed.subscribe();
        while !feed.recv().await.unwrap().log.iter().any(|line| line.message.contains("trying again")) {}
        jobs.cancel(&desk.cx(), begun.job_id).await.unwrap();
    };
    tokio::join!(desk.carried(begun.job_id, JobStatus::Cancelled), cancel);
    assert_eq!(desk.copies(begun.id).await, []);
    assert_eq!(desk.backups.get(&desk.cx(), begun.id).await.unwrap().check, BackupCheck::Passed);
    assert_eq!(desk.backups.state().status, "healthy", "nothing failed");
}
