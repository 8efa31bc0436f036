//! Logs of a running server: searched in the engine within it, and in a real cluster that is away for a while.

use std::net::SocketAddr;

use reqwest::Url;
use serde_json::{Value as Json, json};
use vigie_testkit::cable::Cable;
use vigie_testkit::cache::until;
use vigie_testkit::cluster::ClusterServer;

use super::server::{Server, problem};

/// Lines that match, in all.
async fn found(server: &Server, token: &str, q: &str) -> u64 {
    let path = format!("/logs?q={}", q.replace(' ', "%20"));
    server.json(&path, token).await["meta"]["total_estimate"].as_u64().unwrap()
}

/// All lines of a walk from a page on, by the links of one direction.
async fn walk(server: &Server, token: &str, first: String, link: &str) -> Vec<Json> {
    let (mut lines, mut path) = (Vec::new(), Some(first));
    while let Some(at) = path {
        let page = server.json(&at, token).await;
        let results = page["results"].as_array().unwrap();
        assert_eq!(page["meta"][format!("has_{link}")], json!(page[link].is_string()));
        lines.extend(if link == "next" { results.clone() } else { results.iter().rev().cloned().collect::<Vec<_>>() });
        path = page[link].as_str().map(str::to_owned);
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_vigie_says_is_found_and_outlives_it() {
    let mut server = Server::start(&[]);
    let admin = server.admin().await;
    until("the line about the key is found", async || found(&server, &admin, "\"made the master key\"").await == 1).await;
    let page = server.json("/logs?q=master%20severity:warning%20program:vigie%20attrs.module:vigie::wiring&from=-1h", &admin).await;
    let line = &page["results"][0];
    assert_eq!((&line["severity"], &line["program"]), (&json!("warning"), &json!("vigie")), "{line}");
    assert!(line["message"].as_str().unwrap().starts_with("made the master key"), "{line}");
    assert!(line["attributes"]["path"][0].as_str().unwrap().ends_with("master.key"), "{line}");
    let id = line["id"].as_str().unwrap().to_owned();
    assert_eq!(server.json(&format!("/logs/{id}"), &admin).await, *line);
    assert_eq!(found(&server, &admin, "master -severity:<=warning").await, 0);
    assert_eq!(server.json("/logs?to=-1h", &admin).await["results"], json!([]));

    server.stop();
    server.start_again(&[]);
    let admin = server.admin().await;
    assert_eq!(server.json(&format!("/logs/{id}"), &admin).await["id"], id);
    until("the last line before the end is found", async || found(&server, &admin, "stopping").await == 1).await;

    let newest = walk(&server, &admin, "/logs?page_size=1&to=now".to_owned(), "next").await;
    assert!(newest.len() >= 3 && newest.iter().any(|line| line["id"] == id), "{newest:?}");
    assert!(newest.windows(2).all(|w| w[0]["id"].as_str() > w[1]["id"].as_str()), "{newest:?}");
    let oldest = walk(&server, &admin, "/logs?page_size=2&ordering=at".to_owned(), "next").await;
    let last = newest.len() - 1;
    assert!(newest.iter().rev().eq(oldest.iter().take(newest.len())), "{newest:?} {oldest:?}");
    // back from the third page
    let second = server.json("/logs?page_size=1&ordering=at", &admin).await["next"].as_str().unwrap().to_owned();
    let third = server.json(&second, &admin).await["next"].as_str().unwrap().to_owned();
    let back = walk(&server, &admin, third, "previous").await;
    assert_eq!(back, [&newest[last - 2], &newest[last - 1], &newest[last]].map(Clone::clone));

    let stores = server.json("/system/storage", &admin).await;
    let events = stores["stores"].as_array().unwrap().iter().find(|store| store["name"] == "events").unwrap();
    assert!(events["values"].as_u64().unwrap() >= 3 && events["size_bytes"].as_u64().unwrap() > 0, "{events}");
    let service = server.json("/services/event_store", &admin).await;
    assert_eq!(service["status"], "healthy", "{service}");
    assert!(service["version"].as_str().unwrap().starts_with("tantivy 0."), "{service}");
    assert_eq!(server.json("/services/opensearch", &admin).await["status"], "not_configured");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_that_are_wrong_say_where() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let refused = async |path: &str| problem(server.get(path, &admin).send().await.unwrap()).await;
    let beginnings = format!("/logs?q={}", "e*%20".repeat(33));
    for (path, code, field, says) in [
        ("/logs?q=severity:loud", "invalid_query", "q", "at character 10"),
        ("/logs?q=(a", "invalid_query", "q", "at character 3"),
        (&beginnings, "invalid_query", "q", "at most 32 beginnings"),
        ("/logs?from=yesterday", "invalid_query", "from", "-1h"),
        ("/logs?ordering=message", "invalid_query", "ordering", "valid are -at and at"),
        ("/logs?page_size=101", "invalid_query", "page_size", "1 to 100"),
        ("/logs?host=core-1", "invalid_query", "host", "unknown field `host`"),
        ("/logs?cursor=abc", "invalid_cursor", "cursor", "altered"),
    ] {
        let (status, found, body) = refused(path).await;
        assert_eq!((status, found.as_str(), &body["errors"][0]["field"]), (400, code, &json!(field)), "{path}: {body}");
        assert!(body["errors"][0]["message"].as_str().unwrap().contains(says), "{path}: {body}");
    }
    for id in ["abc", "000000000000-00000001-0000000000000000", "01936f8c2e1b-00000001-0000000100000abc"] {
        let (status, code, _) = refused(&format!("/logs/{id}")).await;
        assert_eq!((status, code.as_str()), (404, "not_found"), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sees_one_site_sees_nothing_of_the_server() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    until("a line is found", async || found(&server, &admin, "master").await == 1).await;
    let site: Json = server.post("/sites", &admin, &json!({"name": "lyon"})).await.json().await.unwrap();
    let input = json!({"name": "lyon", "permissions": ["logs:read"], "scope": {"sites": [site["id"]]}});
    let key: Json = server.post("/api-keys", &admin, &input).await.json().await.unwrap();
    assert_eq!(found(&server, key["key"].as_str().unwrap(), "").await, 0);
    let (viewer, operator) = (server.with_role(&admin, "viewer").await, server.with_role(&admin, "operator").await);
    let line = server.json("/logs?q=master", &operator).await["results"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(found(&server, &viewer, "").await, 0, "what the server says of itself needs system:read");
    assert_eq!(server.get(&format!("/logs/{line}"), &viewer).send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_wait_while_the_cluster_is_away() {
    let Some(cluster) = ClusterServer::opensearch() else { return };
    let node = Url::parse(&cluster.url).unwrap();
    let node: SocketAddr = format!("{}:{}", node.host_str().unwrap(), node.port().unwrap()).parse().unwrap();
    let cable = Cable::to(node).await;
    let (address, prefix) = (format!("http://{}", cable.address()), ClusterServer::prefix());
    let settings = [("VIGIE__EVENT_STORE__NODES", address.as_str()), ("VIGIE__EVENT_STORE__PREFIX", &prefix)];
    let mut server = Server::start(&settings);
    let admin = server.admin().await;
    until("the line about the key is found", async || found(&server, &admin, "\"made the master key\"").await == 1).await;
    let service = async || server.json("/services/opensearch", &admin).await;
    let shown = service().await;
    assert_eq!(shown["status"], "healthy", "{shown}");
    assert!(shown["version"].as_str().unwrap().starts_with("opensearch "), "{shown}");
    assert!(shown["detail"].as_str().unwrap().contains("data_streams"), "{shown}");

    cable.cut();
    until("it is seen", async || service().await["status"] == "unhealthy").await;
    let (status, code, body) = problem(server.get("/logs", &admin).send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (503, "service_unavailable"), "{body}");
    assert!(body["solution"].is_string(), "{body}");
    // what is said meanwhile waits on the disk, over the end of the process too
    server.stop();
    server.start_again(&settings);
    let admin = server.admin().await;
    cable.mend();
    until("both are found", async || {
        let answer = server.get("/logs?q=stopping", &admin).send().await.unwrap();
        answer.status() == 200 && answer.json::<Json>().await.unwrap()["meta"]["total_estimate"] == 1
    })
    .await;
    assert_eq!(found(&server, &admin, "\"made the master key\"").await, 1);
    assert_eq!(server.json("/services/opensearch", &admin).await["figures"]["lost"], 0.0);
}
