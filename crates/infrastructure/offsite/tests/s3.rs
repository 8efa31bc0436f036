//! A real gateway of S3, over TLS.

use vigie_domain::system::Offsite as _;
use vigie_domain::{ErrorKind, Secret};
use vigie_foundation::tls::{ClientTrust, chain_from_pem};
use vigie_offsite::{S3, S3Settings};
use vigie_testkit::cable::Cable;
use vigie_testkit::cache::until;
use vigie_testkit::offsite::{OffsiteServer, Place, content, octets};

fn settings(server: &OffsiteServer) -> S3Settings {
    let ca = server.file("ca.pem");
    let authorities = chain_from_pem(&ca, &std::fs::read(&ca).unwrap()).unwrap();
    S3Settings {
        endpoint: server.url.parse().unwrap(),
        bucket: "backups".to_owned(),
        region: "us-east-1".to_owned(),
        prefix: "servers/vigie-1".to_owned(),
        is_path_style: true,
        access_key: "access".to_owned(),
        secret_key: Secret::new("secret-of-tests"),
        trust: ClientTrust::Only(authorities),
    }
}

async fn open() -> Option<Place> {
    let server = OffsiteServer::start("s3")?;
    let offsite = Box::new(S3::new(settings(&server)).unwrap());
    Some(Place { offsite, folder: server.file("data/backups"), server })
}

vigie_testkit::offsite_conformance!(open);

#[tokio::test]
async fn what_is_wrong_with_the_configuration_is_told() {
    let Some(server) = OffsiteServer::start("s3") else { return };
    let right = settings(&server);
    let cases = [
        (S3Settings { secret_key: Secret::new("another"), ..right.clone() }, "SignatureDoesNotMatch", "backup.s3.secret_key"),
        (S3Settings { access_key: "another".to_owned(), ..right.clone() }, "access key ID", "backup.s3.access_key"),
        (S3Settings { bucket: "others".to_owned(), ..right.clone() }, "NoSuchBucket", "backup.s3.bucket"),
        (S3Settings { trust: ClientTrust::System, ..right.clone() }, "is not spoken to", "backup.s3.ca_file"),
    ];
    for (settings, said, solution) in cases {
        let place = S3::new(settings).unwrap();
        for error in [place.list().await.unwrap_err(), place.put("x.vigie", content(&octets(10))).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::ServiceFailed, "{error}");
            assert!(
                error.detail().contains(said) && error.solution_text().unwrap().contains(solution),
                "{error}: {:?}",
                error.solution_text()
            );
            assert!(!error.detail().contains("X-Amz-Signature"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_line_that_is_cut_is_told_as_what_may_pass() {
    let Some(server) = OffsiteServer::start("s3") else { return };
    let cable = Cable::to(server.host().parse().unwrap()).await;
    let endpoint = format!("https://{}", cable.address()).parse().unwrap();
    let place = S3::new(S3Settings { endpoint, ..settings(&server) }).unwrap();
    place.put("x.vigie", content(&octets(10))).await.unwrap();
    cable.cut();
    let error = place.list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable, "{error}");
    cable.mend();
    until("it is reached again", async || place.list().await.is_ok_and(|files| files.len() == 1)).await;
}
