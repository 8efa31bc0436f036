//! What a server does to those who count on it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use vigie_domain::Secret;
use vigie_domain::cache::{SharedListener, SharedTier, Written};
use vigie_foundation::tls::{CertificateSource, LocalAuthority, ServerTls};
use vigie_redis::{RedisSettings, RedisTier, SettingsFault};
use vigie_testkit::cache::until;
use vigie_testkit::redis::{Server, free_address};

const LONG: Duration = Duration::from_mins(1);

fn settings(url: &str) -> RedisSettings {
    RedisSettings { health_interval: Duration::from_millis(200), ..RedisSettings::new(Secret::new(url)) }
}

/// For what is not about time: a machine under load is no server that is away.
fn patient(url: &str) -> RedisSettings {
    RedisSettings { timeout: Duration::from_secs(5), ..settings(url) }
}

fn node(settings: RedisSettings) -> RedisTier {
    let tier = RedisTier::new(settings).unwrap();
    tokio::spawn(tier.clone().run(CancellationToken::new()));
    tier
}

async fn is_well(tier: &RedisTier) {
    until("it answers", async || tier.is_available() && tier.health().response.is_some() && tier.read("a", &[]).await.is_ok()).await;
}

#[derive(Default)]
struct Count {
    away: AtomicU32,
    reachable: AtomicU32,
}

impl SharedListener for Count {
    fn changed(&self, _: &[String]) {}

    fn away(&self) {
        self.away.fetch_add(1, Ordering::SeqCst);
    }

