//! What a cluster is asked, and how its refusals, its absence and its slowness are met. The clusters of these tests are fakes: what real
//! ones answer is shown by `cluster.rs`; their lifecycle policies and logins cannot be had there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "requests/fake.rs"]
mod fake;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fake::{Asked, Fake};
use serde_json::{Value, json};
use vigie_domain::telemetry::event::{BYTES, MESSAGE};
use vigie_domain::telemetry::{EventBatch, EventKind, EventStore, Promise, Retention};
use vigie_domain::{ErrorKind, Scope};
use vigie_event_store::{ClusterLogin, ClusterSettings, EngineSettings, EventStoreSettings};
use vigie_foundation::task::Tracker;
use vigie_foundation::wal::WalSettings;
use vigie_testkit::events::typed;
use vigie_testkit::make::NOW;

struct Opened {
    store: Arc<dyn EventStore>,
    _folder: tempfile::TempDir,
}

async fn open(urls: &[&str], change: impl FnOnce(&mut ClusterSettings)) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = ClusterSettings::of(urls.iter().map(|url| url.parse().unwrap()).collect());
    cluster.send_every = Duration::from_millis(20);
    change(&mut cluster);
    let settings = EventStoreSettings {
        folder: folder.path().to_owned(),
        node: 7,
        log: WalSettings { sync_every: Duration::from_millis(1), ..WalSettings::default() },
        log_storage: None,
        engine: EngineSettings::Cluster(cluster),
    };
    let store = vigie_event_store::open(settings, &Tracker::new(&["stores"]).stage("stores")).await.unwrap();
    Opened { store, _folder: folder }
}

fn numbered(count: i64) -> EventBatch {
    let mut batch = EventBatch::new();
    for number in 0..count {
        drop(batch.begin(EventKind::Log, NOW).integer(BYTES, number).text(MESSAGE, "Gi1/0/7 down"));
    }
    batch
}

/// What a bulk request creates: index, id and number of each event.
fn created(asked: &Asked) -> Vec<(String, String, i64)> {
    let lines: Vec<Value> = asked.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pairs = lines.chunks(2);
    pairs.map(|pair| (text(&pair[0]["create"]["_index"]), text(&pair[0]["create"]["_id"]), pair[1]["bytes"].as_i64().unwrap())).collect()
}

#[tokio::test]
async fn each_event_is_sent_until_it_is_stored_or_refused() {
    let item = |status: u16, kind: &str| json!({ "create": { "status": status, "error": { "type": kind, "reason": "told" } } });
    let fake = Fake::start(move |asked, number| match (asked.line().as_str(), number) {
        ("POST /_bulk", 0) => {
            let told = [
                (201, ""),
                (429, "es_rejected_execution_exception"),
                (409, "version_conflict_engine_exception"),
                (400, "mapper_parsing_exception"),
                (404, "index_not_found_exception"),
                (503, "unavailable_shards_exception"),
            ];
            Some((200, json!({ "errors": true, "items": told.map(|(status, kind)| item(status, kind)) })))
        }
        _ => None,
    })
    .await;
    let opened = open(&[&fake.url], |_| {}).await;
    opened.store.append(&numbered(6), Promise::Power).await.unwrap();
    opened.store.settle().await.unwrap();
    let sent: Vec<_> = fake.of("POST /_bulk").iter().map(created).collect();
    assert_eq!(sent.len(), 2);
    let numbers = |sent: &[(String, String, i64)]| sent.iter().map(|(_, _, number)| *number).collect::<Vec<_>>();
    assert_eq!((numbers(&sent[0]), numbers(&sent[1])), (vec![0, 1, 2, 3, 4, 5], vec![1, 4, 5]));
    assert_eq!(sent[0][1], sent[1][0], "under the same id");
    assert_eq!((sent[0][0].0.as_str(), sent[0][0].1.as_str()), ("vigie-log-2026-11-23", "00000007-000000010000000c"));
    assert_eq!(fake.of("PUT /vigie-log-2026-11-23").len(), 2, "an index that vanished is made again");
    assert_eq!(opened.store.status().await.unwrap().lost, 1, "what cannot be stored is counted");
}

#[tokio::test]
async fn a_cluster_that_is_away_costs_nothing_but_time() {
    let away = Arc::new(AtomicUsize::new(0));
    let fake = Fake::start({
        let away = away.clone();
        move |_, _| {
            (away.load(Ordering::SeqCst) > 0).then(|| {
                away.fetch_sub(1, Ordering::SeqCst);
                (503, json!({}))
            })
        }
    })
    .await;
    away.store(9, Ordering::SeqCst);
    let opened = open(&[&fake.url], |_| {}).await;
    opened.store.append(&numbered(3), Promise::Power).await.unwrap();
    while opened.store.status().await.unwrap().problem.is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    opened.store.settle().await.unwrap();
    assert_eq!(fake.of("POST /_bulk").iter().map(|asked| created(asked).len()).sum::<usize>(), 3);
    assert_eq!(opened.store.status().await.unwrap().problem, None);
}

#[tokio::test]
async fn a_request_is_tried_four_times_then_it_is_an_error() {
    let fake = Fake::start(|asked, _| asked.path.contains("_search").then(|| (503, json!({})))).await;
    let opened = open(&[&fake.url], |_| {}).await;
    let error = opened.store.search(&Scope::system(), &typed("kind:log")).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::ServiceUnavailable, "service_unavailable"));
    assert_eq!(fake.asked.lock().unwrap().iter().filter(|asked| asked.path.contains("_search")).count(), 4);
    let silent = Fake::start(|_, _| None).await;
    silent.gate.forget_permits(usize::MAX);
    let opened = open(&[&silent.url], |cluster| (cluster.timeout, cluster.retries) = (Duration::from_millis(200), 1)).await;
    let error = opened.store.search(&Scope::system(), &typed("")).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::ServiceTimeout, "service_timeout"));
}

