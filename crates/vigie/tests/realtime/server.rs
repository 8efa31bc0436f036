//! The real binary, and a client of its doors.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};
pub use vigie_testkit::server::PASSWORD;
use vigie_testkit::server::ServerProcess;

pub const PATIENCE: Duration = Duration::from_secs(30);

/// A server of its own, gone with the test.
pub struct Server {
    _process: ServerProcess,
    pub host: String,
}

impl Server {
    pub fn start() -> Self {
        let process = ServerProcess::start(env!("CARGO_BIN_EXE_vigie"), &[("VIGIE__SERVER__TLS__MODE", "off")]);
        Self { host: process.host(), _process: process }
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &Json) -> Json {
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

    pub async fn sign_in(&self) -> String {
        self.token("admin", PASSWORD).await
    }

    pub async fn token(&self, username: &str, password: &str) -> String {
        let answer = self.post("/auth/token", None, &json!({"username": username, "password": password})).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// What it tells of itself to a scraper.
    pub async fn metrics(&self) -> String {
        vigie_client().get(format!("http://{}/metrics", self.host)).send().await.unwrap().text().await.unwrap()
    }

    pub async fn open(&self, headers: &[(&str, String)]) -> Result<Socket, Error> {
        self.open_at("/api/v1/ws", headers).await
    }

    pub async fn open_at(&self, path: &str, headers: &[(&str, String)]) -> Result<Socket, Error> {
        tokio_tungstenite::connect_async(request(&self.host, path, headers)?).await.map(|(socket, _)| socket)
    }

    pub async fn socket(&self, token: &str) -> Socket {
        self.open(&[("authorization", format!("Bearer {token}"))]).await.unwrap()
    }
}

/// The request for a socket.
pub fn request(host: &str, path: &str, headers: &[(&str, String)]) -> Result<Request, Error> {
    let mut request = format!("ws://{host}{path}").into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap());
    }
    Ok(request)
}

pub type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

pub trait Bearer {
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

pub fn vigie_client() -> reqwest::Client {
    vigie_foundation::tls::install_provider();
    vigie_foundation::http::operator_client(&vigie_foundation::http::OperatorOptions::default()).unwrap()
}

pub async fn say(socket: &mut Socket, frame: &Json) {
    socket.send(Message::text(frame.to_string())).await.unwrap();
}

/// The next frame that the condition takes.
pub async fn hear(socket: &mut Socket, wanted: impl Fn(&Json) -> bool) -> Json {
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

pub fn refused(outcome: Result<Socket, Error>) -> StatusCode {
    match outcome {
        Err(Error::Http(response)) => response.status(),
        other => panic!("not refused: {other:?}"),
    }
}

/// The code with which the server closes a socket; frames before it are passed over.
pub async fn closed(socket: &mut Socket, patience: Duration) -> u16 {
    let closing = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    };
    timeout(patience, closing).await.expect("the server closes the socket in time")
}

/// Makes devices with the addresses 10.0.0.1 and so on; each is an event.
pub async fn make(server: &Server, token: &str, count: usize) {
    let operations: Vec<Json> = (1..=count)
        .map(|n| json!({"op": "create", "data": {"address": format!("10.0.{}.{}", n / 250, n % 250 + 1), "monitored": false}}))
        .collect();
    let answer = server.post("/devices/bulk", Some(token), &json!({"operations": operations, "atomic": true})).await;
    assert_eq!(answer["succeeded"], count, "{}", answer["results"][0]);
}
