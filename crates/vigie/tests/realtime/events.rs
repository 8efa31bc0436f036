//! Events in order, resumed without a gap, over WebSocket and server-sent events.

use serde_json::{Value as Json, json};

use super::server::{PATIENCE, Server, hear, make, say, vigie_client};

/// More than wait in the queue of a socket.
const MANY: usize = 700;

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
async fn a_resume_tells_more_than_the_queue_holds() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut first = server.socket(&token).await;
    say(&mut first, &json!({"type": "subscribe", "id": "e", "channel": "events", "params": {"types": "device.added"}})).await;
    let here = hear(&mut first, |f| f["type"] == "subscribed").await["seq"].clone();
    make(&server, &token, MANY).await;
    let mut live = server.socket(&token).await;
    say(&mut live, &json!({"type": "subscribe", "id": "r", "channel": "events", "resume": here, "params": {"types": "device.added"}}))
        .await;
    assert_eq!(hear(&mut live, |f| f["type"] == "subscribed").await["resumed"], true);
    let mut last = 0;
    for _ in 0..MANY {
        let frame = hear(&mut live, |_| true).await;
        assert_eq!(frame["type"], "event", "{frame}");
        let seq: u64 = frame["seq"].as_str().unwrap().parse().unwrap();
        assert!(seq > last, "{seq} after {last}");
        last = seq;
    }
}

/// What a stream of server-sent events tells, message by message.
struct Stream {
    answer: reqwest::Response,
    read: String,
}

impl Stream {
    async fn open(server: &Server, token: &str, last: Option<&str>) -> Self {
        let mut request = vigie_client().get(format!("http://{}/api/v1/events/stream?types=device.added", server.host)).bearer_auth(token);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, read: String::new() }
    }

    /// The next message that is no comment: its event, id and data.
    async fn next(&mut self) -> (String, String, String) {
        loop {
            while let Some((message, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let line = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                    line.unwrap_or_default().trim().to_owned()
                };
                let told = (field("event"), field("id"), field("data"));
                self.read = rest.to_owned();
                if !told.0.is_empty() {
                    return told;
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("a message comes in time");
            self.read.push_str(std::str::from_utf8(&chunk.unwrap().expect("the stream goes on")).unwrap());
        }
    }
}

#[tokio::test]
async fn server_sent_events_resume_where_the_last_one_was() {
    let server = Server::start();
    let token = server.sign_in().await;
    let mut stream = Stream::open(&server, &token, None).await;
    make(&server, &token, 1).await;
    let (event, id, data) = stream.next().await;
    assert_eq!(event, "device.added");
    assert_eq!(serde_json::from_str::<Json>(&data).unwrap()["subject"]["name"], "10.0.0.2");
    drop(stream);

    server.post("/devices", Some(&token), &json!({"address": "192.0.2.2", "monitored": false})).await;
    let mut again = Stream::open(&server, &token, Some(&id)).await;
    let (_, _, data) = again.next().await;
    assert_eq!(serde_json::from_str::<Json>(&data).unwrap()["subject"]["name"], "192.0.2.2");

    let mut unknown = Stream::open(&server, &token, Some("999999999")).await;
    assert_eq!(unknown.next().await.0, "gap");
}

/// T-1: progress and results of a run come while it runs.
#[tokio::test]
async fn a_discovery_tells_of_its_run_to_the_end() {
    let server = Server::start();
    let token = server.sign_in().await;
    let community = json!({"name": "none", "kind": "snmp_v2c", "community": "public"});
    let sweep = json!({"mode": "sweep", "targets": ["127.0.0.77"], "port": 16161, "credentials": [community]});
    let made = server.post("/discoveries", Some(&token), &sweep).await;
    let mut socket = server.socket(&token).await;
    let channel = format!("discoveries.{}", made["id"].as_str().unwrap());
    say(&mut socket, &json!({"type": "subscribe", "id": "d", "channel": channel})).await;
    let channel = format!("jobs.{}", made["job_id"].as_str().unwrap());
    say(&mut socket, &json!({"type": "subscribe", "id": "j", "channel": channel})).await;
    let (mut run, mut job) = (Json::Null, Json::Null);
    while run["status"] != "succeeded" || job["status"] != "succeeded" {
        let frame = hear(&mut socket, |f| f["type"] == "discovery" || f["type"] == "job").await;
        match frame["type"].as_str() {
            Some("job") => job = frame["data"].clone(),
            _ => run = frame["data"]["run"].clone(),
        }
    }
    assert_eq!(run["progress"]["done"], 1, "{run}");
    assert_eq!(run["found"]["devices"], 0, "{run}");
}
