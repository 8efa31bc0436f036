//! Writes: versions, merge patches, idempotency, bulk and dry runs.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::server::{Server, problem};

const NOTHING: &str = "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d";

async fn with_device() -> (Server, String, String, String) {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let made = server.post("/devices", &admin, &json!({"address": "192.0.2.7", "realm": "default", "monitored": false})).await;
    assert_eq!(made.status(), 201);
    let tag = made.headers()["etag"].to_str().unwrap().to_owned();
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("/api/v1/devices/{}", made.json::<Json>().await.unwrap()["id"].as_str().unwrap()));
    (server, admin, location, tag)
}

#[tokio::test]
async fn a_guarded_resource_wants_its_version() {
    let (server, admin, device, tag) = with_device().await;
    let patch = |body: Json| server.ask(Method::PATCH, &device).bearer_auth(&admin).json(&body);
    assert_eq!(problem(patch(json!({"name": "a"})).send().await.unwrap()).await.0, 428);
    assert_eq!(problem(patch(json!({"name": "a"})).header("if-match", "\"99\"").send().await.unwrap()).await.0, 412);
    let unknown = patch(json!({"nmae": "a"})).header("if-match", &tag).send().await.unwrap();
    let (status, _, body) = problem(unknown).await;
    assert_eq!(status, 422);
    assert!(body.to_string().contains("nmae"), "{body}");
    let removed = patch(json!({"nmae": null})).header("if-match", &tag).send().await.unwrap();
    assert_eq!(problem(removed).await.2["errors"][0]["field"], "nmae", "null removes no field that does not exist");
    assert_eq!(patch(json!({"notes": null, "realm": null})).header("if-match", &tag).send().await.unwrap().status(), 200);
    let changed = patch(json!({"name": "a"})).header("if-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"].to_str().unwrap(), tag);
    let put = server.ask(Method::PUT, &format!("/devices/{NOTHING}")).bearer_auth(&admin).header("if-match", "\"1\"");
    assert_eq!(problem(put.json(&json!({"address": "192.0.2.8"})).send().await.unwrap()).await.0, 404, "PUT never creates");
    let now = server.get(&device, &admin).send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
    let gone = server.ask(Method::DELETE, &device).bearer_auth(&admin).header("if-match", now).send().await.unwrap();
    assert_eq!(gone.status(), 204);
}

