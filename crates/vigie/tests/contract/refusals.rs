//! What is refused, and that every refusal is a problem.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::server::{PASSWORD, Server, problem};

#[tokio::test]
async fn the_http_layer_answers_problems() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = server.ask(method, "/api/v1/nothing-here").bearer_auth(&admin).send().await.unwrap();
        assert_eq!(problem(answer).await.1, "no_such_path");
    }
    let answer = server.ask(Method::PATCH, "/devices").bearer_auth(&admin).send().await.unwrap();
    let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    assert_eq!(problem(answer).await.0, 405);
    for accept in ["application/vnd.vigie.v2+json", "image/png"] {
        let answer = server.get("/devices", &admin).header("accept", accept).send().await.unwrap();
        assert_eq!(problem(answer).await.0, 406, "{accept}");
    }
    let as_first = server.get("/api/tags", &admin).header("accept", "application/vnd.vigie.v1+json").send().await.unwrap();
    assert_eq!(as_first.status(), 200, "below /api/ the header alone names the version");
    let as_second = server.get("/api/tags", &admin).header("accept", "application/vnd.vigie.v2+json").send().await.unwrap();
    assert_eq!(problem(as_second).await.0, 406);
    let as_xml = server.get("/system/info", &admin).header("accept", "application/xml").send().await.unwrap();
    assert_eq!(problem(as_xml).await.0, 406);
    let written = server.ask(Method::POST, "/tags").bearer_auth(&admin).header("accept", "text/html").json(&json!({"name": "unwritten"}));
    assert_eq!(problem(written.send().await.unwrap()).await.0, 406);
    assert_eq!(server.json("/tags", &admin).await["meta"]["total_estimate"], 0, "refused before it is done");
    let answer = server.ask(Method::POST, "/tags").bearer_auth(&admin).header("content-type", "text/plain").body("x").send().await.unwrap();
    assert_eq!(problem(answer).await.0, 415);
    let broken = server.ask(Method::POST, "/tags").bearer_auth(&admin).header("content-type", "application/json");
    let (status, code, body) = problem(broken.body("{\n \"name\": }").send().await.unwrap()).await;
    assert_eq!((status, code.as_str()), (400, "invalid_body"));
    assert_eq!(body["cause"], "line 2, column 10");
    let large = json!({"name": "x".repeat(5_000_000)});
    assert_eq!(problem(server.post("/tags", &admin, &large).await).await.0, 413);
    let answer = server.get("/devices", &admin).header("x-request-id", "of-the-caller-1").send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "of-the-caller-1");
}

#[tokio::test]
async fn a_bad_bearer_is_never_made_good_by_a_cookie() {
    let server = Server::start(&[]);
    let input = json!({"username": "admin", "password": PASSWORD});
    let answer = server.ask(Method::POST, "/auth/login").json(&input).send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(word), "{set}");
    }
    let cookie = set.split(';').next().unwrap().to_owned();
    let csrf = answer.json::<Json>().await.unwrap()["csrf_token"].as_str().unwrap().to_owned();
    let ask = |method: Method, path: &str| server.ask(method, path).header("cookie", &cookie);

    assert_eq!(ask(Method::GET, "/auth/me").send().await.unwrap().status(), 200);
    assert_eq!(ask(Method::GET, "/auth/me").bearer_auth("vgk_nothing").send().await.unwrap().status(), 401);
    let tag = json!({"name": "core"});
    let without = ask(Method::POST, "/tags").header("origin", &server.base).json(&tag).send().await.unwrap();
    assert_eq!(problem(without).await.1, "csrf_failed");
    let token = |request: reqwest::RequestBuilder| request.header("x-csrf-token", &csrf).json(&tag);
    let foreign = token(ask(Method::POST, "/tags")).header("origin", "https://elsewhere.example").send().await.unwrap();
    assert_eq!(problem(foreign).await.1, "csrf_failed");
    let site = token(ask(Method::POST, "/tags")).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(problem(site).await.1, "csrf_failed");
    let (_, code, program) = problem(token(ask(Method::POST, "/tags")).send().await.unwrap()).await;
    assert_eq!(code, "csrf_failed");
    assert!(
        program["detail"].as_str().unwrap().contains("no Origin") && program["solution"].as_str().unwrap().contains("Bearer"),
        "{program}"
    );
    let own = token(ask(Method::POST, "/tags")).header("origin", &server.base).send().await.unwrap();
    assert_eq!(own.status(), 201);
}

#[tokio::test]
async fn keys_hold_only_where_they_are_allowed() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let made = server
        .post("/api-keys", &admin, &json!({"name": "elsewhere", "permissions": ["devices:read"], "allowed_addresses": ["192.0.2.0/24"]}))
        .await;
    let key = made.json::<Json>().await.unwrap()["key"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/devices", &key).send().await.unwrap().status(), 401);
    let past = json!({"name": "old", "permissions": ["devices:read"], "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(problem(server.post("/api-keys", &admin, &past).await).await.0, 422);
    let made = server.post("/api-keys", &admin, &json!({"name": "reader", "permissions": ["devices:read"]})).await;
    let key = made.json::<Json>().await.unwrap()["key"].as_str().unwrap().to_owned();
    assert_eq!(server.get("/devices", &key).send().await.unwrap().status(), 200);
    assert_eq!(problem(server.post("/tags", &key, &json!({"name": "core"})).await).await.1, "permission_denied");
}

#[tokio::test]
async fn too_many_requests_wait() {
    let server = Server::start(&[("VIGIE__LIMITS__REQUESTS_PER_MINUTE", "10")]);
    let admin = server.admin().await;
    let mut refused = None;
    for _ in 0..13 {
        let answer = server.get("/auth/me", &admin).send().await.unwrap();
        assert_eq!(answer.headers()["ratelimit-policy"], "\"default\";q=10;w=60");
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a bucket of ten lasts for ten");
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() <= 6);
    assert_eq!(problem(refused).await.1, "rate_limited");
}

#[tokio::test]
async fn what_nobody_configured_says_so() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let services = server.json("/services", &admin).await;
    let absent: Vec<&Json> = services["results"].as_array().unwrap().iter().filter(|s| s["status"] == "not_configured").collect();
    assert_eq!(absent.len(), 15, "the fifteen, of which the SNMP collector is Vigie's own, and backups by schedule");
    assert!(absent.iter().all(|s| s["detail"].is_string() && s["solution"].is_string()), "{absent:?}");
    for path in ["/prometheus/query", "/grafana/dashboards/1", "/flows/top/src_ip", "/security/fail2ban/bans", "/haproxy/servers"] {
        let (status, code, body) = problem(server.get(path, &admin).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (409, "not_configured"), "{path}");
        assert!(body["solution"].is_string(), "{body}");
        assert_eq!(problem(server.ask(Method::GET, path).send().await.unwrap()).await.0, 401, "{path} by nobody");
    }
}

#[tokio::test]
async fn a_connection_outlives_a_body_that_nobody_reads() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let server = Server::start(&[]);
    let host = server.base.trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!("POST /api/v1/tags HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    // nobody is signed in, so the request is refused before its body is there: the time that takes cannot be seen from here
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let body = r#"{"name":"core"}"#;
    let next = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(format!("{body}{next}").as_bytes()).await.unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("HTTP/1.1 401 "), "{answers}");
    assert!(answers.contains("HTTP/1.1 200 OK"), "the connection was cut: {answers}");
}
