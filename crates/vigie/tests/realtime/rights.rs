//! Who gets a socket, and who loses it.

use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_tungstenite::tungstenite::http::StatusCode;

use super::server::{PASSWORD, PATIENCE, Server, closed, hear, refused, say, vigie_client};

#[tokio::test]
async fn only_the_signed_in_and_the_own_page_get_a_socket() {
    let server = Server::start();
    assert_eq!(refused(server.open(&[]).await), StatusCode::UNAUTHORIZED);
    assert_eq!(refused(server.open(&[("authorization", "Bearer vgk_wrong".to_owned())]).await), StatusCode::UNAUTHORIZED);

    let login = json!({"username": "admin", "password": PASSWORD});
    let answer = vigie_client().post(format!("http://{}/api/v1/auth/login", server.host)).json(&login).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(refused(server.open(&[("cookie", cookie.clone())]).await), StatusCode::FORBIDDEN);
    let foreign = [("cookie", cookie.clone()), ("origin", "http://elsewhere.example".to_owned())];
    assert_eq!(refused(server.open(&foreign).await), StatusCode::FORBIDDEN);
    let own = [("cookie", cookie), ("origin", format!("http://{}", server.host))];
    assert!(server.open(&own).await.is_ok());

    let token = server.sign_in().await;
    let ticket = server.post("/auth/ws-ticket", Some(&token), &json!({})).await["ticket"].as_str().unwrap().to_owned();
    let protocols = [("sec-websocket-protocol", format!("vigie.v1, bearer.{ticket}"))];
    assert!(server.open(&protocols).await.is_ok());
    assert_eq!(refused(server.open(&protocols).await), StatusCode::UNAUTHORIZED, "a ticket holds once");
}

#[tokio::test]
async fn a_revoked_key_loses_its_socket() {
    let server = Server::start();
    let token = server.sign_in().await;
    let key = server.post("/api-keys", Some(&token), &json!({"name": "watcher", "permissions": ["events:read"]})).await;
    let secret = key["key"].as_str().unwrap();
    let mut socket = server.socket(secret).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "e", "channel": "events"})).await;
    hear(&mut socket, |f| f["type"] == "subscribed").await;
    say(&mut socket, &json!({"type": "subscribe", "id": "d", "channel": "dashboards.network"})).await;
    assert_eq!(hear(&mut socket, |f| f["type"] == "error").await["error"]["code"], "permission_denied");
    let path = format!("http://{}/api/v1/api-keys/{}", server.host, key["id"].as_str().unwrap());
    vigie_client().delete(path).bearer_auth(&token).send().await.unwrap();
    assert_eq!(closed(&mut socket, PATIENCE).await, 4401);
}

#[tokio::test]
async fn who_signs_out_loses_the_socket() {
    let server = Server::start();
    let base = format!("http://{}", server.host);
    let login = json!({"username": "admin", "password": PASSWORD});
    let answer = vigie_client().post(format!("{base}/api/v1/auth/login")).json(&login).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = answer.json::<Json>().await.unwrap()["csrf_token"].as_str().unwrap().to_owned();
    let mut socket = server.open(&[("cookie", cookie.clone()), ("origin", base.clone())]).await.unwrap();
    say(&mut socket, &json!({"type": "ping", "id": "p"})).await;
    hear(&mut socket, |f| f["type"] == "pong").await;
    let out = vigie_client().post(format!("{base}/api/v1/auth/logout")).header("cookie", cookie);
    let out = out.header("origin", &base).header("x-csrf-token", csrf).send().await.unwrap();
    assert!(out.status().is_success(), "{}", out.status());
    assert_eq!(closed(&mut socket, PATIENCE).await, 4401);
}

#[tokio::test]
async fn a_key_that_expires_loses_its_socket() {
    let server = Server::start();
    let token = server.sign_in().await;
    let end = (OffsetDateTime::now_utc() + time::Duration::seconds(3)).format(&Rfc3339).unwrap();
    let key = server.post("/api-keys", Some(&token), &json!({"name": "short", "permissions": ["events:read"], "expires_at": end})).await;
    let mut socket = server.socket(key["key"].as_str().unwrap()).await;
    assert_eq!(closed(&mut socket, PATIENCE).await, 4401);
}

#[tokio::test]
async fn changed_rights_end_what_they_no_longer_allow_and_begin_the_rest_anew() {
    let server = Server::start();
    let admin = server.sign_in().await;
    let role = json!({"name": "watcher", "permissions": ["events:read", "dashboards:read"]});
    let role = server.post("/roles", Some(&admin), &role).await["id"].as_str().unwrap().to_owned();
    let user = json!({"username": "nadia", "password": "a password of her own", "roles": ["watcher"], "must_change_password": false});
    server.post("/users", Some(&admin), &user).await;
    let token = server.token("nadia", "a password of her own").await;
    let mut socket = server.socket(&token).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "e", "channel": "events"})).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "d", "channel": "dashboards.network"})).await;
    hear(&mut socket, |f| f["type"] == "subscribed" && f["id"] == "e").await;
    hear(&mut socket, |f| f["type"] == "dashboard_update").await;

    let patch = json!({"permissions": ["dashboards:read"]});
    let url = format!("http://{}/api/v1/roles/{role}", server.host);
    let answer = vigie_client().patch(url).bearer_auth(&admin).header("content-type", "application/merge-patch+json").json(&patch);
    assert_eq!(answer.send().await.unwrap().status(), 200);
    let (mut ended, mut anew) = (Json::Null, Json::Null);
    while ended.is_null() || anew.is_null() {
        let frame = hear(&mut socket, |f| f["type"] == "error" || f["type"] == "subscribed").await;
        match frame["id"].as_str() {
            Some("e") => ended = frame,
            _ => anew = frame,
        }
    }
    assert_eq!(ended["error"]["code"], "permission_denied", "{ended}");
    assert_eq!(anew["type"], "subscribed", "{anew}");
    hear(&mut socket, |f| f["type"] == "dashboard_update" && f["id"] == "d").await;
}
