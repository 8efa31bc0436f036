//! Values in one server, state in another: what is lost with either.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use vigie_domain::Secret;
use vigie_domain::cache::{Boarding, SharedTier, Written};
use vigie_redis::{RedisPair, RedisRole, RedisSettings, RedisTier};
use vigie_testkit::cache::until;
use vigie_testkit::redis::Server;

const LONG: Duration = Duration::from_mins(1);

fn tier(server: &Server, role: RedisRole) -> RedisTier {
    let patient = Duration::from_secs(5);
    let settings = RedisSettings {
        role,
        health_interval: Duration::from_millis(200),
        timeout: patient,
        ..RedisSettings::new(Secret::new(server.url()))
    };
    RedisTier::new(settings).unwrap()
}

fn node(values: &Server, state: &Server) -> RedisPair {
    let pair = RedisPair::new(tier(values, RedisRole::Cache), tier(state, RedisRole::State));
    tokio::spawn(pair.clone().run(CancellationToken::new()));
    pair
}

async fn is_well(pair: &RedisPair) {
    until("both are well", async || pair.health().is_available && pair.health().detail.is_none()).await;
}

async fn held(pair: &RedisPair, key: &str, tags: &[String]) -> u64 {
    match pair.board(key, tags).await.unwrap() {
        Boarding::Holder { fence, .. } => fence,
        Boarding::Follower(_) => panic!("somebody else makes {key}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_stand_in_one_server_and_state_in_the_other() {
    let (Some(values), Some(state)) = (Server::start(&[]), Server::start(&[])) else { return };
    let pair = node(&values, &state);
    is_well(&pair).await;
    let (tags, large) = (["devices".to_owned()], Bytes::from(vec![7; 100_000]));
    let fence = held(&pair, "a", &tags).await;
    assert_eq!(pair.write("a", large.clone(), LONG, Some(fence)).await.unwrap(), Written::Kept);
    let found = node(&values, &state).read("a", &tags).await.unwrap();
    assert_eq!((found.record, found.versions[0].is_some()), (Some(large), true));
    assert_eq!(values.ask(&["KEYS", "*"]), "{vigie}:v:a");
    let kept = state.ask(&["KEYS", "*"]);
    assert!(kept.contains("{vigie}:t:devices") && kept.contains("{vigie}:f:last"), "{kept}");
    assert_eq!(state.ask(&["STRLEN", "{vigie}:m:a"]), "16", "of the value it keeps a mark alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_values_nodes_still_agree_on_who_makes_them_and_on_what_fell() {
    let (Some(mut values), Some(state)) = (Server::start(&[]), Server::start(&[])) else { return };
    let (one, other) = (node(&values, &state), node(&values, &state));
    is_well(&one).await;
    is_well(&other).await;
    let tags = ["devices".to_owned()];
    assert_eq!(one.write("a", "value".into(), LONG, None).await.unwrap(), Written::Kept);
    let before = one.versions(&tags).await.unwrap();
    values.kill();
    until("it is told", async || one.health().solution.is_some_and(|what| what.contains("cache.redis.url "))).await;
    assert!(one.is_available() && !one.health().is_available);
    assert_eq!(one.read("a", &tags).await.unwrap().record, None);
    other.invalidate(&tags).await.unwrap();
    let fell = one.read("a", &tags).await.unwrap().versions;
    assert_ne!(fell, [Some(before[0])]);

    let fence = held(&one, "a", &tags).await;
    assert!(matches!(other.board("a", &tags).await.unwrap(), Boarding::Follower(_)));
    assert_eq!(one.write("a", "new".into(), LONG, Some(fence)).await.unwrap(), Written::NoRoom);
    let next = held(&other, "a", &tags).await;
    assert!(next > fence, "the lease ended with the write that found no room");

    values.start_again();
    is_well(&one).await;
    is_well(&other).await;
    assert_eq!(one.read("a", &tags).await.unwrap().record, None, "the mark of a value that was lost is nobody's");
    assert_eq!(other.write("a", "newer".into(), LONG, Some(next)).await.unwrap(), Written::Kept);
    assert_eq!(one.read("a", &tags).await.unwrap().record, Some("newer".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_state_nothing_counts() {
    let (Some(values), Some(mut state)) = (Server::start(&[]), Server::start(&[])) else { return };
    let pair = node(&values, &state);
    is_well(&pair).await;
    assert_eq!(pair.write("a", "value".into(), LONG, None).await.unwrap(), Written::Kept);
    state.kill();
    until("it is away", async || !pair.is_available()).await;
    assert!(pair.read("a", &[]).await.is_err());
    until("it is told", async || pair.health().solution.is_some_and(|what| what.contains("cache.redis.state_url"))).await;
    state.start_again();
    is_well(&pair).await;
    assert_eq!(values.ask(&["EXISTS", "{vigie}:v:a"]), "1");
    assert_eq!(pair.read("a", &[]).await.unwrap().record, None, "whether it was the last nobody knows any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_past_its_lease_hides_a_newer_value_and_is_never_served() {
    let (Some(values), Some(state)) = (Server::start(&[]), Server::start(&[])) else { return };
    let (late, other) = (node(&values, &state), node(&values, &state));
    is_well(&late).await;
    is_well(&other).await;
    let fence = held(&late, "a", &[]).await;
    state.ask(&["DEL", "{vigie}:l:a"]);
    let next = held(&other, "a", &[]).await;
    assert_eq!(other.write("a", "newer".into(), LONG, Some(next)).await.unwrap(), Written::Kept);
    assert_eq!(late.write("a", "older".into(), LONG, Some(fence)).await.unwrap(), Written::Refused);
    assert_eq!(other.read("a", &[]).await.unwrap().record, Some("newer".into()), "who is late does not touch it");
    // its lease ended after it was looked at: the value is there, its mark is not
    values.ask(&["SET", "{vigie}:v:a", "0123456789abcdefolder"]);
    assert_eq!(other.read("a", &[]).await.unwrap().record, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_may_be_both() {
    let Some(server) = Server::start(&[]) else { return };
    let pair = node(&server, &server);
    is_well(&pair).await;
    assert_eq!(pair.write("a", "value".into(), LONG, None).await.unwrap(), Written::Kept);
    assert_eq!(pair.read("a", &[]).await.unwrap().record, Some("value".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_falls_is_told_in_a_server_that_is_full() {
    let (Some(values), Some(state)) = (Server::start(&[]), Server::start(&["--maxmemory-policy", "noeviction"])) else { return };
    let pair = node(&values, &state);
    is_well(&pair).await;
    let tags = ["devices".to_owned()];
    let before = pair.versions(&tags).await.unwrap();
    state.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    pair.invalidate(&tags).await.unwrap();
    assert_eq!(pair.read("a", &tags).await.unwrap().versions, [None], "no version is none of those before");
    until("it is told", async || pair.health().detail.is_some_and(|why| why.contains("nearly full"))).await;
    state.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_ne!(pair.versions(&tags).await.unwrap(), before);
}