    fn reachable(&self) {
        self.reachable.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_server_costs_a_request_tens_of_milliseconds_once_and_is_used_again_when_it_goes_on() {
    let Some(server) = Server::start(&[]) else { return };
    let tier = node(settings(&server.url()));
    is_well(&tier).await;
    tier.write("a", "value".into(), LONG, None).await.unwrap();
    server.pause();
    let began = Instant::now();
    for number in 0..100 {
        let call = Instant::now();
        assert!(tier.read("a", &[]).await.is_err());
        // two tries of 25 ms each, and room for a machine under load
        assert!(call.elapsed() < Duration::from_millis(if number == 0 { 150 } else { 60 }), "call {number}: {:?}", call.elapsed());
    }
    assert!(began.elapsed() < Duration::from_millis(300), "{:?}", began.elapsed());
    assert!(!tier.is_available());
    until("it is told why", async || tier.health().detail.is_some_and(|why| why.contains("does not answer in time"))).await;
    server.resume();
    is_well(&tier).await;
    assert_eq!(tier.read("a", &[]).await.unwrap().record, Some("value".into()));
    assert_eq!(tier.health().detail, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_is_used_again_and_what_may_have_been_missed_is_said() {
    let Some(mut server) = Server::start(&[]) else { return };
    let (tier, count) = (node(patient(&server.url())), Arc::new(Count::default()));
    tier.listen(count.clone());
    is_well(&tier).await;
    let tags = ["devices".to_owned()];
    let made = tier.versions(&tags).await.unwrap();
    until("messages are heard", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('1')).await;
    let before = count.away.load(Ordering::SeqCst);
    server.kill();
    let call = Instant::now();
    assert!(tier.read("a", &tags).await.is_err());
    assert!(call.elapsed() < Duration::from_millis(500), "a refused connection is known at once");
    until("it is away", async || !tier.is_available()).await;
    assert_eq!((count.away.load(Ordering::SeqCst), count.reachable.load(Ordering::SeqCst)), (before, 0));
    server.start_again();
    is_well(&tier).await;
    until("its listeners are told", async || {
        count.away.load(Ordering::SeqCst) == before + 1 && count.reachable.load(Ordering::SeqCst) == 1
    })
    .await;
    assert_eq!(tier.read("a", &tags).await.unwrap().versions, [None], "a version that was lost is not the one it was");
    assert_ne!(tier.versions(&tags).await.unwrap(), made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_is_opened_again_within_the_call() {
    let Some(server) = Server::start(&[]) else { return };
    let (tier, count) = (node(patient(&server.url())), Arc::new(Count::default()));
    tier.listen(count.clone());
    is_well(&tier).await;
    until("messages are heard", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('1')).await;
    let before = count.away.load(Ordering::SeqCst);
    for kind in ["normal", "pubsub"] {
        server.ask(&["CLIENT", "KILL", "TYPE", kind]);
    }
    tier.read("a", &[]).await.unwrap();
    assert!(tier.is_available());
    until("the gap in messages is told", async || count.away.load(Ordering::SeqCst) > before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_and_is_not_repeated() {
    let Some(server) = Server::start(&[]) else { return };
    let tier = node(patient(&server.url().replace(Server::PASSWORD, "hunter2")));
    until("it is told", async || tier.health().detail.is_some()).await;
    assert!(!tier.is_available());
    let (detail, read) = (tier.health().detail.unwrap(), tier.read("a", &[]).await.unwrap_err());
    assert!(detail.contains("uthentication"), "{detail}");
    for text in [detail, read.chain().clone(), format!("{tier:?}", tier = settings("redis://:hunter2@x"))] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let wrong = RedisTier::new(settings("postgres://:hunter2@x")).err().unwrap();
    assert!(matches!(wrong, SettingsFault::Url) && !wrong.to_string().contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_spoken_with_whom_the_given_authority_vouches_for() {
    let folder = TempDir::new().unwrap();
    // the first address given in this process is not the server's: it names all that a test may get
    let names: Vec<String> = (0..64).map(|number| free_address_like(&free_address(), number)).collect();
    let source = CertificateSource::Local(LocalAuthority::new(folder.path(), names));
    ServerTls::open(source, OffsetDateTime::now_utc()).unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key, authority) = (file("server.pem"), file("server.key"), file("ca.pem"));
    let options = ["--tls-port", "6380", "--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &authority];
    let Some(server) = Server::start(&[&options[..], &["--tls-auth-clients", "no"]].concat()) else { return };
    let trusting = RedisSettings { authorities: Some(std::fs::read(&authority).unwrap()), ..patient(&server.tls_url()) };
    let tier = node(trusting);
    is_well(&tier).await;
    assert_eq!(tier.write("a", "value".into(), LONG, None).await.unwrap(), Written::Kept);
    let stranger = node(patient(&server.tls_url()));
    until("a certificate of nobody known is refused", async || stranger.health().detail.is_some_and(|why| why.contains("ertificate")))
        .await;
    assert!(!stranger.is_available());
}

/// The address with another second number, as the kit gives them.
fn free_address_like(address: &str, number: u32) -> String {
    let mut parts: Vec<String> = address.split('.').map(str::to_owned).collect();
    parts[1] = (128 + number).to_string();
    parts.join(".")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_opened_under_load_up_to_the_limit_and_closed_after_it() {
    let Some(server) = Server::start(&[]) else { return };
    let tier = node(RedisSettings { max_connections: 4, ..patient(&server.url()) });
    is_well(&tier).await;
    assert_eq!(tier.connections(), 1);
    let mut most = 0;
    for _ in 0..20 {
        let reads = (0..500).map(|number| {
            let tier = tier.clone();
            tokio::spawn(async move { tier.read(&number.to_string(), &[]).await.is_ok() })
        });
        assert!(futures::future::join_all(reads).await.into_iter().all(|read| read.unwrap()));
        most = most.max(tier.connections());
    }
    assert_eq!(most, 4);
    until("one is enough for nobody", async || tier.connections() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_server_takes_no_more_and_fails_nothing() {
    let Some(server) = Server::start(&["--maxmemory", "1500kb", "--maxmemory-policy", "noeviction"]) else { return };
    let tier = node(patient(&server.url()));
    is_well(&tier).await;
    let record = bytes::Bytes::from(vec![7; 200_000]);
    let mut outcomes = Vec::new();
    for number in 0..20 {
        outcomes.push(tier.write(&number.to_string(), record.clone(), LONG, None).await.unwrap());
    }
    assert!(outcomes.contains(&Written::NoRoom), "{outcomes:?}");
    assert!(tier.is_available());
    assert!(tier.health().detail.unwrap().contains("evicts nothing"));

    let small = node(RedisSettings { max_bytes: 1, ..patient(&server.url()) });
    until("it is seen", async || small.health().detail.is_some_and(|why| why.contains("more memory"))).await;
    assert_eq!(small.write("small", "x".into(), LONG, None).await.unwrap(), Written::NoRoom);
}
