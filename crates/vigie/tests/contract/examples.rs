//! Every success example is replayed on a server with a campus: the answer is described by the document to the last field, and says
//! what the example says (API, section 10).

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value as Json, json};
use vigie_testkit::cache::until;

use super::schema::faults;
use super::server::Server;

/// What a campus of a minute's age does not have, or what would end the replay: no alert was raised, no mail is sent, no run lasts
/// until it is cancelled, and a stream never ends. Sign-in and sign-out have tests of their own.
const APART: [&str; 18] = [
    "acknowledge_alert",
    "cancel_discovery",
    "cancel_job",
    "change_own_password",
    "comment_alert",
    "create_token",
    "end_own_session",
    "get_alert",
    "get_delivery",
    "refresh_token",
    "resolve_alert",
    "retry_job",
    "revoke_token",
    "sign_in",
    "sign_out",
    "silence_alert",
    "stream_events",
    "test_channel",
];

/// Lists that a discovery fills.
const FOUND: [&str; 7] = ["devices", "interfaces", "topology/links", "addresses", "discoveries", "jobs", "events"];

struct Campus {
    lab: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Campus {
    fn drop(&mut self) {
        self.lab.kill().ok();
        self.lab.wait().ok();
    }
}

/// A campus of few devices, discovered.
async fn discovered(server: &Server, admin: &str) -> Campus {
    let net = format!("127.{}.{}.0/28", 200 + std::process::id() % 50, std::process::id() / 50 % 250);
    let folder = tempfile::tempdir().unwrap();
    let control = folder.path().join("lab.sock");
    let lab = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["lab", "--listen", &net, "--port", "1161", "--devices", "8", "--control"])
        .arg(&control)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let campus = Campus { lab, _folder: folder };
    let began = Instant::now();
    let wait = async |what: &str| {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    while !control.exists() {
        wait("the lab does not begin").await;
    }
    let wanted = json!({"mode": "sweep", "targets": [net], "port": 1161, "create_sites": false, "credentials": [{"kind": "snmp_v2c", "community": "public"}]});
    let made: Json = server.post("/discoveries", admin, &wanted).await.json().await.unwrap();
    let path = format!("/discoveries/{}", made["id"].as_str().unwrap());
    let over = async || server.json(&path, admin).await["last_run"]["status"] == "succeeded";
    let linked = async || server.json("/topology/links", admin).await["meta"]["total_estimate"] != 0;
    while !(over().await && linked().await) {
        wait("the campus is not discovered").await;
    }
    campus
}

struct Replay<'a> {
    server: &'a Server,
    admin: &'a str,
    document: &'a Json,
    /// The object that each list path was asked to make, or has.
    objects: BTreeMap<String, String>,
    done: BTreeSet<String>,
    /// What did not hold.
    faults: Vec<String>,
}

