//! Two nodes: what one makes the other has, what falls on one falls on both, and what the loss of Redis does.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use vigie_domain::cache::{Cache, CacheEntry, SharedTier};
use vigie_domain::{Error, ErrorKind};
use vigie_redis::RedisSettings;
use vigie_testkit::cache::until;
use vigie_testkit::redis::Server;

use crate::node::{Node, entry, patient, quick};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_made_the_other_has_and_a_hit_fills_its_memory() {
    let Some(server) = Server::start(&[]) else { return };
    let (a, b) = (Node::start("a", patient(&server.url()), None).await, Node::start("b", patient(&server.url()), None).await);
    assert_eq!((a.ask("x").await, b.ask("x").await, b.ask("x").await), ("a 1".into(), "a 1".into(), "a 1".into()));
    assert_eq!((b.made(), b.tally("l1"), b.tally("l2")), (0, (1, 1), (1, 0)));
    assert_eq!((a.tally("l1"), a.tally("l2")), ((0, 1), (0, 1)));
    b.clock.advance(Duration::from_mins(10));
    assert_eq!(b.ask("x").await, "b 1", "its time is over by the clock of who asks");
    let own = CacheEntry { leaves_memory: false, ..entry("own") };
    assert_eq!((a.try_ask(own.clone()).await.unwrap(), b.try_ask(own).await.unwrap()), ("a 2".into(), "b 2".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_known_to_both() {
    let Some(server) = Server::start(&[]) else { return };
    let (a, b) = (Node::start("a", patient(&server.url()), None).await, Node::start("b", patient(&server.url()), None).await);
    let negative = || CacheEntry { negative: Duration::from_secs(20), ..entry("none") };
    let absent = async { Err::<String, _>(Error::not_found("device", "none")) };
    vigie_domain::cache::cached(&a.cache, negative(), absent).await.unwrap_err();
    let told = b.try_ask(negative()).await.unwrap_err();
    assert_eq!(
        (told.kind(), told.code(), told.detail(), b.made()),
        (ErrorKind::ResourceNotFound, "not_found", "there is no device none", 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_falls_on_one_node_falls_on_the_other_in_memory_too() {
    let Some(server) = Server::start(&[]) else { return };
    let (a, b) = (Node::start("a", patient(&server.url()), None).await, Node::start("b", patient(&server.url()), None).await);
    until("both hear", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('2')).await;
    assert_eq!((a.ask("x").await, b.ask("x").await), ("a 1".into(), "a 1".into()));
    a.cache.invalidate(&["sites"]);
    a.cache.settle().await;
    assert_eq!((a.ask("x").await, b.ask("x").await), ("a 1".into(), "a 1".into()));
    let began = Instant::now();
    a.cache.invalidate(&["devices"]);
    until("the other no longer has it in memory", async || b.ask("x").await != "a 1").await;
    assert!(began.elapsed() < Duration::from_secs(5), "promptly: {:?}", began.elapsed());
    assert_eq!((b.ask("x").await, a.ask("x").await), ("b 1".into(), "b 1".into()));
    b.cache.invalidate_all();
    until("all of it", async || a.ask("x").await != "b 1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hears_nothing_still_serves_nothing_that_fell_once_its_memory_is_over() {
    let Some(server) = Server::start(&[]) else { return };
    let (a, deaf) = (Node::start("a", patient(&server.url()), None).await, Node::deaf("deaf", patient(&server.url()), None));
    assert_eq!((a.ask("x").await, deaf.ask("x").await), ("a 1".into(), "a 1".into()));
    a.cache.invalidate(&["devices"]);
    // its own reads see at once what fell here
    assert_eq!(a.ask("x").await, "a 2");
    assert_eq!(deaf.ask("x").await, "a 1", "for half a minute at most");
    deaf.forget();
    assert_eq!(deaf.ask("x").await, "a 2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_of_a_node_that_was_away_is_believed_only_where_versions_hold() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = TempDir::new().unwrap();
    let a = Node::start("a", patient(&server.url()), None).await;
    let b = Node::start("b", patient(&server.url()), Some(folder.path())).await;
    assert_eq!((b.ask("kept").await, b.try_ask(entry("fell").tags(["sites"])).await.unwrap()), ("b 1".into(), "b 2".into()));
    b.cache.settle().await;
    drop(b);
    a.cache.invalidate(&["sites"]);
    a.cache.settle().await;
    // Redis gave up the values, for room
    for key in ["kept", "fell"] {
        assert_eq!(server.ask(&["DEL", &format!("{{vigie}}:v:test:topology:{key}")]), "1");
    }
    let b = Node::start("b again", patient(&server.url()), Some(folder.path())).await;
    assert_eq!((b.ask("kept").await, b.try_ask(entry("fell").tags(["sites"])).await.unwrap()), ("b 1".into(), "b again 1".into()));
    assert_eq!(a.ask("kept").await, "b 1", "a hit on disk fills what nodes share");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_memory_and_disk_serve_and_nothing_fails() {
    let Some(mut server) = Server::start(&[]) else { return };
    let folder = TempDir::new().unwrap();
    let a = Node::start("a", quick(&server.url()), Some(folder.path())).await;
    until("it hears", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('1')).await;
    until("it is made while redis answers", async || a.ask("x").await == "a 1" && a.tier.is_available()).await;
    a.cache.settle().await;
    server.pause();
    a.forget();
    let call = Instant::now();
    assert_eq!(a.ask("x").await, "a 1", "from disk");
    assert!(call.elapsed() < Duration::from_millis(250), "{:?}", call.elapsed());
    let call = Instant::now();
    assert_eq!(a.ask("new").await, "a 2");
    assert!(call.elapsed() < Duration::from_millis(100), "{:?}", call.elapsed());
    let levels = a.cache.levels().await;
    assert_eq!([levels[0].status, levels[1].status, levels[2].status], ["healthy", "degraded", "healthy"]);
    a.cache.invalidate(&["devices"]);
    assert_eq!(a.ask("x").await, "a 3");
    a.cache.settle().await;
    server.resume();
    server.kill();
    a.forget();
    assert_eq!((a.ask("x").await, a.ask("x").await), ("a 3".into(), "a 3".into()));
    server.start_again();
    until("it is used again", async || a.cache.levels().await[1].status == "healthy").await;
    until("values arrive there", async || {
        a.ask("y").await;
        a.forget();
        server.ask(&["EXISTS", "{vigie}:v:test:topology:y"]) == "1"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fell_while_redis_was_away_is_told_when_it_is_back_and_memories_are_emptied() {
    let Some(server) = Server::start(&[]) else { return };
    let settings = || RedisSettings { timeout: Duration::from_millis(200), ..quick(&server.url()) };
    let (a, b) = (Node::start("a", settings(), None).await, Node::start("b", settings(), None).await);
    until("both hear", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('2')).await;
    until("both have it", async || a.ask("x").await == b.ask("x").await).await;
    let before = b.ask("x").await;
    server.pause();
    until("it is away", async || {
        a.forget();
        a.ask("z").await;
        !a.tier.is_available()
    })
    .await;
    a.cache.invalidate(&["devices"]);
    assert_eq!(b.ask("x").await, before, "it cannot know");
    server.resume();
    until("it knows", async || b.ask("x").await != before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_subscription_was_cut_empties_its_memory_when_it_is_back() {
    let Some(server) = Server::start(&[]) else { return };
    let b = Node::start("b", patient(&server.url()), None).await;
    until("it hears", async || server.ask(&["PUBSUB", "NUMSUB", "{vigie}:news"]).ends_with('1')).await;
    assert_eq!((b.ask("x").await, b.ask("x").await), ("b 1".into(), "b 1".into()));
    let below = b.tally("l2").0;
    server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    until("it looks below its memory again", async || {
        assert_eq!(b.ask("x").await, "b 1");
        b.tally("l2").0 > below
    })
    .await;
}
