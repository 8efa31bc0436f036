//! A server of its own, gone with the test.

use std::path::PathBuf;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value as Json, json};
pub use vigie_testkit::server::PASSWORD;
use vigie_testkit::server::ServerProcess;

pub struct Server {
    process: ServerProcess,
    pub base: String,
    client: reqwest::Client,
}

impl Server {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let variables: Vec<_> = settings.iter().copied().chain([("VIGIE__SERVER__TLS__MODE", "off")]).collect();
        let process = ServerProcess::start(env!("CARGO_BIN_EXE_vigie"), &variables);
        vigie_foundation::tls::install_provider();
        let client = vigie_foundation::http::operator_client(&vigie_foundation::http::OperatorOptions::default()).unwrap();
        Self { base: format!("http://{}", process.host()), process, client }
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// Starts it again where it was.
    pub fn start_again(&mut self, settings: &[(&str, &str)]) {
        let variables: Vec<_> = settings.iter().copied().chain([("VIGIE__SERVER__TLS__MODE", "off")]).collect();
        self.process.start_again(&variables);
    }

    /// Waits until one that stood by serves.
    pub fn until_it_serves(&mut self) {
        self.process.until_it_serves();
    }

    /// Ends it without a word.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// The code with which it ends by itself.
    pub fn ended(&mut self) -> Option<i32> {
        self.process.ended()
    }

    /// Its state directory.
    pub fn state(&self) -> PathBuf {
        self.process.state()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// A request to a path below `/api/v1`, or to one that begins with `/api/`.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with("/api/") { path.to_owned() } else { format!("/api/v1{path}") };
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A request to a path beside the API, such as `/readyz`.
    pub fn beside(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub fn get(&self, path: &str, token: &str) -> RequestBuilder {
        self.ask(Method::GET, path).bearer_auth(token)
    }

    pub async fn json(&self, path: &str, token: &str) -> Json {
        let answer = self.get(path, token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// What `/metrics` tells.
    pub async fn metrics(&self) -> String {
        self.client.get(format!("{}/metrics", self.base)).send().await.unwrap().text().await.unwrap()
    }

    pub async fn post(&self, path: &str, token: &str, body: &Json) -> Response {
        self.ask(Method::POST, path).bearer_auth(token).json(body).send().await.unwrap()
    }

    pub async fn token(&self, username: &str, password: &str) -> String {
        let input = json!({"username": username, "password": password});
        let answer: Json = self.ask(Method::POST, "/auth/token").json(&input).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn admin(&self) -> String {
        self.token("admin", PASSWORD).await
    }

    /// A token of a new user with one role.
    pub async fn with_role(&self, admin: &str, role: &str) -> String {
        let input = json!({"username": role, "password": PASSWORD, "roles": [role]});
        let made = self.post("/users", admin, &input).await;
        assert_eq!(made.status(), 201, "{role}");
        self.token(role, PASSWORD).await
    }
}

/// The problem that an answer is: its status and code, with all that every problem has.
pub async fn problem(answer: Response) -> (u16, String, Json) {
    let status = answer.status().as_u16();
    assert_eq!(answer.headers()["content-type"], "application/problem+json", "{status}");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Json = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"], id);
    let code = body["code"].as_str().unwrap().to_owned();
    assert_eq!(body["type"], format!("/api/views/docs/errors/{code}"));
    (status, code, body)
}