#[tokio::test]
async fn the_dead_node_is_left_out() {
    let fake = Fake::start(|_, _| None).await;
    // closes every connection at once, and counts them
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, tried) = (format!("http://{}", dead.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    tokio::spawn({
        let tried = tried.clone();
        async move {
            while dead.accept().await.is_ok() {
                tried.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let opened = open(&[&address, &fake.url], |_| {}).await;
    for _ in 0..20 {
        opened.store.search(&Scope::system(), &typed("")).await.unwrap();
    }
    opened.store.append(&numbered(1), Promise::Power).await.unwrap();
    opened.store.settle().await.unwrap();
    let tried = tried.load(Ordering::SeqCst);
    assert!((1..=3).contains(&tried), "the dead node was tried {tried} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_five_requests_are_under_way_and_the_next_ones_wait() {
    let fake = Fake::start(|_, _| None).await;
    let opened = open(&[&fake.url], |_| {}).await;
    opened.store.search(&Scope::system(), &typed("")).await.unwrap();
    fake.gate.forget_permits(usize::MAX);
    let searches: Vec<_> = (0..60)
        .map(|_| {
            let store = opened.store.clone();
            tokio::spawn(async move { store.search(&Scope::system(), &typed("")).await })
        })
        .collect();
    let began = Instant::now();
    while fake.most_at_once.load(Ordering::SeqCst) < 25 && began.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    fake.gate.add_permits(100_000);
    for search in searches {
        search.await.unwrap().unwrap();
    }
    assert_eq!(fake.most_at_once.load(Ordering::SeqCst), 25);
    assert_eq!(opened.store.status().await.unwrap().requests, Some((0, 0)), "all were given back");
}

#[tokio::test]
async fn vigie_says_who_it_is() {
    let logins = [
        (ClusterLogin::Basic("vigie".to_owned(), "p:w".to_owned()), "Basic dmlnaWU6cDp3"),
        (ClusterLogin::ApiKey("a2V5".to_owned()), "ApiKey a2V5"),
    ];
    for (login, expected) in logins {
        assert!(!format!("{login:?}").contains("p:w"), "no secret in a log");
        let fake = Fake::start(|_, _| Some((401, json!({ "error": { "type": "security_exception", "reason": "unknown user" } })))).await;
        let opened = open(&[&fake.url], |cluster| cluster.login = login).await;
        let error = opened.store.search(&Scope::system(), &typed("")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ServiceFailed);
        assert_eq!((error.cause_text(), error.solution_text().is_some()), (Some("401: unknown user"), true));
        assert!(fake.asked.lock().unwrap().iter().all(|asked| asked.headers["authorization"] == expected));
    }
}

#[tokio::test]
async fn a_cluster_that_can_drop_indexes_itself_is_told_when() {
    let rules = [Retention { kind: EventKind::Flow, keep: Duration::from_hours(24 * 7) }];
    let elastic = Fake::start(|asked, _| match asked.line().as_str() {
        "GET /" => Some((405, json!({ "error": "Incorrect HTTP method" }))),
        "GET /_nodes/_local" => Some((200, json!({ "nodes": { "n": { "version": "8.17.0" } } }))),
        "GET /_ilm/policy" | "GET /_data_stream" => Some((200, json!({}))),
        _ => None,
    })
    .await;
    let opened = open(&[&elastic.url], |_| {}).await;
    for _ in 0..2 {
        opened.store.retain(NOW, &rules).await.unwrap();
    }
    let told = elastic.of("PUT /_ilm/policy/vigie-flow");
    assert_eq!(told.len(), 1, "once, while it stays the same");
    let policy: Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!(policy["policy"]["phases"]["delete"], json!({ "min_age": "8d", "actions": { "delete": {} } }));
    let template: Value = serde_json::from_str(&elastic.of("PUT /_index_template/vigie-flow")[0].body).unwrap();
    assert_eq!(template["template"]["settings"]["index"]["lifecycle"]["name"], "vigie-flow");
    let status = opened.store.status().await.unwrap();
    assert_eq!(
        (status.engine.as_str(), status.version.as_str(), status.abilities.join(" ")),
        ("elasticsearch", "8.17.0", "data_streams ilm".to_owned())
    );

    let open_search = Fake::start(|asked, _| match asked.line().as_str() {
        "GET /_plugins/_ism/policies" => Some((200, json!({ "policies": [] }))),
        "GET /_plugins/_ism/policies/vigie-flow" => Some((200, json!({ "_seq_no": 5, "_primary_term": 2 }))),
        _ => None,
    })
    .await;
    let opened = open(&[&open_search.url], |_| {}).await;
    opened.store.retain(NOW, &rules).await.unwrap();
    let told = open_search.of("PUT /_plugins/_ism/policies/vigie-flow");
    assert!(told[0].path.ends_with("?if_seq_no=5&if_primary_term=2"), "{}", told[0].path);
    let policy: Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!(policy["policy"]["states"][0]["transitions"][0]["conditions"], json!({ "min_index_age": "8d" }));
    assert_eq!(policy["policy"]["ism_template"][0]["index_patterns"], json!(["vigie-flow-*"]));
    assert_eq!(opened.store.status().await.unwrap().abilities, ["ism"]);
}