impl Replay<'_> {
    /// The path with its parameters filled: each by an object of the list it stands behind.
    async fn place(&mut self, path: &str) -> String {
        let mut filled = String::new();
        for part in path.split('/').skip(1) {
            if !part.starts_with('{') {
                filled = format!("{filled}/{part}");
                continue;
            }
            if !self.objects.contains_key(&filled) {
                let page = self.server.json(&filled, self.admin).await;
                let first = page["results"][0]["id"].as_str().unwrap_or_else(|| panic!("{filled} is empty")).to_owned();
                self.objects.insert(filled.clone(), first);
            }
            filled = format!("{filled}/{}", self.objects[&filled]);
        }
        filled
    }

    async fn play(&mut self, method: &str, path: &str, operation: &Json) {
        let name = operation["operationId"].as_str().unwrap();
        if APART.contains(&name) || !self.done.insert(name.to_owned()) {
            return;
        }
        let place = self.place(path).await;
        let mut request = self.server.ask(method.to_uppercase().parse::<Method>().unwrap(), &place).bearer_auth(self.admin);
        let body = operation["requestBody"]["content"].as_object().and_then(|content| content.iter().next());
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body["example"].to_string());
        }
        if matches!(method, "put" | "patch" | "delete") {
            request = request.header("if-match", "*");
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
        let text = answer.text().await.unwrap();
        let described = &operation["responses"][status.to_string()];
        if !(200..300).contains(&status) || !described.is_object() {
            return self.faults.push(format!("{name} answers {status} to its own example: {text}"));
        }
        if name == "create_backup" {
            self.until_made(&text).await;
        }
        if let (Some(location), true) = (location, matches!(status, 201 | 202)) {
            let (list, id) = location.rsplit_once('/').unwrap();
            self.objects.insert(list.to_owned(), id.to_owned());
        }
        let sent = body.map_or(&Json::Null, |(_, body)| &body["example"]);
        if described["content"]["application/octet-stream"].is_object() {
            return assert!(!text.is_empty(), "{name}");
        }
        self.compare(name, &described["content"]["application/json"], sent, &text);
    }

    /// Waits until a backup is there to be read.
    async fn until_made(&self, begun: &str) {
        let begun: Json = serde_json::from_str(begun).unwrap();
        let job = format!("/jobs/{}", begun["job_id"].as_str().unwrap());
        until("the backup is made", async || self.server.json(&job, self.admin).await["status"] == "succeeded").await;
    }

    /// The answer fits its schema, and shows of what was sent all that the example of the answer shows.
    fn compare(&mut self, name: &str, described: &Json, sent: &Json, text: &str) {
        if described.is_null() {
            return if !text.is_empty() {
                self.faults.push(format!("{name} answers what it does not describe: {text}"));
            };
        }
        let found: Json = serde_json::from_str(text).unwrap();
        self.faults.extend(faults(self.document, &described["schema"], &found).iter().map(|fault| format!("{name}: {fault}")));
        for (field, value) in described["example"].as_object().into_iter().flatten() {
            if sent[field.as_str()] == *value && found[field.as_str()] != *value {
                self.faults.push(format!("{name} shows {field} as {}, its example as {value}", found[field.as_str()]));
            }
        }
    }
}

/// What was found is read first, and tools are used on it; then things are made, read, changed, and at last removed.
fn stage(method: &str, path: &str) -> usize {
    let is_found = FOUND.iter().any(|list| path.starts_with(&format!("/api/v1/{list}")));
    match method {
        "get" if is_found => 0,
        "post" if is_found && path.contains('{') => 1,
        "post" if !path.contains('{') && !path.ends_with("/bulk") => 2,
        "post" => 3,
        "get" => 4,
        "put" => 5,
        "patch" => 6,
        _ => 7,
    }
}

/// The document with its addresses moved to this machine: examples are tried, and nothing leaves it.
async fn local_document(server: &Server) -> Json {
    let text = server.ask(Method::GET, "/openapi.json").send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text.replace("192.0.2.", "127.0.8.").replace("10.0.0.0/24", "127.0.9.0/30")).unwrap()
}

#[tokio::test]
async fn every_success_example_is_answered_as_it_says() {
    let server = Server::start(&[("VIGIE__LIMITS__REQUESTS_PER_MINUTE", "100000")]);
    let admin = server.admin().await;
    let document = local_document(&server).await;
    let _campus = discovered(&server, &admin).await;
    let mut replay =
        Replay { server: &server, admin: &admin, document: &document, objects: BTreeMap::new(), done: BTreeSet::new(), faults: Vec::new() };
    let paths = document["paths"].as_object().unwrap().iter();
    let mut all: Vec<_> = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(m, o)| (m, path, o))).collect();
    all.sort_by_key(|(method, path, _)| stage(method, path));
    for (method, path, operation) in &all {
        replay.play(method, path, operation).await;
    }
    assert_eq!(replay.faults, Vec::<String>::new());
    assert_eq!(replay.done.len() + APART.len(), all.len(), "every operation was replayed, or stands apart");
}
