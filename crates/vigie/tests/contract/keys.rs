//! An API key that was used a moment ago is remembered, and ceases to hold at once all the same.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::server::Server;

async fn made(server: &Server, admin: &str, name: &str) -> (String, String) {
    let made: Json = server.post("/api-keys", admin, &json!({"name": name, "permissions": ["devices:read"]})).await.json().await.unwrap();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (format!("/api-keys/{}", text("id")), text("key"))
}

async fn status(server: &Server, key: &str) -> u16 {
    server.get("/devices", key).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_key_in_use_ceases_to_hold_when_it_is_taken_away_or_bound_to_another_place() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let (path, key) = made(&server, &admin, "taken away").await;
    assert_eq!([status(&server, &key).await, status(&server, &key).await], [200, 200]);
    let deleted = server.ask(Method::DELETE, &path).bearer_auth(&admin).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(status(&server, &key).await, 401);

    let (path, key) = made(&server, &admin, "bound").await;
    assert_eq!(status(&server, &key).await, 200);
    let found = server.get(&path, &admin).send().await.unwrap();
    let tag = found.headers()["etag"].to_str().unwrap().to_owned();
    let bound = json!({"allowed_addresses": ["10.0.0.0/8"]});
    let patched = server.ask(Method::PATCH, &path).bearer_auth(&admin).header("if-match", tag).json(&bound).send().await.unwrap();
    assert_eq!(patched.status(), 200);
    assert_eq!(status(&server, &key).await, 401);
}
