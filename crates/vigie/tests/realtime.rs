//! The realtime doors on the real binary: subscriptions, resume, rights, and what is refused.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};

const PATIENCE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "a password for the tests";

/// A server of its own, gone with the test.
struct Server {
    child: Child,
    _state: tempfile::TempDir,
    host: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Server {
    fn start() -> Self {
        let state = tempfile::tempdir().unwrap();
        let password = state.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = format!("127.0.0.1:{port}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(["serve", "--state-dir"])
            .arg(state.path())
            .args(["--listen", &host])
            .env("VIGIE_ADMIN_PASSWORD_FILE", &password)
            .env("VIGIE__SERVER__TLS__MODE", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // it says where it serves once it does
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("serves at"), "{line}");
        Self { child, _state: state, host }
    }

    async fn post(&self, path: &str, token: Option<&str>, body: &Json) -> Json {
        vigie_client()
            .post(format!("http://{}/api/v1{path}", self.host))
            .bearer(token)
            .json(body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn sign_in(&self) -> String {
        let answer = self.post("/auth/token", None, &json!({"username": "admin", "password": PASSWORD})).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn open(&self, headers: &[(&str, String)]) -> Result<Socket, Error> {
        let mut request = format!("ws://{}/api/v1/ws", self.host).into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap());
        }
        tokio_tungstenite::connect_async(request).await.map(|(socket, _)| socket)
    }

    async fn socket(&self, token: &str) -> Socket {
        self.open(&[("authorization", format!("Bearer {token}"))]).await.unwrap()
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

trait Bearer {
    fn bearer(self, token: Option<&str>) -> Self;
}

impl Bearer for reqwest::RequestBuilder {
    fn bearer(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.bearer_auth(token),
            None => self,
        }
    }
}

fn vigie_client() -> reqwest::Client {
    vigie_foundation::tls::install_provider();
    vigie_foundation::http::operator_client(&vigie_foundation::http::OperatorOptions::default()).unwrap()
}

async fn say(socket: &mut Socket, frame: &Json) {
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

/// The next frame that the condition takes.
async fn hear(socket: &mut Socket, wanted: impl Fn(&Json) -> bool) -> Json {
    let heard = async {
        loop {
            if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
                let frame: Json = serde_json::from_str(&text).unwrap();
                if wanted(&frame) {
                    return frame;
                }
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("the frame comes in time")
}

fn refused(outcome: Result<Socket, Error>) -> StatusCode {
    match outcome {
        Err(Error::Http(response)) => response.status(),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn events_are_heard_in_order_and_resumed_without_a_gap() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut first = server.socket(&token).await;
    say(&mut first, &json!({"type": "subscribe", "id": "e", "channel": "events", "params": {"types": "device.*"}})).await;
    hear(&mut first, |f| f["type"] == "subscribed" && f["id"] == "e").await;
    server.post("/devices", Some(&token), &json!({"address": "192.0.2.1", "monitored": false})).await;
    let seen = hear(&mut first, |f| f["type"] == "event").await;
    assert_eq!(seen["data"]["type"], "device.added");
    assert_eq!(seen["channel"], "events");
    first.close(None).await.unwrap();

    server.post("/devices", Some(&token), &json!({"address": "192.0.2.2", "monitored": false})).await;
    let mut second = server.socket(&token).await;
    say(&mut second, &json!({"type": "subscribe", "id": "r", "channel": "events", "resume": seen["seq"], "params": {"types": "device.*"}}))
        .await;
    let subscribed = hear(&mut second, |f| f["type"] == "subscribed").await;
    assert_eq!(subscribed["resumed"], true);
    let missed = hear(&mut second, |f| f["type"] == "event").await;
    assert_eq!(missed["data"]["subject"]["name"], "192.0.2.2");

    say(&mut second, &json!({"type": "subscribe", "id": "x", "channel": "events", "resume": "999999999"})).await;
    let unknown = hear(&mut second, |f| f["type"] == "subscribed" && f["id"] == "x").await;
    assert_eq!(unknown["resumed"], false);
}

#[tokio::test]
async fn a_dashboard_comes_whole_and_then_as_patches_that_fit() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.socket(&token).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "d", "channel": "dashboards.system", "delta": true})).await;
    let whole = hear(&mut socket, |f| f["type"] == "dashboard_update").await;
    assert!(whole["data"]["sources"].is_array());
    let patch = hear(&mut socket, |f| f["type"] == "dashboard_patch").await;
    assert_eq!(patch["base_seq"], whole["seq"]);
    let changes: json_patch::Patch = serde_json::from_value(patch["data"].clone()).unwrap();
    let mut state = whole["data"].clone();
    json_patch::patch(&mut state, &changes).unwrap();
    assert_ne!(state["computed_at"], whole["data"]["computed_at"]);
}

#[tokio::test]
async fn faults_of_a_subscription_never_close_the_socket() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut socket = server.socket(&token).await;
    say(&mut socket, &json!({"type": "subscribe", "id": "1", "channel": "weather"})).await;
    let unknown = hear(&mut socket, |f| f["type"] == "error").await;
    assert_eq!((unknown["id"].as_str(), unknown["error"]["status"].as_u64()), (Some("1"), Some(400)));
    socket.send(Message::text("no json")).await.unwrap();
    let unreadable = hear(&mut socket, |f| f["type"] == "error").await;
    assert_eq!(unreadable["error"]["code"], "invalid_body");
    say(&mut socket, &json!({"type": "ping", "id": "p"})).await;
    assert_eq!(hear(&mut socket, |f| f["type"] == "pong").await["id"], "p");
}

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
    let closed = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    };
    assert_eq!(timeout(PATIENCE, closed).await.unwrap(), 4401);
}
