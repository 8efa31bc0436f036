//! A server whose PostgreSQL is away: what was read is shown with its age, nothing is changed, polling goes on, and nothing of it is lost.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::header::{AGE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::{Value as Json, json};
use vigie_testkit::cable::Cable;
use vigie_testkit::cache::until;
use vigie_testkit::postgres::Server as Postgres;

use super::server::{Server, problem};

/// Seconds between two polls.
const PERIOD: u64 = 5;

/// A server that reaches its database by a cable, and an administrator.
async fn with_cable(settings: &[(&str, &str)]) -> Option<(Cable, Server, String, vigie_testkit::postgres::Database)> {
    let database = Postgres::shared()?.database();
    let (scheme, rest) = database.url.split_once('@').unwrap();
    let (host, name) = rest.split_once('/').unwrap();
    let cable = Cable::to(host.parse::<SocketAddr>().unwrap()).await;
    let url = format!("{scheme}@{}/{name}", cable.address());
    let server = Server::start(&[settings, &[("VIGIE__STORE__URL", &url)]].concat());
    let admin = server.admin().await;
    Some((cable, server, admin, database))
}

/// The sum of a counter over its labels.
async fn counted(server: &Server, name: &str) -> f64 {
    let text = server.metrics().await;
    let of_name = text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    of_name.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

async fn is_old(server: &Server, path: &str, token: &str) -> bool {
    let answer = server.get(path, token).send().await.unwrap();
    answer.status() == StatusCode::OK && answer.headers().contains_key(AGE)
}

async fn is_refused(answer: Response) {
    let wait = answer.headers()[RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let (status, code, body) = problem(answer).await;
    assert_eq!((status, code.as_str()), (503, "storage_failed"), "{body}");
    assert!(body["cause"].is_string() && body["solution"].is_string() && body["retry_after_seconds"] == wait, "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_told_and_survived() {
    let Some((cable, server, admin, _database)) = with_cable(&[]).await else { return };
    let input = json!({"name": "pinged", "address": "127.0.98.7", "poll_interval_seconds": PERIOD});
    let made: Json = server.post("/devices", &admin, &input).await.json().await.unwrap();
    let device = format!("/devices/{}", made["id"].as_str().unwrap());
    until("the device is up", async || server.json(&device, &admin).await["status"] == "up").await;
    // what was kept before users changed is given to nobody
    let operator = server.with_role(&admin, "operator").await;
    server.json("/tags", &operator).await;
    server.json(&device, &admin).await;
    let lines = async || server.get("/devices", &admin).header("accept", "application/x-ndjson").send().await.unwrap();
    let all = lines().await.bytes().await.unwrap();
    let before = server.get("/devices?page_size=5", &admin).send().await.unwrap();
    assert!(!before.headers().contains_key(AGE));
    let before = before.bytes().await.unwrap();
    // the first reading may be within the same step of the series as the first beat: of two, one point is sure
    until("samples are stored", async || counted(&server, "collector_written_total").await >= 2.0).await;

    let polls = counted(&server, "polls_total").await;
    cable.cut();
    until("the list is old", async || is_old(&server, "/devices?page_size=5", &admin).await).await;
    let old = server.get("/devices?page_size=5", &admin).send().await.unwrap();
    assert_eq!(old.headers()["cache-status"].to_str().unwrap().split(';').next(), Some("Vigie"));
    assert!(old.headers()["cache-status"].to_str().unwrap().contains("storage_failed"));
    assert_eq!(old.bytes().await.unwrap(), before, "the very answer that was given");
    assert!(is_old(&server, &device, &admin).await);
    let again = lines().await;
    assert!(again.headers().contains_key(AGE));
    assert_eq!(again.bytes().await.unwrap(), all, "a stream of lines too");
    // now that it is known, nobody waits
    let asked = Instant::now();
    is_refused(server.get("/sites", &admin).send().await.unwrap()).await;
    is_refused(server.get("/devices?page_size=5", &operator).send().await.unwrap()).await;
    is_refused(server.post("/tags", &admin, &json!({"name": "lost"})).await).await;
    is_refused(server.get("/devices?page_size=5", "vgk_nobody").send().await.unwrap()).await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let store = server.json("/services", &admin).await;
    let store = store["results"].as_array().or(store.as_array()).unwrap().iter().find(|s| s["id"] == "store").unwrap().clone();
    assert_eq!(store["status"], "unhealthy", "{store}");

    until("samples are spooled", async || counted(&server, "spool_kept_rows_total").await >= 2.0).await;
    assert!(counted(&server, "polls_total").await > polls, "polling goes on");
    cable.mend();
    until("a tag can be made", async || server.post("/tags", &admin, &json!({"name": "kept"})).await.status() == StatusCode::CREATED).await;
    until("all is carried", async || {
        let kept = counted(&server, "spool_kept_rows_total").await;
        counted(&server, "spool_carried_rows_total").await >= kept && counted(&server, "spool_held_bytes").await < 1.0
    })
    .await;
    assert!(!is_old(&server, "/devices?page_size=5", &admin).await);
    assert_eq!(counted(&server, "collector_dropped_total").await, 0.0);
    let series = server.json(&format!("{device}/metrics?metrics=up&step=1"), &admin).await;
    let at: Vec<i64> = points(&series).collect();
    let kept = counted(&server, "spool_kept_rows_total").await;
    assert!(at.len() as f64 > kept, "one from before and {kept} that were kept: {at:?}");
    // a beat may be a little late, and none is missing
    let widest = at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest <= 2_000 * PERIOD as i64 - 1_000, "{widest} ms in {at:?}");
}

/// Moments of the points that are known.
fn points(series: &Json) -> impl Iterator<Item = i64> + '_ {
    let points = series["series"][0]["points"].as_array().unwrap();
    points.iter().filter(|point| !point[1].is_null()).map(|point| point[0].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_says_nothing_is_one_that_is_away() {
    let Some((cable, server, admin, _database)) = with_cable(&[]).await else { return };
    server.json("/tags", &admin).await;
    cable.silence();
    // what waits for an answer on a connection that is open waits for as long as one may be slow
    until("it is found out", async || {
        let asked = Instant::now();
        let answer = tokio::time::timeout(Duration::from_secs(1), server.get("/sites", &admin).send()).await;
        answer.is_ok_and(|answer| answer.unwrap().status() == StatusCode::SERVICE_UNAVAILABLE) && asked.elapsed() < Duration::from_secs(1)
    })
    .await;
    assert!(is_old(&server, "/tags", &admin).await);
    cable.mend();
    until("it is found again", async || server.get("/sites", &admin).send().await.unwrap().status() == StatusCode::OK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_beside_a_database_that_answers_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    let Some((_cable, server, admin, _database)) = with_cable(&[("VIGIE__BACKUP__FOLDER", backups.to_str().unwrap())]).await else {
        return;
    };
    server.json("/backups", &admin).await;
    std::fs::remove_dir_all(&backups).unwrap();
    std::fs::write(&backups, "no folder").unwrap();
    let (status, code, body) = problem(server.get("/backups", &admin).send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (503, "storage_failed"), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("backups"), "{body}");
}