#[tokio::test]
async fn a_credential_for_ssh_keeps_its_secrets_and_is_not_tried_by_snmp() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let ssh = |fields: Json| {
        let mut body = json!({"name": "routers", "kind": "ssh", "username": "operator"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    for (fields, field, code) in [
        (json!({}), "password", "required"),
        (json!({"private_key": "/home/me/.ssh/id_ed25519"}), "private_key", "invalid_key"),
        (json!({"password": "a word", "community": "public"}), "community", "not_applicable"),
    ] {
        let (status, _, body) = problem(server.post("/credentials", &admin, &ssh(fields)).await).await;
        assert_eq!(status, 422, "{body}");
        assert_eq!((&body["errors"][0]["field"], &body["errors"][0]["code"]), (&json!(field), &json!(code)), "{body}");
    }
    let made = server.post("/credentials", &admin, &ssh(json!({"password": "a secret word", "enable_secret": "another secret"}))).await;
    assert_eq!(made.status(), 201);
    let made: Json = made.json().await.unwrap();
    assert_eq!((&made["kind"], &made["username"], &made["has_secret"]), (&json!("ssh"), &json!("operator"), &json!(true)));
    assert!(!made.to_string().contains("secret word") && !made.to_string().contains("another secret"), "{made}");
    let listed = server.json("/credentials?kind=ssh", &admin).await;
    assert_eq!(listed["results"][0]["id"], made["id"]);
    let path = format!("/credentials/{}/test", made["id"].as_str().unwrap());
    let (status, _, body) = problem(server.post(&path, &admin, &json!({"address": "192.0.2.7"})).await).await;
    assert_eq!(status, 409, "{body}");
    assert!(body["detail"].as_str().unwrap().contains("is for SSH"), "{body}");
}

#[tokio::test]
async fn a_repeated_key_answers_as_the_first_time() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let ask = |name: &str| {
        let body = json!({"name": name, "permissions": ["devices:read"]});
        server.ask(Method::POST, "/api-keys").bearer_auth(&admin).header("idempotency-key", "once").json(&body).send()
    };
    let first: Json = ask("a key").await.unwrap().json().await.unwrap();
    let second = ask("a key").await.unwrap();
    assert_eq!(second.status(), 201);
    assert_eq!(second.json::<Json>().await.unwrap(), first, "the secret too");
    let (status, code, _) = problem(ask("another key").await.unwrap()).await;
    assert_eq!((status, code.as_str()), (422, "idempotency_conflict"));
    let listed = server.json("/api-keys", &admin).await;
    assert_eq!(listed["meta"]["total_estimate"], 1);
    let spaced = server.ask(Method::POST, "/tags").bearer_auth(&admin).header("idempotency-key", "not visible");
    assert_eq!(problem(spaced.json(&json!({"name": "core"})).send().await.unwrap()).await.1, "invalid_header");
    let ticket =
        || server.ask(Method::POST, "/auth/ws-ticket").bearer_auth(&admin).header("idempotency-key", "a ticket".replace(' ', "-")).send();
    let (first, second) = (ticket().await.unwrap().text().await.unwrap(), ticket().await.unwrap().text().await.unwrap());
    assert_eq!(first, second, "every POST but sign-in takes a key");
}

#[tokio::test]
async fn bulk_stands_alone_or_falls_together() {
    let (server, admin, device, _) = with_device().await;
    let id = device.rsplit('/').next().unwrap();
    let create = |name: &str| json!({"op": "create", "data": {"name": name}});
    let body = json!({"operations": [create("one"), create("one"), create("two")]});
    let answer: Json = server.post("/tags/bulk", &admin, &body).await.json().await.unwrap();
    let statuses: Vec<u64> = answer["results"].as_array().unwrap().iter().filter_map(|r| r["status"].as_u64()).collect();
    assert_eq!(statuses, [201, 409, 201]);
    let body = json!({"operations": [create("three"), create("one")], "atomic": true});
    assert_eq!(problem(server.post("/tags/bulk", &admin, &body).await).await.0, 409);
    let blind = json!({"operations": [{"op": "update", "data": {}}], "atomic": true});
    assert_eq!(problem(server.post("/tags/bulk", &admin, &blind).await).await.2["errors"][0]["field"], "operations[0].id");
    assert_eq!(server.json("/tags", &admin).await["meta"]["total_estimate"], 2, "all or none");
    let blind = json!({"operations": [{"op": "update", "id": id, "data": {"name": "a"}}, {"op": "update", "id": id, "if_match": "\"1\"", "data": {"name": "b"}}]});
    let answer: Json = server.post("/devices/bulk", &admin, &blind).await.json().await.unwrap();
    assert_eq!((&answer["results"][0]["status"], &answer["results"][1]["status"]), (&json!(428), &json!(200)));
}

#[tokio::test]
async fn a_dry_run_tells_and_leaves() {
    let server = Server::start(&[]);
    let admin = server.admin().await;
    let made: Json = server.post("/devices", &admin, &json!({"address": "127.0.0.1"})).await.json().await.unwrap();
    let id = made["id"].as_str().unwrap();
    let jobs = server.json("/jobs", &admin).await["meta"]["total_estimate"].clone();
    let answer = server.post(&format!("/devices/{id}/poll?dry_run=true"), &admin, &json!({})).await;
    assert_eq!(answer.status(), 200);
    let plan: Json = answer.json().await.unwrap();
    assert_eq!((&plan["dry_run"], &plan["target"]["id"]), (&json!(true), &json!(id)));
    assert_eq!(problem(server.post(&format!("/devices/{id}/poll?dry_run=perhaps"), &admin, &json!({})).await).await.0, 400);
    assert_eq!(problem(server.post(&format!("/devices/{NOTHING}/poll?dry_run=true"), &admin, &json!({})).await).await.0, 404);
    assert_eq!(server.json("/jobs", &admin).await["meta"]["total_estimate"], jobs);
    let keyed = |path: String| server.ask(Method::POST, &path).bearer_auth(&admin).header("idempotency-key", "once").send();
    assert_eq!(keyed(format!("/devices/{id}/poll?dry_run=true")).await.unwrap().status(), 200);
    let deed = keyed(format!("/devices/{id}/poll")).await.unwrap();
    assert_eq!(problem(deed).await.1, "idempotency_conflict", "the plan is never the answer to the deed");
}
