//! The cache of a running server, with a Redis beside it.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use vigie_testkit::cache::until;
use vigie_testkit::redis::Server as Redis;

use super::server::{Server, problem};

fn of<'a>(list: &'a Json, name: &str, value: &str) -> &'a Json {
    list.as_array().unwrap().iter().find(|row| row[name] == value).unwrap_or_else(|| panic!("no {name} {value} in {list}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_used_shown_and_missed_by_nobody() {
    let Some(redis) = Redis::start(&[]) else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, redis.url()).unwrap();
    // a machine under load is no server that is away
    let settings = [
        ("VIGIE__CACHE__REDIS__URL_FILE", file.path().to_str().unwrap()),
        ("VIGIE__CACHE__REDIS__TIMEOUT_MS", "250"),
        ("VIGIE__CACHE__REDIS__HEALTH_INTERVAL_SECONDS", "1"),
    ];
    let server = Server::start(&settings);
    let admin = server.admin().await;
    let service = async || server.json("/services/redis", &admin).await;
    until("redis is healthy", async || {
        service().await["version"].as_str().is_some_and(|v| v.starts_with("Redis") || v.starts_with("Valkey"))
    })
    .await;
    let shown = service().await;
    assert_eq!((&shown["status"], &shown["kind"]), (&json!("healthy"), &json!("redis")), "{shown}");
    assert!(shown["figures"]["connected_clients"].as_f64().unwrap() >= 1.0 && shown["response_ms"].is_number(), "{shown}");

    server.json("/dashboards/network", &admin).await;
    let level = async |name: &str| of(&server.json("/cache/stats", &admin).await["levels"], "level", name).clone();
    for (name, kind) in [("l1", "memory"), ("l2", "redis"), ("l3", "disk")] {
        let level = level(name).await;
        assert_eq!((&level["kind"], &level["status"]), (&json!(kind), &json!("healthy")), "{level}");
        assert!(level["max_bytes"].as_u64().unwrap() > 0, "{level}");
    }
    assert!(level("l1").await["entries"].as_u64().unwrap() >= 1);
    until("a dashboard is in redis", async || redis.ask(&["KEYS", "{vigie}:v:*:dashboards.network:*"]).contains("dashboards.network"))
        .await;
    let configuration = server.json("/system/configuration", &admin).await;
    assert_eq!(configuration["cache.redis.url"]["value"], "***");
    let text = server.metrics().await;
    for name in ["cache_operations_total", "cache_hits_total", "cache_misses_total", "cache_bytes", "redis_up{server=\"cache\"} 1"] {
        assert!(text.contains(name), "{name}");
    }
    assert!(text.contains(r#"level="l2""#), "{text}");

    redis.pause();
    until("it is seen", async || service().await["status"] == "unhealthy").await;
    server.post("/cache/invalidate", &admin, &json!({})).await;
    let call = Instant::now();
    server.json("/dashboards/network", &admin).await;
    assert!(call.elapsed() < Duration::from_secs(2), "{:?}", call.elapsed());
    assert_eq!(level("l2").await["status"], "degraded");
    assert_eq!(server.json("/services/vigie", &admin).await["status"], "degraded");
    redis.resume();
    until("it is used again", async || service().await["status"] == "healthy" && level("l2").await["status"] == "healthy").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_may_stand_in_a_redis_of_its_own() {
    let (Some(mut values), Some(state)) = (Redis::start(&[]), Redis::start(&[])) else { return };
    let settings = [
        ("VIGIE__CACHE__REDIS__URL", values.url()),
        ("VIGIE__CACHE__REDIS__STATE_URL", state.url()),
        ("VIGIE__CACHE__REDIS__TIMEOUT_MS", "250".to_owned()),
        ("VIGIE__CACHE__REDIS__HEALTH_INTERVAL_SECONDS", "1".to_owned()),
    ];
    let server = Server::start(&settings.each_ref().map(|(name, value)| (*name, value.as_str())));
    let admin = server.admin().await;
    let service = async || server.json("/services/redis", &admin).await;
    until("both are healthy", async || service().await["status"] == "healthy").await;
    server.json("/dashboards/network", &admin).await;
    until("a dashboard is in redis", async || values.ask(&["KEYS", "{vigie}:v:*:dashboards.network:*"]).contains("dashboards.network"))
        .await;
    assert!(state.ask(&["KEYS", "{vigie}:t:*"]).contains("{vigie}:t:devices"));
    assert_eq!(values.ask(&["KEYS", "{vigie}:[tlf]:*"]), "");
    assert_eq!(server.json("/system/configuration", &admin).await["cache.redis.state_url"]["value"], "***");
    let text = server.metrics().await;
    for name in ["cache", "state"] {
        assert!(text.contains(&format!("redis_up{{server=\"{name}\"}} 1")), "{name}");
    }
    values.kill();
    until("it is told which", async || service().await["detail"].as_str().is_some_and(|why| why.contains("(cache)"))).await;
    server.json("/dashboards/network", &admin).await;
    values.start_again();
    until("it is used again", async || service().await["status"] == "healthy").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cache_is_emptied_by_those_who_may() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    server.json("/dashboards/system", &admin).await;
    server.json("/dashboards/network", &admin).await;
    let stats = server.json("/cache/stats", &admin).await;
    let network = of(&stats["operations"], "operation", "dashboards.network");
    assert!(network["tags"].as_array().unwrap().contains(&json!("devices")), "{network}");
    let row = of(&stats["operations"], "operation", "dashboards.system");
    assert_eq!(row["level"], "l1");
    assert_eq!(row["operations"].as_u64(), Some(row["hits"].as_u64().unwrap() + row["misses"].as_u64().unwrap()));
    let redis = of(&stats["levels"], "level", "l2");
    assert_eq!((&redis["status"], &redis["entries"]), (&json!("not_configured"), &Json::Null));
    let absent = server.json("/services/redis", &admin).await;
    assert_eq!(absent["status"], "not_configured");
    assert!(absent["solution"].as_str().unwrap().contains("cache.redis.url"), "{absent}");

    for body in [json!({}), json!({"tags": []}), json!({"tags": ["dashboards"]})] {
        assert_eq!(server.post("/cache/invalidate", &admin, &body).await.status(), StatusCode::NO_CONTENT, "{body}");
    }
    let misses = async || {
        let stats = server.json("/cache/stats", &admin).await;
        of(&stats["operations"], "operation", "dashboards.system")["misses"].as_u64().unwrap()
    };
    let before = misses().await;
    until("it is computed anew", async || {
        server.post("/cache/invalidate", &admin, &json!({"tags": ["dashboards"]})).await;
        server.json("/dashboards/system", &admin).await;
        misses().await > before
    })
    .await;
    let audit = server.json("/audit?action=cache.invalidate", &admin).await;
    assert_eq!(audit["results"][0]["resource"]["type"], "cache", "{audit}");
    let (status, code, _) = problem(server.post("/cache/invalidate", &admin, &json!({"tag": "devices"})).await).await;
    assert_eq!((status, code.as_str()), (422, "validation_failed"));
    let (status, _, body) = problem(server.post("/cache/invalidate", &admin, &json!({"tags": ["devices", ""]})).await).await;
    assert_eq!((status, &body["errors"][0]["field"]), (422, &json!("tags[1]")));
    let viewer = server.with_role(&admin, "viewer").await;
    assert_eq!(server.post("/cache/invalidate", &viewer, &json!({})).await.status(), 403);
    assert_eq!(server.get("/cache/stats", &viewer).send().await.unwrap().status(), 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_that_are_popular_are_shown_to_those_who_run_the_server() {
    let mut server = Server::start(&[]);
    let admin = server.admin().await;
    let searches = async |server: &Server, token: &str| server.json("/cache/stats", token).await["searches"].clone();
    assert_eq!(searches(&server, &admin).await, json!({"warmed_at": null, "warmed": 0, "popular": []}));
    for _ in 0..3 {
        server.json("/logs?q=severity:%3C=error&from=-24h", &admin).await;
    }
    let site: Json = server.post("/sites", &admin, &json!({"name": "lyon"})).await.json().await.unwrap();
    let input = json!({"name": "lyon", "permissions": ["logs:read"], "scope": {"sites": [site["id"]]}});
    let key: Json = server.post("/api-keys", &admin, &input).await.json().await.unwrap();
    server.json("/logs?to=now", key["key"].as_str().unwrap()).await;
    let popular = searches(&server, &admin).await["popular"].clone();
    let all = of(&popular, "q", "severity:<=error");
    assert_eq!((&all["from"], &all["to"], &all["is_limited"]), (&json!("-1d"), &Json::Null, &json!(false)), "{all}");
    assert!(all["weight"].as_f64().unwrap() <= 2.0, "a page that asks again counts once a minute: {all}");
    let limited = of(&popular, "q", "");
    assert_eq!((&limited["from"], &limited["to"], &limited["is_limited"]), (&Json::Null, &json!("now"), &json!(true)), "{limited}");

    server.stop();
    server.start_again(&[]);
    let admin = server.admin().await;
    until("they are known after a restart", async || searches(&server, &admin).await["popular"] == popular).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_is_over_is_kept_and_one_that_ends_now_is_not() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let lines = async |path: &str| server.json(path, &admin).await["meta"]["total_estimate"].as_u64().unwrap();
    until("a line is found", async || lines("/logs?q=master").await == 1).await;
    let page = "/logs?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";
    let first = server.json(page, &admin).await;
    assert_eq!(server.json(page, &admin).await["results"], first["results"]);
    let stats = server.json("/cache/stats", &admin).await;
    let kept = of(&stats["operations"], "operation", "logs.page");
    assert_eq!((&kept["level"], &kept["tags"]), (&json!("l1"), &json!(["logs"])), "{kept}");
    assert!(kept["hits"].as_u64().unwrap() >= 1, "{kept}");
    // of a range that ends now only past hours are counted once
    assert!(lines("/logs?from=-24h&to=now").await >= 1);
    let stats = server.json("/cache/stats", &admin).await;
    let page = of(&stats["operations"], "operation", "logs.page");
    assert_eq!(page["misses"], 1, "{page}");
    assert_eq!(of(&stats["operations"], "operation", "logs.total")["level"], "l1");
}
