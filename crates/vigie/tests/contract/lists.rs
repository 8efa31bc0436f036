//! Lists: pages, cursors, filters, fields and streams.

use serde_json::{Value as Json, json};

use super::server::{Server, problem};

async fn with_tags(count: usize) -> (Server, String) {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    for number in 0..count {
        assert_eq!(server.post("/tags", &admin, &json!({"name": format!("tag {number}")})).await.status(), 201);
    }
    (server, admin)
}

#[tokio::test]
async fn a_walk_meets_every_row_once() {
    let (server, admin) = with_tags(7).await;
    let (mut path, mut seen) = ("/tags?page_size=3&ordering=name".to_owned(), Vec::new());
    loop {
        let page = server.json(&path, &admin).await;
        assert_eq!(page["meta"]["total_estimate"], 7);
        assert_eq!(page["meta"]["total_is_exact"], true);
        seen.extend(page["results"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        assert!(next.starts_with("/api/v1/tags?"), "{next}");
        path = next.to_owned();
    }
    assert_eq!(seen, (0..7).map(|n| format!("tag {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_list_does_not_know_is_named() {
    let (server, admin) = with_tags(3).await;
    let next = server.json("/tags?page_size=1", &admin).await["next"].as_str().unwrap().to_owned();
    let cursor = next.split("cursor=").nth(1).unwrap().to_owned();
    let tampered = format!("/tags?page_size=1&cursor=A{}", &cursor[1..]);
    let other_order = format!("/tags?page_size=1&ordering=-name&cursor={cursor}");
    for (path, code, named) in [
        ("/tags?page_size=0", "invalid_query", "1 to 100"),
        ("/tags?page_size=101", "invalid_query", "1 to 100"),
        ("/devices?nothing=1", "invalid_filter", "name"),
        ("/devices?name__near=x", "invalid_filter", "contains"),
        ("/devices?status=sideways", "invalid_filter", "degraded"),
        ("/devices?ordering=nothing", "invalid_filter", "name"),
        ("/devices?include=nothing", "invalid_query", "interfaces"),
        ("/devices?fields=nothing", "invalid_query", "address"),
        ("/jobs?fields=nothing", "invalid_query", "status"),
        (tampered.as_str(), "invalid_cursor", ""),
        (other_order.as_str(), "invalid_cursor", ""),
    ] {
        let (status, found, body) = problem(server.get(path, &admin).send().await.unwrap()).await;
        assert_eq!((status, found.as_str()), (400, code), "{path}");
        assert!(body.to_string().contains(named), "{path}: {body}");
    }
}

#[tokio::test]
async fn fields_make_rows_partial() {
    let (server, admin) = with_tags(1).await;
    let page = server.json("/tags?fields=name,color", &admin).await;
    assert_eq!(page["results"], json!([{"name": "tag 0", "color": null}]));
    let document = server.json("/openapi.json", &admin).await;
    let list = &document["paths"]["/api/v1/tags"]["get"];
    assert!(list["x-vigie-fields"].as_array().unwrap().contains(&json!("color")), "{list}");
    assert!(list["parameters"].as_array().unwrap().iter().all(|p| p["name"] != "fields"), "clients of the document get whole rows");
    assert_eq!(problem(server.get("/tags?fields=name,", &admin).send().await.unwrap()).await.0, 400);
}

#[tokio::test]
async fn streams_end_in_a_trailer_and_columns_do_not_hang_on_rows() {
    let (server, admin) = with_tags(2).await;
    let text =
        async |path: &str, accept: &str| server.get(path, &admin).header("accept", accept).send().await.unwrap().text().await.unwrap();
    let lines = text("/tags", "application/x-ndjson").await;
    let last: Json = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({"_end": {"rows": 2, "complete": true}}));
    let (full, empty) = (text("/tags", "text/csv").await, text("/tags?name=nothing", "text/csv").await);
    assert_eq!(full.lines().next(), empty.lines().next());
    assert!(full.starts_with("id,"), "{full}");
    assert!(full.ends_with("#complete rows=2\n"), "{full}");
    assert!(empty.ends_with("#complete rows=0\n"), "{empty}");
    assert!(text("/tags?fields=color,name", "text/csv").await.starts_with("color,name\r\n,tag 0"));
}

#[tokio::test]
async fn every_list_streams_and_stands_in_the_grammar() {
    let (server, admin) = with_tags(1).await;
    let document = server.json("/openapi.json", &admin).await;
    let grammar = server.json("/meta/filters", &admin).await;
    let mut lists = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(filters) = item["get"].get("x-vigie-filters") else { continue };
        assert_eq!(grammar[path.trim_start_matches("/api/v1/")], *filters, "{path}");
        if path.contains('{') {
            continue;
        }
        lists += 1;
        for (accept, end) in [("application/x-ndjson", "\"complete\":true}}\n"), ("text/csv", "\n")] {
            let answer = server.get(path, &admin).header("accept", accept).send().await.unwrap();
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(accept), "{path}");
            let text = answer.text().await.unwrap();
            assert!(text.ends_with(end) && (accept != "text/csv" || text.contains("#complete rows=")), "{path}: {text}");
        }
    }
    assert!(lists > 20, "{lists} lists");
    for asked in ["include=interfaces", "cursor=x"] {
        let answer = server.get(&format!("/devices?{asked}"), &admin).header("accept", "text/csv").send().await.unwrap();
        assert_eq!(problem(answer).await.0, 400, "{asked} of a stream");
    }
}
